"""What only people who speak HTTP look at: methods, headers, media types, and every kind of answer there is."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from support.cleanup.marks import mark_in
from support.contract.matchers import (
    Matcher,
    body_of,
    brief,
    has_header,
    has_no_body,
    has_status,
    holds_no_secret,
    leaks_nothing,
    says_json,
    says_what_is_wrong,
    shows,
)
from support.contract.normalizers import listed, user_of
from support.contract.violation import fail
from support.errors import Inconclusive
from support.http.operations import Operation
from support.http.urls import destination, origin_of
from support.models import Call, Credential, Exchange, NewUser
from support.profile import Profile
from support.scenario.context import Actor
from support.scenario.invalid_values import MALFORMED, NOT_JSON_TYPES, escaped, in_another_order

if TYPE_CHECKING:
    from support.scenario.session import Session

TRIES_FOR_AN_ANSWER = 12
ODD_IDS = ("a word", "Ada's id plus one character", "an SQL expression", "25 digits")
ANYTHING = {"Accept": "*/*"}


class Protocol:
    """Sends requests as they are, and judges answers as they came."""

    def __init__(self, session: Session) -> None:
        self._session = session

    # Creating

    def sign_up_answered(self, person: str, draw: Callable[[], NewUser] | None = None) -> Exchange:
        """Let someone sign up until an answer comes: one that was lost cannot be looked at."""
        session = self._session
        actor = session.scenario.actor(person)
        for _ in range(TRIES_FOR_AN_ANSWER):
            actor.new_user = draw() if draw else actor.new_user
            exchange = session.accounts.sign_up(person)
            if not exchange.adopted:
                return exchange
            actor.new_user = session.factory.new_user(person)
        raise Inconclusive(f"the answers to {TRIES_FOR_AN_ANSWER} creates were lost: there is none to look at")

    def location_leads_to(self, actor: Actor) -> None:
        """Location, absolute or relative, is an address of the target at which the user is."""
        session = self._session
        created = session.scenario.exchange
        here = created.call.url

        def is_here(value: str) -> bool:
            return origin_of(destination(here, value) or "") == origin_of(here)

        session.scenario.check(created, has_header("Location", "on the host of the request", is_here))
        location = (created.answer.header("Location") if created.answer else None) or ""
        there = session.run(session.api.send(session.api.call("GET", destination(here, location))))
        attempted = f"{session.scenario.attempted}; then reading its Location {brief(location)}"
        session.scenario.check(there, has_status([200]), shows(actor.shown, session.profile.names), attempted=attempted)

    def send_text(self, person: str, form: str) -> Exchange:
        """Send the sign-up of someone as a text that is no JSON."""
        actor = self._session.scenario.actor(person)
        return self._post(actor, body=MALFORMED[form](self._json(actor)), content_type="application/json")

    def send_as(self, method: str, kind: str, person: str) -> Exchange:
        """Send what would be right as JSON, under another media type."""
        actor = self._session.scenario.actor(person)
        content_type = NOT_JSON_TYPES[kind]
        if method == "POST":
            return self._post(actor, body=self._json(actor), content_type=content_type)
        return self._change(method, actor, lambda body: body, content_type)

    def send_change_as_text(self, method: str, person: str, form: str) -> Exchange:
        """Send a change of someone as a text that is no JSON."""
        return self._change(method, self._session.scenario.actor(person), MALFORMED[form], "application/json")

    def _change(self, method: str, actor: Actor, written: Callable[[bytes], bytes], content_type: str) -> Exchange:
        session = self._session
        fresh = session.factory.new_user(actor.persona)
        body = written(session.api.create_call(fresh.as_json()).body or b"")
        call = session.api.call(
            method, session.api.url_of(actor.known_id), body=body, headers={"Content-Type": content_type}
        )
        exchange = session.run(session.registry.change(call, fresh.email))
        session.scenario.keep(exchange)
        return exchange

    def sign_up_written(
        self, person: str, media_type: str = "application/json", written: Callable[[bytes], bytes] = bytes
    ) -> Exchange:
        """Sign up with a body or a media type that is written in another way, and is JSON all the same."""
        session = self._session
        actor = session.scenario.last_actor = session.scenario.actor(person)
        exchange = self._post(actor, body=written(self._json(actor)), content_type=media_type)
        actor.shown = session.accounts.fields_of(exchange)
        user = user_of(exchange.answer, session.profile)
        actor.id = user.id if user is not None else None
        return exchange

    def sign_up_in_another_order(self, person: str) -> Exchange:
        return self.sign_up_written(person, written=in_another_order)

    def sign_up_escaped(self, person: str, new_user: NewUser) -> Exchange:
        self._session.scenario.actor(person).new_user = new_user
        return self.sign_up_written(person, written=escaped)

    def change_written(self, method: str, person: str, media_type: str) -> Exchange:
        """Change name and address under a media type that is written in another way."""
        actor = self._session.scenario.last_actor = self._session.scenario.actor(person)
        exchange = self._change(method, actor, bytes, media_type)
        sent = json.loads(exchange.call.body or b"{}")
        actor.expected = {**actor.shown, **self._session.profile.names.to_contract(sent)}
        return exchange

    def _json(self, actor: Actor) -> bytes:
        return self._session.api.create_call(actor.new_user.as_json()).body or b""

    def _post(self, actor: Actor, body: bytes, content_type: str) -> Exchange:
        session = self._session
        address, name = actor.new_user.email, actor.new_user.name
        session.scenario.emails_tried.append(address)
        session.scenario.names_tried.append(name)
        call = session.api.call("POST", body=body, headers={"Content-Type": content_type})
        exchange = session.run(session.registry.create(call, address, name, session.scenario.ids_before))
        session.scenario.keep(exchange)
        return exchange

    def post_to(self, actor: Actor) -> Exchange:
        """Send a POST to one user's address."""
        session = self._session
        new_user = session.factory.new_user()
        session.scenario.emails_tried.append(new_user.email)
        call = session.api.call("POST", session.api.url_of(actor.known_id), fields=new_user.as_json())
        exchange = session.run(session.registry.create(call, new_user.email, new_user.name))
        session.scenario.keep(exchange)
        return exchange

    def method_is_refused(self) -> None:
        """The last answer is a 405 that names the methods that are offered (RFC 9110 §15.5.6), POST not among them."""
        offered = {"GET", "DELETE", *_offered(self._session)}

        def fits(value: str) -> bool:
            named = {method.strip().upper() for method in value.split(",")}
            return offered <= named and "POST" not in named

        wanted = f"with {', '.join(sorted(offered))} among the methods, and without POST"
        self._session.scenario.check(
            self._session.scenario.exchange, has_status([405]), has_header("Allow", wanted, fits)
        )

    # HEAD

    def ask_head_and_get(self, what: str) -> None:
        """Ask HEAD and GET of the same address: a user's, nobody's or the list's."""
        session = self._session
        url = {
            "a user": lambda: session.api.url_of(session.scenario.users[0].known_id),
            "an unknown user": lambda: session.api.url_of(session.values.stranger_id()),
            "a deleted user": lambda: session.api.url_of(session.accounts.become_and_leave("Edsger").known_id),
            "a word as the id": lambda: session.api.url_of(session.values.unknown_id("a word")),
            "the list": lambda: session.api.url,
            "a search by email": lambda: session.directory.look_up(session.scenario.users[0].new_user.email).call.url,
            "a page": lambda: session.directory.ask_for_page(1, 10).call.url,
            "an invalid page": lambda: session.directory.ask_for_page(0, 10).call.url,
        }[what]()
        questions = [session.api.call(method, url) for method in ("HEAD", "GET")]

        def both() -> list[Exchange]:
            return [session.run(session.api.send(question)) for question in questions]

        session.scenario.keep(*(session.waiting.from_both(both) if what == "a deleted user" else both()))

    def head_is_as_get(self) -> None:
        """HEAD came with the status of GET and without a body."""
        head, get = self._session.scenario.exchanges
        statuses = [get.status] if get.status is not None else [200]
        self._session.scenario.check(head, has_status(statuses), has_no_body())

    # Every kind of answer

    def go_through(self, occasion: str) -> None:
        """Bring about one kind of answer; raises KeyError for an unknown occasion."""
        self._session.scenario.keep(*_OCCASIONS[occasion](self._session))

    def each_is(self, *matchers: Matcher) -> None:
        for exchange in self._session.scenario.exchanges:
            self._session.scenario.check(exchange, *matchers, attempted=self._attempted(exchange))

    def _attempted(self, exchange: Exchange) -> str:
        return f"{self._session.scenario.attempted}: {exchange.call.method} {urlsplit(exchange.call.url).path}"

    def each_says_json(self) -> None:
        self.each_is(says_json())

    def each_holds_no_secret(self) -> None:
        self.each_is(holds_no_secret())

    def each_leaks_nothing(self) -> None:
        self.each_is(leaks_nothing())

    def none_leaks(self) -> None:
        """No answer shows the server's inside; what people are called, and strangers in a list, say nothing of it."""
        matcher = leaks_nothing()
        for exchange in self._session.scenario.exchanges:
            found = matcher.mismatches(without_people(exchange, self._session.profile))
            if found:
                fail(self._session.scenario.rule, self._attempted(exchange), [str(matcher)], found, exchange)

    def each_says_what_is_wrong(self) -> None:
        """Every refusal among the answers says what is wrong; no answer at all shows the server's inside."""
        self.each_leaks_nothing()
        for exchange in self._session.scenario.exchanges:
            if exchange.status in range(400, 500):
                self._session.scenario.check(exchange, says_what_is_wrong(), attempted=self._attempted(exchange))


def without_people(exchange: Exchange, profile: Profile) -> Exchange:
    """Return an exchange whose answer lacks names and addresses, and in a list everybody who is not ours."""
    answer = exchange.answer
    value, wrong = body_of(answer)
    if answer is None or wrong:
        return exchange
    entries = listed(answer, profile)
    shown = [value] if entries is None else [entry for entry in entries if mark_in(entry) is not None]
    private = (profile.names.name, profile.names.email)
    bare = [
        {key: inner for key, inner in entry.items() if key not in private} if isinstance(entry, Mapping) else entry
        for entry in shown
    ]
    last = replace(exchange.attempts[-1], outcome=replace(answer, body=json.dumps(bare).encode()))
    return replace(exchange, attempts=(*exchange.attempts[:-1], last))


Occasion = Callable[["Session"], list[Exchange]]


def _grace(session: Session) -> Actor:
    return session.accounts.become("Grace")


def _with_grace(session: Session, act: Callable[[Actor], Exchange]) -> list[Exchange]:
    return [act(_grace(session))]


def _offered(session: Session) -> list[str]:
    """Return the methods by which a user can be changed on this target."""
    has = session.profile.capabilities
    return [method for method, offered in (("PATCH", has.patch), ("PUT", has.put)) if offered]


def _changes(session: Session, method: str) -> list[Exchange]:
    grace = _grace(session)
    fresh = session.factory.new_user("Grace")
    write = session.accounts.patch if method == "PATCH" else session.accounts.put
    return [write(grace.persona, fresh.as_json())]


def _invalid(session: Session) -> list[Exchange]:
    """Send every flaw there is, to sign up and to change; nothing that could be stored without an address."""
    actor, people = _grace(session), session.values
    session.directory.remember_who_is_there()
    sign_ups = [session.accounts.sign_up_spoiled("Mallory", flaw) for flaw in people.flaws]
    changes = {"PATCH": session.accounts.patch, "PUT": session.accounts.put}
    changed = [changes[method](actor.persona, fields) for method in _offered(session) for fields in people.every_flaw()]
    return [*sign_ups, *changed]


def _taken(session: Session) -> list[Exchange]:
    grace, alan = _grace(session), session.accounts.become("Alan")
    email = grace.new_user.email
    exchanges = [session.accounts.sign_up("Mallory", email=email)]
    if "PATCH" in _offered(session):
        exchanges.append(session.accounts.patch(alan.persona, {"email": email}))
    if "PUT" in _offered(session):
        exchanges.append(session.accounts.put(alan.persona, {"name": "Alan", "email": email}))
    return exchanges


def _unknown(session: Session) -> list[Exchange]:
    _grace(session)
    stranger = session.values.stranger_id()
    fresh = session.factory.new_user()
    changes = [session.accounts.change_nobody(method, fresh.as_json(), stranger) for method in _offered(session)]
    session.accounts.become("Ada")
    reads = [session.run(session.api.read(session.values.unknown_id(what))) for what in ODD_IDS]
    return [session.run(session.api.read(stranger)), *reads, *changes, session.run(session.api.delete(stranger))]


def _deleted(session: Session) -> list[Exchange]:
    grace = _grace(session)
    first = session.accounts.delete(grace.persona)
    session.waiting.from_reading(grace, "delete")
    return [first, session.accounts.delete(grace.persona), session.run(session.api.read(grace.known_id))]


def _no_json(session: Session) -> list[Exchange]:
    _grace(session)
    session.directory.remember_who_is_there()
    forms = [session.protocol.send_text("Mallory", form) for form in MALFORMED]
    methods = ("POST", *_offered(session))
    return [
        *forms,
        *(session.protocol.send_as(method, kind, _who(method)) for method in methods for kind in NOT_JSON_TYPES),
    ]


def _secretive(session: Session) -> list[Exchange]:
    """Sign up and change with secrets among the fields, and look at what is shown then.

    An API that keeps them is accused here, and not once more by the scenarios that read the list after this one.
    """
    secrets = {"password": "Sesame-42", "secret": "Sesame-43", "token": "Sesame-44"}
    signed_up = session.accounts.sign_up("Mallory", **secrets)
    grace = _grace(session)
    refused = [
        session.accounts.sign_up("Alan", name="", **secrets),
        session.accounts.sign_up("Alan", email=grace.new_user.email, **secrets),
    ]
    offered, has = _offered(session), session.profile.capabilities
    patched = [session.accounts.patch(grace.persona, secrets)] if "PATCH" in offered else []
    whole = {**grace.new_user.as_json(), **secrets}
    replaced = [session.accounts.put(grace.persona, whole)] if "PUT" in offered else []
    reads = [session.run(session.api.read(actor.known_id)) for actor in session.scenario.users]
    views = [session.directory.read_list()]
    views += [session.directory.look_up(grace.new_user.email)] if has.email_filter else []
    views += [session.directory.ask_for_page_of(grace)] if has.pages else []
    session.registry.confirm_gone()
    return [signed_up, *refused, *patched, *replaced, *reads, *views]


def _who(method: str) -> str:
    return "Mallory" if method == "POST" else "Grace"


def _strangers(session: Session, credential: Credential) -> list[Exchange]:
    """Try everything on a user, introduced like this."""
    grace, fresh = _grace(session), session.factory.new_user()
    api = session.api.with_credential(credential)
    fields = fresh.as_json()
    changes = [api.call(method, api.url_of(grace.known_id), fields=fields) for method in _offered(session)]
    flows = [
        api.read(grace.known_id),
        api.list(),
        session.registry.create(api.create_call(fields), fresh.email, fresh.name),
        *(session.registry.change(change, fresh.email) for change in changes),
        api.delete(grace.known_id),
    ]
    return [session.run(flow) for flow in flows]


def _undemanding(session: Session) -> list[Exchange]:
    """Be refused in every way by requests that do not say that they want JSON."""
    grace = _grace(session)
    api, people = session.api, session.values
    taken = grace.new_user.as_json()
    nameless = people.spoiled("an empty name")
    here, nowhere = api.url_of(grace.known_id), api.url_of(people.stranger_id())
    calls = [
        api.call("GET", nowhere, headers=ANYTHING),
        api.call("DELETE", nowhere, headers=ANYTHING),
        api.call("POST", here, fields=taken, headers=ANYTHING),
        api.call("POST", fields=taken, headers=ANYTHING),
        api.call("POST", fields=nameless, headers=ANYTHING),
        *(api.call(method, here, fields=nameless, headers=ANYTHING) for method in _offered(session)),
    ]
    return [session.run(_carried_out(session, call)) for call in calls]


def _carried_out(session: Session, call: Call) -> Operation[Exchange]:
    """Return the flow of a call whose fields name an address, if any, by the name that the target has for it."""
    address = json.loads(call.body)[session.profile.names.email] if call.body else None
    if call.method == "POST":
        return session.registry.create(call, address, None)
    return session.registry.change(call, address) if address else session.api.send(call)


_OCCASIONS: Mapping[str, Occasion] = {
    "signs up": lambda session: [session.protocol.sign_up_answered("Ada")],
    "reads a user": lambda session: [session.accounts.look(_grace(session))],
    "reads the list": lambda session: _with_grace(session, lambda _: session.directory.read_list()),
    "searches by email": lambda session: [session.directory.look_up(_grace(session).new_user.email)],
    "searches for an unknown email": lambda session: [session.directory.look_up(session.factory.new_user().email)],
    "reads a page": lambda session: _with_grace(session, session.directory.ask_for_page_of),
    "updates a user": lambda session: _changes(session, "PATCH"),
    "replaces a user": lambda session: _changes(session, "PUT"),
    "deletes a user twice": _deleted,
    "requests an unknown user": _unknown,
    "sends invalid data": _invalid,
    "sends a taken email": _taken,
    "sends malformed bodies": _no_json,
    "requests an invalid page": lambda session: [
        session.directory.ask_for_page(page, size)
        for page, size in ((0, 10), (-1, 10), ("one", 10), (1, 0), (1, 101), (1, "ten"))
    ],
    "uses an unsupported method": lambda session: [session.protocol.post_to(_grace(session))],
    "uses a wrong token": lambda session: _strangers(session, Credential("a-wrong-token", value="a-wrong-token")),
    "uses no token": lambda session: _strangers(session, Credential(None)),
    "does not ask for JSON": _undemanding,
    "sends a password": _secretive,
}
