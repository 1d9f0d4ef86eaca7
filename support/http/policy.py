"""One retry policy for every call: how often, how long between, and when enough is enough.

tenacity decides; what it decides is handed out as effects, so that the blocking client and the asynchronous one
follow the same policy and a fake clock can test it.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import tenacity

from support import statuses
from support.models import Answer, Failure

RETRY_COST = 5
RETRIES_IN_A_CROWD = 3
FAULT_ATTEMPTS = 3
BUDGET_CAPACITY = 500
MOST_DOUBLINGS = 60


class Budget:
    """A token bucket that retries draw on, as in the standard mode of the AWS SDKs.

    A retry costs 5 of 500 tokens; each call that needed none pays 1 back, one rescued by a retry pays its cost back.
    A dead target so sees about a hundred retries in all, however many calls are made.
    """

    def __init__(self, capacity: int = BUDGET_CAPACITY) -> None:
        self._capacity = self._left = capacity
        self._lock = threading.Lock()

    def take(self) -> bool:
        """Pay for one retry; False where the budget is spent."""
        with self._lock:
            if self._left < RETRY_COST:
                return False
            self._left -= RETRY_COST
            return True

    def admit(self, calls: int) -> None:
        """Make room for a crowd: so many calls at once, each of which may need a few retries."""
        with self._lock:
            self._capacity += calls * RETRY_COST * RETRIES_IN_A_CROWD
            self._left += calls * RETRY_COST * RETRIES_IN_A_CROWD

    def give_back(self, retries: int) -> None:
        """Pay back after a call that was answered after so many retries."""
        with self._lock:
            self._left = min(self._capacity, self._left + max(1, retries * RETRY_COST))


@dataclass
class Policy:
    """Attempts, backoff with full jitter, Retry-After, cap and total deadline of a call; all durations in seconds.

    `final` are statuses that say something here and are never retried, whatever they are elsewhere.
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

        The jitter comes on top of a Retry-After, so that a crowd that was told the same time does not come back as one.
        """
        asked = retry_after_s(outcome) if isinstance(outcome, Answer) else None
        doublings = min(attempt - 1, MOST_DOUBLINGS)
        backoff = self.jitter(0.0, min(self.cap_s, self.base_s * 2**doublings))
        return min(self.cap_s, (asked or 0.0) + backoff)

    def loop(self) -> RetryLoop:
        """Return the decisions for one call."""
        return RetryLoop(self)


class RetryLoop:
    """The decisions for one call: ask `wait_s(outcome)` after each attempt."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._started = policy.clock()
        self._attempt = self._paid = 0

    @property
    def remaining_s(self) -> float:
        """Seconds that are left of the total deadline."""
        return max(0.0, self._policy.deadline_s - (self._policy.clock() - self._started))

    def wait_s(self, outcome: Answer | Failure) -> float | None:
        """Return the seconds to wait before the next attempt, or None where this outcome is the last."""
        self._attempt += 1
        if not is_transient(outcome) or (isinstance(outcome, Answer) and outcome.status in self._policy.final):
            self._policy.budget.give_back(self._paid)
            return None
        wait = self._policy.wait_before(self._attempt, outcome)
        if self._attempt >= FAULT_ATTEMPTS and isinstance(outcome, Answer) and statuses.is_server_fault(outcome.status):
            return None
        return wait if not self._is_over(wait) and self._may_retry(outcome) else None

    def _is_over(self, wait: float) -> bool:
        """Whether attempts or time would be exceeded by one more attempt after this wait."""
        state = tenacity.RetryCallState(tenacity.Retrying(), None, (), {})
        state.start_time, state.outcome_timestamp = self._started, self._policy.clock()
        state.attempt_number, state.upcoming_sleep = self._attempt, wait
        stop = tenacity.stop_after_attempt(self._policy.attempts) | tenacity.stop_before_delay(self._policy.deadline_s)
        return stop(state)

    def _may_retry(self, outcome: Answer | Failure) -> bool:
        """Pay for one more attempt; a 429 is no sign of a dead target, so waiting as it asks costs nothing."""
        if isinstance(outcome, Answer) and outcome.status == statuses.TOO_MANY_REQUESTS:
            return True
        paid = self._policy.budget.take()
        self._paid += paid
        return paid


def is_transient(outcome: Answer | Failure) -> bool:
    """Whether another attempt may end differently."""
    return not outcome.fatal if isinstance(outcome, Failure) else outcome.status in statuses.RETRIED


def retry_after_s(answer: Answer) -> float | None:
    """Read Retry-After, seconds or a date (RFC 9110 §10.2.3), as seconds from now; None where absent or unreadable."""
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
