"""The values that the suite hands around; all of them frozen, none of them holds a secret."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from support import statuses
from support.bounds import BOUNDS, TooMuch, parsed

EMBEDDED = "embedded"
"""The key of embedded APIs in the journal: they end with their run, and their users with them."""
IDEMPOTENCY_KEY = "Idempotency-Key"
ALWAYS_SENT = {"User-Agent": "users-acceptance", "Accept-Encoding": "gzip, deflate", "Connection": "keep-alive"}


def writable(text: str) -> str:
    """Return a text as it can be written anywhere: half a pair of surrogates, which JSON can hold, as an escape."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


@dataclass(frozen=True)
class NewUser:
    """What a newcomer signs up with."""

    name: str
    email: str

    def as_json(self) -> dict[str, Any]:
        return {"name": self.name, "email": self.email}


@dataclass(frozen=True)
class User:
    """A user in normal form: what later steps work with, never what the contract is judged on.

    `id` is always text and `email` lower-cased; `extra` holds the fields that the contract does not name.
    """

    id: str
    name: str | None
    email: str
    created_at: str | None
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Problem:
    """What a refusal says of itself (RFC 9457 where the API speaks it)."""

    status: int
    title: str
    document: Mapping[str, Any]


@dataclass(frozen=True)
class Credential:
    """How a request introduces itself: `shown` is safe to print, `scheme` and `value` go on the wire."""

    shown: str | None
    scheme: str = "Bearer"
    value: str = field(default="", repr=False)

    @property
    def header(self) -> str | None:
        """Return the Authorization header for the wire, or None where no credential is sent."""
        return None if self.shown is None else f"{self.scheme} {self.value}".lstrip()


@dataclass(frozen=True)
class Call:
    """One request as it is meant: `url` is absolute, `headers` are without Authorization, `body` is what is sent.

    `repeatable` says that doing it twice is the same as doing it once, so that a lost answer may be asked for again;
    `lists` that it asks for a list of users.
    """

    method: str
    url: str
    credential: Credential
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    repeatable: bool = True
    lists: bool = False

    @property
    def sent_headers(self) -> dict[str, str]:
        """Return the headers with Authorization, which no other place writes."""
        authorization = self.credential.header
        return {**self.headers, **({} if authorization is None else {"Authorization": authorization})}


@dataclass(frozen=True)
class Answer:
    """One answer as it came; `seconds` runs from the first byte sent to the last byte read.

    `excess` says which bound it goes beyond; its body is then left out.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float
    excess: str = ""

    def __post_init__(self) -> None:
        BOUNDS.hold(self, len(self.body))

    def header(self, name: str) -> str | None:
        """Return a header whatever the letter case of its name."""
        return next((value for key, value in self.headers.items() if key.lower() == name.lower()), None)

    def json(self) -> Any:
        """Return the body as JSON, parsed once; raises ValueError where it is none."""
        return self._document

    @cached_property
    def _document(self) -> Any:
        if self.excess:
            raise TooMuch(self.excess)
        return parsed(self.body, self)


@dataclass(frozen=True)
class Failure:
    """An attempt that got no whole answer. `sent` is False only where the request cannot have reached the API.

    `fatal` is what comes every time, `of_the_proxy` what went wrong before the API came into it, and `status` that of
    an answer whose header section came and whose body broke off.
    """

    cause: str
    sent: bool
    seconds: float
    fatal: bool = False
    status: int | None = None
    of_the_proxy: bool = False


@dataclass(frozen=True)
class Attempt:
    """One try: what came of it, and how long was waited before the next one (seconds)."""

    outcome: Answer | Failure
    wait_s: float = 0.0

    @property
    def in_doubt(self) -> bool:
        """Whether the API may have done the work although it did not say so."""
        if isinstance(self.outcome, Failure) and not statuses.is_client_error(self.outcome.status):
            return self.outcome.sent
        return statuses.may_have_done_the_work(self.outcome.status)

    @property
    def limited(self) -> bool:
        """Whether the API answered that there were too many requests."""
        return self.outcome.status == statuses.TOO_MANY_REQUESTS


@dataclass(frozen=True)
class Exchange:
    """A call with all its attempts; the last one is what the call came to.

    `adopted`: the answer shows what a search found. `undecided`: whether the API did the work cannot be told, so it was
    not asked again.
    """

    call: Call
    attempts: tuple[Attempt, ...]
    adopted: bool = False
    undecided: bool = False

    @property
    def answer(self) -> Answer | None:
        """Return the last answer, or None where none came."""
        last = self.attempts[-1].outcome
        return last if isinstance(last, Answer) else None

    @property
    def status(self) -> int | None:
        return self.answer.status if self.answer else None

    @property
    def seconds(self) -> float:
        """How long the call took with its waits."""
        return sum(attempt.outcome.seconds + attempt.wait_s for attempt in self.attempts)

    @property
    def was_refused(self) -> bool:
        """Whether the last attempt certainly did nothing: it was not sent, or its answer is no success."""
        last = self.attempts[-1]
        return not last.in_doubt and not statuses.is_success(last.outcome.status)

    @property
    def repeated_in_doubt(self) -> bool:
        """Whether an earlier attempt may already have done the work, so that this answer may be the second one."""
        return any(attempt.in_doubt for attempt in self.attempts[:-1])
