"""How a call is executed, written once: generators that say what to send and how long to sleep.

An operation yields `SendRequest` and receives an `Answer` or a `Failure`; it yields `Sleep` or `Renew` and receives
None. The clients only carry these out, so attempts and the search after ambiguous creates are the same in both.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from support.errors import ContractViolation, Inconclusive
from support.http.policy import Policy
from support.models import IDEMPOTENCY_KEY, Answer, Attempt, Call, Exchange, Failure, TokenSource
from support.statuses import is_success

log = logging.getLogger("acceptance.transport")
T = TypeVar("T")


@dataclass(frozen=True)
class SendRequest:
    """Send this call once; `timeout_s` is what is left of the total deadline."""

    call: Call
    timeout_s: float


@dataclass(frozen=True)
class Sleep:
    """Sleep so many seconds; `cause` says why, for the log."""

    seconds: float
    cause: str


@dataclass(frozen=True)
class Renew:
    """Get another token than this one, which was refused: it may have expired."""

    source: TokenSource
    refused: str


Effect = SendRequest | Sleep | Renew
Operation = Generator[Effect, Answer | Failure | None, T]
Search = Callable[[], Operation[Sequence[Answer] | None]]
"""Looks for the user whom an ambiguous create may have made: answers that show the user; None if it cannot tell."""
Permit = Callable[[Call], Operation[None]]
"""Permits a call that may change the user it names, or raises ContractViolation or Inconclusive."""
Settle = Callable[[Exchange], Operation[Exchange | None]]
"""Returns the exchange that ends the call after its latest attempt, or None if the policy decides."""


class Driver(Generic[T]):
    """Iterates over what an operation yields; the client sets `outcome` after a request, and finally reads `result`."""

    outcome: Answer | Failure | None = None
    result: T

    def __init__(self, operation: Operation[T]) -> None:
        self._operation = operation

    def __iter__(self) -> Iterator[Effect]:
        try:
            while True:
                effect, self.outcome = self._operation.send(self.outcome), None
                if isinstance(effect, Sleep):
                    log.debug("sleeping %.2f s: %s", effect.seconds, effect.cause)
                yield effect
        except StopIteration as end:
            self.result = end.value


def execute(call: Call, policy: Policy, permit: Permit | None = None) -> Operation[Exchange]:
    """Execute a call; one that is not `repeatable` is sent again only if it cannot have arrived.

    After an attempt that may have done its work, `permit` is asked before the next: the id may name another user now.
    """

    def settle(exchange: Exchange) -> Operation[Exchange | None]:
        yield from ()
        ambiguous = exchange.attempts[-1].in_doubt and not call.repeatable
        return replace(exchange, undecided=True) if ambiguous else None

    return _attempts(call, policy, settle, permit)


def execute_once(call: Call, policy: Policy) -> Operation[Exchange]:
    """Execute a call with one attempt only, whatever comes: for contenders in a race."""
    outcome = yield SendRequest(call, policy.deadline_s)
    assert outcome is not None
    return Exchange(call, (Attempt(outcome),))


def execute_create(
    call: Call, policy: Policy, search: Search, window_s: float, permit: Permit | None = None
) -> Operation[Exchange]:
    """Execute a POST without ever creating two users: search before an ambiguous one is sent again.

    A POST to the URL of a user, or one that names another method, needs a permit like a change.

    A user that is found is adopted as the answer. When nothing is found within the consistency window of `window_s`
    seconds, the call is sent again with the same Idempotency-Key. If the target cannot be searched, the exchange
    is undecided.
    """
    call = replace(call, headers={**call.headers, IDEMPOTENCY_KEY: str(uuid.uuid4())}, repeatable=False)

    def settle(exchange: Exchange) -> Operation[Exchange | None]:
        in_doubt = [attempt for attempt in exchange.attempts if attempt.in_doubt]
        if not in_doubt or is_success(exchange.status):
            return None
        may_still_show = any(not attempt.limited for attempt in in_doubt)  # after a 429, no user appears later
        found = yield from look(search, window_s if may_still_show else 0.0, policy)
        if found is None:
            return replace(exchange, undecided=True)
        return replace(exchange, attempts=(*exchange.attempts, Attempt(found[0])), adopted=True) if found else None

    return _attempts(call, policy, settle, permit)


def _attempts(call: Call, policy: Policy, settle: Settle, permit: Permit | None = None) -> Operation[Exchange]:
    loop = policy.retries()
    exchange, credential, renewed = Exchange(call, ()), call.credential, False
    while True:
        token = credential.token
        outcome = yield SendRequest(call, loop.remaining_s)
        assert outcome is not None
        wait = loop.wait_s(outcome)
        attempts = (*exchange.attempts, Attempt(outcome, wait or 0.0))
        exchange = replace(exchange, attempts=attempts, gave_up=loop.gave_up)
        if (source := credential.source) is not None and outcome.status in source.statuses:
            if renewed:
                source.note_refused_again()
            else:
                yield Renew(source, token)
                if renewed := source.token != token:
                    continue
        if settled := (yield from settle(exchange)):
            return settled
        if wait is None or wait >= loop.remaining_s:
            return exchange
        yield Sleep(wait, cause_of(outcome))
        if permit is not None and exchange.attempts[-1].in_doubt:
            try:
                yield from permit(call)
            except (ContractViolation, Inconclusive):
                return replace(exchange, undecided=True)


def look(search: Search, window_s: float, policy: Policy) -> Operation[Sequence[Answer] | None]:
    """Search at once, and again until somebody is found or the window ends; None if a search cannot tell."""
    ends = policy.clock() + window_s
    pause = window_s / 8
    while True:
        found = yield from search()
        left = ends - policy.clock()
        if found is None or found or left <= 0:
            return found
        yield Sleep(min(pause, left), "the user of an ambiguous create may still show up")
        pause *= 2


def cause_of(outcome: Answer | Failure) -> str:
    """Say in a few words why an attempt was not the last."""
    return outcome.cause if isinstance(outcome, Failure) else f"status {outcome.status}"
