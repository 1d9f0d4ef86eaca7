"""What only people who speak HTTP look at: methods, headers, media types, and every kind of answer there is."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from support.acts.partitions import MALFORMED, NOT_JSON_TYPES, escaped, in_another_order
from support.acts.scene import Member
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
from support.models import Call, Credential, Exchange, NewUser
from support.targets.profile import Profile
from support.transport.addresses import destination, origin_of
from support.transport.flows import Flow

if TYPE_CHECKING:
    from support.world import World

TRIES_FOR_AN_ANSWER = 12
ODD_IDS = ("a word", "Ada's id plus one character", "an SQL expression", "25 digits")
ANYTHING = {"Accept": "*/*"}


class Protocol:
    """Sends requests as they are, and judges answers as they came."""

    def __init__(self, world: World) -> None:
        self._world = world

    # Creating

    def sign_up_answered(self, person: str, draw: Callable[[], NewUser] | None = None) -> Exchange:
        """Let someone sign up until an answer comes: one that was lost cannot be looked at."""
        world = self._world
        member = world.scene.member(person)
        for _ in range(TRIES_FOR_AN_ANSWER):
            member.newcomer = draw() if draw else member.newcomer
            exchange = world.accounts.sign_up(person)
            if not exchange.adopted:
                return exchange
            member.newcomer = world.factory.newcomer(person)
        raise Inconclusive(f"the answers to {TRIES_FOR_AN_ANSWER} creates were lost: there is none to look at")

    def location_leads_to(self, member: Member) -> None:
        """Location, absolute or relative, is an address of the target at which the user is."""
        world = self._world
        created = world.scene.exchange
        here = created.call.url

        def is_here(value: str) -> bool:
            return origin_of(destination(here, value) or "") == origin_of(here)

        world.outcomes.held(created, has_header("Location", "on the host of the request", is_here))
        location = (created.answer.header("Location") if created.answer else None) or ""
        there = world.run(world.api.send(world.api.call("GET", destination(here, location))))
        attempted = f"{world.scene.attempted}; then reading its Location {brief(location)}"
        world.outcomes.held(there, has_status([200]), shows(member.shown, world.profile.names), attempted=attempted)

    def send_text(self, person: str, form: str) -> Exchange:
        """Send the sign-up of someone as a text that is no JSON."""
        member = self._world.scene.member(person)
        return self._post(member, body=MALFORMED[form](self._json(member)), content_type="application/json")

    def send_as(self, method: str, kind: str, person: str) -> Exchange:
        """Send what would be right as JSON, under another media type."""
        member = self._world.scene.member(person)
        content_type = NOT_JSON_TYPES[kind]
        if method == "POST":
            return self._post(member, body=self._json(member), content_type=content_type)
        return self._change(method, member, lambda body: body, content_type)

    def send_change_as_text(self, method: str, person: str, form: str) -> Exchange:
        """Send a change of someone as a text that is no JSON."""
        return self._change(method, self._world.scene.member(person), MALFORMED[form], "application/json")

    def _change(self, method: str, member: Member, written: Callable[[bytes], bytes], content_type: str) -> Exchange:
        world = self._world
        fresh = world.factory.newcomer(member.person)
        body = written(world.api.creating(world.profile.names.to_target(fresh.as_json())).body or b"")
        call = world.api.call(
            method, world.api.url_of(member.known_id), body=body, headers={"Content-Type": content_type}
        )
        exchange = world.run(world.registry.change(call, fresh.email))
        world.scene.keep(exchange)
        return exchange

    def sign_up_written(
        self, person: str, media_type: str = "application/json", written: Callable[[bytes], bytes] = bytes
    ) -> Exchange:
        """Sign up with a body or a media type that is written in another way, and is JSON all the same."""
        world = self._world
        member = world.scene.she = world.scene.member(person)
        exchange = self._post(member, body=written(self._json(member)), content_type=media_type)
        member.shown = world.accounts.fields_of(exchange)
        user = user_of(exchange.answer, world.profile)
        member.id = user.id if user is not None else None
        return exchange

    def sign_up_in_another_order(self, person: str) -> Exchange:
        return self.sign_up_written(person, written=in_another_order)

    def sign_up_escaped(self, person: str, newcomer: NewUser) -> Exchange:
        self._world.scene.member(person).newcomer = newcomer
        return self.sign_up_written(person, written=escaped)

    def change_written(self, method: str, person: str, media_type: str) -> Exchange:
        """Change name and address under a media type that is written in another way."""
        member = self._world.scene.she = self._world.scene.member(person)
        exchange = self._change(method, member, bytes, media_type)
        sent = json.loads(exchange.call.body or b"{}")
        member.expected = {**member.shown, **self._world.profile.names.to_contract(sent)}
        return exchange

    def _json(self, member: Member) -> bytes:
        return self._world.api.creating(self._world.profile.names.to_target(member.newcomer.as_json())).body or b""

    def _post(self, member: Member, body: bytes, content_type: str) -> Exchange:
        world = self._world
        address, name = member.newcomer.email, member.newcomer.name
        world.scene.addresses_tried.append(address)
        world.scene.names_tried.append(name)
        call = world.api.call("POST", body=body, headers={"Content-Type": content_type})
        exchange = world.run(world.registry.create(call, address, name, world.scene.ids_before))
        world.scene.keep(exchange)
        return exchange

    def post_to(self, member: Member) -> Exchange:
        """Send a POST to one user's address."""
        world = self._world
        newcomer = world.factory.newcomer()
        world.scene.addresses_tried.append(newcomer.email)
        call = world.api.call(
            "POST", world.api.url_of(member.known_id), fields=world.profile.names.to_target(newcomer.as_json())
        )
        exchange = world.run(world.registry.create(call, newcomer.email, newcomer.name))
        world.scene.keep(exchange)
        return exchange

    def method_is_refused(self) -> None:
        """The last answer is a 405 that names the methods that are offered (RFC 9110 §15.5.6), POST not among them."""
        offered = {"GET", "DELETE", *_offered(self._world)}

        def fits(value: str) -> bool:
            named = {method.strip().upper() for method in value.split(",")}
            return offered <= named and "POST" not in named

        wanted = f"with {', '.join(sorted(offered))} among the methods, and without POST"
        self._world.outcomes.held(self._world.scene.exchange, has_status([405]), has_header("Allow", wanted, fits))

    # HEAD

    def ask_head_and_get(self, what: str) -> None:
        """Ask HEAD and GET of the same address: a user's, nobody's or the list's."""
        world = self._world
        url = {
            "a user": lambda: world.api.url_of(world.scene.users[0].known_id),
            "an unknown user": lambda: world.api.url_of(world.people.stranger_id()),
            "a deleted user": lambda: world.api.url_of(world.accounts.become_and_leave("Edsger").known_id),
            "a word as the id": lambda: world.api.url_of(world.people.unknown_id("a word")),
            "the list": lambda: world.api.url,
            "a search by email": lambda: world.directory.look_up(world.scene.users[0].newcomer.email).call.url,
            "a page": lambda: world.directory.ask_for_page(1, 10).call.url,
            "an invalid page": lambda: world.directory.ask_for_page(0, 10).call.url,
        }[what]()
        questions = [world.api.call(method, url) for method in ("HEAD", "GET")]

        def both() -> list[Exchange]:
            return [world.run(world.api.send(question)) for question in questions]

        world.scene.keep(*(world.gone.from_both(both) if what == "a deleted user" else both()))

    def head_is_as_get(self) -> None:
        """HEAD came with the status of GET and without a body."""
        head, get = self._world.scene.exchanges
        statuses = [get.status] if get.status is not None else [200]
        self._world.outcomes.held(head, has_status(statuses), has_no_body())

    # Every kind of answer

    def go_through(self, occasion: str) -> None:
        """Bring about one kind of answer; raises KeyError for an unknown occasion."""
        self._world.scene.keep(*_OCCASIONS[occasion](self._world))

    def each_is(self, *matchers: Matcher) -> None:
        for exchange in self._world.scene.exchanges:
            self._world.outcomes.held(exchange, *matchers, attempted=self._attempted(exchange))

    def _attempted(self, exchange: Exchange) -> str:
        return f"{self._world.scene.attempted}: {exchange.call.method} {urlsplit(exchange.call.url).path}"

    def each_says_json(self) -> None:
        self.each_is(says_json())

    def each_holds_no_secret(self) -> None:
        self.each_is(holds_no_secret())

    def each_leaks_nothing(self) -> None:
        self.each_is(leaks_nothing())

    def none_leaks(self) -> None:
        """No answer shows the server's inside; what people are called, and strangers in a list, say nothing of it."""
        matcher = leaks_nothing()
        for exchange in self._world.scene.exchanges:
            found = matcher.mismatches(without_people(exchange, self._world.profile))
            if found:
                fail(self._world.scene.rule, self._attempted(exchange), [matcher.wanted], found, exchange)

    def each_says_what_is_wrong(self) -> None:
        """Every refusal among the answers says what is wrong; no answer at all shows the server's inside."""
        self.each_leaks_nothing()
        for exchange in self._world.scene.exchanges:
            if exchange.status in range(400, 500):
                self._world.outcomes.held(exchange, says_what_is_wrong(), attempted=self._attempted(exchange))


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


Occasion = Callable[["World"], list[Exchange]]


def _grace(world: World) -> Member:
    return world.accounts.become("Grace")


def _with_grace(world: World, act: Callable[[Member], Exchange]) -> list[Exchange]:
    return [act(_grace(world))]


def _offered(world: World) -> list[str]:
    """Return the methods by which a user can be changed on this target."""
    has = world.profile.capabilities
    return [method for method, offered in (("PATCH", has.patch), ("PUT", has.put)) if offered]


def _changes(world: World, method: str) -> list[Exchange]:
    grace = _grace(world)
    fresh = world.factory.newcomer("Grace")
    write = world.accounts.patch if method == "PATCH" else world.accounts.put
    return [write(grace.person, fresh.as_json())]


def _invalid(world: World) -> list[Exchange]:
    """Send every flaw there is, to sign up and to change; nothing that could be stored without an address."""
    member, people = _grace(world), world.people
    world.directory.remember_who_is_there()
    sign_ups = [world.accounts.sign_up_spoiled("Mallory", flaw) for flaw in people.flaws]
    changes = {"PATCH": world.accounts.patch, "PUT": world.accounts.put}
    changed = [changes[method](member.person, fields) for method in _offered(world) for fields in people.every_flaw()]
    return [*sign_ups, *changed]


def _taken(world: World) -> list[Exchange]:
    grace, alan = _grace(world), world.accounts.become("Alan")
    email = grace.newcomer.email
    exchanges = [world.accounts.sign_up("Mallory", email=email)]
    if "PATCH" in _offered(world):
        exchanges.append(world.accounts.patch(alan.person, {"email": email}))
    if "PUT" in _offered(world):
        exchanges.append(world.accounts.put(alan.person, {"name": "Alan", "email": email}))
    return exchanges


def _unknown(world: World) -> list[Exchange]:
    _grace(world)
    stranger = world.people.stranger_id()
    fresh = world.factory.newcomer()
    changes = [world.accounts.change_nobody(method, fresh.as_json(), stranger) for method in _offered(world)]
    world.accounts.become("Ada")
    reads = [world.run(world.api.read(world.people.unknown_id(what))) for what in ODD_IDS]
    return [world.run(world.api.read(stranger)), *reads, *changes, world.run(world.api.delete(stranger))]


def _deleted(world: World) -> list[Exchange]:
    grace = _grace(world)
    first = world.accounts.delete(grace.person)
    world.gone.from_reading(grace, "delete")
    return [first, world.accounts.delete(grace.person), world.run(world.api.read(grace.known_id))]


def _no_json(world: World) -> list[Exchange]:
    _grace(world)
    world.directory.remember_who_is_there()
    forms = [world.protocol.send_text("Mallory", form) for form in MALFORMED]
    methods = ("POST", *_offered(world))
    return [
        *forms,
        *(world.protocol.send_as(method, kind, _who(method)) for method in methods for kind in NOT_JSON_TYPES),
    ]


def _secretive(world: World) -> list[Exchange]:
    """Sign up and change with secrets among the fields, and look at what is shown then.

    An API that keeps them is accused here, and not once more by the scenarios that read the list after this one.
    """
    secrets = {"password": "Sesame-42", "secret": "Sesame-43", "token": "Sesame-44"}
    signed_up = world.accounts.sign_up("Mallory", **secrets)
    grace = _grace(world)
    refused = [
        world.accounts.sign_up("Alan", name="", **secrets),
        world.accounts.sign_up("Alan", email=grace.newcomer.email, **secrets),
    ]
    offered, has = _offered(world), world.profile.capabilities
    patched = [world.accounts.patch(grace.person, secrets)] if "PATCH" in offered else []
    whole = {**grace.newcomer.as_json(), **secrets}
    replaced = [world.accounts.put(grace.person, whole)] if "PUT" in offered else []
    reads = [world.run(world.api.read(member.known_id)) for member in world.scene.users]
    views = [world.directory.read_list()]
    views += [world.directory.look_up(grace.newcomer.email)] if has.email_filter else []
    views += [world.directory.ask_for_page_of(grace)] if has.pages else []
    world.registry.confirm_gone()
    return [signed_up, *refused, *patched, *replaced, *reads, *views]


def _who(method: str) -> str:
    return "Mallory" if method == "POST" else "Grace"


def _strangers(world: World, credential: Credential) -> list[Exchange]:
    """Try everything on a user, introduced like this."""
    grace, fresh = _grace(world), world.factory.newcomer()
    api = world.api.as_someone_else(credential)
    fields = world.profile.names.to_target(fresh.as_json())
    changes = [api.call(method, api.url_of(grace.known_id), fields=fields) for method in _offered(world)]
    flows = [
        api.read(grace.known_id),
        api.list(),
        world.registry.create(api.creating(fields), fresh.email, fresh.name),
        *(world.registry.change(change, fresh.email) for change in changes),
        api.delete(grace.known_id),
    ]
    return [world.run(flow) for flow in flows]


def _undemanding(world: World) -> list[Exchange]:
    """Be refused in every way by requests that do not say that they want JSON."""
    grace = _grace(world)
    api, people = world.api, world.people
    taken = world.profile.names.to_target(grace.newcomer.as_json())
    nameless = world.profile.names.to_target(people.spoiled("an empty name"))
    here, nowhere = api.url_of(grace.known_id), api.url_of(people.stranger_id())
    calls = [
        api.call("GET", nowhere, headers=ANYTHING),
        api.call("DELETE", nowhere, headers=ANYTHING),
        api.call("POST", here, fields=taken, headers=ANYTHING),
        api.call("POST", fields=taken, headers=ANYTHING),
        api.call("POST", fields=nameless, headers=ANYTHING),
        *(api.call(method, here, fields=nameless, headers=ANYTHING) for method in _offered(world)),
    ]
    return [world.run(_carried_out(world, call)) for call in calls]


def _carried_out(world: World, call: Call) -> Flow[Exchange]:
    """Return the flow of a call whose fields name an address, if any, by the name that the target has for it."""
    address = json.loads(call.body)[world.profile.names.email] if call.body else None
    if call.method == "POST":
        return world.registry.create(call, address, None)
    return world.registry.change(call, address) if address else world.api.send(call)


_OCCASIONS: Mapping[str, Occasion] = {
    "signs up": lambda world: [world.protocol.sign_up_answered("Ada")],
    "reads a user": lambda world: [world.accounts.look(_grace(world))],
    "reads the list": lambda world: _with_grace(world, lambda _: world.directory.read_list()),
    "searches by email": lambda world: [world.directory.look_up(_grace(world).newcomer.email)],
    "searches for an unknown email": lambda world: [world.directory.look_up(world.factory.newcomer().email)],
    "reads a page": lambda world: _with_grace(world, world.directory.ask_for_page_of),
    "updates a user": lambda world: _changes(world, "PATCH"),
    "replaces a user": lambda world: _changes(world, "PUT"),
    "deletes a user twice": _deleted,
    "requests an unknown user": _unknown,
    "sends invalid data": _invalid,
    "sends a taken email": _taken,
    "sends malformed bodies": _no_json,
    "requests an invalid page": lambda world: [
        world.directory.ask_for_page(page, size)
        for page, size in ((0, 10), (-1, 10), ("one", 10), (1, 0), (1, 101), (1, "ten"))
    ],
    "uses an unsupported method": lambda world: [world.protocol.post_to(_grace(world))],
    "uses a wrong token": lambda world: _strangers(world, Credential("a-wrong-token", value="a-wrong-token")),
    "uses no token": lambda world: _strangers(world, Credential(None)),
    "does not ask for JSON": _undemanding,
    "sends a password": _secretive,
}
