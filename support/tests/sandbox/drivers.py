"""Two ways to call a sandbox: over a socket, or directly in this process, for tests of hundreds of sandboxes."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from typing import Any, Protocol
from urllib.parse import quote, urlsplit

import httpx

from support.sandbox.api import Api
from support.sandbox.app import App
from support.sandbox.existing_users import existing_users
from support.sandbox.faults import Faults
from support.sandbox.stats import Stats
from support.sandbox.store import Store
from support.sandbox.twists import Sandbox, Twist

TOKEN = "correct-horse"
ORIGIN = "http://127.0.0.1:1"
_PATIENCE_S = 5.0
_CHUNK = 20
_numbers = count(1)


@dataclass
class Reply:
    """An answer. `surplus` holds octets after its end."""

    status: int
    headers: httpx.Headers
    body: bytes
    surplus: bytes = b""

    def json(self) -> Any:
        """Read the body; moments are written in one way."""
        return json.loads(self.body, object_hook=_with_moments)


def _with_moments(fields: dict[str, Any]) -> dict[str, Any]:
    with contextlib.suppress(KeyError, AttributeError, ValueError):
        moment = datetime.fromisoformat(fields["createdAt"].upper())
        if moment.tzinfo is not None:
            fields["createdAt"] = moment.astimezone(UTC).isoformat()
    return fields


class Transport(Protocol):
    """Carries one request."""

    async def send(self, method: str, url: str, headers: dict[str, str], body: bytes) -> Reply:
        """Send a request to an absolute URL."""


class Driver:
    """Calls one Users API."""

    def __init__(self, transport: Transport, url: str) -> None:
        self._transport = transport
        self.url = url

    async def ask(
        self,
        method: str,
        where: str = "",
        body: Any = None,
        *,
        raw: bytes | None = None,
        media_type: str | None = "application/json",
        authorization: str | None = f"Bearer {TOKEN}",
        **more_headers: str,
    ) -> Reply:
        """Send a request to an id, a query that begins with `?`, or an absolute URL; `if_match` becomes If-Match."""
        headers = {name.replace("_", "-"): value for name, value in more_headers.items()}
        headers |= {"authorization": authorization} if authorization is not None else {}
        content = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
        if method in ("POST", "PUT", "PATCH") and media_type is not None:
            headers["content-type"] = media_type
        return await self._transport.send(method, self.resolve(where), headers, content)

    def resolve(self, where: str) -> str:
        """Make an absolute URL."""
        if "://" in where or where.startswith("?"):
            return where if "://" in where else self.url + where
        return f"{self.url}/{quote(where, safe='')}" if where else self.url

    async def create(self, **fields: Any) -> dict[str, Any]:
        """Create a user; return it as the API shows it."""
        reply = await self.ask("POST", body=new_user(**fields))
        assert reply.status == 201, reply
        shown: dict[str, Any] = reply.json()
        return shown

    async def find(self, email: str) -> Any:
        """Look up an email."""
        reply = await self.ask("GET", f"?email={quote(email, safe='')}")
        assert reply.status == 200, reply
        return reply.json()

    async def all_users(self) -> list[dict[str, Any]]:
        """List all users."""
        reply = await self.ask("GET")
        assert reply.status == 200, reply
        shown: list[dict[str, Any]] = reply.json()
        return shown


def new_user(**fields: Any) -> dict[str, Any]:
    """Return a valid user with a unique email."""
    return {"name": "Ada Lovelace", "email": f"Ada.{next(_numbers)}.L@Example.org", **fields}


class Socket:
    """Carries requests over a real socket."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def send(self, method: str, url: str, headers: dict[str, str], body: bytes) -> Reply:
        """Send a request, in chunks if its headers say so."""
        content = _chunks(body) if "transfer-encoding" in headers else body
        fields = [(name.encode(), text.encode("latin-1")) for name, text in headers.items()]
        response = await self._client.request(method, url, headers=fields, content=content)
        return Reply(response.status_code, response.headers, response.content)


async def _chunks(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), _CHUNK):
        yield body[start : start + _CHUNK]


class Direct:
    """Carries requests into an application of this process."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def send(self, method: str, url: str, headers: dict[str, str], body: bytes) -> Reply:
        """Send a request; raises TimeoutError after five seconds."""
        parts = urlsplit(url)
        scope = {
            "type": "http",
            "method": method,
            "path": httpx.URL(url).path,
            "query_string": parts.query.encode(),
            "headers": [
                (name.encode(), text.encode("latin-1")) for name, text in {"host": parts.netloc, **headers}.items()
            ],
        }
        cycle = _Cycle(method, body)
        await asyncio.wait_for(self._app(scope, cycle.receive, cycle.send), _PATIENCE_S)
        return _reply(method, cycle.transport.written)


def _reply(method: str, written: bytes) -> Reply:
    """Read the answer in what was written, after interim ones, by its own length."""
    head, _, rest = written.partition(b"\r\n\r\n")
    status_line, *lines = head.split(b"\r\n")
    status = int(status_line.split()[1])
    if status < 200:
        return _reply(method, rest)
    named = (line.partition(b":") for line in lines)
    headers = httpx.Headers([(name.strip(), value.strip()) for name, _, value in named])
    has_body = method != "HEAD" and status not in (204, 304)
    length = int(headers.get("content-length", len(rest))) if has_body else 0
    return Reply(status, headers, rest[:length], rest[length:])


class _Cycle:
    """One request and its answer, as the server holds them."""

    def __init__(self, method: str, body: bytes) -> None:
        self.transport = _Wire()
        self._method, self._sent = method, body
        self._received = False

    async def receive(self) -> dict[str, Any]:
        """Give the body, then the end of the connection."""
        if self._received:
            return {"type": "http.disconnect"}
        self._received = True
        return {"type": "http.request", "body": self._sent, "more_body": False}

    async def send(self, message: Any) -> None:
        """Write a part of the answer, as the server does."""
        if message["type"] == "http.response.start":
            lines = (b": ".join(pair) for pair in message["headers"])
            self.transport.write(b"\r\n".join([b"HTTP/1.1 %d -" % message["status"], *lines, b"", b""]))
        elif self._method != "HEAD":
            self.transport.write(message.get("body", b""))


class _Wire:
    """The transport below."""

    def __init__(self) -> None:
        self.written = b""

    def write(self, octets: bytes) -> None:
        """Take octets that a twist writes to the transport itself."""
        self.written += octets

    def close(self) -> None:
        """End."""


def build_sandbox(twists: Iterable[Twist] = (), window_s: float = 0.005) -> Sandbox:
    """Build a sandbox in this process, with a few existing users."""
    store, faults = Store(":memory:"), Faults()
    store.add_existing(existing_users(3))
    stats = Stats(store)
    api = Api(store, TOKEN, "/users")
    sandbox = Sandbox(App(api, faults, stats, None), api, store, faults, stats, window_s)
    for twist in twists:
        twist.apply(sandbox)
    return sandbox


def direct_driver(twists: Iterable[Twist] = ()) -> Driver:
    """Return a driver of a new sandbox in this process."""
    return Driver(Direct(build_sandbox(twists).app), f"{ORIGIN}/users")
