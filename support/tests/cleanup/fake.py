"""A Users API in memory, a client that asks it without a network, and a registry on both."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, cast
from urllib.parse import parse_qs, unquote, urlsplit

from support.cleanup.journal import Journal
from support.cleanup.marks import new_mark
from support.cleanup.polling import PollPolicy
from support.cleanup.registry import Registry
from support.http.async_client import AsyncClient
from support.http.loop import LoopThread
from support.http.operations import Driver, Operation, Sleep
from support.http.users_api import UsersApi
from support.models import Answer, Call, Exchange, Failure, NewUser
from support.tests.http.clients import api_at
from support.tests.http.fake import LOST, Clock

T = TypeVar("T")
URL = "http://127.0.0.1:1/users"
SOON = PollPolicy(first_s=0.001, cap_s=0.002, deadline_s=0.02)
Twist = Callable[[Call], Answer | Failure | None]
"""Answers a call in place of the API, or leaves it to the API by None."""


def came(status: int, shown: Any = None) -> Answer:
    body = b"" if shown is None else json.dumps(shown).encode()
    return Answer(status, {"Content-Type": "application/json"}, body, 0.0)


@dataclass
class FakeUsers:
    """Keeps users; `twist` may answer first, `lost` names methods whose next answers do not arrive."""

    users: dict[str, dict[str, Any]] = field(default_factory=dict)
    calls: list[tuple[str, str]] = field(default_factory=list)
    twist: Twist = lambda _: None
    lost: dict[str, int] = field(default_factory=dict)
    shown_after_deletion: int = 0
    last_id: int = 0
    _leaving: dict[str, int] = field(default_factory=dict)

    def add(self, name: str, email: str, user_id: str | None = None) -> str:
        """Put a user there; return the id."""
        self.last_id += 1
        user_id = user_id or str(self.last_id)
        self.users[user_id] = {"id": user_id, "name": name, "email": email, "createdAt": "2024-05-06T07:08:09Z"}
        return user_id

    def answer(self, call: Call) -> Answer | Failure:
        """Carry a call out, and answer it unless the answer gets lost."""
        self.calls.append((call.method, self.id_in(call)))
        outcome = self.twist(call) or self._carried_out(call)
        if self.lost.get(call.method, 0) > 0:
            self.lost[call.method] -= 1
            return LOST
        return outcome

    def asked(self, method: str) -> list[str]:
        """Return the ids that were named by the calls of a method."""
        return [user_id for asked, user_id in self.calls if asked == method]

    def id_in(self, call: Call) -> str:
        return unquote(urlsplit(call.url).path.removeprefix("/users").removeprefix("/"))

    def _carried_out(self, call: Call) -> Answer:
        user_id, fields = self.id_in(call), json.loads(call.body) if call.body else None
        if call.method == "POST":
            return self._create(fields)
        if not user_id:
            return self._list(parse_qs(urlsplit(call.url).query))
        user = self.users.get(user_id)
        if user is None:
            return came(404, {"title": "nobody"})
        if call.method == "DELETE":
            self._leaving.setdefault(user_id, self.shown_after_deletion)
            self._let_go(user_id)
            return came(204)
        if call.method in ("PUT", "PATCH"):
            user.update(fields or {})
        elif user_id in self._leaving:
            self._leaving[user_id] -= 1
            self._let_go(user_id)
        return came(200, user)

    def _create(self, fields: Any) -> Answer:
        email = fields.get("email") if isinstance(fields, dict) else None
        if not email:
            return came(422, {"title": "invalid"})
        if any(user["email"] == email for user in self.users.values()):
            return came(409, {"title": "taken"})
        return came(201, self.users[self.add(fields.get("name"), email)])

    def _list(self, query: dict[str, list[str]]) -> Answer:
        wanted = query.get("email")
        return came(200, [user for user in self.users.values() if wanted is None or user["email"] == wanted[0]])

    def _let_go(self, user_id: str) -> None:
        if self._leaving[user_id] <= 0:
            del self.users[user_id], self._leaving[user_id]


class FakeClient:
    """Carries flows out against an API in memory; waits move its clock only."""

    def __init__(self, users: FakeUsers) -> None:
        self.users = users
        self.clock = Clock()

    def carry_out(self, flow: Operation[T]) -> T:
        driver = Driver(flow)
        for effect in driver:
            if isinstance(effect, Sleep):
                self.clock.advance(effect.seconds)
            else:
                driver.outcome = self.users.answer(effect.call)
        return driver.result

    async def run(self, flow: Operation[T], _: object = None) -> T:
        return self.carry_out(flow)


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

    def newcomer(self, **changes: str) -> NewUser:
        self._drawn += 1
        told = {"name": f"Ada {self._drawn}", "email": f"ada.{self._drawn}@{self.mark}.example.com", **changes}
        return NewUser(**told)

    def create(self, newcomer: NewUser | None = None, **options: Any) -> Exchange:
        """Let somebody sign up by way of the registry."""
        who = newcomer or self.newcomer()
        call = self.api.create_call(who.as_json())
        return self.client.carry_out(self.registry.create(call, who.email or None, who.name or None, **options))

    def states(self) -> dict[str | None, str]:
        """Return the state of each address that the journal does not know to be gone."""
        return {line.email: str(line.state) for line in self.journal.unfinished(self.mark)}
