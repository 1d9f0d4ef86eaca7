"""One retry policy for every call: how many attempts, how long between them, and when to stop.

A policy only decides; it never waits itself, so that both clients can follow it and tests can use a fake clock.
"""

from __future__ import annotations

import math
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from support import statuses
from support.models import Answer, Failure

RETRY_COST = 5
RETRIES_PER_BURST_CALL = 3
FAULT_ATTEMPTS = 3
BUDGET_CAPACITY = 500
MOST_DOUBLINGS = 60


class Budget:
    """A token bucket that retries draw on, as in the standard mode of the AWS SDKs.

    A retry costs 5 of 500 tokens. A call without a retry pays 1 back; a call that retries rescued pays back their cost.
    So a dead target sees about a hundred retries in all, however many calls are made.
    """

    def __init__(self, capacity: int = BUDGET_CAPACITY) -> None:
        self._capacity = self._left = capacity
        self._lock = threading.Lock()

    def take(self) -> bool:
        """Pay for one retry; False if the budget is spent."""
        with self._lock:
            if self._left < RETRY_COST:
                return False
            self._left -= RETRY_COST
            return True

    def admit(self, calls: int) -> None:
        """Raise the budget for a burst of so many calls, each of which may need a few retries."""
        with self._lock:
            self._capacity += calls * RETRY_COST * RETRIES_PER_BURST_CALL
            self._left += calls * RETRY_COST * RETRIES_PER_BURST_CALL

    def give_back(self, retries: int) -> None:
        """Pay back for a call that was answered after so many retries."""
        with self._lock:
            self._left = min(self._capacity, self._left + max(1, retries * RETRY_COST))


@dataclass
class Policy:
    """Attempts, backoff with full jitter, Retry-After, cap and total deadline of a call; all durations in seconds.

    `final` are statuses that this call never retries, whatever they mean elsewhere.
    """

    attempts: int
    base_s: float
    cap_s: float
    deadline_s: float
    budget: Budget = field(default_factory=Budget)
    final: frozenset[int] = frozenset()
    clock: Callable[[], float] = time.monotonic
    jitter: Callable[[float, float], float] = random.uniform

    def wait_before(self, attempt: int, outcome: Answer | Failure) -> float:
        """Return the seconds to wait after so many attempts (from 1), of which `outcome` was the last.

        Jitter is added to a Retry-After, so that calls with the same Retry-After do not return at one moment.
        """
        asked = retry_after_s(outcome) if isinstance(outcome, Answer) else None
        doublings = min(attempt - 1, MOST_DOUBLINGS)
        return (asked or 0.0) + self.jitter(0.0, min(self.cap_s, self.base_s * 2**doublings))

    def retries(self) -> Retries:
        """Return the decisions for one call."""
        return Retries(self)


class Retries:
    """The decisions for one call: ask `wait_s(outcome)` after each attempt."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._started = policy.clock()
        self._attempt = self._paid = 0
        self.gave_up = ""
        """Why the call is not sent again although the API only asked for a wait; empty otherwise."""

    @property
    def remaining_s(self) -> float:
        """Seconds that are left of the total deadline."""
        return max(0.0, self._policy.deadline_s - (self._policy.clock() - self._started))

    def wait_s(self, outcome: Answer | Failure) -> float | None:
        """Return the seconds to wait before the next attempt, or None if this outcome is the last."""
        self._attempt += 1
        status = outcome.status if isinstance(outcome, Answer) else None
        if not is_transient(outcome) or status in self._policy.final:
            self._policy.budget.give_back(self._paid)
            return None
        wait = self._policy.wait_before(self._attempt, outcome)
        if self._attempt >= min(self._policy.attempts, self._most_for(outcome)):
            return None
        if wait >= self.remaining_s:
            asked = retry_after_s(outcome) if isinstance(outcome, Answer) else None
            if asked and status in statuses.ALLOWED_AT_ANY_TIME:
                self.gave_up = (
                    f"it asks to wait {asked:.0f} s (Retry-After), and RETRY_DEADLINE_S "
                    f"({self._policy.deadline_s:g} s) leaves {self.remaining_s:.0f} s"
                )
            return None
        return wait if self._may_retry(status) else None

    def _most_for(self, outcome: Answer | Failure) -> float:
        """Return how many attempts an outcome is worth: fewer for a fault, or where no answer comes in time."""
        lasts = outcome.hung if isinstance(outcome, Failure) else statuses.is_server_fault(outcome.status)
        return FAULT_ATTEMPTS if lasts else math.inf

    def _may_retry(self, status: int | None) -> bool:
        """Pay for one more attempt; a 429 is no sign of a dead target, so a retry after it is free."""
        if status == statuses.TOO_MANY_REQUESTS:
            return True
        paid = self._policy.budget.take()
        self._paid += paid
        return paid


def is_transient(outcome: Answer | Failure) -> bool:
    """Whether another attempt may end differently."""
    return not outcome.fatal if isinstance(outcome, Failure) else outcome.status in statuses.RETRIED


def retry_after_s(answer: Answer) -> float | None:
    """Read Retry-After, seconds or a date (RFC 9110 §10.2.3), as seconds from now; None if absent or unreadable."""
    value = (answer.header("Retry-After") or "").strip()
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
