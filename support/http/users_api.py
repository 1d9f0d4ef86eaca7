"""The calls of a Users API: what each of them sends, and how it is executed.

`call` and the methods that end in `_call` return a Call; methods that send a call return an operation for
`SessionClient.run` or `AsyncClient.run`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote, unquote, urljoin

from support.contract.normalizers import names_one_user, shows_without_id, user_of, users_in
from support.errors import SuiteError
from support.http.conditions import Conditions
from support.http.operations import Operation, Permit, Search, execute, execute_create, execute_once
from support.http.paging import is_url, place_of, whole_list
from support.http.policy import Budget, Policy
from support.http.reading import Reading
from support.http.recorder import Recorder
from support.http.templates import filled, merged
from support.http.urls import names_another_method, path_of, with_query
from support.models import Answer, Call, Credential, Exchange, User
from support.pointers import at, placed, steps_of
from support.profile import Profile
from support.profile_requests import ID

JSON = "application/json"
NOTHING = object()
SAFE = ("GET", "HEAD", "OPTIONS", "TRACE")
"""Methods that change nothing (RFC 9110 §9.2.1)."""


def permit_none(call: Call) -> Operation[None]:
    """Raise SuiteError: only a run that knows its own users may change or delete any."""
    raise SuiteError(f"{call.method} {call.url} is not sent: no run has shown that this user is its own")
    yield


@dataclass(frozen=True)
class UsersApi:
    """The users collection at `base_url`, as the profile names its parts, called with `credential`.

    `permit` is asked before every call that may change or delete one user.
    """

    base_url: str
    credential: Credential
    policy: Policy
    profile: Profile
    recorder: Recorder
    window_s: float
    permit: Permit = permit_none
    etags: dict[str, str] = field(default_factory=dict)

    def with_credential(self, credential: Credential) -> UsersApi:
        """Return the same API for calls with another credential."""
        return replace(self, credential=credential)

    def in_background(self) -> UsersApi:
        """Return the same API with exchanges and a retry budget of its own, for work beside the scenarios."""
        return replace(self, recorder=Recorder(self.recorder.metrics), policy=replace(self.policy, budget=Budget()))

    @property
    def url(self) -> str:
        """The URL of the collection."""
        return self.base_url + ("/" if self.profile.paths.collection_slash or self.profile.trailing_slash else "")

    @property
    def create_url(self) -> str:
        """The URL that creates users, where that is not the collection's."""
        path = self.profile.paths.create
        return self.url if path is None else urljoin(self.base_url, path)

    def url_of(self, user_id: str) -> str:
        """Return a user's URL; raises SuiteError for an id that would make that the collection's URL."""
        if not names_one_user(user_id):
            raise SuiteError(f"{user_id!r} is no id: its URL would be that of the whole collection")
        return self.url_with(quote(user_id, safe=""))

    def url_with(self, segment: str) -> str:
        """Return the URL with this segment, as it is, where a user's has the id."""
        return segment.join(self._around_id)

    def id_in(self, url: str) -> str | None:
        """Return the id in the URL of one user, with any query; None for any other URL."""
        url = url.partition("?")[0]
        before, after = self._around_id
        quoted = url.removeprefix(before).removesuffix(after)
        is_one = url.startswith(before) and quoted and not set("/#") & set(quoted) and url != self.create_url
        return unquote(quoted) if is_one else None

    @property
    def _around_id(self) -> Sequence[str]:
        """What stands before and after the id in a user's URL."""
        if self.profile.paths.item is not None:
            return urljoin(self.base_url, self.profile.paths.item).split(ID)
        return f"{self.base_url}/", "/" if self.profile.paths.item_slash or self.profile.trailing_slash else ""

    def call(
        self,
        method: str,
        url: str | None = None,
        *,
        query: Mapping[str, str] | None = None,
        fields: Any = NOTHING,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Call:
        """Build a call: `fields`, named as in the contract, is sent as JSON as the profile says, `body` as it is.

        Raises SuiteError if the call may change the collection other than by a POST: it could delete every user.
        """
        url = url or (self.create_url if method == "POST" else self.url)
        url = with_query(url, {**self.profile.query.of(method), **(query or {})})
        is_collection = path_of(url) == path_of(self.base_url)
        if is_collection and (method not in (*SAFE, "POST") or names_another_method(url, headers or {})):
            raise SuiteError(f"{method} is never sent to the whole collection")
        sent = {"Accept": self.profile.media_types.accept, **self.profile.headers, **(headers or {})}
        if body is None and fields is not NOTHING:
            body = json.dumps(self._document(method, url, fields), ensure_ascii=False).encode()
        if body is not None:
            sent.setdefault("Content-Type", self.profile.media_type(method))
        lists = method == "GET" and is_collection
        return Call(method, url, self.credential, sent, body, repeatable=method != "POST", lists=lists)

    def _document(self, method: str, url: str, fields: Any) -> Any:
        """Return fields as the target wants them; an object with fields also gets the further fields of its method."""
        if isinstance(fields, list):
            return [self._document(method, url, one) for one in fields]
        document = self.profile.names.to_target(fields)
        further = self.profile.further_fields(method)
        if not further or not fields or not isinstance(fields, Mapping):
            return document
        user_id = self.id_in(url)
        as_sent = int(user_id) if user_id and self.profile.shape.id == "integer" and user_id.isdigit() else user_id
        place = steps_of(self.profile.names.body_pointer)
        return placed(document, place, merged(at(document, place), filled(further, fields, as_sent)))

    def create_call(self, fields: Any, headers: Mapping[str, str] | None = None) -> Call:
        """Build a create; the body is empty for NOTHING."""
        return self.call("POST", fields=fields, body=b"" if fields is NOTHING else None, headers=headers)

    def patch_call(self, user_id: str, fields: Any) -> Call:
        return self.call("PATCH", self.url_of(user_id), fields=fields)

    def put_call(self, user_id: str, fields: Any) -> Call:
        return self.call("PUT", self.url_of(user_id), fields=fields)

    def delete_call(self, user_id: str) -> Call:
        return self.call("DELETE", self.url_of(user_id))

    def send(self, call: Call) -> Operation[Exchange]:
        """Execute a call under the retry policy; a POST is repeated only if it cannot have arrived.

        On a user's URL, a status that the profile takes for "no such user" is never retried, even if it is a 500.
        """
        answers = self.profile.answers
        final = frozenset({*answers.unknown, *answers.gone}) if self.id_in(call.url) is not None else frozenset()
        permit = self.permit if self._may_change(call) else None
        policy = replace(self.policy, final=final)
        exchange = yield from self._conditions.applied(
            call, lambda call: self._recorded(call, execute(call, policy, permit))
        )
        return (yield from self._completed(exchange))

    def send_once(self, call: Call) -> Operation[Exchange]:
        """Execute a call with one attempt."""
        return self._conditions.applied(call, lambda call: self._recorded(call, execute_once(call, self.policy)))

    def create(self, call: Call, search: Search) -> Operation[Exchange]:
        """Execute a POST that must not create two users: `search` finds the user of an ambiguous attempt."""
        permit = self.permit if self._may_change(call) else None
        exchange = yield from self._recorded(call, execute_create(call, self.policy, search, self.window_s, permit))
        return (yield from self._completed(exchange))

    def read(self, user_id: str) -> Operation[Exchange]:
        return self.send(self.call("GET", self.url_of(user_id)))

    def head(self, user_id: str) -> Operation[Exchange]:
        return self.send(self.call("HEAD", self.url_of(user_id)))

    def patch(self, user_id: str, fields: Any) -> Operation[Exchange]:
        return self.send(self.patch_call(user_id, fields))

    def delete(self, user_id: str) -> Operation[Exchange]:
        return self.send(self.delete_call(user_id))

    def list(self) -> Operation[Exchange]:
        """Read the whole list, page by page if it only comes in pages."""
        return whole_list(self._page_at, self.profile) if self.profile.pages.are_needed else self._query()

    def _page_at(self, place: object) -> Operation[Exchange]:
        """Read a page of the list by its place, or by the URL that the target gave for it."""
        if is_url(place):
            return self.send(replace(self.call("GET", str(place)), lists=True))
        return self._query(place, self.profile.pages.size)

    def page(self, number: object, limit: object) -> Operation[Exchange]:
        """Read a page, counted from 1 as in the contract; None is left out of the query."""
        return self._query(None if number is None else place_of(number, limit, self.profile.pages), limit)

    def find(self, email: str) -> Operation[Exchange]:
        """Search for this email, by the filter that the profile names."""
        return self._query(email=email)

    def find_page(self, email: str, number: int, limit: int) -> Operation[Exchange]:
        """Read one page of the users with this email."""
        return self._query(place_of(number, limit, self.profile.pages), limit, email)

    def _query(self, place: object = None, limit: object = None, email: str | None = None) -> Operation[Exchange]:
        names = self.profile.names
        text = None if email is None else self.profile.lookup.text_for(email)
        query = {names.email_filter: text, names.page: place, names.limit: limit}
        shown = {key: str(value) for key, value in query.items() if key and value is not None}
        return self.send(self.call("GET", query={**(self.profile.query.search if text is not None else {}), **shown}))

    def holders(self, email: str) -> Operation[Sequence[User] | None]:
        """Search for the users with exactly this email, whatever its letter case; None if the search cannot tell.

        It cannot if an answer shows such a user without an id for a URL. Users with other emails are dropped. The list
        is read too if the filter is missing, fails, finds only others, or finds nobody and is case-sensitive.
        """
        trusted = self.profile.capabilities.email_filter
        found: dict[str, User] = {}
        spellings = [email, email.lower()] if self.profile.lookup.case_sensitive else [email]
        for spelling in dict.fromkeys(spellings) if trusted else ():
            answer = (yield from self.find(spelling)).answer
            if shows_without_id(answer, email, self.profile):
                return None
            users = users_in(answer, self.profile)
            same = {user.id: user for user in users or () if user.email == email.lower()}
            trusted = trusted and users is not None and bool(same or not users)
            found |= same
        may_be_listed = self.profile.capabilities.list and (not trusted or self.profile.lookup.case_sensitive)
        if (found and trusted) or not may_be_listed:
            return list(found.values()) if trusted else None
        answer = (yield from self.list()).answer
        users = None if shows_without_id(answer, email, self.profile) else users_in(answer, self.profile)
        return None if users is None else [user for user in users if user.email == email.lower()]

    def found_by(self, email: str, is_known: Callable[[str], bool] = lambda _: False) -> Search:
        """Return a search for the user to whom an ambiguous create gave this email, leaving out ids that are known."""

        def search() -> Operation[Sequence[Answer] | None]:
            holders = yield from self.holders(email)
            return None if holders is None else [self._shown(user) for user in holders if not is_known(user.id)]

        return search

    def _shown(self, user: User) -> Answer:
        """Return a user whom a search found, in the form of an answer to the create that made that user."""
        user_id = int(user.id) if self.profile.shape.id == "integer" and user.id.isdecimal() else user.id
        fields = {"id": user_id, "name": user.name, "email": user.email, "createdAt": user.created_at}
        names = replace(self.profile.names, body_pointer="", flat_body=False)
        shown = names.to_target({name: value for name, value in fields.items() if value is not None})
        body = json.dumps(shown).encode()
        return Answer(self.profile.answers.created[0], {"Content-Type": JSON}, body, 0.0, shown=shown)

    def _may_change(self, call: Call) -> bool:
        """Whether a call may change an existing user: any write but a create may."""
        if call.method not in (*SAFE, "POST") or names_another_method(call.url, call.headers):
            return True
        return call.method == "POST" and path_of(call.url) != path_of(self.create_url)

    def _recorded(self, call: Call, operation: Operation[Exchange]) -> Operation[Exchange]:
        if self._may_change(call):
            yield from self.permit(call)
        exchange = yield from self._reading.applied(operation)
        self._conditions.note(exchange)
        self.recorder.note(exchange)
        return exchange

    @property
    def _conditions(self) -> Conditions:
        return Conditions(self.profile.if_match, self.etags)

    @property
    def _reading(self) -> Reading:
        return Reading(self.profile, self.id_in)

    def _completed(self, exchange: Exchange) -> Operation[Exchange]:
        """Read the user if, by the profile, the answer to a create or change does not show them."""
        partial = None if self._reading.is_whole(exchange) else user_of(exchange.answer, self.profile)
        if partial is None or exchange.answer is None:
            return exchange
        read = yield from self.read(partial.id)
        user = user_of(read.answer, self.profile) if read.status == 200 else None
        if read.answer is None or user is None or user.id != partial.id:
            return exchange
        answer = replace(exchange.answer, shown=read.answer.json(), read=read.answer)
        return replace(exchange, attempts=(*exchange.attempts[:-1], replace(exchange.attempts[-1], outcome=answer)))
