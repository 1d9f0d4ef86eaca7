"""Checks of the users that answers show: the status first, then the values, then the shape."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from support.contract.claims import Claim
from support.contract.matchers import (
    body_of,
    field_mismatches,
    has_an_id,
    has_status,
    is_a_user,
    moment_of,
    schema_mismatches,
    shows,
)
from support.contract.violation import fail
from support.models import Exchange
from support.profile_answers import USER_FIELDS
from support.scenario import accounts
from support.scenario.context import Actor, ScenarioContext
from support.statuses import is_success

NOT_ABOUT_SIGN_UPS = frozenset({"delete", "list", "pages", "read-200", "patch", "put", "isolation"})
ABOUT_ONE_USER = frozenset({"create-201", "delete", "delete-again", "list", "patch", "put", "update-404"})
"""The rules that say nothing of users whom a request does not name: a change of such a user breaks `isolation`."""
SERVER_FIELDS = {"id": "id", "_id": "id", "createdAt": "createdAt", "created_at": "createdAt", "NAME": "name"}
RULE_OF_METHOD = {"POST": "create-201", "PUT": "put", "PATCH": "patch", "DELETE": "delete"}


def shows_user(
    scenario: ScenarioContext,
    exchange: Exchange,
    statuses: Iterable[int],
    expected: Mapping[str, Any],
    rule: str | None = None,
    attempted: str | None = None,
) -> None:
    """Check that an answer is a user with these fields; the shape of a user is a rule of its own."""
    value, _ = body_of(exchange.answer)
    is_whole = exchange.call.method == "PATCH"  # the rule itself promises the whole user
    shown = shows(comparable(scenario, value, expected, is_whole), scenario.names)
    scenario.check(exchange, has_status(statuses), shown, rule=rule, attempted=attempted)
    wrong = is_a_user(scenario.names, scenario.profile.shape).mismatches(exchange)
    has_right_shape(scenario, wrong, exchange, attempted)


def comparable(
    scenario: ScenarioContext, value: Any, expected: Mapping[str, Any], is_whole: bool = False
) -> dict[str, Any]:
    """Return the expected fields to compare.

    A field that the answer shows malformed is left to `user-shape`; so is a missing field, unless `is_whole`.
    """
    malformed = _malformed(scenario, value)
    if is_whole and malformed:
        malformed &= scenario.names.to_contract(value).keys()
    return {key: wanted for key, wanted in expected.items() if key not in malformed}


def _malformed(scenario: ScenarioContext, value: Any) -> set[str]:
    """Return the fields of a user that are missing, and those chosen by the server that have a wrong form.

    A malformed name or email is not among them: it may be a sent value that the API has altered.
    """
    if not isinstance(value, Mapping):
        return set()
    wrong = " ".join(schema_mismatches("user", value, scenario.names, scenario.profile.shape))
    missing = set(USER_FIELDS) - scenario.names.to_contract(value).keys()
    return missing | {key for key in ("id", "createdAt") if f"/{key}: " in wrong}


def has_right_shape(
    scenario: ScenarioContext, wrong: Sequence[str], exchange: Exchange, attempted: str | None = None
) -> None:
    """Check the shape of a user; a known deviation from it does not keep a scenario from judging its own rule."""
    if not all(scenario.is_known("user-shape", [mismatch]) for mismatch in wrong):
        wanted = ["a user with id, name, email and createdAt"]
        fail("user-shape", attempted or scenario.attempted, wanted, wrong, exchange, claims=[Claim("shape")])


def members_of(fields: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield each member, also those of nested objects: a careless server may put these beside the outer ones."""
    for key, value in fields.items():
        yield key, value
        yield from members_of(value) if isinstance(value, Mapping) else ()


def kept_in(shown: Mapping[str, Any], key: str, value: Any, before: Mapping[str, Any]) -> str | None:
    """Return the field, the server's own for `key` or `key` itself, that shows the sent value and did not before."""
    names = (SERVER_FIELDS.get(key, key), key)
    changed = [name for name in names if name in shown and (name not in before or shown[name] != before[name])]
    return next((name for name in changed if _same_value(shown[name], value)), None)


def _same_value(shown: Any, sent: Any) -> bool:
    """Whether a value was kept in any form: an id as a number, a date in another offset."""
    return bool(shown == sent or moment_of(shown) == moment_of(sent)) or (isinstance(sent, str) and str(shown) == sent)


def rule_about(scenario: ScenarioContext, actor: Actor, value: Any) -> str:
    """Return the rule that is broken if a user is not as expected after the last request.

    If the request was not about this user, that is `isolation`, or the scenario's rule if that covers such users. If
    nothing of an accepted change is shown, it is the rule of the change. A request for an id that begins with the
    user's id counts as about the user: that the API tells the two apart is part of `delete-again` and `update-404`.
    """
    call = scenario.exchange.call
    named = scenario.api.id_in(call.url) or ""
    own = actor is scenario.last_actor if call.method == "POST" else named.startswith(actor.known_id)
    if own and shows_none_of_the_change(scenario, actor, value):
        return accounts.rule_of_change(scenario.exchange)
    if own and call.method == "POST":
        return rule_of_sign_up(scenario)
    return scenario.rule if own or scenario.rule not in ABOUT_ONE_USER else "isolation"


def rule_of_sign_up(scenario: ScenarioContext) -> str:
    """Return the rule that a wrong sign-up breaks: the scenario's if it can be about sign-ups, else `create-201`."""
    return "create-201" if scenario.rule in NOT_ABOUT_SIGN_UPS else scenario.rule


def has_become_user(scenario: ScenarioContext, actor: Actor) -> None:
    """Check that the last sign-up, if any, of an actor whom a later step needs as a user has created that user."""
    if actor.sign_up is None:
        return
    email, is_taken = actor.new_user.email.lower(), actor.sign_up.status in scenario.answers.taken
    was_freed = any(user.is_gone and user.new_user.email.lower() == email for user in scenario.users)
    rule = "delete-frees" if is_taken and was_freed else rule_of_sign_up(scenario)
    is_created = has_status(scenario.answers.created)
    attempted = f"{actor.persona} signs up"
    scenario.check(actor.sign_up, is_created, has_an_id(scenario.names), rule=rule, attempted=attempted)


def rule_of_request(scenario: ScenarioContext, exchange: Exchange) -> str:
    """Return the rule that says how a valid request of this kind is answered."""
    if exchange.call.method != "GET":
        return RULE_OF_METHOD[exchange.call.method]
    query = dict(parse_qsl(urlsplit(exchange.call.url).query))
    if scenario.names.email_filter in query:
        return "filter-email"
    return "pages" if query else "list" if exchange.call.lists else "read-200"


def shows_none_of_the_change(scenario: ScenarioContext, actor: Actor, value: Any) -> bool:
    """Whether the last request was an accepted change, and a view still shows the name and email from before it."""
    old = {key: wanted for key, wanted in actor.before.items() if key in ("name", "email")}
    is_change = scenario.exchange.call.method in ("PUT", "PATCH") and scenario.exchange.status == 200
    return is_change and bool(old) and not field_mismatches(value, old, scenario.names)


def rule_of_values(scenario: ScenarioContext, actor: Actor, exchange: Exchange, rule: str) -> str:
    """Return the rule that wrong values of a new user break: `exact-text` if usual values are kept, else `rule`."""
    sent, value = actor.new_user.as_json(), body_of(exchange.answer)[0]
    is_shown = is_success(exchange.status) and not _malformed(scenario, value)
    if rule != "create-201" or actor.new_user == actor.drawn or not is_shown:
        return rule
    return "exact-text" if field_mismatches(value, sent, scenario.names) and _keeps_usual_values(scenario) else rule


def _keeps_usual_values(scenario: ScenarioContext) -> bool:
    other = ScenarioContext(scenario.session, scenario.rule, scenario.name)
    ada = other.actor("Ada")
    created = accounts.sign_up(other, ada)
    if ada.id is None:
        return False
    shown = [body_of(view.answer)[0] for view in (created, accounts.read(other, ada))]
    return not any(field_mismatches(value, ada.new_user.as_json(), scenario.names) for value in shown)
