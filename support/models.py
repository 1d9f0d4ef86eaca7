"""The values that the suite passes around.

The repr of a Credential hides its token; what is printed of the others goes through `support.redaction.redacted`.
"""

from __future__ import annotations

import base64
from collections.abc import Collection, Mapping
from copy import copy
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, Protocol
from urllib.parse import quote

from support import statuses
from support.bounds import BOUNDS, TooMuch, parsed

EMBEDDED = "embedded"
"""The key of embedded APIs in the journal: they end with their run, and their users with them."""
EMBEDDED_NAME = "embedded API"
IDEMPOTENCY_KEY = "Idempotency-Key"
COOKIE_SIGNS = "!#$%&'()*+/:<=>?@[]^`{|}~"
"""What may stand in a cookie as it is, beside letters, digits and `-._` (RFC 6265 §4.1.1)."""
WHOLE: Any = object()
"""Stands for the whole body of an answer."""
OVERRIDES = ("x-http-method-override", "x-http-method", "x-method-override")
"""Headers in which some servers accept a method that replaces the request's own."""
ALWAYS_SENT = {"User-Agent": "users-acceptance", "Accept-Encoding": "gzip, deflate", "Connection": "keep-alive"}


def writable(text: str) -> str:
    """Return a text that can be encoded: lone surrogates, which JSON allows, become escapes."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


LONGEST_NAME = 200
"""Characters of the longest name."""
LONGEST_EMAIL = 254
"""Characters of the longest email."""


@dataclass(frozen=True)
class NewUser:
    """The data that a new user signs up with."""

    name: str
    email: str

    def as_json(self) -> dict[str, Any]:
        return {"name": self.name, "email": self.email}


@dataclass(frozen=True)
class User:
    """A user in normal form: later steps work with it, checks of the contract do not.

    `id` is always text and `email` lower-cased.
    """

    id: str
    name: str | None
    email: str
    created_at: str | None


class TokenSource(Protocol):
    """Has the current token, and gets another one when an answer with one of `statuses` refuses it."""

    token: str
    statuses: Collection[int]

    def renew(self, refused: str) -> None:
        """Get another token than the one that was refused, if there is any."""

    def note_refused_again(self) -> None:
        """Note that a call is refused with the renewed token too."""


@dataclass(frozen=True)
class Credential:
    """How a request authenticates: by the token `value`, which prints as `shown`; not at all if `shown` is None.

    `format` is the value of the header, cookie or query parameter called `name`; basic authentication encodes it.
    """

    shown: str | None
    format: str = "Bearer {token}"
    value: str = field(default="", repr=False)
    place: Literal["header", "basic", "cookie", "query"] = "header"
    name: str = "Authorization"
    source: TokenSource | None = field(default=None, repr=False, compare=False)

    @property
    def token(self) -> str:
        """The current token: the one of the source, if there is a source."""
        return self.value if self.source is None else self.source.token

    @property
    def sent(self) -> str:
        """Return the format with the token."""
        return self.format.replace("{token}", self.token)

    @property
    def in_print(self) -> str:
        """Return the credential for print: where it is sent, and what stands for the token."""
        place = {"basic": "Authorization: Basic ", "cookie": f"Cookie: {self.name}=", "query": f"?{self.name}="}
        return place.get(self.place, f"{self.name}: ") + self.format.replace("{token}", self.shown or "")

    @property
    def headers(self) -> dict[str, str]:
        """Return the header that the credential adds to a request, if any."""
        if self.shown is None or self.place == "query":
            return {}
        if self.place == "basic":
            return {self.name: f"Basic {base64.b64encode(self.sent.encode()).decode()}"}
        if self.place == "cookie":
            return {"Cookie": f"{self.name}={quote(self.sent, safe=COOKIE_SIGNS)}"}
        return {self.name: self.sent}

    def in_url(self, url: str) -> str:
        """Return the URL, with the credential if its place is the query."""
        if self.shown is None or self.place != "query":
            return url
        return f"{url}{'&' if '?' in url else '?'}{quote(self.name)}={quote(self.sent, safe='')}"


@dataclass(frozen=True)
class Call:
    """One intended request: `url` is absolute; neither it nor `headers` contains the credential.

    `repeatable` says that the call is idempotent, so that it may be sent again after a lost answer; `lists` that it
    reads a list of users.
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
        """Return the headers with the credential; nothing else adds it."""
        own, credential = self.headers, self.credential.headers
        if "Cookie" in credential and "Cookie" in own:
            credential = {"Cookie": f"{own['Cookie']}; {credential['Cookie']}"}
        return {**own, **credential}

    @property
    def sent_url(self) -> str:
        """Return the URL with the credential; nothing else adds it."""
        return self.credential.in_url(self.url)


@dataclass(frozen=True)
class Answer:
    """One answer as it was received; `seconds` runs from the start of the attempt to the last byte read.

    `excess` says which bound the answer exceeds, if any; the body is then empty. If the profile gives an answer another
    status than the one that came, `sent_status` is the one that came. `shown` is the user in the answer, if that is not
    the whole body; `read` is the answer to a later read that showed the user, if this answer did not.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float
    excess: str = ""
    sent_status: int | None = None
    shown: Any = WHOLE
    read: Answer | None = None

    def __post_init__(self) -> None:
        BOUNDS.count(self, len(self.body))

    def header(self, name: str) -> str | None:
        """Return a header whatever the letter case of its name."""
        return next((value for key, value in self.headers.items() if key.lower() == name.lower()), None)

    def json(self) -> Any:
        """Return the user that the answer shows, or else the whole body as JSON; raises ValueError for no JSON."""
        return self.document if self.shown is WHOLE else self.shown

    def unparsed(self) -> Answer:
        """Return the same answer without the document that its body was parsed into."""
        same = copy(self)
        same.__dict__.pop("document", None)
        return same

    @cached_property
    def document(self) -> Any:
        """The whole body as JSON, parsed once; raises ValueError if it is not JSON."""
        if self.excess:
            raise TooMuch(self.excess)
        return parsed(self.body, self)


@dataclass(frozen=True)
class Failure:
    """An attempt that got no whole answer. `sent` is False only if the request cannot have reached the API.

    `fatal`: another attempt would fail in the same way. `of_the_proxy`: the proxy failed before the API was reached.
    `hung`: no whole answer came in time. `status`: that of an answer whose body broke off after its header section.
    """

    cause: str
    sent: bool
    seconds: float
    fatal: bool = False
    status: int | None = None
    of_the_proxy: bool = False
    hung: bool = False


@dataclass(frozen=True)
class Attempt:
    """One attempt: its outcome, and the wait before the next one in seconds."""

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
    """A call with all its attempts, of which the last one counts.

    `adopted`: the answer shows a user that a search found. `undecided`: nothing shows whether the API did the work, so
    the call was not sent again. `gave_up`: why it was not sent again although the API asked for that.
    """

    call: Call
    attempts: tuple[Attempt, ...]
    adopted: bool = False
    undecided: bool = False
    gave_up: str = ""

    @property
    def answer(self) -> Answer | None:
        """Return the last answer, or None if the last attempt failed."""
        last = self.attempts[-1].outcome
        return last if isinstance(last, Answer) else None

    @property
    def status(self) -> int | None:
        return self.answer.status if self.answer else None

    @property
    def seconds(self) -> float:
        """How long the call took, waits included."""
        return sum(attempt.outcome.seconds + attempt.wait_s for attempt in self.attempts)

    @property
    def was_refused(self) -> bool:
        """Whether the last attempt certainly did nothing: it was not sent, or its answer is no success."""
        last = self.attempts[-1]
        return not last.in_doubt and not statuses.is_success(last.outcome.status)

    @property
    def repeated_in_doubt(self) -> bool:
        """Whether an earlier attempt may already have done the work, so that this answer may be to a repetition."""
        return any(attempt.in_doubt for attempt in self.attempts[:-1])
