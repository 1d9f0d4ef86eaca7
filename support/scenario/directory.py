"""The list of users and searches by email: the requests, and the checks on what they show."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from support.contract.claims import Claim, only, shown
from support.contract.matchers import body_of, field_mismatches, has_status, is_a_list, schema_mismatches
from support.contract.normalizers import (
    entries_without_id,
    id_in,
    ids_of,
    listed,
    normal_user,
    user_of,
    users_of,
    users_shown,
)
from support.contract.violation import check, fail
from support.errors import number_of
from support.models import Exchange
from support.scenario.accounts import fields_of
from support.scenario.context import Actor, ScenarioContext
from support.scenario.user_checks import comparable, has_right_shape
from support.scenario.waiting import SEARCH, poll_until
from support.statuses import is_client_error

UNKNOWN = {"_": "1", "utm_source": "news"}
USUAL_EMAIL = re.compile(r"[a-z0-9.+_-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)+")

# Requests


def read_list(scenario: ScenarioContext) -> Exchange:
    """Read the list; if it comes only in pages, wait first for our deletions, which would move users between pages."""
    session = scenario.session
    if scenario.profile.pages.are_needed:
        scenario.registry.wait_for_deletions()
    exchange = scenario.run(scenario.api.list())
    session.last_list = (time.monotonic(), len(scenario.registry.ledger.records), exchange)
    return exchange


def remember_list(scenario: ScenarioContext) -> None:
    """Remember who is in the list, if there is one, so that users who appear later are recognised.

    A list that was read a moment ago is used again if nobody can have been created since: a long list takes time.
    """
    if not scenario.profile.capabilities.list:
        return
    last, recent_s = scenario.session.last_list, scenario.session.recent_s
    is_fresh = last and time.monotonic() - last[0] < recent_s and last[1] == len(scenario.registry.ledger.records)
    exchange = last[2] if last and is_fresh and last[2].status == 200 else read_list(scenario)
    scenario.ids_before = frozenset(ids_of(exchange.answer, scenario.profile))
    scenario.non_users_before = entries_without_id(exchange.answer, scenario.profile)


def search(scenario: ScenarioContext, actor: Actor) -> Exchange:
    """Search for the actor's email; read the whole list if the API has no search."""
    if scenario.profile.capabilities.email_filter:
        return scenario.run(scenario.api.find(actor.new_user.email))
    return read_list(scenario)


def see_in_every_view(scenario: ScenarioContext, actor: Actor) -> None:
    """Read a user by GET and HEAD, in the list and by a search, to fill each cache that a later write has to update."""
    scenario.run(scenario.api.read(actor.known_id))
    if scenario.profile.capabilities.head:
        scenario.run(scenario.api.head(actor.known_id))
    views_of(scenario, actor)


def reads_list(scenario: ScenarioContext) -> bool:
    """Whether the list is among the views that are compared.

    A list of very many users takes long to read: if a search shows the same, only scenarios about the list read it.
    """
    has = scenario.profile.capabilities
    return has.list and not (scenario.session.list_is_long and has.email_filter and scenario.rule != "list")


def views_of(scenario: ScenarioContext, actor: Actor) -> dict[str, Exchange]:
    """Read the list, and search by email, if the target offers them; return the exchanges by the rule of each view."""
    in_list = {"list": read_list(scenario)} if reads_list(scenario) else {}
    has_search = scenario.profile.capabilities.email_filter
    return {**in_list, **({"filter-email": search(scenario, actor)} if has_search else {})}


def read_with_unknown_parameters(scenario: ScenarioContext, actor: Actor) -> None:
    """Read the list, and search for the actor's email, with parameters that no API knows."""
    api, name = scenario.api, scenario.names.email_filter
    sought = {name: scenario.profile.lookup.text_for(actor.new_user.email)}
    queries = [UNKNOWN, *([{**sought, **UNKNOWN}] if scenario.profile.capabilities.email_filter else [])]
    scenario.keep(*scenario.run_few_at_once([api.send(api.call("GET", query=query)) for query in queries]))


# What a list shows


def is_list(
    scenario: ScenarioContext, exchange: Exchange, rule: str | None = None, attempted: str | None = None
) -> None:
    """Check that an answer is a list of users; if reading the whole list does not give one either, `list` is broken."""
    wanted = has_status([200]), is_a_list(scenario.profile)
    is_part = scenario.profile.capabilities.list and (rule or scenario.rule) != "list"
    if is_part and not all(matcher.matches(exchange) for matcher in wanted):
        scenario.check(read_list(scenario), *wanted, rule="list", attempted=scenario.then("reading the list"))
    scenario.check(exchange, *wanted, rule=rule, attempted=attempted)


def entries_of(scenario: ScenarioContext, exchange: Exchange) -> list[Any]:
    return listed(exchange.answer, scenario.profile) or []


def id_of(scenario: ScenarioContext, entry: Any) -> str | None:
    return id_in(entry, scenario.names)


def same_fields(
    scenario: ScenarioContext,
    entry: Any,
    expected: Mapping[str, Any],
    where: str,
    exchange: Exchange,
    rule: str | None = None,
) -> None:
    """Check the fields and the shape of an entry in a list against a user; `where` names the list in a failure."""
    found = field_mismatches(entry, comparable(scenario, entry, expected), scenario.names)
    if found:
        wanted = [f"{where} shows the user as a read does"]
        claims = [Claim("entry", (expected.get("id"), *expected.items()))]
        fail(rule or scenario.rule, scenario.attempted, wanted, found, exchange, claims=claims)
    wrong = schema_mismatches("user", entry, scenario.names, scenario.profile.shape)
    has_right_shape(scenario, wrong, exchange)


def shows_once(scenario: ScenarioContext, actor: Actor, exchange: Exchange) -> None:
    """Check that the list shows a user exactly once, as a read does."""
    is_list(scenario, exchange)
    entries = [entry for entry in entries_of(scenario, exchange) if id_of(scenario, entry) == actor.id]
    if len(entries) != 1:
        scenario.fail(
            f"{actor.persona} once in the list",
            [f"the list shows {actor.persona} {len(entries)} times"],
            exchange,
            shown(actor.id, 1),
        )
    same_fields(scenario, entries[0], actor.shown, "the list", exchange)


def shows_unless_refused(scenario: ScenarioContext, actor: Actor) -> None:
    """Check that the last answers, of the list and perhaps a search, show a user or are refusals.

    If the list comes only in pages, its answer may lack this user, but has to show somebody.
    """
    read, *searches = scenario.exchanges
    if scenario.profile.pages.are_needed and read.status == 200 and not entries_of(scenario, read):
        scenario.fail("users in the list", ["nobody is shown"], read)
    if not scenario.profile.pages.are_needed and not is_client_error(read.status):
        shows_once(scenario, actor, read)
    for exchange in searches:
        if not is_client_error(exchange.status):
            finds_only(scenario, actor, exchange)


def shows_each_once(scenario: ScenarioContext, emails: Sequence[str], sign_ups: Sequence[Exchange] = ()) -> None:
    """Check that the list, if there is one, shows the users with these emails, each of them exactly once.

    It shows them as the answers to these sign-ups did.
    """
    if not scenario.profile.capabilities.list:
        return
    exchange, attempted = read_list(scenario), scenario.then("reading the list")
    is_list(scenario, exchange, attempted=attempted)
    counted = Counter(user.email for user in users_of(exchange.answer, scenario.profile))
    counts = {email: counted[email.lower()] for email in emails}
    wrong = [f"{email} is shown {count} times" for email, count in counts.items() if count != 1]
    if wrong:
        others = [f"so it is with {number_of(len(wrong) - 5, 'other user')}"] if len(wrong) > 5 else []
        scenario.fail("each new user once in the list", [*wrong[:5], *others], exchange)
    entries = {id_of(scenario, entry): entry for entry in entries_of(scenario, exchange)}
    for sign_up in sign_ups:
        user = user_of(sign_up.answer, scenario.profile)
        if user is not None and (entry := entries.get(user.id)) is not None:
            same_fields(scenario, entry, fields_of(scenario, sign_up), "the list", exchange, "list")


# What a search finds


def search_for_places(scenario: ScenarioContext) -> None:
    """Search by email for the first, the middle and the last of all users in the list who have a usual email."""
    exchange = read_list(scenario)
    is_list(scenario, exchange, "list", scenario.then("reading the list"))
    users = [
        user for user in users_of(exchange.answer, scenario.profile) if user.id and USUAL_EMAIL.fullmatch(user.email)
    ]
    scenario.users_listed = [users[place] for place in (0, len(users) // 2, -1) if users]
    scenario.keep(*scenario.run_few_at_once([scenario.api.find(user.email) for user in scenario.users_listed]))


def places_are_found(scenario: ScenarioContext) -> None:
    """Check that each search found its user, unless the user has since changed the email or been deleted."""
    for user, exchange in zip(scenario.users_listed, scenario.exchanges, strict=True):
        is_list(scenario, exchange)
        if user.id in ids_of(exchange.answer, scenario.profile):
            continue
        now = user_of(scenario.run(scenario.api.read(user.id)).answer, scenario.profile)
        if now is not None and now.email == user.email:
            scenario.fail(f"user {user.id} among those found", [f"no user {user.id} is shown"], exchange)


def is_found_by_email(scenario: ScenarioContext, actor: Actor) -> None:
    """Check that a search finds only this user, after waiting until the search no longer shows deleted users."""
    deleted = {user.old_id for user in scenario.users}
    exchange = poll_until(
        scenario,
        SEARCH,
        lambda: search(scenario, actor),
        lambda answer: deleted.isdisjoint(ids_of(answer.answer, scenario.profile)),
    )
    finds_only(scenario, actor, exchange)


def finds_only(scenario: ScenarioContext, actor: Actor, exchange: Exchange) -> None:
    """Check that a search found exactly this user, with the fields that a read shows.

    Without a search, the list has to show this user alone with the email; without a list either, nothing is checked.
    """
    if not scenario.profile.capabilities.search:
        return
    can_search = scenario.profile.capabilities.email_filter
    rule = "filter-email" if can_search else "list"
    is_list(scenario, exchange, rule)
    entries = entries_of(scenario, exchange)
    if not can_search:
        entries = [entry for entry in entries if _has_email_of(scenario, entry, actor)]
    ids = [id_of(scenario, entry) for entry in entries]
    if ids != [actor.id]:
        wrong = users_shown(ids)
        broken = rule if _is_fault_of_search(scenario, entries, actor) else scenario.rule
        fail(
            broken,
            scenario.attempted,
            [f"exactly {actor.persona} (id {actor.id})"],
            [wrong],
            exchange,
            claims=only(actor.id),
        )
    same_fields(scenario, entries[0], actor.shown, "the answer", exchange)


def check_found(
    scenario: ScenarioContext,
    exchange: Exchange,
    expected: Sequence[str],
    wanted: str,
    attempted: str,
    rule: str = "filter-email",
) -> None:
    """Check that a search shows exactly the users with these ids, in this order."""
    check(exchange, rule, attempted, has_status((200, *(() if expected else scenario.answers.no_match))))
    if (found := ids_of(exchange.answer, scenario.profile)) != expected:
        fail(rule, attempted, [wanted], [users_shown(found)], exchange, claims=only(*expected))


def _is_fault_of_search(scenario: ScenarioContext, entries: Sequence[Any], actor: Actor) -> bool:
    """Whether the search itself is wrong: it shows other emails, or nobody although a read shows the user."""
    if entries:
        return not all(_has_email_of(scenario, entry, actor) for entry in entries)
    read = scenario.run(scenario.api.read(actor.known_id))
    return _has_email_of(scenario, body_of(read.answer)[0], actor)


def _has_email_of(scenario: ScenarioContext, entry: Any, actor: Actor) -> bool:
    user = normal_user(entry, scenario.names)
    return user is not None and user.email == actor.new_user.email.lower()


def finds_no_user(scenario: ScenarioContext, exchange: Exchange, *also: int) -> None:
    """Check that no user is found: an empty list with 200, a status for that in the profile, or one of `also`."""
    scenario.check(exchange, has_status([*scenario.answers.no_match, *also]))
    if exchange.status == 200:
        is_list(scenario, exchange)
    entries = entries_of(scenario, exchange)
    if entries:
        ids = ", ".join(str(id_of(scenario, entry)) for entry in entries[:5]) + ", …" * (len(entries) > 5)
        scenario.fail("an empty list", [f"it shows {ids}"], exchange, only())
