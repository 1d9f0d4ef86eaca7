"""Call a target as the draft describes it so far; the registry knows of every user before the request is sent."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from support.cleanup.marks import new_mark
from support.contract.normalizers import ids_of, user_of
from support.errors import SuiteError
from support.http.operations import Operation
from support.http.users_api import UsersApi
from support.models import Credential, Exchange, NewUser, User
from support.probe.authentication import Way, learn_way, ways
from support.probe.draft import Draft, Value, brief
from support.profile import Profile
from support.scenario.factory import Factory, new_seed
from support.statuses import is_success
from support.target.connection import Connection

T = TypeVar("T")


class ProbeClient:
    """Calls one target. What it learns goes into the draft and into how it calls the target from then on."""

    def __init__(self, connection: Connection, draft: Draft) -> None:
        self.draft = draft
        self.mark = new_mark()
        self.factory = Factory(new_seed(), self.mark)
        self.poll_policy, self.settings = connection.poll_policy, connection.settings
        self.has_token = connection.target.token is not None
        self.fastest_create_s = math.inf
        self.listed_fields = set[str]()
        """The names of the fields of a user in the list, if it shows one."""
        self._plain_names = False
        self._connection = connection
        connection.journal.open_run(self.mark, connection.target.key)
        self._registry = connection.new_registry(self.mark)

    @property
    def profile(self) -> Profile:
        return self.draft.profile

    @property
    def api(self) -> UsersApi:
        return self._registry.api

    def learn(self, path: str, value: Value, *shown: Exchange | str) -> None:
        """Write a value into the draft, and call the target accordingly."""
        self.draft.learn(path, value, *shown)
        self._switch()

    def forget(self, path: str) -> bool:
        """Take a field out of what is sent; return whether it was there."""
        was_there = self.draft.forget(path)
        self._switch()
        return was_there

    def _switch(self) -> None:
        api, auth = self._connection.api, self.profile.auth
        credential = replace(auth.credential, value=api.credential.value) if self.has_token else api.credential
        self._connection.pacer.credential = credential
        self._registry.switch_api(replace(api, profile=self.profile, credential=credential))

    @property
    def own_ids(self) -> set[str]:
        """The ids of the users that the probe has created so far."""
        return {user_id for record in self._registry.ledger.records for user_id in record.ids}

    def ways_to_send_the_token(self) -> Iterator[Way]:
        return ways(self._connection.api.credential.value if self.has_token else "")

    def authenticate(self, way: Way, refused: Exchange) -> None:
        """Send the token in another way from now on."""
        learn_way(self.draft, way, refused)
        self._switch()

    def call_plainly(self) -> bool:
        """Give new users plain names, without the mark, from now on; return whether that is a change."""
        was_plain, self._plain_names = self._plain_names, True
        return not was_plain

    def adopt(self, email: str, user: User) -> None:
        """Write down the user of an earlier create, whose answer could not be read at the time."""
        for record in self._registry.ledger.records:
            if record.email == email and not record.ids:
                self._registry.ledger.note_created(record, user)

    def mark_not_created(self, email: str) -> None:
        """Write down that a create was refused, whatever its status says; the cleanup still looks up its email."""
        for record in self._registry.ledger.records:
            if record.email == email:
                self._registry.mark_not_created(record)
                record.claims_user = False

    def run(self, operation: Operation[T]) -> T:
        return self._connection.http.run(operation)

    def get(self, query: Mapping[str, object] | None = None, url: str | None = None) -> Exchange:
        """Request the list with these query parameters, or a URL."""
        shown = {key: str(value) for key, value in (query or {}).items()}
        return self.run(self.api.send(self.api.call("GET", url, query=shown)))

    def get_without_token(self, url: str | None = None) -> Exchange:
        api = self.api.with_credential(Credential(None))
        return self.run(api.send(api.call("GET", url)))

    def read(self, user_id: str) -> Exchange:
        return self.run(self.api.read(user_id))

    def post(self, fields: Mapping[str, Any], body: bytes | None = None) -> Exchange:
        """Read the list, then send a POST that may create a user; `body` replaces the JSON of the fields."""
        listed = None
        if self.profile.capabilities.list:
            listed = frozenset(ids_of(self.run(self.api.list()).answer, self.profile))
        if listed and not self._registry.ledger.records:
            self._registry.ledger.existing |= listed
        call = self.api.call("POST", fields=fields, body=body)
        name = str(fields["name"]) if "name" in fields else None
        exchange = self.run(self._registry.create(call, fields.get("email"), name, listed))
        if succeeded(exchange) and exchange.answer is not None:
            self.fastest_create_s = min(self.fastest_create_s, exchange.answer.seconds)
        return exchange

    def change(self, method: str, user_id: str, fields: Mapping[str, Any], body: bytes | None = None) -> Exchange:
        """Send a PATCH or PUT to one of the probe's users; `body` replaces the JSON of the fields."""
        call = self.api.call(method, self.api.url_of(user_id), fields=fields, body=body)
        return self.run(self._registry.change(call, fields.get("email")))

    def sign_up(self, first_name: str) -> User:
        """Create a user; raises SuiteError if the target refuses one now, although it took one before."""
        exchange = self.post(self.new_user(first_name).as_json())
        if not succeeded(exchange) and self.call_plainly():
            exchange = self.post(self.new_user(first_name).as_json())
        user = user_of(exchange.answer, self.profile)
        if not succeeded(exchange):
            raise SuiteError(f"no further user could be created: {brief(exchange)}")
        if user is None:
            raise SuiteError(f"the answer to a further create shows no user: {brief(exchange)}")
        return user

    def new_user(self, first_name: str) -> NewUser:
        """Return a user whose email and name both carry the mark, so that either is enough to find them."""
        drawn = self.factory.new_user(first_name)
        return drawn if self._plain_names else NewUser(f"{drawn.name} ({self.mark})", drawn.email)

    def clean_up(self) -> None:
        """Delete every user of the probe; raises LeftBehind if one may still exist.

        Raises ContractViolation if an answer gave another user's id for one of ours.
        """
        self._registry.prove_nothing_is_left(self.settings.cleanup_deadline_s)
        self._registry.ledger.close()
        self._registry.ownership.check_answers()


def succeeded(exchange: Exchange) -> bool:
    return is_success(exchange.status)
