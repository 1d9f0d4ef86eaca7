"""A Users API in memory, a client that asks it without a network, and a registry on both."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, cast
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from support.cleanup.journal import Journal
from support.cleanup.marks import new_mark
from support.cleanup.polling import PollPolicy
from support.cleanup.registry import Registry
from support.errors import LeftBehind
from support.http.async_client import AsyncClient
from support.http.loop import LoopThread
from support.http.operations import Driver, Operation, SendRequest, Sleep
from support.http.pacing import Pacer
from support.http.users_api import UsersApi
from support.models import Answer, Call, Exchange, Failure, NewUser
from support.tests.http.clients import api_at
from support.tests.http.fake import LOST, Clock

T = TypeVar("T")
DEADLINE_S = 0.3
PATIENCE_S = 30.0
URL = "http://127.0.0.1:1/users"
SOON = PollPolicy(first_s=0.001, cap_s=0.002, deadline_s=0.02)
Intercept = Callable[[Call], Answer | Failure | None]
"""Answers a call in place of the API, or returns None to let the API answer."""


def answered(status: int, shown: Any = None) -> Answer:
    body = b"" if shown is None else json.dumps(shown).encode()
    return Answer(status, {"Content-Type": "application/json"}, body, 0.0)


@dataclass
class FakeUsers:
    """Keeps users; `intercept` may answer first, `lost` names methods whose next answers do not arrive."""

    users: dict[str, dict[str, Any]] = field(default_factory=dict)
    calls: list[tuple[str, str]] = field(default_factory=list)
    intercept: Intercept = lambda _: None
    lost: dict[str, int] = field(default_factory=dict)
    shown_after_deletion: int = 0
    last_id: int = 0
    _deleting: dict[str, int] = field(default_factory=dict)

    def add(self, name: str, email: str, user_id: str | None = None) -> str:
        """Put a user there; return the id."""
        self.last_id += 1
        user_id = user_id or str(self.last_id)
        self.users[user_id] = {"id": user_id, "name": name, "email": email, "createdAt": "2024-05-06T07:08:09Z"}
        return user_id

    def answer(self, call: Call) -> Answer | Failure:
        """Execute a call, and answer it unless the answer gets lost."""
        self.calls.append((call.method, self.id_in(call)))
        outcome = self.intercept(call) or self._executed(call)
        if self.lost.get(call.method, 0) > 0:
            self.lost[call.method] -= 1
            return LOST
        return outcome

    def asked(self, method: str) -> list[str]:
        """Return the ids that were named by the calls of a method."""
        return [user_id for asked, user_id in self.calls if asked == method]

    def id_in(self, call: Call) -> str:
        return unquote(urlsplit(call.url).path.removeprefix("/users").removeprefix("/"))

    def _executed(self, call: Call) -> Answer:
        user_id, fields = self.id_in(call), json.loads(call.body) if call.body else None
        if call.method == "POST":
            return self._create(fields)
        if not user_id:
            return self._list(parse_qs(urlsplit(call.url).query))
        user = self.users.get(user_id)
        if user is None:
            return answered(404, {"title": "not found"})
        if call.method == "DELETE":
            self._deleting.setdefault(user_id, self.shown_after_deletion)
            self._remove(user_id)
            return answered(204)
        if call.method in ("PUT", "PATCH"):
            user.update(fields or {})
        elif user_id in self._deleting:
            self._deleting[user_id] -= 1
            self._remove(user_id)
        return answered(200, user)

    def _create(self, fields: Any) -> Answer:
        email = fields.get("email") if isinstance(fields, dict) else None
        if not email:
            return answered(422, {"title": "invalid"})
        if any(user["email"] == email for user in self.users.values()):
            return answered(409, {"title": "taken"})
        return answered(201, self.users[self.add(fields.get("name"), email)])

    def _list(self, query: dict[str, list[str]]) -> Answer:
        wanted = query.get("email")
        return answered(200, [user for user in self.users.values() if wanted is None or user["email"] == wanted[0]])

    def _remove(self, user_id: str) -> None:
        if self._deleting[user_id] <= 0:
            del self.users[user_id], self._deleting[user_id]


class FakeClient:
    """Executes operations against an API in memory; waits move its clock only."""

    def __init__(self, users: FakeUsers) -> None:
        self.users = users
        self.clock = Clock()
        self.pacer = Pacer()

    def execute(self, operation: Operation[T]) -> T:
        driver = Driver(operation)
        for effect in driver:
            if isinstance(effect, Sleep):
                self.clock.advance(effect.seconds)
            elif isinstance(effect, SendRequest):
                driver.outcome = self.users.answer(effect.call)
        return driver.result

    gather: Any = AsyncClient.gather

    async def run(self, operation: Operation[T], _: object = None) -> T:
        return self.execute(operation)


class Stand:
    """A registry of a run, with everything around it."""

    def __init__(
        self,
        folder: Path,
        loop: LoopThread,
        users: FakeUsers | None = None,
        policy: PollPolicy = SOON,
        **options: Any,
    ) -> None:
        self.users = users or FakeUsers()
        self.client = FakeClient(self.users)
        self.api: UsersApi = api_at(URL, window_s=0.05, clock=self.client.clock)
        self.journal: Journal = options.pop("journal", None) or Journal(folder)
        self.mark = new_mark()
        self.loop, self.policy = loop, policy
        self.registry = self.new_registry(self.mark, **options)
        self.journal.open_run(self.mark, URL)
        self._drawn = 0

    def new_registry(self, mark: str, **options: Any) -> Registry:
        client = cast(AsyncClient, self.client)
        return Registry(self.journal, self.api, client, self.loop, mark, self.policy, **options)

    def new_user(self, **changes: str) -> NewUser:
        self._drawn += 1
        fields = {"name": f"Ada {self._drawn}", "email": f"ada.{self._drawn}@{self.mark}.example.com", **changes}
        return NewUser(**fields)

    def create(self, new_user: NewUser | None = None, **options: Any) -> Exchange:
        """Sign a user up by way of the registry."""
        user = new_user or self.new_user()
        call = self.api.create_call(user.as_json())
        return self.client.execute(self.registry.create(call, user.email or None, user.name or None, **options))

    def change(self, user_id: str, email: str) -> None:
        """Change the email of a user by way of the registry."""
        self.client.execute(self.registry.change(self.api.patch_call(user_id, {"email": email}), email))

    def prove(self, deadline_s: float = PATIENCE_S) -> None:
        self.registry.prove_nothing_is_left(deadline_s)

    def left_behind(self) -> str:
        """Return how the proof that nothing is left fails."""
        with pytest.raises(LeftBehind) as caught:
            self.prove(DEADLINE_S)
        return str(caught.value)

    def prove_or_not(self) -> None:
        with contextlib.suppress(LeftBehind):
            self.prove(DEADLINE_S)

    def states(self) -> dict[str | None, str]:
        """Return the state of each email that the journal does not know to be gone."""
        return {line.email: str(line.state) for line in self.journal.unfinished(self.mark)}
