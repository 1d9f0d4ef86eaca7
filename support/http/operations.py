"""How a call is carried out, written once: generators that say what to send and how long to wait.

A flow yields `Send` and is given an `Answer` or a `Failure`; it yields `Wait` and is given nothing. The blocking client
and the asynchronous one only carry out these two effects, so attempts, adoption of creates whose answer was lost and
the books about them are the same for both.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from support.errors import ContractViolation, Inconclusive
from support.http.policy import Policy, RetryLoop
from support.models import IDEMPOTENCY_KEY, Answer, Attempt, Call, Exchange, Failure
from support.statuses import is_success

T = TypeVar("T")


@dataclass(frozen=True)
class SendRequest:
    """Send this call once; `timeout_s` is what the total deadline leaves of it."""

    call: Call
    timeout_s: float


@dataclass(frozen=True)
class Sleep:
    """Wait so many seconds; `cause` says why, for the log."""

    seconds: float
    cause: str


Operation = Generator[SendRequest | Sleep, Answer | Failure | None, T]
Search = Callable[[], Operation[Sequence[Answer] | None]]
"""Looks for what a create in doubt may have made: the answers that show it, or None where it cannot be told."""
Permit = Callable[[Call], Operation[None]]
"""Passes a call that may change the user it names, or raises ContractViolation or Inconclusive."""


def execute(call: Call, policy: Policy, permit: Permit | None = None) -> Operation[Exchange]:
    """Carry out a call that may be repeated; one that may not is sent again only where it cannot have arrived.

    Where it may have done its work, `permit` has to pass it again first: the user it names may be another one by now.
    """
    loop = policy.loop()
    attempts: tuple[Attempt, ...] = ()
    while True:
        outcome = yield from _send(call, loop)
        wait = loop.wait_s(outcome)
        attempts = (*attempts, Attempt(outcome, wait or 0.0))
        if attempts[-1].in_doubt and not call.repeatable:
            return Exchange(call, attempts, undecided=True)
        if wait is None:
            return Exchange(call, attempts)
        yield Sleep(wait, cause_of(outcome))
        if permit is not None and attempts[-1].in_doubt and not (yield from _passes(permit(call))):
            return Exchange(call, attempts, undecided=True)


def _passes(permitting: Operation[None]) -> Operation[bool]:
    try:
        yield from permitting
    except (ContractViolation, Inconclusive):
        return False
    return True


def execute_once(call: Call, policy: Policy) -> Operation[Exchange]:
    """Carry out a call with one attempt only, whatever comes: for contenders in a race."""
    outcome = yield from _send(call, policy.loop())
    return Exchange(call, (Attempt(outcome),))


def execute_create(call: Call, policy: Policy, search: Search, window_s: float) -> Operation[Exchange]:
    """Carry out a POST without ever making two: when its outcome is in doubt, look before sending again.

    What is found is adopted as the answer. When nothing is found over the consistency window of `window_s`
    seconds, the call is sent again with the same Idempotency-Key. Where the target cannot be searched, the doubt is
    returned as it is.
    """
    call = replace(call, headers={**call.headers, IDEMPOTENCY_KEY: str(uuid.uuid4())}, repeatable=False)
    loop = policy.loop()
    attempts: tuple[Attempt, ...] = ()
    while True:
        outcome = yield from _send(call, loop)
        wait = loop.wait_s(outcome)
        attempts = (*attempts, Attempt(outcome, wait or 0.0))
        if any(attempt.in_doubt for attempt in attempts) and not _made(outcome):
            found = yield from look(search, window_s if _may_still_show(attempts) else 0.0, policy)
            if found:
                return Exchange(call, (*attempts, Attempt(found[0])), adopted=True)
            if found is None:
                return Exchange(call, attempts, undecided=True)
        if wait is None or wait >= loop.remaining_s:
            return Exchange(call, attempts)
        yield Sleep(wait, cause_of(outcome))


def _send(call: Call, loop: RetryLoop) -> Operation[Answer | Failure]:
    outcome = yield SendRequest(call, loop.remaining_s)
    assert outcome is not None, "a driver answers every Send"
    return outcome


def _made(outcome: Answer | Failure) -> bool:
    return isinstance(outcome, Answer) and is_success(outcome.status)


def _may_still_show(attempts: Sequence[Attempt]) -> bool:
    """Whether the work may still be under way somewhere; with a 429 whatever was done is done."""
    return any(attempt.in_doubt and not attempt.limited for attempt in attempts)


def look(search: Search, window_s: float, policy: Policy) -> Operation[Sequence[Answer] | None]:
    """Search now and again until the window ends: a create that was under way may still show up."""
    ends = policy.clock() + window_s
    pause = window_s / 8
    while True:
        found = yield from search()
        left = ends - policy.clock()
        if found is None or found or left <= 0:
            return found
        yield Sleep(min(pause, left), "a create in doubt may still show up")
        pause *= 2


def cause_of(outcome: Answer | Failure) -> str:
    """Say in a few words why an attempt was not the last."""
    return outcome.cause if isinstance(outcome, Failure) else f"status {outcome.status}"
