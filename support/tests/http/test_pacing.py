"""The pacer by itself, against a fake clock: an API with a limit never has to refuse what the pacer has seen coming."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest

from support.errors import Inconclusive, TargetDown
from support.http.limits import Limit
from support.http.pacing import Pacer
from support.models import Answer, Credential
from support.tests.http.fake import LOST, REFUSED, Clock, came

A_MINUTE = Limit(60, 60.0)
TAKES_S = 0.01


@dataclass
class Api:
    """Takes `limit` requests and refuses others as `refuse` says; with `tells`, each answer says what is left."""

    clock: Clock
    limit: Limit = A_MINUTE
    kind: str = "sliding"
    tells: bool = False
    retry_after: bool = True
    refused: int = 0
    taken: deque[float] = field(default_factory=deque)
    tokens: float = math.nan
    seen: float = 0.0

    def answer(self) -> Answer:
        left, opens_s = getattr(self, f"_{self.kind}")()
        headers = {"Retry_After": str(math.ceil(opens_s))} if left < 0 and self.retry_after else {}
        if self.tells:
            told = {"Limit": self.limit.requests, "Remaining": max(0, left), "Reset": math.ceil(opens_s)}
            headers |= {f"RateLimit_{name}": str(value) for name, value in told.items()}
        self.refused += left < 0
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return Answer(429 if left < 0 else 200, named, b"", 0.0)

    def _sliding(self) -> tuple[int, float]:
        """Keep the moments of the requests in the window that ends now."""
        while self.taken and self.taken[0] <= self.clock.now - self.limit.seconds:
            self.taken.popleft()
        return self._counted(self.taken[0] if self.taken else self.clock.now)

    def _fixed(self) -> tuple[int, float]:
        """Keep a window that begins with a request."""
        if self.taken and self.clock.now >= self.taken[0] + self.limit.seconds:
            self.taken.clear()
        return self._counted(self.taken[0] if self.taken else self.clock.now)

    def _counted(self, began: float) -> tuple[int, float]:
        left = self.limit.requests - len(self.taken) - 1
        if left >= 0:
            self.taken.append(self.clock.now)
        return left, began + self.limit.seconds - self.clock.now

    def _bucket(self) -> tuple[int, float]:
        """Refill a bucket bit by bit."""
        if math.isnan(self.tokens):
            self.tokens, self.seen = self.limit.requests, self.clock.now
        refilled = self.tokens + (self.clock.now - self.seen) * self.limit.rate
        self.tokens, self.seen = min(self.limit.requests, refilled), self.clock.now
        if self.tokens < 1:
            return -1, (1 - self.tokens) / self.limit.rate
        self.tokens -= 1
        return int(self.tokens), 1 / self.limit.rate


def wait_for_turn(pacer: Pacer, clock: Clock, count: int = 1) -> float:
    """Wait for a turn; return the seconds."""
    began = clock.now
    for wait_s in pacer.turns(count):
        clock.advance(wait_s)
    return clock.now - began


def send(pacer: Pacer, clock: Clock, answer: Callable[[], Answer], count: int = 1) -> list[Answer]:
    """Send so many requests at once after their turn."""
    wait_for_turn(pacer, clock, count)
    answers = [answer() for _ in range(count)]
    clock.advance(TAKES_S)
    for each in answers:
        pacer.note(each, of_group=count > 1)
    return answers


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.mark.parametrize("kind", ["sliding", "fixed", "bucket"])
class TestNoRefusal:
    """A run of 300 requests."""

    def test_by_a_declared_limit(self, clock: Clock, kind: str) -> None:
        pacer, api = Pacer(limit=A_MINUTE, now=clock), Api(clock, kind=kind)
        for _ in range(300):
            send(pacer, clock, api.answer)
        assert api.refused == 0

    def test_by_headers(self, clock: Clock, kind: str) -> None:
        pacer, api = Pacer(now=clock), Api(clock, kind=kind, tells=True)
        began = clock.now
        for _ in range(300):
            send(pacer, clock, api.answer)
        assert api.refused == 0
        assert clock.now - began < 400

    def test_after_few_refusals_without_headers(self, clock: Clock, kind: str) -> None:
        """A bucket shows its size first, and how fast it is refilled afterwards."""
        pacer, api = Pacer(now=clock), Api(clock, kind=kind)
        began = clock.now
        for _ in range(300):
            send(pacer, clock, api.answer)
        assert api.refused == {"bucket": 2}.get(kind, 1)
        assert clock.now - began < 400

    def test_with_races_in_between(self, clock: Clock, kind: str) -> None:
        pacer, api = Pacer(limit=A_MINUTE, now=clock), Api(clock, kind=kind)
        for _ in range(10):
            send(pacer, clock, api.answer, count=10)
            send(pacer, clock, api.answer, count=60)
            for _ in range(25):
                send(pacer, clock, api.answer)
        assert api.refused == 0

    def test_without_any_hint(self, clock: Clock, kind: str) -> None:
        pacer, api = Pacer(now=clock), Api(clock, kind=kind, retry_after=False)
        for _ in range(300):
            send(pacer, clock, api.answer)
        assert api.refused <= 7


class TestWaiting:
    def test_nothing_waits_without_a_limit(self, clock: Clock) -> None:
        pacer = Pacer(now=clock)
        assert wait_for_turn(pacer, clock, 500) == 0

    def test_single_requests_keep_a_distance(self, clock: Clock) -> None:
        pacer = Pacer(limit=Limit(10, 1.0), now=clock)
        assert [wait_for_turn(pacer, clock) for _ in range(3)] == pytest.approx([0, 0.105, 0.105])

    def test_a_group_is_sent_at_once_when_there_is_room_for_all_of_it(self, clock: Clock) -> None:
        pacer = Pacer(limit=Limit(10, 1.0), now=clock)
        wait_for_turn(pacer, clock, 6)
        assert wait_for_turn(pacer, clock, 4) == 0
        assert wait_for_turn(pacer, clock, 6) == pytest.approx(1.05)

    def test_a_group_that_never_has_room_says_so(self, clock: Clock) -> None:
        pacer = Pacer(limit=Limit(10, 1.0), now=clock)
        with pytest.raises(Inconclusive, match="11 requests at once are more than the API takes: 10 requests in 1 s"):
            wait_for_turn(pacer, clock, 11)

    def test_who_comes_first_is_first(self, clock: Clock) -> None:
        pacer = Pacer(limit=Limit(10, 1.0), now=clock)
        wait_for_turn(pacer, clock, 10)
        group, single = pacer.turns(10), pacer.turns()
        assert next(group) > 0
        assert next(single) > 0
        clock.advance(2)
        assert next(single) > 0, "the group is first"
        assert list(group) == []
        assert next(single) > 0
        clock.advance(2)
        assert list(single) == []

    def test_who_gives_up_holds_up_nobody(self, clock: Clock) -> None:
        pacer = Pacer(limit=Limit(10, 1.0), now=clock)
        wait_for_turn(pacer, clock, 10)
        given_up = pacer.turns(10)
        next(given_up)
        given_up.close()
        clock.advance(2)
        assert wait_for_turn(pacer, clock) == 0

    def test_all_wait_after_a_refusal(self, clock: Clock) -> None:
        pacer = Pacer(now=clock)
        send(pacer, clock, lambda: came(429, Retry_After="20"))
        assert 20 <= wait_for_turn(pacer, clock) < 22

    def test_a_refusal_that_asks_for_no_wait_changes_nothing(self, clock: Clock) -> None:
        pacer = Pacer(now=clock)
        for _ in range(50):
            send(pacer, clock, lambda: came(200))
        send(pacer, clock, lambda: came(429, Retry_After="0"))
        assert pacer.limits == []
        assert wait_for_turn(pacer, clock) == 0

    def test_a_refused_group_does_not_lower_the_limit(self, clock: Clock) -> None:
        pacer = Pacer(limit=A_MINUTE, now=clock)
        for _ in range(20):
            send(pacer, clock, lambda: came(200))
        send(pacer, clock, lambda: came(429, Retry_After="1"), count=10)
        assert pacer.limits == [A_MINUTE]

    def test_a_refusal_of_another_token_teaches_no_limit(self, clock: Clock) -> None:
        pacer = Pacer(now=clock)
        pacer.credential = right = Credential("$TOKEN", value="s3cret")
        wrong = replace(right, shown="a-wrong-token", value="x")
        for _ in range(50):
            send(pacer, clock, lambda: came(200))
        for credential in (wrong, Credential(None)):
            wait_for_turn(pacer, clock)
            pacer.note(came(429, Retry_After="20"), credential=credential)
            assert pacer.limits == []
            assert wait_for_turn(pacer, clock) >= 20
        pacer.note(came(429, Retry_After="20"), credential=replace(right))
        assert pacer.limits != []

    def test_what_is_under_way_uses_the_quota_too(self, clock: Clock) -> None:
        pacer = Pacer(now=clock)
        for _ in range(2):
            wait_for_turn(pacer, clock)
        pacer.note(came(200, RateLimit='"a";r=1;t=30', RateLimit_Policy='"a";q=9;w=30'))
        assert wait_for_turn(pacer, clock) >= 30

    def test_a_second_that_may_be_rounded_is_waited_for_a_little_longer(self, clock: Clock) -> None:
        pacer = Pacer(now=clock)
        send(pacer, clock, lambda: came(429, Retry_After="1"))
        assert wait_for_turn(pacer, clock) > 1.1

    def test_deadlines_stand_still_while_requests_wait(self, clock: Clock) -> None:
        pacer = Pacer(limit=Limit(1, 10.0), now=clock)
        began = pacer.clock()
        for _ in range(4):
            wait_for_turn(pacer, clock)
            clock.advance(0.5)
        assert pacer.clock() - began == pytest.approx(2)
        assert pacer.waited_s == pytest.approx(30)

    def test_they_stand_still_for_those_who_still_wait(self, clock: Clock) -> None:
        pacer = Pacer(limit=Limit(1, 10.0), now=clock)
        wait_for_turn(pacer, clock)
        began = pacer.clock()
        first, second = pacer.turns(), pacer.turns()
        next(first), next(second)
        clock.advance(11)
        assert list(first) == []
        clock.advance(5)
        assert pacer.clock() == began
        assert next(second) > 0


class TestExhausted:
    @pytest.mark.parametrize(
        "last",
        [
            came(429, Retry_After="3600"),
            came(429, Retry_After="9" * 400),
            came(429, RateLimit='"h";r=0;t=3600', RateLimit_Policy='"h";q=10;w=3600'),
            came(200, X_RateLimit_Limit="10", X_RateLimit_Remaining="0", X_RateLimit_Reset="3600"),
        ],
    )
    def test_nothing_is_sent_while_the_api_takes_nothing_for_long(self, clock: Clock, last: Answer) -> None:
        pacer = Pacer(75.0, now=clock)
        send(pacer, clock, lambda: last)
        for _ in range(2):
            with pytest.raises(TargetDown, match=r"longer than RETRY_DEADLINE_S \(75 s\) allows"):
                wait_for_turn(pacer, clock)
        assert pacer.exhausted
        assert pacer.sent == 1


class TestCounting:
    def test_only_what_cannot_have_arrived_is_not_counted(self, clock: Clock) -> None:
        pacer = Pacer(now=clock)
        for outcome in (came(200), came(500), LOST, REFUSED, None):
            wait_for_turn(pacer, clock)
            pacer.note(outcome)
        assert pacer.sent == 4
