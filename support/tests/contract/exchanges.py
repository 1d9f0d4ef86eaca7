"""Exchanges for tests."""

from __future__ import annotations

import json
from typing import Any

from support.models import Answer, Attempt, Call, Credential, Exchange, Failure

ADA: dict[str, Any] = {
    "id": "7",
    "name": "Ada Lovelace",
    "email": "ada@example.com",
    "createdAt": "2024-05-06T07:08:09Z",
}
BASE = "http://127.0.0.1:8000/api/v1/users"
JSON = "application/json"


def answered(
    status: int = 200,
    shown: Any = None,
    *,
    body: bytes | None = None,
    url: str = f"{BASE}/7",
    sent: bytes | None = None,
    method: str = "GET",
    media_type: str | None = JSON,
    **headers: str,
) -> Exchange:
    """Return an exchange with one attempt; `shown` is answered as JSON."""
    octets = body if body is not None else b"" if shown is None else json.dumps(shown, ensure_ascii=False).encode()
    received = {name.replace("_", "-"): value for name, value in headers.items()}
    if media_type is not None:
        received["content-type"] = media_type
    call = Call(method, url, Credential("$TOKEN"), {"Accept": JSON}, sent)
    return Exchange(call, (Attempt(Answer(status, received, octets, 0.01)),))


def unanswered(cause: str = "connection refused", tries: int = 3) -> Exchange:
    """Return an exchange without an answer."""
    call = Call("GET", f"{BASE}/7", Credential("$TOKEN"))
    return Exchange(call, tuple(Attempt(Failure(cause, False, 0.01)) for _ in range(tries)))


def beyond(excess: str) -> Exchange:
    """Return an exchange whose answer exceeds a bound."""
    return Exchange(Call("GET", f"{BASE}/7", Credential("$TOKEN")), (Attempt(Answer(200, {}, b"", 0.01, excess)),))


def without(field: str) -> dict[str, Any]:
    return {key: value for key, value in ADA.items() if key != field}
