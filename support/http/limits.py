"""The limit of an API that states none: learned from how many requests it accepted before it answered 429."""

from __future__ import annotations

import math
from dataclasses import dataclass

from support.errors import number_of

FEWEST = 10
SLOWER = 0.7
MOST_LOWERED = 4
LONG = 10


@dataclass(frozen=True)
class Limit:
    """So many requests within so many seconds."""

    requests: int
    seconds: float

    def __str__(self) -> str:
        return f"{number_of(self.requests, 'request')} in {self.seconds:.3g} s"

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds


class Learner:
    """Learns a limit by counting; `limit` is the one to keep to, at first the declared one, if any.

    A stretch begins when the API accepts requests again. The requests accepted in a stretch until a 429, and the time
    until the API takes more, make a limit. If few were accepted before the first 429, other clients had used the quota,
    and the next stretch gives the limit. A limit that proves too high is lowered; if that does not help either, the
    429s do not depend on the number of requests, and nothing more is learned.
    """

    def __init__(self, declared: Limit | None = None) -> None:
        self.limit = self._declared = self._before = declared
        self.is_on = True
        self._began = self._opens = -math.inf
        self._accepted = self._refusals = self._lowered = 0

    def accept(self, sent_at: float) -> None:
        """Take in a request that was accepted."""
        if sent_at >= self._opens:
            self._began, self._accepted, self._opens = sent_at, 0, math.inf
        self._accepted += 1

    def refuse(self, opens: float) -> None:
        """Take in a 429; at the moment `opens` the API takes requests again."""
        if not self.is_on:
            return
        if self._opens == math.inf or self._refusals == 0:
            self._begin_refusal()
        self._opens = opens
        if self.is_on and (self._refusals > 1 or self._accepted >= FEWEST):
            self.limit = self._measured()

    def _begin_refusal(self) -> None:
        self._refusals += 1
        self._before = self.limit
        is_right_for_long = self.limit is not None and self._accepted > LONG * self.limit.requests
        self._lowered = 1 if is_right_for_long else self._lowered + 1
        if self._lowered > MOST_LOWERED:
            self.limit, self.is_on = self._declared, False

    def _measured(self) -> Limit:
        found = Limit(max(1, self._accepted), max(0.001, self._opens - self._began))
        if self._before is None:
            return found
        requests = self._before.requests
        return Limit(requests, requests / min(found.rate, self._before.rate * SLOWER))
