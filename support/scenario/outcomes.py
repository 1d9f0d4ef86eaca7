"""What came of it: the checks behind the Then steps, each held against the rule that its scenario shows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from support.cleanup.marks import mark_in
from support.contract.matchers import (
    Matcher,
    body_of,
    field_mismatches,
    has_an_id,
    has_status,
    is_a_list,
    is_a_user,
    moment_of,
    schema_mismatches,
    shows,
)
from support.contract.normalizers import listed, normal_user
from support.contract.violation import fail
from support.models import Exchange, User
from support.scenario.context import Actor, ScenarioContext

if TYPE_CHECKING:
    from support.scenario.session import Session


OF_THE_SERVER = {"id": "id", "_id": "id", "createdAt": "createdAt", "created_at": "createdAt"}
VIEWS = {"list": "reading the list", "filter-email": "looking her up", "pages": "reading her page"}


class Outcomes:
    """Judges; raises ContractViolation in words of the rule."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @property
    def _scenario(self) -> ScenarioContext:
        return self._session.scenario

    # Accepted

    def welcomed(self, person: str, **expected: Any) -> None:
        """The last answer is a 201 that shows the new user as she signed up, or as is expected."""
        self._welcome(self._scenario.actor(person), self._scenario.exchange, **expected)

    def each_welcomed(self) -> None:
        """Each of those who signed up was welcomed, and is shown so."""
        scene, profile = self._scenario, self._session.profile
        for exchange in scene.exchanges:
            self._scenario.check(exchange, has_status(profile.answers.created), has_an_id(profile.names))
        for actor, exchange in zip(scene.users, scene.exchanges, strict=True):
            self._welcome(actor, exchange)
            self.shown_as(actor, actor.shown)

    def _welcome(self, actor: Actor, exchange: Exchange, **expected: Any) -> None:
        session = self._session
        wanted = {"name": actor.new_user.name, "email": actor.new_user.email, **expected}
        self.shows_user(exchange, session.profile.answers.created, wanted)
        former = session.scenario.former_id  # whether it may be given again is a promise of its own
        others = {
            other.id: other.persona for other in session.scenario.users if other is not actor and other.id != former
        }
        if actor.id in others:
            self._scenario.fail("an id of her own", [f"{others[actor.id]} has the id {actor.id} as well"], exchange)

    def changed(self, person: str) -> None:
        """The last answer is a 200 with the whole user: what was named is new, everything else as before."""
        actor, exchange = self._scenario.actor(person), self._scenario.exchange
        wanted = actor.expected or actor.shown
        self.shows_user(exchange, [200], wanted, rule=_rule_of_change(exchange))
        actor.shown, actor.expected = wanted, None

    def took_effect(self, person: str, changes: Mapping[str, Any], rule: str | None = None) -> None:
        """The last change is done, as far as a scenario goes on from there: a read shows what was named.

        Whether the change did more than that is judged by the scenarios about changing.
        """
        session, actor, exchange = self._session, self._scenario.actor(person), self._scenario.exchange
        rule = rule or _rule_of_change(exchange)
        self._scenario.check(exchange, has_status([200]), rule=rule)
        read = session.accounts.look(actor)
        shown = shows(changes, session.profile.names)
        self._scenario.check(
            read, has_status([200]), shown, rule=rule, attempted=self._scenario.then(f"reading {person}")
        )

    def shown_everywhere(self, field: str) -> None:
        """The new user's name or address is right in the answer, in a read, in the list and when looked up."""
        session, she, exchange = self._session, self._scenario.last_actor, self._scenario.exchange
        wanted = {field: getattr(she.new_user, field)}
        names = session.profile.names
        joined = exchange.call.method == "POST"
        right = has_status(session.profile.answers.created if joined else [200])
        if joined:
            self._scenario.check(exchange, right, rule="create-201")
        self._scenario.check(exchange, right, shows(wanted, names))
        self._scenario.check(
            session.run(session.api.read(she.known_id)),
            has_status([200]),
            shows(wanted, names),
            attempted=self._scenario.then("reading her"),
        )
        self.listed_as(she, wanted, self._views(she))

    def is_as_everywhere(self, person: str) -> None:
        """A read, the list, looking up and the page where someone stands show her as she was last seen right."""
        session, actor = self._session, self._scenario.actor(person)
        self.shown_as(actor, actor.shown)
        page = {"pages": session.directory.ask_for_page_of(actor)} if session.profile.capabilities.pages else {}
        self.listed_as(actor, actor.shown, {**self._views(actor), **page})

    def _views(self, actor: Actor) -> dict[str, Exchange]:
        """Return the list and looking someone up, by the rule that says that they show her."""
        directory, can_filter = self._session.directory, self._session.profile.capabilities.email_filter
        looked_up = {"filter-email": directory.by_address(actor)} if can_filter else {}
        return {"list": directory.whole_list(), **looked_up}

    def listed_as(self, actor: Actor, wanted: Mapping[str, Any], views: Mapping[str, Exchange]) -> None:
        """Each of the views, by the rule that says that it shows everybody, shows someone with these fields."""
        for rule, exchange in views.items():
            where = VIEWS[rule]
            self._scenario.check(
                exchange,
                has_status([200]),
                is_a_list(self._session.profile),
                rule=rule,
                attempted=self._scenario.then(where),
            )
            entries = listed(exchange.answer, self._session.profile) or []
            entry = next((entry for entry in entries if _id_of(entry, self._session) == actor.id), None)
            if entry is None:
                fail(
                    rule,
                    self._scenario.then(where),
                    [f"{actor.persona} (id {actor.id})"],
                    ["she is not shown"],
                    exchange,
                )
            self.same_fields(entry, wanted, where, exchange)

    def is_as(self, person: str, expected: Mapping[str, Any] | None = None) -> None:
        """Reading someone shows exactly what was last seen right, or what is expected."""
        actor = self._scenario.actor(person)
        self.shown_as(actor, expected or actor.shown)

    def shown_as(self, actor: Actor, expected: Mapping[str, Any]) -> None:
        session = self._session
        exchange = session.run(session.api.read(actor.known_id))
        self.shows_user(exchange, [200], expected, attempted=self._scenario.then(f"reading {actor.persona}"))

    def shows_user(
        self,
        exchange: Exchange,
        statuses: Iterable[int],
        expected: Mapping[str, Any],
        rule: str | None = None,
        attempted: str | None = None,
    ) -> None:
        """The answer is a user with these fields; that she has the shape of one is a promise of its own."""
        profile = self._session.profile
        self._scenario.check(
            exchange, has_status(statuses), shows(expected, profile.names), rule=rule, attempted=attempted
        )
        self._scenario.check(exchange, is_a_user(profile.names, profile.shape), rule="user-shape", attempted=attempted)

    def everybody_is_as_before(self, except_for: Iterable[str] = ()) -> None:
        """Every user of the scenario but those named is shown as last seen."""
        for actor in self._scenario.users:
            if actor.persona not in except_for:
                self.shown_as(actor, actor.shown)

    # Refused

    def answered(self, kind: str, rule: str | None = None) -> None:
        """Each of the last answers has a status of this kind: taken, invalid, unknown, deleted …"""
        allowed: tuple[int, ...] = getattr(self._session.profile.answers, kind)
        again = self._session.profile.answers.deleted_again if kind == "deleted" else ()
        for exchange in self._scenario.exchanges:
            statuses = (*allowed, *again) if exchange.repeated_in_doubt else allowed
            self._scenario.check(exchange, has_status(statuses), rule=rule)

    def done_or_refused(self) -> None:
        """The last change was done, or refused as invalid: both are right where it named nothing."""
        self._scenario.check(self._scenario.exchange, has_status([200, *self._session.profile.answers.invalid]))

    def answered_for(self, person: str, kind: str) -> None:
        """The last answers are to this person, and of this kind."""
        assert self._scenario.last_actor.persona == person, f"{person} did not act last"
        self.answered(kind)

    def refused_or_ignored(self, person: str, request: str, brought: Mapping[str, Any]) -> None:
        """What was brought along was refused as invalid, or is not kept, wherever she is shown."""
        session, scene = self._session, self._scenario
        exchange, answers = scene.exchange, session.profile.answers
        done = answers.created if request == "sign-up" else (200,)
        self._scenario.check(exchange, has_status((*done, *answers.invalid)))
        actor = scene.actor(person)
        if exchange.status in answers.invalid:
            self._nothing_happened(actor, request)
            return
        read = session.run(session.api.read(actor.known_id))
        self._scenario.check(read, has_status([200]), attempted=self._scenario.then("reading her"))
        for shown in (exchange, read, *self._views(actor).values()):
            fields = self._fields_shown(shown, actor)
            kept = [
                f"/{field} is {json.dumps(fields[field])}, as {key} was sent"
                for key, value in brought.items()
                if (field := _kept_in(fields, key, value)) is not None
            ]
            if kept:
                self._scenario.fail("what was brought along is not kept", kept, shown)
        if request == "change":
            wanted = shows(actor.expected or actor.shown, session.profile.names)
            self._scenario.check(
                read, wanted, rule=_rule_of_change(exchange), attempted=self._scenario.then("reading her")
            )

    def _fields_shown(self, exchange: Exchange, actor: Actor) -> Mapping[str, Any]:
        """Return all that an answer shows of someone, alone or in a list, in the contract's words."""
        value, _ = body_of(exchange.answer)
        entries = listed(exchange.answer, self._session.profile) or [value]
        entry = next((one for one in entries if _id_of(one, self._session) == actor.id), value)
        return self._session.profile.names.to_contract(entry) if isinstance(entry, Mapping) else {}

    def _nothing_happened(self, actor: Actor, request: str) -> None:
        if request == "change":
            self.shown_as(actor, actor.shown)
        else:
            self.nobody_new()

    def all_refused(self, statuses: Iterable[int], *more: Matcher) -> None:
        """Each of the attempts was refused; what is wrong with any of them is told together, with the worst of them."""
        matchers = (has_status(statuses), *more)
        failed = [
            (exchange, matcher)
            for matcher in matchers
            for exchange in self._scenario.exchanges
            if not matcher.matches(exchange)
        ]
        if failed:
            wanted = "; ".join(map(str, matchers))
            wrong = [
                f"{exchange.call.method}: {text}"
                for exchange, matcher in failed
                for text in matcher.mismatches(exchange)
            ]
            self._scenario.fail(wanted, wrong, failed[0][0])

    def nobody_new(self) -> None:
        """Nobody appeared by what was attempted: not by address, not in the list."""
        scene, session = self._scenario, self._session
        for address in scene.emails_tried:
            holders = session.run(session.api.holders(address)) or ()
            self._none_but_known(holders, f"looking for {address}")
        exchange = session.directory.whole_list()
        self._scenario.check(
            exchange, has_status([200]), rule="list", attempted=self._scenario.then("reading the list")
        )
        known = {actor.id for actor in scene.users} | (scene.ids_before or frozenset())
        entries = [entry for entry in listed(exchange.answer, session.profile) or [] if self._suspicious(entry, known)]
        if entries:
            told = [f"the list shows a new user {entry}" for entry in entries[:3]]
            self._scenario.fail("nobody new in the list", told, self._sent_with(_address_of(entries[0], session)))

    def _none_but_known(self, holders: Iterable[User], attempted: str) -> None:
        scene = self._scenario
        known = {actor.id for actor in scene.users} | (scene.ids_before or frozenset())
        fresh = [user for user in holders if user.id not in known]
        if fresh:
            told = [f"{attempted} shows user {user.id}" for user in fresh]
            self._scenario.fail("nobody new", told, self._sent_with(fresh[0].email))

    def _sent_with(self, address: str | None) -> Exchange:
        """Return which of the last attempts named an address, else the last one."""
        scene = self._scenario
        named = [
            each
            for each in scene.exchanges
            if address and address in (each.call.body or b"").decode("utf-8", "replace").lower()
        ]
        return named[0] if named else scene.exchange

    def _suspicious(self, entry: Any, known: frozenset[str | None] | set[str | None]) -> bool:
        """Whether an entry of the list can only be what this scenario attempted: ours by its mark, or no right user.

        What is no right user can only be told from what others left there if the list was read before.
        """
        profile, scene = self._session.profile, self._scenario
        user = normal_user(entry, profile.names)
        if user is None:
            return scene.non_users_before is not None and entry not in scene.non_users_before
        if user.id in known:
            return False
        if mark_in(user.email) is not None:
            return user.email in {address.lower() for address in scene.emails_tried}
        if scene.ids_before is None:
            return False
        return user.name in scene.names_tried or bool(schema_mismatches("user", entry, profile.names, profile.shape))

    def nobody_made_by_change(self) -> None:
        """The id and address that a change of nobody named are still nobody's."""
        session = self._session
        user_id, address = session.scenario.sent_id, session.scenario.sent_email
        exchange = session.run(session.api.read(user_id))
        self._scenario.check(
            exchange,
            has_status(session.profile.answers.unknown),
            attempted=self._scenario.then("reading this id"),
        )
        holders = session.run(session.api.holders(address)) or ()
        if holders:
            self._scenario.fail(
                "nobody with this address", [f"user {user.id} has it" for user in holders], session.scenario.exchange
            )

    def has_another_id(self) -> None:
        """Who signed up last did not get the id that she, or whoever left, had before."""
        self._not_former([self._scenario.last_actor])

    def nobody_has_id_of(self, person: str) -> None:
        """None of those who signed up last got the id of somebody who left."""
        self._not_former([actor for actor in self._scenario.users if actor.persona != person])

    def id_is_free(self, person: str) -> None:
        """Nobody has the id of somebody who left: what is done to her would be done to another."""
        scene = self._scenario
        former = scene.actor(person)
        same = [
            f"{other.persona} got the id {other.id}"
            for other in scene.users
            if other is not former and other.id == former.id
        ]
        if same:
            wanted = f"the id {former.id} of {person}, who left, for nobody else"
            fail("delete-frees", f"somebody becomes a user after {person} has left", [wanted], same, scene.exchange)

    def _not_former(self, actors: Iterable[Actor]) -> None:
        former = self._scenario.former_id
        same = [
            f"{actor.persona} got the id {actor.id} of somebody who left"
            for actor in actors
            if actor.id == former or actor.known_id in self._session.registry.ledger.gone
        ]
        if same:
            self._scenario.fail("an id that nobody had before", same, self._scenario.exchange)

    def shape_of_everybody(self) -> None:
        """Each object that the last answers show is a user of the right shape."""
        names = self._session.profile.names
        for exchange in self._scenario.exchanges:
            value, wrong = body_of(exchange.answer)
            entries = listed(exchange.answer, self._session.profile)
            ours = [entry for entry in entries or [] if mark_in(entry) is not None] if entries is not None else [value]
            found = wrong or [text for entry in ours for text in schema_mismatches("user", entry, names)]
            if found or not ours:
                self._scenario.fail("users with id, name, email and createdAt", found or ["nobody is shown"], exchange)

    def same_fields(self, shown: Any, expected: Mapping[str, Any], where: str, exchange: Exchange) -> None:
        """Compare one entry of a list with a user; `where` says which list."""
        found = field_mismatches(shown, expected, self._session.profile.names)
        if found:
            self._scenario.fail(f"{where} shows her as a read does", found, exchange)


def _id_of(entry: Any, session: Session) -> str | None:
    user = normal_user(entry, session.profile.names)
    return user.id if user else None


def _address_of(entry: Any, session: Session) -> str | None:
    user = normal_user(entry, session.profile.names)
    return user.email if user else None


def _rule_of_change(exchange: Exchange) -> str:
    """Return the rule that says what a change does, whatever rule the scenario is about."""
    return "put" if exchange.call.method == "PUT" else "patch"


def _kept_in(fields: Mapping[str, Any], key: str, value: Any) -> str | None:
    """Return the field that shows what was sent under some key: the same, or the one that the server owns."""
    named = (OF_THE_SERVER.get(key, key), key)
    return next((field for field in named if field in fields and _same_value(fields[field], value)), None)


def _same_value(shown: Any, sent: Any) -> bool:
    """Whether a value was kept, in whatever form: an id as a number, a date in another offset."""
    return bool(shown == sent or moment_of(shown) == moment_of(sent)) or (isinstance(sent, str) and str(shown) == sent)
