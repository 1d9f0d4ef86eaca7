"""How calls are executed, without a network: a scripted client and a fake clock."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.http.operations import (
    Operation,
    Search,
    SendRequest,
    Sleep,
    cause_of,
    execute,
    execute_create,
    execute_once,
    look,
)
from support.http.policy import Budget, Policy
from support.models import Answer, Call, Credential, Failure
from support.tests.http.fake import LOST, REFUSED, UNVERIFIED, Clock, ScriptedClient, came, driven, no_jitter, policy

URL = "http://127.0.0.1:1/users"
NO_CREDENTIAL = Credential(None)
READ = Call("GET", URL, NO_CREDENTIAL)
CREATE = Call("POST", URL, NO_CREDENTIAL, {"Accept": "application/json"}, b"{}", repeatable=False)
ADA_CREATED = came(201, b'{"id": "7"}')

ROUNDING_S = 1e-9


def finds(*results: Sequence[Answer] | None) -> Search:
    """Return a search with these results one after the other, and the last one from then on."""
    left = list(results)

    def search() -> Operation[Sequence[Answer] | None]:
        yield from ()
        return left.pop(0) if len(left) > 1 else left[0]

    return search


def never() -> Operation[Sequence[Answer] | None]:
    yield from ()
    pytest.fail("there was nothing to look for")


def outcomes(exchange_attempts: Iterable[object]) -> list[object]:
    return [getattr(getattr(attempt, "outcome", None), "status", None) for attempt in exchange_attempts]


class TestExecute:
    def test_an_answer_ends_the_call(self) -> None:
        client = driven([came(200)])
        exchange = client.run(execute(READ, policy()))
        assert exchange.status == 200
        assert len(exchange.attempts) == 1
        assert not exchange.repeated_in_doubt

    @pytest.mark.parametrize("outcome", [came(503), came(429), LOST, REFUSED], ids=cause_of)
    def test_a_transient_outcome_is_retried(self, outcome: Answer | Failure) -> None:
        client = driven([outcome, outcome, came(200)])
        exchange = client.run(execute(READ, policy()))
        assert [attempt.outcome for attempt in exchange.attempts] == [outcome, outcome, came(200)]
        assert client.waits == [1, 2] == [attempt.wait_s for attempt in exchange.attempts[:2]]

    @pytest.mark.parametrize("outcome", [came(400), came(404), came(409), UNVERIFIED], ids=cause_of)
    def test_a_final_outcome_is_not_retried(self, outcome: Answer | Failure) -> None:
        client = driven([outcome])
        assert client.run(execute(READ, policy())).attempts[0].outcome == outcome
        assert client.waits == []

    def test_the_last_attempt_counts(self) -> None:
        client = driven([came(503)] * 5)
        exchange = client.run(execute(READ, policy()))
        assert exchange.status == 503
        assert len(exchange.attempts) == 5

    def test_without_any_answer_the_exchange_has_none(self) -> None:
        exchange = driven([REFUSED] * 5).run(execute(READ, policy()))
        assert exchange.answer is None
        assert exchange.status is None

    def test_each_attempt_has_the_rest_of_the_deadline(self) -> None:
        clock = Clock()
        client = driven([Failure("slow", True, 2.0), Failure("slow", True, 3.0), came(200)], clock)
        client.run(execute(READ, policy(clock, deadline_s=10.0)))
        assert [send.timeout_s for send in client.sends] == pytest.approx([10, 7, 2])

    def test_a_call_that_is_not_repeatable_is_retried_if_it_did_not_arrive(self) -> None:
        assert driven([REFUSED, came(201)]).run(execute(CREATE, policy())).status == 201

    @pytest.mark.parametrize("outcome", [LOST, came(429), came(500), came(502), came(503), came(504)], ids=cause_of)
    def test_a_call_that_is_not_repeatable_is_never_retried_if_it_may_have_arrived(
        self, outcome: Answer | Failure
    ) -> None:
        exchange = driven([outcome]).run(execute(CREATE, policy()))
        assert len(exchange.attempts) == 1
        assert exchange.undecided

    def test_a_call_with_all_attempts_used_is_not_undecided(self) -> None:
        assert not driven([came(503)] * 20).run(execute(READ, policy())).undecided
        assert not driven([REFUSED] * 20).run(execute(CREATE, policy())).undecided

    def test_an_exchange_says_that_an_ambiguous_attempt_was_repeated(self) -> None:
        assert driven([LOST, came(404)]).run(execute(READ, policy())).repeated_in_doubt
        assert not driven([REFUSED, came(404)]).run(execute(READ, policy())).repeated_in_doubt
        assert driven([came(429), came(404)]).run(execute(READ, policy())).repeated_in_doubt

    def test_a_spent_budget_ends_the_call(self) -> None:
        spent = Budget(capacity=0)
        assert len(driven([LOST]).run(execute(READ, policy(budget=spent))).attempts) == 1


class TestExecuteOnce:
    @pytest.mark.parametrize("outcome", [came(503), came(429), LOST, REFUSED, came(201)], ids=cause_of)
    def test_there_is_one_attempt(self, outcome: Answer | Failure) -> None:
        client = driven([outcome])
        exchange = client.run(execute_once(CREATE, policy()))
        assert [attempt.outcome for attempt in exchange.attempts] == [outcome]
        assert client.waits == []


class TestExecuteCreate:
    def test_an_answer_ends_it_without_a_search(self) -> None:
        client = driven([ADA_CREATED])
        exchange = client.run(execute_create(CREATE, policy(), never, 0.4))
        assert exchange.status == 201
        assert not exchange.adopted

    @pytest.mark.parametrize("status", [400, 409, 422])
    def test_a_refusal_ends_it_without_a_search(self, status: int) -> None:
        assert driven([came(status)]).run(execute_create(CREATE, policy(), never, 0.4)).status == status

    def test_a_create_that_did_not_arrive_is_sent_again_without_a_search(self) -> None:
        client = driven([REFUSED, ADA_CREATED])
        exchange = client.run(execute_create(CREATE, policy(), never, 0.4))
        assert exchange.status == 201
        assert len(client.sends) == 2

    def test_after_too_many_requests_one_search_is_enough(self) -> None:
        searches: list[int] = []

        def search() -> Operation[Sequence[Answer]]:
            yield from ()
            searches.append(1)
            return ()

        client = driven([came(429), ADA_CREATED])
        assert client.run(execute_create(CREATE, policy(), search, 0.4)).status == 201
        assert len(searches) == 1

    @pytest.mark.parametrize("outcome", [LOST, came(429), came(500), came(503)], ids=cause_of)
    def test_a_user_found_after_an_ambiguous_attempt_is_adopted(self, outcome: Answer | Failure) -> None:
        client = driven([outcome])
        exchange = client.run(execute_create(CREATE, policy(), finds([ADA_CREATED]), 0.4))
        assert exchange.adopted
        assert exchange.answer == ADA_CREATED
        assert [attempt.outcome for attempt in exchange.attempts] == [outcome, ADA_CREATED]
        assert len(client.sends) == 1

    def test_a_user_that_shows_up_late_within_the_window_is_adopted(self) -> None:
        client = driven([LOST])
        exchange = client.run(execute_create(CREATE, policy(client.clock), finds([], [], [ADA_CREATED]), 0.4))
        assert exchange.adopted
        assert client.waits == pytest.approx([0.05, 0.1])

    def test_a_create_is_sent_again_only_after_the_window(self) -> None:
        client = driven([LOST, ADA_CREATED])
        began = client.clock.now
        exchange = client.run(execute_create(CREATE, policy(client.clock), finds([]), 0.4))
        assert exchange.status == 201
        assert client.sent_at[1] >= began + 0.4

    def test_a_create_is_sent_again_unchanged_with_the_same_key(self) -> None:
        client = driven([LOST, came(503), REFUSED, ADA_CREATED])
        client.run(execute_create(CREATE, policy(client.clock), finds([]), 0.4))
        sent = [send.call for send in client.sends]
        assert len(sent) == 4
        assert len({call.headers["Idempotency-Key"] for call in sent}) == 1
        assert all(call == sent[0] for call in sent)
        assert (sent[0].body, sent[0].url, sent[0].headers["Accept"]) == (b"{}", URL, "application/json")

    def test_another_create_has_another_key(self) -> None:
        client = driven([ADA_CREATED, ADA_CREATED])
        for _ in range(2):
            client.run(execute_create(CREATE, policy(), never, 0.4))
        assert len({send.call.headers["Idempotency-Key"] for send in client.sends}) == 2

    @pytest.mark.parametrize("outcome", [LOST, came(500), came(503)], ids=cause_of)
    def test_without_a_search_an_ambiguous_create_is_undecided(self, outcome: Answer | Failure) -> None:
        client = driven([outcome])
        exchange = client.run(execute_create(CREATE, policy(), finds(None), 0.4))
        assert exchange.attempts[-1].outcome == outcome
        assert len(client.sends) == 1
        assert not exchange.adopted
        assert exchange.undecided

    def test_a_create_without_a_user_after_all_attempts_is_not_undecided(self) -> None:
        client = driven([came(503)] * 20)
        assert not client.run(execute_create(CREATE, policy(client.clock), finds([]), 0.0)).undecided

    def test_a_conflict_after_an_ambiguous_attempt_is_the_create_itself(self) -> None:
        client = driven([LOST, came(409)])
        exchange = client.run(
            execute_create(CREATE, policy(client.clock), finds([], [], [], [], [], [ADA_CREATED]), 0.4)
        )
        assert exchange.adopted
        assert exchange.answer == ADA_CREATED
        assert [attempt.outcome for attempt in exchange.attempts] == [LOST, came(409), ADA_CREATED]

    def test_a_conflict_without_a_found_user_stays_a_conflict(self) -> None:
        client = driven([LOST, came(409)])
        exchange = client.run(execute_create(CREATE, policy(client.clock), finds([]), 0.4))
        assert exchange.status == 409
        assert not exchange.adopted

    def test_a_search_follows_an_ambiguous_last_attempt(self) -> None:
        client = driven([REFUSED, LOST])
        exchange = client.run(execute_create(CREATE, policy(client.clock, attempts=2), finds([ADA_CREATED]), 0.4))
        assert exchange.adopted

    def test_a_success_after_an_ambiguous_attempt_needs_no_search(self) -> None:
        client = driven([LOST, ADA_CREATED])
        exchange = client.run(execute_create(CREATE, policy(client.clock), finds([]), 0.4))
        assert [attempt.outcome for attempt in exchange.attempts] == [LOST, ADA_CREATED]

    def test_nothing_is_sent_when_the_deadline_is_over(self) -> None:
        client = driven([Failure("slow", True, 0.5), came(503), ADA_CREATED])
        began = client.clock.now
        client.run(execute_create(CREATE, policy(client.clock, base_s=0.3, deadline_s=1.0), finds([]), 0.4))
        assert all(moment < began + 1.0 for moment in client.sent_at)
        assert all(send.timeout_s > 0 for send in client.sends)

    @given(
        script=st.lists(
            st.sampled_from([LOST, REFUSED, came(500), came(503), came(429), came(409), ADA_CREATED]), max_size=8
        ),
        found=st.lists(st.sampled_from([[], [], [], [ADA_CREATED], None]), min_size=1, max_size=8),
        attempts=st.integers(1, 6),
        window_s=st.floats(0.01, 2),
        deadline_s=st.floats(0.1, 10),
        takes_s=st.floats(0, 1),
    )
    def test_a_create_is_never_repeated_without_a_search_nor_after_the_deadline(
        self,
        script: list[Answer | Failure],
        found: list[Sequence[Answer] | None],
        attempts: int,
        window_s: float,
        deadline_s: float,
        takes_s: float,
    ) -> None:
        clock = Clock()
        began = clock.now
        doubt: list[bool] = [False]
        search = finds(*found)

        def watched() -> Operation[Sequence[Answer] | None]:
            result = yield from search()
            doubt[0] = bool(result) or result is None
            return result

        operation = execute_create(
            CREATE, Policy(attempts, 0.1, 1.0, deadline_s, clock=clock, jitter=no_jitter), watched, window_s
        )
        left = [*script, *[ADA_CREATED] * 10]
        given_: Answer | Failure | None = None
        sent = 0
        while True:
            try:
                effect = operation.send(given_)
            except StopIteration as end:
                exchange = end.value
                break
            if isinstance(effect, Sleep):
                clock.advance(effect.seconds)
                given_ = None
                continue
            assert isinstance(effect, SendRequest)
            assert not doubt[0], "sent again although it was not seen that nothing had been made"
            assert clock.now < began + deadline_s + ROUNDING_S
            sent += 1
            given_ = left.pop(0)
            doubt[0] = given_.sent if isinstance(given_, Failure) else given_.status >= 500
            clock.advance(min(takes_s, effect.timeout_s))
        assert sent <= attempts
        assert exchange.adopted == (sent < len(exchange.attempts))


class TestLook:
    def test_without_a_window_it_searches_once(self) -> None:
        looked: list[float] = []
        client = driven([])

        def search() -> Operation[Sequence[Answer] | None]:
            looked.append(client.clock.now)
            yield from ()
            return []

        assert client.run(look(search, 0.0, policy(client.clock))) == []
        assert len(looked) == 1

    def test_it_searches_once_more_at_the_end_of_the_window(self) -> None:
        looked: list[float] = []
        client = driven([])
        began = client.clock.now

        def search() -> Operation[Sequence[Answer] | None]:
            looked.append(client.clock.now - began)
            yield from ()
            return []

        client.run(look(search, 0.8, policy(client.clock)))
        assert looked[0] == 0
        assert looked[-1] >= 0.8 - ROUNDING_S

    def test_it_ends_if_a_search_has_no_answer(self) -> None:
        assert ScriptedClient(Clock(), []).run(look(finds(None, [ADA_CREATED]), 0.8, policy())) is None
