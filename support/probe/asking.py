"""Asking a target: every request that could make somebody is written down first and cleared away in the end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from support.cleanup.marks import new_mark
from support.cleanup.polling import PollPolicy
from support.cleanup.registry import Registry
from support.contract.matchers import body_of
from support.contract.normalizers import user_of, users_of
from support.errors import SuiteError
from support.models import Credential, Exchange, NewUser
from support.probe.draft import Draft
from support.profile import Profile
from support.scenario.factory import Factory, new_seed
from support.target.connection import Connection


class Asker:
    """Asks one target, in the words that were learned of it so far."""

    def __init__(self, opened: Connection, draft: Draft) -> None:
        self.draft = draft
        self.mark = new_mark()
        self.factory = Factory(new_seed(), self.mark)
        self._opened = opened
        opened.journal.open_run(self.mark, opened.target.key)
        self._registry: Registry = opened.new_registry(self.mark)
        self.adapt(opened.profile)

    def adapt(self, profile: Profile) -> None:
        """Go on in other words; whatever was made so far is found again in them."""
        self.profile = profile
        self._registry.switch_api(replace(self._opened.api, profile=profile))
        self.api = self._registry.api

    @property
    def has_token(self) -> bool:
        return self._opened.target.token is not None

    def get(self, query: Mapping[str, object] | None = None, url: str | None = None) -> Exchange:
        """Ask for the list, with these parameters, or for what an address names."""
        words = {key: str(value) for key, value in (query or {}).items()}
        return self._opened.http.run(self.api.send(self.api.call("GET", url, query=words)))

    def get_as(self, credential: Credential) -> Exchange:
        """Ask for the list with another credential."""
        api = self.api.as_someone_else(credential)
        return self._opened.http.run(api.send(api.call("GET")))

    def read(self, user_id: str) -> Exchange:
        return self._opened.http.run(self.api.read(user_id))

    def whole_list(self) -> Exchange:
        return self._opened.http.run(self.api.list())

    def page(self, number: object, limit: object) -> Exchange:
        return self._opened.http.run(self.api.page(number, limit))

    def head(self, user_id: str) -> Exchange:
        return self._opened.http.run(self.api.head(user_id))

    def delete(self, user_id: str) -> Exchange:
        return self._opened.http.run(self.api.delete(user_id))

    def post(
        self,
        fields: Any,
        address: str | None,
        name: str | None,
        *,
        url: str | None = None,
        body: bytes | None = None,
        content_type: str | None = None,
    ) -> Exchange:
        """Send a POST that may make somebody, after the list was read."""
        listed = frozenset(user.id for user in users_of(self.whole_list().answer, self.profile))
        if not self._registry.request_count:
            self._registry.protect(listed)
        headers = {"Content-Type": content_type} if content_type else None
        call = self.api.call("POST", url, fields=self.profile.names.to_target(fields), body=body, headers=headers)
        return self._opened.http.run(self._registry.create(call, address, name, listed))

    def change(
        self, method: str, user_id: str, fields: Mapping[str, Any], content_type: str = "application/json"
    ) -> Exchange:
        """Send a PATCH or PUT to one user's address."""
        headers = {"Content-Type": content_type}
        call = self.api.call(
            method, self.api.url_of(user_id), fields=self.profile.names.to_target(fields), headers=headers
        )
        address = fields.get("email")
        return self._opened.http.run(self._registry.change(call, address if isinstance(address, str) else None))

    def join(self, called: str, **more: Any) -> tuple[NewUser, str, Exchange]:
        """Let somebody sign up; raises SuiteError where that fails now, although it went before."""
        newcomer = self.newcomer(called)
        fields = {**newcomer.as_json(), **more}
        exchange = self.post(fields, newcomer.email, fields["name"])
        user = user_of(exchange.answer, self.profile)
        if user is None or not (exchange.status and 200 <= exchange.status < 300):
            raise SuiteError(f"another user could not be made: POST was answered by {exchange.status or 'nothing'}")
        return newcomer, user.id, exchange

    def newcomer(self, called: str) -> NewUser:
        """Return somebody whose address and name both carry the mark, so that she is found by either."""
        drawn = self.factory.new_user(called)
        return NewUser(f"{drawn.name} ({self.mark})", drawn.email)

    def fields_of(self, exchange: Exchange) -> Mapping[str, Any]:
        """Return the object that an answer shows; an empty one where it shows none."""
        value, _ = body_of(exchange.answer)
        return value if isinstance(value, Mapping) else {}

    @property
    def poll_policy(self) -> PollPolicy:
        return self._opened.poll_policy

    @property
    def asked(self) -> list[Exchange]:
        return list(self.api.recorder.exchanges)

    def clear_up(self) -> None:
        """Delete whatever was made; raises LeftBehind where it cannot be seen to be gone.

        Raises ContractViolation where an answer gave somebody else's id for one of ours.
        """
        self._registry.prove_nothing_is_left(self._opened.settings.cleanup_deadline_s)
        self._registry.close()
        self._registry.check_ids_were_right()
