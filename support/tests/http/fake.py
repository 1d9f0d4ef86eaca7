"""A clock that only waits move, and a client with scripted answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from support.http.operations import Driver, Operation, SendRequest, Sleep
from support.http.policy import Policy
from support.models import Answer, Failure

T = TypeVar("T")


@dataclass
class Clock:
    """Moments in seconds; moves only when a test advances it."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


def no_jitter(_: float, most: float) -> float:
    """Draw the longest wait, so that waits are predictable."""
    return most


def policy(clock: Callable[[], float] | None = None, **changes: Any) -> Policy:
    """Return a policy of five attempts with waits of 1, 2, 4 … 8 seconds within 100."""
    defaults: dict[str, Any] = {"attempts": 5, "base_s": 1.0, "cap_s": 8.0, "deadline_s": 100.0, "jitter": no_jitter}
    return Policy(**{**defaults, "clock": clock or Clock(), **changes})


def came(status: int, body: bytes = b"", seconds: float = 0.0, **headers: str) -> Answer:
    """Return an answer; `Retry_After` stands for Retry-After."""
    return Answer(status, {name.replace("_", "-"): value for name, value in headers.items()}, body, seconds)


REFUSED = Failure("connection refused", False, 0.0)
LOST = Failure("connection broken (reset)", True, 0.0)
UNVERIFIED = Failure("the certificate cannot be verified (self-signed)", False, 0.0, fatal=True)


@dataclass
class ScriptedClient:
    """Executes operations: each request gets the next outcome, and moves the clock by the seconds of that."""

    clock: Clock
    outcomes: list[Answer | Failure]
    sends: list[SendRequest] = field(default_factory=list)
    sent_at: list[float] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)

    def run(self, operation: Operation[T]) -> T:
        driver = Driver(operation)
        for effect in driver:
            if isinstance(effect, Sleep):
                self.waits.append(effect.seconds)
                self.clock.advance(effect.seconds)
            elif isinstance(effect, SendRequest):
                self.sends.append(effect)
                self.sent_at.append(self.clock.now)
                driver.outcome = outcome = self.outcomes.pop(0)
                self.clock.advance(outcome.seconds)
        return driver.result


def driven(outcomes: Iterable[Answer | Failure], clock: Clock | None = None) -> ScriptedClient:
    return ScriptedClient(clock or Clock(), list(outcomes))
