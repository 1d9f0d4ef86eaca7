"""A Users API that keeps the contract but for one hostile answer, with bystanders in it and a record of every write."""

from __future__ import annotations

import itertools
import posixpath
import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from urllib.parse import unquote

import uvicorn
from starlette.types import Message, Receive, Scope, Send

from support.sandbox.api import Api
from support.sandbox.app import App
from support.sandbox.faults import Faults
from support.sandbox.listening import BACKLOG
from support.sandbox.stats import Stats
from support.sandbox.store import Store, User
from support.sandbox.twists import Sandbox

TOKEN = "Canary-7Qf2/Nightin+gale=Zx9~4Kq8W"
PATH = "/users"
WRITING = ("PUT", "PATCH", "DELETE")
PATIENCE_S = 30.0
BYSTANDERS = (
    ("Amina Okafor", "amina.okafor@lakeside-clinic.example"),
    ("Björn Ångström", "bjorn.angstrom@nordic-rail.example"),
    ("Chloé O'Brien", "chloe@obrien-and-daughters.example"),
    ("Đorđe Ivanović", "dj.ivanovic@parliament.example"),
    ("Elif Haddad", "Elif.Haddad@lakeside-clinic.example"),
    ("Farah Silva", "farah+news@silva.example"),
    ("李小龍", "lee@kwoon.example"),
    ("Hiroshi Müller", "h.mueller@nordic-rail.example"),
)


@dataclass
class Write:
    """A POST, PUT, PATCH or DELETE as it came; `reached` is the bystander whose address some server takes it for."""

    method: str
    target: str
    headers: Mapping[str, str]
    reached: User | None = None
    body: bytearray = field(default_factory=bytearray)

    @property
    def is_authorised(self) -> bool:
        return self.headers.get("authorization") == f"Bearer {TOKEN}"

    @property
    def addresses_the_collection(self) -> bool:
        """Whether some server takes the address for that of the collection, or of something above it."""
        return not self._path.startswith(f"{PATH}/")

    def look_for(self, bystanders: Mapping[str, User]) -> None:
        """Remember who is reached now: an id may be another's before and after."""
        self.reached = bystanders.get(self._path.removeprefix(f"{PATH}/"))

    @property
    def _path(self) -> str:
        """The path as a server sees it that decodes it before it takes dots and slashes out."""
        return posixpath.normpath(unquote(self.target.partition("?")[0]))

    def __str__(self) -> str:
        return f"{self.method} {self.target[:200]} {bytes(self.body[:200])!r}"


@dataclass
class Stage:
    """What a hostile answer is arranged on: the parts of the API, and the users who are none of the suite's."""

    sandbox: Sandbox
    bystanders: dict[str, User] = field(default_factory=dict)
    _numbers: itertools.count[int] = field(default_factory=itertools.count)

    def sign_up_a_bystander(self, name: str = "Ivana Newcomer", user_id: str | None = None) -> User:
        """Let somebody sign up who has nothing to do with the suite."""
        email = f"ivana.{next(self._numbers)}@silva.example"
        api = self.sandbox.api
        user = User(user_id or api.new_id(), name, email, api.now())
        self._settle(user)
        return user

    def settle(self, name: str, email: str) -> None:
        """Have somebody there before the suite comes."""
        self._settle(User(self.sandbox.api.new_id(), name, email, self.sandbox.api.now()))

    def _settle(self, user: User) -> None:
        self.sandbox.store.insert(user)
        self.bystanders[user.id] = user

    @property
    def victim(self) -> User:
        """One of those who were there before; always the same."""
        return next(iter(self.bystanders.values()))

    def own(self) -> list[User]:
        """Return who is there and is no bystander."""
        return [user for user in self.sandbox.store.all_users() if user.id not in self.bystanders]

    def harm(self) -> list[str]:
        """Say which bystanders are not as they were."""
        now = {user_id: self.sandbox.store.get(user_id) for user_id in self.bystanders}
        return [f"{user} is now {now[user.id]}" for user in self.bystanders.values() if now[user.id] != user]


Hostile = Callable[[Stage], None]
"""Arranges one hostile answer."""


class Recording:
    """The ASGI application with a record of what was written to it; `on_request` hears of each request."""

    def __init__(self, app: App, bystanders: Mapping[str, User]) -> None:
        self._app, self._bystanders = app, bystanders
        self.writes: list[Write] = []
        self.requests = 0
        self.on_request: Callable[[int], None] = lambda _number: None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.requests += 1
        self.on_request(self.requests)
        if scope["method"] not in (*WRITING, "POST"):
            return await self._app(scope, receive, send)
        query = scope["query_string"].decode("latin-1")
        target = scope["raw_path"].decode("latin-1") + (f"?{query}" if query else "")
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        write = Write(scope["method"], target, headers)
        write.look_for(self._bystanders)
        self.writes.append(write)

        async def recorded() -> Message:
            message = await receive()
            write.body += message.get("body", b"")
            return message

        return await self._app(scope, recorded, send)


class HostileServer:
    """The API in a thread of its own, on a port of its own, until it is closed."""

    def __init__(self, hostile: Hostile) -> None:
        store = Store(":memory:")
        api, faults, stats = Api(store, TOKEN, PATH), Faults([]), Stats(store)
        app = App(api, faults, stats, None)
        self.stage = Stage(Sandbox(app, api, store, faults, stats))
        for name, email in BYSTANDERS:
            self.stage.settle(name, email)
        hostile(self.stage)
        self.recording = Recording(app, self.stage.bystanders)
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=BACKLOG)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}{PATH}"
        config = uvicorn.Config(self.recording, lifespan="off", ws="none", access_log=False, log_level="critical")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._listener]}, daemon=True)
        self._thread.start()

    @property
    def writes(self) -> list[Write]:
        return self.recording.writes

    def forbidden_writes(self) -> list[str]:
        """Return the writes that must never come: to the collection, and by the bearer of the token to a bystander."""
        sent = [write for write in self.writes if write.method in WRITING]
        to_all = [write for write in sent if write.addresses_the_collection]
        return [str(write) for write in [*to_all, *(write for write in sent if write.is_authorised and write.reached)]]

    def die(self) -> None:
        """Stop listening and break all connections off; from within a request."""
        for listening in self._server.servers:
            listening.close()
        for protocol in list(self._server.server_state.connections):
            protocol.transport.abort()

    def close(self) -> None:
        self._server.should_exit = self._server.force_exit = True
        self._thread.join(PATIENCE_S)
        self._listener.close()

    def __enter__(self) -> HostileServer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
