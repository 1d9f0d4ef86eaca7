"""The calls of a Users API: what goes on the wire for each of them, and how they are carried out.

Each method returns a flow; `SessionClient.run` and `AsyncClient.run` carry it out and return what it comes to.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, unquote, urlencode, urlsplit

from support.contract.normalizers import names_one_user, users_in
from support.errors import SuiteError
from support.http.operations import Operation, Permit, Search, execute, execute_create, execute_once
from support.http.paging import place_of, whole_list
from support.http.policy import Budget, Policy
from support.http.recorder import Recorder
from support.models import Answer, Call, Credential, Exchange, User
from support.profile import Profile

JSON = "application/json"
NOTHING = object()
CHANGING = ("PUT", "PATCH", "DELETE")


def permit_none(call: Call) -> Operation[None]:
    """Raise SuiteError: outside a run that knows its own users, no user is changed or deleted."""
    raise SuiteError(f"{call.method} {call.url} is not sent: no run has shown that this user is its own")
    yield


@dataclass(frozen=True)
class UsersApi:
    """The users collection at `base_url`, as the profile names its parts, called with `credential`.

    `permit` passes every call that may change or delete one user, before it is sent.
    """

    base_url: str
    credential: Credential
    policy: Policy
    profile: Profile
    recorder: Recorder
    window_s: float
    permit: Permit = permit_none

    def as_someone_else(self, credential: Credential) -> UsersApi:
        """Return the same API for calls with another credential."""
        return replace(self, credential=credential)

    def apart(self) -> UsersApi:
        """Return the same API with a transcript and a retry budget of its own, for work beside the scenarios."""
        return replace(self, recorder=Recorder(), policy=replace(self.policy, budget=Budget()))

    @property
    def url(self) -> str:
        """The address of the collection itself."""
        return self.base_url + self._end

    def url_of(self, user_id: str) -> str:
        """Return a user's address; raises SuiteError for an id that would make it the collection's."""
        if not names_one_user(user_id):
            raise SuiteError(f"{user_id!r} is no id: its address would be that of the whole collection")
        return f"{self.base_url}/{quote(user_id, safe='')}{self._end}"

    def id_in(self, url: str) -> str | None:
        """Return the id in the URL of one user; None for any other URL."""
        quoted = url.removeprefix(f"{self.base_url}/").removesuffix(self._end)
        is_one = url.startswith(f"{self.base_url}/") and quoted and not set("/?#") & set(quoted)
        return unquote(quoted) if is_one else None

    @property
    def _end(self) -> str:
        return "/" if self.profile.trailing_slash else ""

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
        """Put a call together: `fields` is sent as JSON, `body` as it is.

        Raises SuiteError for a PUT, PATCH or DELETE on the collection, which may change or wipe everybody.
        """
        url = url or self.url
        if method in CHANGING and _path(url) == _path(self.base_url):
            raise SuiteError(f"{method} is never sent to the whole collection")
        sent = {"Accept": JSON, **(headers or {})}
        if body is None and fields is not NOTHING:
            body = json.dumps(fields, ensure_ascii=False).encode()
        if body is not None:
            sent.setdefault("Content-Type", JSON)
        if query:
            url = f"{url}?{urlencode(query, quote_via=quote)}"
        lists = method == "GET" and _path(url) == _path(self.base_url)
        return Call(method, url, self.credential, sent, body, repeatable=method != "POST", lists=lists)

    def send(self, call: Call) -> Operation[Exchange]:
        """Carry out a call under the retry policy; a POST is repeated only where it cannot have arrived.

        What says that there is nobody, even if it is a 500, is an answer where one user is asked for.
        """
        answers = self.profile.answers
        nobody = frozenset({*answers.unknown, *answers.gone}) if self.id_in(call.url) is not None else frozenset()
        permit = self.permit if self._may_change(call) else None
        return self._noted(call, execute(call, replace(self.policy, final=nobody), permit))

    def send_once(self, call: Call) -> Operation[Exchange]:
        """Carry out a call with one attempt."""
        return self._noted(call, execute_once(call, self.policy))

    def create(self, call: Call, search: Search) -> Operation[Exchange]:
        """Carry out a POST that must not make two users: `search` finds what a lost answer may have made."""
        return self._noted(call, execute_create(call, self.policy, search, self.window_s))

    def creating(self, fields: Any) -> Call:
        """Put a create together; the body is empty for NOTHING."""
        return self.call("POST", body=b"") if fields is NOTHING else self.call("POST", fields=fields)

    def read(self, user_id: str) -> Operation[Exchange]:
        return self.send(self.call("GET", self.url_of(user_id)))

    def head(self, user_id: str) -> Operation[Exchange]:
        return self.send(self.call("HEAD", self.url_of(user_id)))

    def patching(self, user_id: str, fields: Any) -> Call:
        return self.call("PATCH", self.url_of(user_id), fields=fields)

    def replacing(self, user_id: str, fields: Any) -> Call:
        return self.call("PUT", self.url_of(user_id), fields=fields)

    def patch(self, user_id: str, fields: Any) -> Operation[Exchange]:
        return self.send(self.patching(user_id, fields))

    def put(self, user_id: str, fields: Any) -> Operation[Exchange]:
        return self.send(self.replacing(user_id, fields))

    def deleting(self, user_id: str) -> Call:
        return self.call("DELETE", self.url_of(user_id))

    def delete(self, user_id: str) -> Operation[Exchange]:
        return self.send(self.deleting(user_id))

    def list(self) -> Operation[Exchange]:
        """Read the whole list, page by page where it only comes in pages."""
        size = self.profile.pages.size
        if size is None:
            return self.send(self.call("GET"))
        return whole_list(lambda place: self._page(place, size), self.profile)

    def page(self, number: object, limit: object) -> Operation[Exchange]:
        """Ask for a page, counted from 1 as in the contract; what is None is left out."""
        return self._page(None if number is None else place_of(number, limit, self.profile.pages), limit)

    def _page(self, place: object, limit: object) -> Operation[Exchange]:
        return self.send(self.call("GET", query=self._paged(place, limit)))

    def _paged(self, place: object, limit: object) -> dict[str, str]:
        names = self.profile.names
        return {name: str(value) for name, value in ((names.page, place), (names.limit, limit)) if value is not None}

    def find(self, email: str) -> Operation[Exchange]:
        """Ask for the users with this address by `?email=`."""
        return self.send(self.call("GET", query={self.profile.names.email_filter: email}))

    def find_page(self, email: str, number: int, limit: int) -> Operation[Exchange]:
        """Ask for one page of the users with this address."""
        paged = self._paged(place_of(number, limit, self.profile.pages), limit)
        return self.send(self.call("GET", query={self.profile.names.email_filter: email, **paged}))

    def holders(self, email: str) -> Operation[Sequence[User] | None]:
        """Look for everybody with exactly this address, whatever its letter case; None where it cannot be told.

        A filter that matches more is narrowed. The list is read where there is no filter, or none that answers, or
        one that shows only others.
        """
        heard = self.profile.capabilities.email_filter
        found: dict[str, User] = {}
        for spelling in self._spellings(email) if heard else ():
            users = yield from self._shown_by(self.find(spelling))
            same = {user.id: user for user in users or () if user.email == email.lower()}
            heard = heard and users is not None and bool(same or not users)
            found |= same
        if heard:
            return list(found.values())
        users = yield from self._shown_by(self.list())
        return None if users is None else [user for user in users if user.email == email.lower()]

    def _spellings(self, email: str) -> Iterable[str]:
        return dict.fromkeys([email, email.lower()] if self.profile.lookup.case_sensitive else [email])

    def _shown_by(self, question: Operation[Exchange]) -> Operation[Sequence[User] | None]:
        """Return the users in the answer to a question for several; None where it is no answer."""
        return users_in((yield from question).answer, self.profile)

    def found_by(self, email: str, known: Iterable[str] = ()) -> Search:
        """Return a search for who got this address by a create in doubt; `known` are the ids that had it before."""
        before = frozenset(known)

        def search() -> Operation[Sequence[Answer] | None]:
            holders = yield from self.holders(email)
            if holders is None:
                return None
            return [self._shown(user) for user in holders if user.id not in before]

        return search

    def _shown(self, user: User) -> Answer:
        """Return what a search showed of a user in the form of an answer to the create that made it."""
        user_id = int(user.id) if self.profile.shape.id == "integer" else user.id
        fields = {"id": user_id, "name": user.name, "email": user.email, "createdAt": user.created_at}
        shown = self.profile.names.to_target({name: value for name, value in fields.items() if value is not None})
        return Answer(self.profile.answers.created[0], {"Content-Type": JSON}, json.dumps(shown).encode(), 0.0)

    def _may_change(self, call: Call) -> bool:
        """Whether a call may change somebody who is there: all but a create may."""
        return call.method in CHANGING or (call.method == "POST" and _path(call.url) != _path(self.base_url))

    def _noted(self, call: Call, flow: Operation[Exchange]) -> Operation[Exchange]:
        if self._may_change(call):
            yield from self.permit(call)
        exchange = yield from flow
        self.recorder.note(exchange)
        return exchange


def _path(url: str) -> str:
    """Return what a server is told of an address: neither a query nor a fragment makes another place of it."""
    return urlsplit(url).path.rstrip("/")
