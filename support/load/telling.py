"""What the statistics get of each request, by its kind: how long it took, and what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from support import statuses
from support.errors import ContractViolation
from support.escaping import on_one_line
from support.http.users_api import UsersApi
from support.models import Answer, Exchange, Failure
from support.redaction import redacted
from support.rules import RULES

SECONDS = re.compile(r" within [\d.]+ s")


@dataclass(frozen=True)
class Told:
    """One request: `name` is the kind of its URL, `failure` is empty if nothing is wrong.

    Failures of one kind have the same text. `violation` has the details of a broken rule.
    """

    method: str
    name: str
    seconds: float = 0.0
    size: int = 0
    failure: str = ""
    violation: ContractViolation | None = None


Tell = Callable[[Told], None]


def attempts_of(exchange: Exchange, api: UsersApi, error: Exception | None = None) -> Iterator[Told]:
    """Yield the attempts of a call; `error` says what is wrong with the last of them."""
    method, name = exchange.call.method, name_of(exchange.call.url, api)
    *earlier, last = (attempt.outcome for attempt in exchange.attempts)
    for outcome in earlier:
        yield Told(method, name, outcome.seconds, _size(outcome), _disturbance(outcome))
    failure = _disturbance(last) if error is None else failure_of(error)
    violation = error if isinstance(error, ContractViolation) else None
    yield Told(method, name, last.seconds, _size(last), failure, violation)


def disturbance(exchange: Exchange) -> str:
    """Return why a call proves nothing (no answer, or one that an API may give at any time), or an empty text."""
    last = exchange.attempts[-1].outcome
    return _disturbance(last) if last.status is None or last.status in statuses.ALLOWED_AT_ANY_TIME else ""


def failure_of(error: Exception) -> str:
    """Return the kind of failure: a broken rule with its id, or what kept the load from checking one."""
    if isinstance(error, ContractViolation):
        return f"{error.rule}: {RULES[error.rule].promise}"
    return on_one_line(redacted(f"{type(error).__name__}: {error}"))


def name_of(url: str, api: UsersApi) -> str:
    """Return the kind of a URL: statistics have one line for all users, and one for all emails."""
    path = urlsplit(api.base_url).path
    if api.id_in(url) is not None:
        return f"{path}/{{id}}"
    query = urlsplit(url).query
    return f"{path}?{api.profile.names.email_filter}=" if query else path


def _disturbance(outcome: Answer | Failure) -> str:
    if isinstance(outcome, Failure):
        return on_one_line(redacted(f"no answer: {SECONDS.sub(' in time', outcome.cause)}"))
    return f"status {outcome.status}" if outcome.status in statuses.RETRIED else ""


def _size(outcome: Answer | Failure) -> int:
    return len(outcome.body) if isinstance(outcome, Answer) else 0
