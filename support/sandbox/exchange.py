"""A request as the API sees it, and its answer before it is written."""

import hmac
import re
from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import Headers, QueryParams

PROBLEM = "application/problem+json"
JSON = "application/json"
_TAG = r'(?:W/)?"[^"]*"'
_CONDITION = re.compile(rf"\*|{_TAG}(?:\s*,\s*{_TAG})*")


@dataclass(slots=True)
class Call:
    """A request for the collection (`user_id` None), for one user, or for neither (empty)."""

    method: str
    user_id: str | None
    query: QueryParams
    headers: Headers
    body: bytes = b""
    deletion_delay_s: float = 0.0


@dataclass(slots=True)
class Answer:
    """A status with JSON `content`; None is no body at all."""

    status: int
    content: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    media_type: str = JSON


class Refusal(Exception):
    """A request that is not carried out: becomes a problem document (RFC 9457)."""

    def __init__(self, status: int, title: str, detail: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.title = title
        self.detail = detail
        self.headers = headers or {}


def bears(headers: Headers, token: str) -> bool:
    """Return whether a request bears the token (RFC 6750, section 2.1)."""
    scheme, _, given = headers.get("authorization", "").partition(" ")
    return scheme.lower() == "bearer" and hmac.compare_digest(given.encode(), token.encode())


def is_condition(value: str | None) -> bool:
    """Return whether the value of an If-Match is a list of entity tags, or `*`; any other value is ignored."""
    return value is not None and _CONDITION.fullmatch(value.strip()) is not None


def names_tag(condition: str | None, etag: str) -> bool:
    """Return whether an If-Match or If-None-Match names a strong entity tag, alone, in a list or by `*`."""
    return condition is not None and (condition.strip() == "*" or etag in (tag.strip() for tag in condition.split(",")))
