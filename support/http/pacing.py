"""How many requests an API takes: all requests of a process wait here for their turn, and are counted.

Libraries for rate limits keep to a limit that is given, in threads or on an event loop. Here the limit can also be
learned, and both clients wait for it, each in its own way.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections import deque
from collections.abc import Callable, Generator

from support.errors import Inconclusive, TargetDown
from support.http.limits import Learner, Limit
from support.http.policy import retry_after_s
from support.http.quotas import Quota, quotas_in
from support.models import Answer, Credential, Failure
from support.statuses import TOO_MANY_REQUESTS

log = logging.getLogger("acceptance")
MARGIN = 1.05
ROUNDED_S = 0.1
LOOK_AGAIN_S = 0.01
WORTH_A_LINE_S = 5.0
REMEMBERED = 10_000


class Pacer:
    """Lets requests pass as the API allows: one after the other, or a group at once when there is room for all of it.

    `limit` is the declared one. `patience_s` is the longest wait that the API may ask for; if it asks for a longer
    one, nothing is sent any more, and `exhausted` says why. `sent` counts the requests that may have reached the API.
    `credential` is the one of the run: APIs often limit other credentials more, which says nothing about the limit.
    """

    def __init__(
        self, patience_s: float = math.inf, limit: Limit | None = None, now: Callable[[], float] = time.monotonic
    ) -> None:
        self.sent = 0
        self.credential: Credential | None = None
        self.exhausted = ""
        self.learner = Learner(limit)
        self._patience_s, self._now = patience_s, now
        self._lock = threading.Lock()
        self._queue: deque[object] = deque()
        self._passed: deque[float] = deque(maxlen=REMEMBERED)
        self._in_flight = 0
        self._opens_at = -math.inf
        self._blind_s = 1.0
        self._quotas: dict[int, tuple[int, float, float]] = {}
        """Quotas, by limit: how many requests are left, until which moment, and how long the quota lasts."""
        self._waited_s = 0.0
        self._waiting_since: float | None = None

    # What is known

    @property
    def limits(self) -> list[Limit]:
        """The limits that are known: declared, learned, and told in headers."""
        told = [Limit(limit, lasts_s) for limit, (_, _, lasts_s) in self._quotas.items()]
        return [self.learner.limit, *told] if self.learner.limit else told

    @property
    def most_at_once(self) -> int | None:
        """The largest group that there is ever room for; None without a limit."""
        return min((limit.requests for limit in self.limits), default=None)

    def clock(self) -> float:
        """Return a time, for deadlines, that stands still while requests wait for their turn."""
        with self._lock:
            return (self._now() if self._waiting_since is None else self._waiting_since) - self._waited_s

    @property
    def waited_s(self) -> float:
        """Seconds in which requests waited for their turn."""
        return self._now() - self.clock()

    # Before requests are sent

    def turns(self, count: int = 1) -> Generator[float, None, None]:
        """Yield seconds to sleep until so many requests may be sent at once; to give up, the caller closes this.

        Raises TargetDown where the quota is used up for long, and Inconclusive for a group that never has room.
        """
        turn = object()
        with self._lock:
            self._queue.append(turn)
        try:
            while (wait_s := self._wait_s(turn, count)) > 0:
                yield wait_s
        finally:
            self._leave(turn)

    def _wait_s(self, turn: object, count: int) -> float:
        """Take the room for the requests and return 0, or return the seconds after which to ask again."""
        with self._lock:
            now = self._now()
            self._check(now, count)
            wait_s = max(
                0.0, self._opens_at - now, self._limit_opens_in_s(now, count), self._quotas_open_in_s(now, count)
            )
            if self._queue[0] is not turn:
                return max(wait_s, LOOK_AGAIN_S)
            if wait_s > 0:
                self._note_wait(now, wait_s)
                return wait_s
            self._passed.extend([now] * count)
            self._in_flight += count
            self._use_quotas(now, count)
            return 0.0

    def _check(self, now: float, count: int) -> None:
        if self.exhausted:
            raise TargetDown(self.exhausted)
        most = self.most_at_once
        if most is not None and count > max(1, most):
            limits = " and ".join(map(str, self.limits))
            raise Inconclusive(f"{count} requests at once are more than the API takes: {limits}")
        if (wait_s := self._quotas_open_in_s(now, count)) > self._patience_s:
            self._give_up(f"the quota of the API is used up for another {wait_s:.0f} s")
            raise TargetDown(self.exhausted)

    def _limit_opens_in_s(self, now: float, count: int) -> float:
        """Return seconds until the limit has room; single requests are spaced, as a quota may refill bit by bit."""
        limit, passed = self.learner.limit, self._passed
        if limit is None or not passed:
            return 0.0
        window_s = limit.seconds * MARGIN
        spaced_s = passed[-1] + window_s / limit.requests - now if count == 1 else 0.0
        place = limit.requests - count + 1
        return max(spaced_s, passed[-place] + window_s - now) if len(passed) >= place else spaced_s

    def _quotas_open_in_s(self, now: float, count: int) -> float:
        return max((until - now for left, until, _ in self._quotas.values() if left < count), default=0.0)

    def _use_quotas(self, now: float, count: int) -> None:
        for limit, (left, until, lasts_s) in self._quotas.items():
            is_new = now >= until
            self._quotas[limit] = ((limit if is_new else left) - count, now + lasts_s if is_new else until, lasts_s)

    def _note_wait(self, now: float, wait_s: float) -> None:
        if self._waiting_since is None:
            self._waiting_since = now
            if wait_s > WORTH_A_LINE_S:
                log.info("%s", f"waiting {wait_s:.0f} s until the API takes more requests")

    def _leave(self, turn: object) -> None:
        with self._lock:
            self._queue.remove(turn)
            if self._waiting_since is not None:
                now = self._now()
                self._waited_s += now - self._waiting_since
                self._waiting_since = now if self._queue else None

    # After they were sent

    def note(
        self, outcome: Answer | Failure | None, of_group: bool = False, credential: Credential | None = None
    ) -> None:
        """Count a request that was let pass, and learn from its outcome; None if the wait for it was broken off.

        A 429 to a request `of_group` changes no known limit: the API may have refused the group for being one. One to
        a request with another credential than that of the run teaches no limit.
        """
        with self._lock:
            self._in_flight -= 1
            self.sent += outcome.sent if isinstance(outcome, Failure) else 1
            if not isinstance(outcome, Answer):
                return
            sent_at, quotas = self._now() - outcome.seconds, quotas_in(outcome)
            if quotas:
                self._note_quotas(quotas)
            if outcome.status == TOO_MANY_REQUESTS:
                is_other = None not in (credential, self.credential) and credential != self.credential
                self._note_refusal(outcome, sent_at, quotas, is_other or (of_group and self.learner.limit is not None))
            else:
                self.learner.accept(sent_at)
                self._blind_s = 1.0 if sent_at >= self._opens_at else self._blind_s

    def _note_quotas(self, quotas: list[Quota]) -> None:
        lasted, now = {limit: lasts_s for limit, (_, _, lasts_s) in self._quotas.items()}, self._now()
        self._quotas = {
            quota.limit: (
                quota.left - self._in_flight,
                now + quota.resets_s * MARGIN + ROUNDED_S,
                max(quota.resets_s, lasted.get(quota.limit, ROUNDED_S)),
            )
            for quota in quotas
        }

    def _note_refusal(self, answer: Answer, sent_at: float, quotas: list[Quota], teaches_nothing: bool) -> None:
        asked_s = retry_after_s(answer)
        if asked_s is None:
            asked_s = max((quota.resets_s for quota in quotas if quota.left < 1), default=None)
        if asked_s is None:
            asked_s = self._blind_s
            self._blind_s *= 2 if sent_at >= self._opens_at else 1
        if asked_s > self._patience_s:
            self._give_up(f"the API answers 429 (too many requests) and asks to wait {asked_s:.0f} s")
        elif asked_s > 0:
            self._opens_at = max(self._opens_at, self._now() + asked_s * MARGIN + ROUNDED_S)
            if not quotas and not teaches_nothing:
                self._learn()

    def _learn(self) -> None:
        before = self.learner.limit
        self.learner.refuse(self._opens_at)
        limit = self.learner.limit
        if limit is not None and limit != before:
            advice = "the profile can name another limit in caps.requests_per_minute"
            log.info("%s", f"the API answers 429: from now on it gets at most {limit}; {advice}")

    def _give_up(self, why: str) -> None:
        self.exhausted = (
            f"{why}, longer than RETRY_DEADLINE_S ({self._patience_s:g} s) allows. Run again when it takes requests, "
            "or set caps.requests_per_minute in the profile, so that the run takes longer and the quota lasts."
        )
