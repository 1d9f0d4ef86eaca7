"""The retry policy by itself, against a fake clock."""

from __future__ import annotations

import email.utils
import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.http.policy import (
    BUDGET_CAPACITY,
    RETRY_COST,
    Budget,
    Policy,
    Retries,
    is_transient,
    retry_after_s,
)
from support.models import Answer, Failure
from support.tests.http.fake import LOST, REFUSED, UNVERIFIED, Clock, came, policy


def waits_of(loop: Retries, clock: Clock, outcome: Answer | Failure, tries: int = 20) -> list[float]:
    """Return the waits of a call whose every attempt has this outcome."""
    waits = []
    for _ in range(tries):
        wait = loop.wait_s(outcome)
        if wait is None:
            break
        waits.append(wait)
        clock.advance(wait)
    return waits


class TestWhatIsRetried:
    @pytest.mark.parametrize("status", [429, 500, 501, 502, 503, 504, 507, 599])
    def test_transient_statuses(self, status: int) -> None:
        assert is_transient(came(status))

    @pytest.mark.parametrize("status", [200, 201, 204, 301, 400, 401, 403, 404, 405, 408, 409, 415, 422, 428, 451])
    def test_no_other_status(self, status: int) -> None:
        assert not is_transient(came(status))
        assert policy().retries().wait_s(came(status)) is None

    @pytest.mark.parametrize("failure", [REFUSED, LOST])
    def test_a_missing_answer(self, failure: Failure) -> None:
        assert policy().retries().wait_s(failure) == 1.0

    def test_never_a_certificate_that_does_not_verify(self) -> None:
        assert policy().retries().wait_s(UNVERIFIED) is None


class TestBackoff:
    def test_it_doubles_up_to_the_cap(self) -> None:
        clock = Clock()
        loop = policy(clock, attempts=7).retries()
        assert waits_of(loop, clock, LOST) == [1, 2, 4, 8, 8, 8]

    def test_the_number_of_attempts_is_limited(self) -> None:
        clock = Clock()
        assert len(waits_of(policy(clock, attempts=3).retries(), clock, LOST)) == 2
        assert waits_of(policy(clock, attempts=1).retries(), clock, LOST) == []

    def test_jitter_is_drawn_from_nothing_to_the_whole(self) -> None:
        drawn: list[tuple[float, float]] = []

        def jitter(least: float, most: float) -> float:
            drawn.append((least, most))
            return most / 2

        clock = Clock()
        assert waits_of(policy(clock, jitter=jitter).retries(), clock, LOST) == [0.5, 1, 2, 4]
        assert drawn[:4] == [(0, 1), (0, 2), (0, 4), (0, 8)]

    def test_jitter_is_uniform_by_default(self) -> None:
        assert Policy(2, 1, 1, 1).jitter == random.uniform

    def test_the_doubling_does_not_overflow(self) -> None:
        endless = policy(attempts=100_000, base_s=0.1, cap_s=0.5)
        assert endless.wait_before(5000, LOST) == 0.5

    @given(
        attempts=st.integers(1, 12),
        base_s=st.floats(0.001, 10),
        cap_s=st.floats(0.001, 10),
        deadline_s=st.floats(0.001, 60),
        takes_s=st.floats(0, 5),
        share=st.floats(0, 1),
        outcome=st.sampled_from([LOST, REFUSED, came(503), came(429, Retry_After="2"), came(503, Retry_After="900")]),
    )
    def test_nothing_exceeds_the_deadline_the_cap_or_the_attempts(
        self,
        attempts: int,
        base_s: float,
        cap_s: float,
        deadline_s: float,
        takes_s: float,
        share: float,
        outcome: Answer | Failure,
    ) -> None:
        clock = Clock()
        loop = Policy(
            attempts, base_s, cap_s, deadline_s, clock=clock, jitter=lambda least, most: least + (most - least) * share
        ).retries()
        began, made = clock.now, 0
        while True:
            assert clock.now <= began + deadline_s
            made += 1
            clock.advance(min(takes_s, loop.remaining_s))
            wait = loop.wait_s(outcome)
            if wait is None:
                break
            asked = retry_after_s(outcome) if isinstance(outcome, Answer) else None
            assert (asked or 0) <= wait <= (asked or 0) + cap_s
            clock.advance(wait)
        assert made <= attempts


class TestDeadline:
    def test_no_wait_exceeds_the_deadline(self) -> None:
        clock = Clock()
        assert waits_of(policy(clock, attempts=9, deadline_s=10.0).retries(), clock, LOST) == [1, 2, 4]

    def test_the_time_of_attempts_counts(self) -> None:
        clock = Clock()
        loop = policy(clock, deadline_s=10.0).retries()
        clock.advance(9.5)
        assert loop.wait_s(LOST) is None

    def test_the_remaining_time_is_known(self) -> None:
        clock = Clock()
        loop = policy(clock, deadline_s=10.0).retries()
        clock.advance(4)
        assert loop.remaining_s == pytest.approx(6)
        clock.advance(40)
        assert loop.remaining_s == 0


class TestRetryAfter:
    @pytest.mark.parametrize(("value", "seconds"), [("0", 0), ("3", 3), (" 7 ", 7), ("120", 120)])
    def test_in_seconds(self, value: str, seconds: float) -> None:
        assert retry_after_s(came(503, Retry_After=value)) == seconds

    @pytest.mark.parametrize("zone", ["GMT", "+0000", "-0000"])
    def test_as_a_date(self, zone: str) -> None:
        then = (datetime.now(UTC) + timedelta(seconds=100)).strftime(f"%a, %d %b %Y %H:%M:%S {zone}")
        seconds = retry_after_s(came(503, Retry_After=then))
        assert seconds is not None
        assert 90 < seconds <= 100

    def test_as_a_date_of_another_zone(self) -> None:
        then = email.utils.format_datetime(datetime.now(UTC) + timedelta(seconds=100)).replace("+0000", "+0100")
        assert retry_after_s(came(503, Retry_After=then)) == 0, "an hour earlier than that time of day in UTC"

    def test_a_past_date_asks_for_no_wait(self) -> None:
        assert retry_after_s(came(503, Retry_After="Wed, 21 Oct 2015 07:28:00 GMT")) == 0

    @pytest.mark.parametrize(
        "value",
        [
            "",
            "soon",
            "-5",
            "1.5",
            "１２",
            "1e3",
            "Wed, 99 Oct 2015 07:28:00 GMT",
            "Wed, 21 Oct 99999999999 07:28:00 GMT",
            "Wed, 21 Oct 2015",
            ", ,",
            "\x00",
        ],
    )
    def test_an_unreadable_value_counts_as_absent(self, value: str) -> None:
        assert retry_after_s(came(503, Retry_After=value)) is None
        assert policy().retries().wait_s(came(503, Retry_After=value)) == 1

    @given(st.text(max_size=40))
    def test_no_value_raises_an_error(self, value: str) -> None:
        wait = policy().retries().wait_s(came(503, Retry_After=value))
        assert wait is None or wait >= 0

    def test_none_at_all(self) -> None:
        assert retry_after_s(came(503)) is None

    def test_the_letter_case_of_the_header_does_not_matter(self) -> None:
        assert retry_after_s(Answer(503, {"retry-after": "3"}, b"", 0.0)) == 3

    def test_jitter_is_added_to_it(self) -> None:
        """Calls with the same Retry-After do not return at one moment."""
        assert policy().retries().wait_s(came(429, Retry_After="3")) == 4
        assert policy().retries().wait_s(came(503, Retry_After="0")) == 1
        assert policy(jitter=lambda least, _: least).retries().wait_s(came(503, Retry_After="3")) == 3

    def test_the_cap_limits_only_the_own_backoff(self) -> None:
        assert policy(cap_s=8.0).retries().wait_s(came(503, Retry_After="60")) == 61

    @pytest.mark.parametrize("asked", ["100", "86400", "9" * 400])
    def test_a_wait_beyond_the_deadline_ends_the_call_and_names_the_setting(self, asked: str) -> None:
        loop = policy(deadline_s=100.0).retries()
        assert loop.wait_s(came(503, Retry_After=asked)) is None
        assert "RETRY_DEADLINE_S (100 s)" in loop.gave_up

    def test_a_fault_stays_one_whatever_wait_it_asks_for(self) -> None:
        loop = policy(deadline_s=100.0).retries()
        assert loop.wait_s(came(500, Retry_After="3600")) is None
        assert not loop.gave_up


class TestFaults:
    """A 5xx other than those of gateways and overload is a fault that a wait does not fix."""

    @pytest.mark.parametrize("status", [500, 501, 505, 507])
    def test_faults_of_the_api_are_retried_a_few_times_only(self, status: int) -> None:
        clock = Clock()
        assert waits_of(policy(clock).retries(), clock, came(status)) == [1, 2]

    def test_an_answer_that_never_comes_is_waited_for_three_times(self) -> None:
        clock = Clock()
        assert waits_of(policy(clock).retries(), clock, Failure("no complete answer", True, 0.0, hung=True)) == [1, 2]

    @pytest.mark.parametrize("status", [502, 503, 504, 429])
    def test_faults_of_a_gateway_are_retried_to_the_end(self, status: int) -> None:
        clock = Clock()
        assert waits_of(policy(clock).retries(), clock, came(status)) == [1, 2, 4, 8]


class TestBudget:
    def test_a_retry_after_a_429_costs_nothing_and_pays_nothing_back(self) -> None:
        spent = Budget(capacity=2 * RETRY_COST)
        spent.take()
        spent.take()
        loop = policy(budget=spent).retries()
        assert [loop.wait_s(came(429)) for _ in range(4)] == [1, 2, 4, 8]
        assert loop.wait_s(came(200)) is None
        assert not spent.take(), "the call pays 1 back, as one that needed no retry"

    def test_a_burst_raises_the_budget(self) -> None:
        spent = Budget(capacity=0)
        spent.admit(2)
        assert [spent.take() for _ in range(7)] == [True] * 6 + [False]

    def test_a_dead_target_sees_about_a_hundred_retries(self) -> None:
        clock, shared = Clock(), Budget()
        retries = sum(
            len(waits_of(policy(clock, budget=shared, deadline_s=1e9).retries(), clock, LOST)) for _ in range(200)
        )
        assert retries == BUDGET_CAPACITY // RETRY_COST

    def test_a_rescued_call_pays_its_cost_back(self) -> None:
        clock, shared = Clock(), Budget()
        for _ in range(1000):
            loop = policy(clock, budget=shared).retries()
            assert loop.wait_s(LOST) is not None
            assert loop.wait_s(came(200)) is None

    def test_calls_without_a_retry_fill_it_slowly(self) -> None:
        spent = Budget()
        while spent.take():
            pass
        for _ in range(RETRY_COST - 1):
            spent.give_back(0)
        assert not spent.take()
        spent.give_back(0)
        assert spent.take()
        assert not spent.take()

    def test_it_is_never_fuller_than_at_first(self) -> None:
        full = Budget(capacity=RETRY_COST)
        full.give_back(50)
        assert full.take()
        assert not full.take()
