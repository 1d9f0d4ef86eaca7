"""Checks on what a user of the API can observe after a request, each under the rule that its scenario shows."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from support.cleanup.marks import mark_in
from support.contract.claims import Claim, shown
from support.contract.matchers import body_of, has_an_id, has_status, schema_mismatches, shows
from support.contract.normalizers import listed, normal_user
from support.contract.violation import fail, told_together
from support.errors import ContractViolation
from support.models import Exchange
from support.scenario.accounts import rule_of_change, rule_of_missing
from support.scenario.context import Actor, ScenarioContext
from support.scenario.directory import entries_of, id_of, is_list, read_list, reads_list, same_fields, views_of
from support.scenario.invalid_values import FURTHER_FIELD
from support.scenario.paging import read_page_of
from support.scenario.user_checks import (
    kept_in,
    members_of,
    rule_about,
    rule_of_request,
    rule_of_sign_up,
    rule_of_values,
    shows_none_of_the_change,
    shows_user,
)
from support.statuses import is_refused_unread

VIEWS = {"list": "reading the list", "filter-email": "searching for the email", "pages": "reading the page"}
MOST_SEARCHED = 10
WRITES = ("POST", "PUT", "PATCH")
LARGEST_NEEDED = 4 * 1024
"""In bytes; no valid user needs more in any JSON spelling, so that a server may refuse a larger body for its size."""

# Accepted


def is_created(scenario: ScenarioContext, actor: Actor, exchange: Exchange) -> None:
    """Check that a sign-up gives 201 and the user that was asked for, under an id of its own."""
    rule = rule_of_values(scenario, actor, exchange, rule_of_sign_up(scenario))
    shows_user(scenario, exchange, scenario.answers.created, actor.new_user.as_json(), rule)
    others = {user.id: user.persona for user in scenario.users if user is not actor and user.id != user.old_id}
    if actor.id in others:
        scenario.fail("an id of their own", [f"{others[actor.id]} has the id {actor.id} as well"], exchange)


def each_is_created(scenario: ScenarioContext) -> None:
    """Check that each sign-up created a user, who is then shown."""
    for exchange in scenario.exchanges:
        scenario.check(exchange, has_status(scenario.answers.created), has_an_id(scenario.names))
    for actor, exchange in zip(scenario.users, scenario.exchanges, strict=True):
        is_created(scenario, actor, exchange)
    is_unchanged(scenario, *scenario.users)


def is_shown_as_created(scenario: ScenarioContext, actor: Actor, exchange: Exchange) -> None:
    """Check that a read shows a user as they signed up."""
    shows_user(scenario, exchange, [200], {**actor.shown, **actor.new_user.as_json()}, rule="read-200")


def is_changed(scenario: ScenarioContext, actor: Actor) -> None:
    """Check that the last answer is a 200 with the whole user: the sent fields are new, all others are as before."""
    expected = actor.expected or actor.shown
    shows_user(scenario, scenario.exchange, [200], expected, rule=rule_of_change(scenario.exchange))
    actor.shown, actor.expected = expected, None


def is_unchanged(scenario: ScenarioContext, *actors: Actor) -> None:
    """Check that a read of each of these users shows exactly what the last right answer about the user showed."""
    reads = scenario.run_few_at_once([scenario.api.read(actor.known_id) for actor in actors])
    for actor, exchange in zip(actors, reads, strict=True):
        rule = rule_about(scenario, actor, body_of(exchange.answer)[0])
        if exchange.status != 200 and not actor.was_read:
            rule = rule_of_missing(scenario, actor)
        rule = rule_of_values(scenario, actor, exchange, rule)
        shows_user(scenario, exchange, [200], actor.shown, rule, scenario.then(f"reading {actor.persona}"))
        actor.was_read = True


def is_left_alone(scenario: ScenarioContext, actor: Actor) -> None:
    """Check that requests for other ids have not changed or deleted a user."""
    exchange = scenario.run(scenario.api.read(actor.known_id))
    attempted = scenario.then(f"reading {actor.persona}")
    shows_user(scenario, exchange, [200], actor.shown, rule="isolation", attempted=attempted)


def is_unchanged_in_every_view(scenario: ScenarioContext, actor: Actor) -> None:
    """Check that a read, the list, a search and the user's page show exactly what the last right answer showed."""
    is_unchanged(scenario, actor)
    page = {"pages": read_page_of(scenario, actor)} if scenario.profile.capabilities.pages else {}
    views_show(scenario, actor, actor.shown, {**views_of(scenario, actor), **page})


def every_view_shows(scenario: ScenarioContext, field: str) -> None:
    """Check that the answer, a read, the list and a search show the last actor's name or email as it was sent."""
    actor, exchange = scenario.last_actor, scenario.exchange
    wanted = {field: actor.new_user.as_json()[field]}
    has_signed_up = exchange.call.method == "POST"
    is_accepted = has_status(scenario.answers.created if has_signed_up else [200])
    scenario.check(exchange, is_accepted, rule="create-201" if has_signed_up else rule_of_change(exchange))
    shows_wanted = shows(wanted, scenario.names)
    scenario.check(exchange, is_accepted, shows_wanted, rule=rule_about(scenario, actor, body_of(exchange.answer)[0]))
    read = scenario.run(scenario.api.read(actor.known_id))
    rule = rule_about(scenario, actor, body_of(read.answer)[0])
    scenario.check(read, has_status([200]), shows_wanted, rule=rule, attempted=scenario.then("reading the user"))
    views_show(scenario, actor, wanted, views_of(scenario, actor))


def views_show(
    scenario: ScenarioContext, actor: Actor, wanted: Mapping[str, Any], views: Mapping[str, Exchange]
) -> None:
    """Check that each view shows the actor with these fields; its key is the rule that it must show every user."""
    for rule, exchange in views.items():
        attempted = scenario.then(VIEWS[rule])
        is_list(scenario, exchange, rule, attempted)
        entries = entries_of(scenario, exchange)
        entry = next((entry for entry in entries if id_of(scenario, entry) == actor.id), None)
        if entry is None:
            whom, wrong = [f"{actor.persona} (id {actor.id})"], [f"{actor.persona} is not shown"]
            fail(rule, attempted, whom, wrong, exchange, claims=shown(actor.id, 1))
        broken = rule if shows_none_of_the_change(scenario, actor, entry) else scenario.rule
        same_fields(scenario, entry, wanted, VIEWS[rule], exchange, broken)


def each_has_right_shape(scenario: ScenarioContext) -> None:
    """Check that the last answers show users of the right shape; of a list, only users whom the suite created count."""
    for exchange in scenario.exchanges:
        if exchange.status is None or exchange.status >= 400:
            scenario.check(exchange, has_status([200]), rule=rule_of_request(scenario, exchange))
        value, wrong = body_of(exchange.answer)
        entries = listed(exchange.answer, scenario.profile)
        ours = [value] if entries is None else [entry for entry in entries if mark_in(entry) is not None]
        found = wrong or [text for entry in ours for text in schema_mismatches("user", entry, scenario.names)]
        if found or not ours:
            scenario.fail(
                "users with id, name, email and createdAt", found or ["no user is shown"], exchange, [Claim("shape")]
            )


# Refused


def is_answered(scenario: ScenarioContext, kind: str, rule: str | None = None) -> None:
    """Check that each of the last answers has a status of this kind: taken, invalid, unknown, deleted ...

    All wrong answers are reported together, with the evidence of a success among them if there is one.
    """
    allowed: tuple[int, ...] = getattr(scenario.answers, kind)
    broken: list[ContractViolation] = []
    for exchange in scenario.exchanges:
        right = tuple(dict.fromkeys((*allowed, *_also_right(scenario, kind, exchange))))
        of_get = exchange.call.method == "HEAD" and exchange.status not in right and _is_as_of_get(scenario, exchange)
        try:
            scenario.check(exchange, has_status(right), rule="read-404" if of_get else rule)
        except ContractViolation as violation:
            broken.append(violation)
    if broken:
        raise told_together(broken, scenario.names)


def _is_as_of_get(scenario: ScenarioContext, head: Exchange) -> bool:
    """Whether GET gives the same status as this HEAD, so that the HEAD itself is right."""
    return scenario.run(scenario.api.send(replace(head.call, method="GET"))).status == head.status


def _also_right(scenario: ScenarioContext, kind: str, exchange: Exchange) -> tuple[int, ...]:
    """Return further right statuses, for a request that was repeated or has more than one thing wrong with it."""
    call, answers = exchange.call, scenario.answers
    if kind == "deleted" and exchange.repeated_in_doubt:
        return answers.deleted_again
    if kind == "invalid" and call.method in WRITES and not call.body:
        return answers.media_type
    body = call.body or b""
    also = [HTTPStatus.REQUEST_ENTITY_TOO_LARGE] if len(body) > LARGEST_NEEDED else []
    if kind == "malformed" and (body.decode("utf-8", "replace").encode() != body or FURTHER_FIELD in body):
        return (*answers.invalid, *also)
    if kind == "media_type" and not body.startswith(b"{"):
        return (*answers.malformed, *also)
    return (*also, *((HTTPStatus.BAD_REQUEST,) if is_refused_unread(HTTPStatus.BAD_REQUEST, call.url) else ()))


def is_refused_or_ignores(scenario: ScenarioContext, actor: Actor, request: str, fields: Mapping[str, Any]) -> None:
    """Check that fields that only the server may set were refused as invalid, or that no view shows them."""
    exchange, answers = scenario.exchange, scenario.answers
    accepted = answers.created if request == "sign-up" else (200,)
    names_id = "{id}" in scenario.profile.further_fields(exchange.call.method).values()
    refused = (*answers.invalid, HTTPStatus.CONFLICT) if names_id else answers.invalid  # JSON:API: 409 for another id
    scenario.check(exchange, has_status((*accepted, *refused)))
    if exchange.status not in refused:
        _ignores(scenario, actor, request, fields)
    elif request == "change":
        is_unchanged(scenario, actor)
    else:
        no_user_is_created(scenario)


def _ignores(scenario: ScenarioContext, actor: Actor, request: str, fields: Mapping[str, Any]) -> None:
    """Check that no view shows the fields that were sent, and that the rest of a change is done."""
    read, attempted = scenario.run(scenario.api.read(actor.known_id)), scenario.then(f"reading {actor.persona}")
    scenario.check(read, has_status([200]), attempted=attempted)
    before = actor.shown if request == "change" else {}
    for view in (scenario.exchange, read, *views_of(scenario, actor).values()):
        shown = _shown_of(scenario, actor, view)
        kept = [
            f"/{field} is {json.dumps(shown[field])}, the {key} that was sent"
            for key, value in members_of(fields)
            if (field := kept_in(shown, key, value, before)) is not None
        ]
        if kept:
            wanted = f"{actor.persona} without what was sent as {' and '.join(fields)}"
            scenario.fail(wanted, kept, view, [Claim("not-kept", tuple(members_of(fields)))])
    if request == "change":
        is_done = shows(actor.expected or actor.shown, scenario.names)
        scenario.check(read, is_done, rule=rule_of_change(scenario.exchange), attempted=attempted)


def _shown_of(scenario: ScenarioContext, actor: Actor, exchange: Exchange) -> Mapping[str, Any]:
    """Return all that an answer shows of a user, alone or in a list, by the contract's names."""
    value, _ = body_of(exchange.answer)
    entries = entries_of(scenario, exchange) or [value]
    entry = next((one for one in entries if id_of(scenario, one) == actor.id), value)
    return scenario.names.to_contract(entry) if isinstance(entry, Mapping) else {}


# Not created


def no_user_is_created(scenario: ScenarioContext) -> None:
    """Check that no attempt created a user: search for the tried emails, and read the list if there is one."""
    known = {user.id for user in scenario.users} | (scenario.ids_before or frozenset())
    has_list = reads_list(scenario) or (scenario.profile.capabilities.list and not scenario.emails_tried)
    emails = scenario.emails_tried[: MOST_SEARCHED if has_list else None]
    found = scenario.run_few_at_once([scenario.api.holders(email) for email in emails])
    for email, holders in zip(emails, found, strict=True):
        if created := [user for user in holders or () if user.id not in known]:
            wrong = [f"a search for {email} finds user {user.id}" for user in created]
            scenario.fail("no new user", wrong, _sent_with(scenario, created[0].email))
    if not has_list:
        return
    exchange = read_list(scenario)
    scenario.check(exchange, has_status([200]), rule="list", attempted=scenario.then("reading the list"))
    entries = [entry for entry in entries_of(scenario, exchange) if _is_created(scenario, entry, known)]
    if entries:
        wrong = [f"the list shows a new user {entry}" for entry in entries[:3]]
        first = normal_user(entries[0], scenario.names)
        scenario.fail("no new user in the list", wrong, _sent_with(scenario, first.email if first else None))


def _is_created(scenario: ScenarioContext, entry: Any, known: Collection[str | None]) -> bool:
    """Whether this scenario must have created an entry of the list: it has a tried email or name, or is no valid user.

    Entries without a mark can be told from those of other clients only if the list was read before.
    """
    if id_of(scenario, entry) in known:
        return False
    user = normal_user(entry, scenario.names)
    if user is None:
        return scenario.non_users_before is not None and entry not in scenario.non_users_before
    if mark_in(user.email) is not None:
        return user.email in {email.lower() for email in scenario.emails_tried}
    if scenario.ids_before is None:
        return False
    shape = scenario.profile.shape
    return user.name in scenario.names_tried or bool(schema_mismatches("user", entry, scenario.names, shape))


def _sent_with(scenario: ScenarioContext, email: str | None) -> Exchange:
    """Return the first of the last exchanges whose request named this email, or else the last exchange."""
    named = [each for each in scenario.exchanges if email and email in _body(each)]
    return named[0] if named else scenario.exchange


def _body(exchange: Exchange) -> str:
    return (exchange.call.body or b"").decode("utf-8", "replace").lower()


def no_user_has_sent_id_or_email(scenario: ScenarioContext) -> None:
    """Check that a change of an unknown user created no user with the id or the email that was sent."""
    read = scenario.run(scenario.api.read(scenario.sent_id))
    scenario.check(read, has_status(scenario.answers.unknown), attempted=scenario.then("reading this id"))
    holders = scenario.run(scenario.api.holders(scenario.sent_email)) or ()
    if holders:
        scenario.fail("no user with this email", [f"user {user.id} has it" for user in holders], scenario.exchange)


def no_user_has_old_id(scenario: ScenarioContext, former: Actor) -> None:
    """Check that no user of the scenario has the id of a deleted user."""
    reused = [
        f"{user.persona} has the id {user.id} of a deleted user"
        for user in scenario.users
        if not user.is_gone and (user.id == former.old_id or user.known_id in scenario.registry.ledger.gone)
    ]
    if reused:
        scenario.fail("an id that no user had before", reused, scenario.exchange)
