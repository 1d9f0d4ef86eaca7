"""A small users API on a socket, and twists that make it another API than the one that a run was set up for."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

JSON = {"Content-Type": "application/json"}
HTML = {"Content-Type": "text/html"}
DROPPED = 0
"""The status of a reply in whose place the connection ends."""


@dataclass(frozen=True)
class Asked:
    """A request: `user_id` is what follows the collection in its path, None where nothing does."""

    method: str
    path: str
    query: Mapping[str, str]
    fields: Any
    headers: Mapping[str, str]

    @property
    def user_id(self) -> str | None:
        return self.path.removeprefix("/users").strip("/") or None


@dataclass(frozen=True)
class Reply:
    """An answer: a text is sent as HTML, None as no body, all else as JSON."""

    status: int
    content: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


Twist = Callable[["OddServer", Asked], Reply | None]
"""Answers a request in its own way; None leaves it to the server."""


class OddServer:
    """Users in memory under `/users`; the twist is asked first."""

    def __init__(self, twist: Twist = lambda _server, _asked: None) -> None:
        self.users: dict[str, dict[str, Any]] = {"1": user("1", "Grace Hopper", "grace@example.org")}
        self.asked: list[Asked] = []
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self, twist))
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def url(self) -> str:
        return f"{self.root}/users"

    @property
    def left(self) -> list[str]:
        """The emails of the users that are not there from the beginning."""
        return [str(one) for key, one in self.users.items() if key != "1"]

    def answer(self, asked: Asked, twist: Twist) -> Reply:
        with self._lock:
            self.asked.append(asked)
            return twist(self, asked) or self.usual(asked)

    def usual(self, asked: Asked) -> Reply:
        """Answer as the contract says, as far as the preflight asks."""
        user_id, fields = asked.user_id, asked.fields
        if not asked.path.startswith("/users"):
            return Reply(404, {"title": "Not Found"})
        if user_id is None:
            return self._of_collection(asked)
        if user_id not in self.users:
            return Reply(404, {"title": "Not Found"})
        if asked.method in ("PUT", "PATCH"):
            self.users[user_id] |= fields
        if asked.method == "DELETE":
            del self.users[user_id]
            return Reply(204)
        return Reply(200, self.users[user_id])

    def _of_collection(self, asked: Asked) -> Reply:
        if asked.method == "POST":
            user_id = str(len(self.asked) + 100)
            self.users[user_id] = {**user(user_id, "", ""), **asked.fields}
            return Reply(201, self.users[user_id], {"Location": f"/users/{user_id}"})
        email = asked.query.get("email")
        return Reply(200, [one for one in self.users.values() if email in (None, one.get("email"))])

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def user(user_id: str, name: str, email: str) -> dict[str, Any]:
    return {"id": user_id, "name": name, "email": email, "createdAt": "2026-11-28T12:00:00Z"}


def _handler_of(server: OddServer, twist: Twist) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            query = {key: values[0] for key, values in parse_qs(parts.query).items()}
            fields = json.loads(body) if body else None
            reply = server.answer(Asked(self.command, parts.path, query, fields, dict(self.headers)), twist)
            if reply.status == DROPPED:
                self.close_connection = True
            else:
                self._send(reply)

        def _send(self, reply: Reply) -> None:
            text = reply.content if isinstance(reply.content, str) else json.dumps(reply.content)
            octets = b"" if reply.content is None else text.encode()
            self.send_response(reply.status)
            kind = HTML if isinstance(reply.content, str) else JSON
            for name, value in {**kind, **reply.headers, "Content-Length": str(len(octets))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(b"" if self.command == "HEAD" else octets)

        def log_message(self, *_: object) -> None:
            pass

        do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any  # noqa: N815

    return Handler
