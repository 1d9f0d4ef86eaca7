"""Both clients behind one interface, so that one test covers both."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar

import pytest

from support.http.async_client import AsyncClient
from support.http.loop import LoopThread
from support.http.operations import Operation
from support.http.policy import Policy
from support.http.recorder import Recorder
from support.http.route import DIRECT, Route
from support.http.session_client import SessionClient
from support.http.users_api import UsersApi
from support.models import Call, Credential, Exchange, Failure
from support.profile import Profile
from support.redaction import redacted

T = TypeVar("T")
TOKEN = "pear-tree-4711-blossom"
KINDS = ("session", "async")


class Client(Protocol):
    """Executes operations."""

    def run(self, operation: Operation[T]) -> T: ...


class _Async:
    """The async client, blocking: on a loop of its own."""

    def __init__(self, timeout_s: float, route: Route) -> None:
        self._loop = LoopThread()
        self._client = self._loop.run(_made(timeout_s, route))

    def run(self, operation: Operation[T]) -> T:
        return self._loop.run(self._client.run(operation))

    def close(self) -> None:
        self._loop.run(self._client.close())
        self._loop.close()


async def _made(timeout_s: float, route: Route) -> AsyncClient:
    await asyncio.sleep(0)
    return AsyncClient(timeout_s, route)


@contextmanager
def client_of(kind: str, timeout_s: float = 5.0, route: Route = DIRECT) -> Iterator[Client]:
    """Open a client of this kind for as long as the context lasts."""
    client = SessionClient(timeout_s, route) if kind == "session" else _Async(timeout_s, route)
    try:
        yield client
    finally:
        client.close()


@pytest.fixture(params=KINDS)
def client(request: pytest.FixtureRequest) -> Iterator[Client]:
    """Each of the two clients in turn."""
    with client_of(request.param) as opened:
        yield opened


NewApi = Callable[..., UsersApi]


def api_at(url: str, token: str | None = TOKEN, window_s: float = 0.05, **changes: Any) -> UsersApi:
    """Return the calls of an API that is tried three times within seconds, with waits too short to notice."""
    options: dict[str, Any] = {"attempts": 3, "base_s": 0.001, "cap_s": 0.01, "deadline_s": 10.0, **changes}
    credential = Credential(None)
    if token is not None:
        redacted.hide(token)
        credential = Credential("$TOKEN", value=token)
    return UsersApi(url, credential, Policy(**options), Profile(), Recorder(), window_s, permit_all)


def permit_all(_: Call) -> Operation[None]:
    """Permit every call: the only users are those of a test."""
    yield from ()


def outcomes_of(exchange: Exchange) -> list[object]:
    """Return the outcome of each attempt: a status, or whether the request was sent and the kind of failure."""
    return [
        (attempt.outcome.sent, attempt.outcome.cause.split(" (")[0].split(" within")[0])
        if isinstance(attempt.outcome, Failure)
        else attempt.outcome.status
        for attempt in exchange.attempts
    ]


def reading(api: UsersApi) -> Operation[Exchange]:
    return api.send(Call("GET", api.base_url, api.credential, {"Accept": "application/json"}))
