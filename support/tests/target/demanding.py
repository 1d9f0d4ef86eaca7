"""The embedded API behind demands that real ones make: a key in its own place, required fields, other paths, ETags."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn

from support.sandbox.api import Api
from support.sandbox.app import App
from support.sandbox.exchange import Answer, Call, Refusal
from support.sandbox.faults import Faults
from support.sandbox.listening import BACKLOG, listen
from support.sandbox.stats import Stats
from support.sandbox.store import Store, User

Accepts = Callable[[Call, str], bool]
"""Whether a request has this token, and has it in the right place."""
PASSWORD = re.compile(r"(?=.*[A-Z])(?=.*[a-z])(?=.*[0-9])(?=.*[^A-Za-z0-9]).{12,72}")
ACCEPTS: Mapping[str, Accepts] = {
    "bearer": lambda call, token: call.headers.get("authorization") == f"Bearer {token}",
    "header": lambda call, token: call.headers.get("x-api-key") == token,
    "basic": lambda call, token: (
        call.headers.get("authorization") == f"Basic {base64.b64encode(token.encode()).decode()}"
    ),
    "cookie": lambda call, token: f"session={token}" in call.headers.get("cookie", "").split("; "),
    "query": lambda call, token: call.query.getlist("api_key") == [token],
}


@dataclass
class Demands:
    """What a request must have, and what came: `kept` are the bodies of creates by username.

    `tokens` are the right ones; or, where tokens last for so many seconds, those that are files in a folder.
    """

    scheme: str = "bearer"
    tokens: set[str] = field(default_factory=lambda: {"user:pear-tree-4711"})
    tenant: str | None = None
    create_path: str | None = None
    create: tuple[str, ...] = ()
    update: tuple[str, ...] = ()
    patch_type: str = "application/json"
    if_match: bool = False
    shows_password: bool = False
    refuses_with: int = 401
    lasts_s: float | None = None
    folder: Path = Path()
    kept: dict[str, Any] = field(default_factory=dict)

    def right_tokens(self) -> set[str]:
        """Return the tokens that are right now."""
        if self.lasts_s is None:
            return self.tokens
        oldest = time.time() - self.lasts_s
        return {path.name for path in self.folder.glob("token-*") if path.stat().st_mtime > oldest}


class DemandingApi(Api):
    """The embedded API with demands."""

    demands: Demands

    def authenticate(self, call: Call) -> None:
        demands = self.demands
        if not any(ACCEPTS[demands.scheme](call, token) for token in demands.right_tokens()):
            challenge = {"www-authenticate": "ApiKey"} if demands.refuses_with == 401 else {}
            raise Refusal(demands.refuses_with, "Unauthorized", "The request needs the key.", challenge)
        if demands.tenant and call.headers.get("x-tenant") != demands.tenant:
            raise Refusal(400, "Bad Request", "X-Tenant is missing.")

    def document(self, call: Call) -> dict[str, Any]:
        media_type = call.headers.get("content-type", "").partition(";")[0].lower()
        if call.method == "PATCH" and media_type != self.demands.patch_type:
            raise Refusal(415, "Unsupported Media Type", f"A change is {self.demands.patch_type}.")
        document = super().document(call)
        required = {"POST": self.demands.create, "PUT": self.demands.update}.get(call.method, ())
        missing = [name for name in required if not document.get(name)]
        if missing:
            raise self.invalid(f"{', '.join(missing)}: required")
        if "password" in required and not PASSWORD.fullmatch(document["password"]):
            raise self.invalid("password: too simple")
        return document

    def user_fields(self, call: Call) -> dict[str, str]:
        document = self.document(call)
        fields = self.fields(document, required=True)
        if "username" in self.demands.create:
            if document["username"] in self.demands.kept:
                raise self.taken()
            self.demands.kept[document["username"]] = document
        return fields

    def etag(self, user: User) -> str:
        return f'"{hashlib.sha256(json.dumps(user).encode()).hexdigest()[:16]}"'

    async def dispatch(self, call: Call) -> Answer:
        demanded = self.demands.if_match and call.user_id and call.method in ("PUT", "PATCH", "DELETE")
        if demanded and (user := self.store.get(call.user_id or "")):
            if "if-match" not in call.headers:
                raise Refusal(428, "Precondition Required", "A change needs If-Match.")
            if self.etag(user) not in call.headers["if-match"] and call.headers["if-match"] != "*":
                raise Refusal(412, "Precondition Failed", "The user has another ETag.")
        answer = await super().dispatch(call)
        user = self.store.get(call.user_id or "")
        if self.demands.if_match and user is not None and answer.status == 200:
            answer.headers["etag"] = self.etag(user)
        return answer

    def created(self, user: User, call: Call) -> Answer:
        answer = super().created(user, call)
        if self.demands.shows_password:
            answer.content["note"] = f"your password is {json.loads(call.body)['password']}"
        return answer


class DemandingApp(App):
    """Serves creates at their own path."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        path, method = self.api.demands.create_path, scope["method"]  # type: ignore[attr-defined]
        if path is not None and method == "POST":
            moved = {path: self.api.path, self.api.path: "/nowhere"}
            scope = {**scope, "path": moved.get(scope["path"], scope["path"])}
        await super().__call__(scope, receive, send)


@contextlib.contextmanager
def demanding(demands: Demands, database: str) -> Iterator[str]:
    """Serve in a thread for as long as the context lasts; yield the URL of the collection."""
    store = Store(database)
    api = DemandingApi(store, "", "/users")
    api.demands = demands
    app = DemandingApp(api, Faults(), Stats(store), None)
    socket = listen("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(app, lifespan="off", ws="none", log_level="error", backlog=BACKLOG))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [socket]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{socket.getsockname()[1]}/users"
    finally:
        server.should_exit = True
        thread.join()
