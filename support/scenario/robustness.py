"""Unusual requests in bursts: none is answered by a 5xx or hangs, none changes an account that it does not name."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from http import HTTPStatus
from itertools import cycle, islice

from support.contract.matchers import Matcher, body_of, field_mismatches, schema_mismatches
from support.contract.violation import fail
from support.exchange_text import status_of
from support.models import Credential, Exchange, Failure
from support.scenario import (
    accounts,
    bursts,
    directory,
    invalid_values,
    odd_requests,
    outcomes,
    protocol,
    user_checks,
    waiting,
)
from support.scenario.context import Actor, ScenarioContext
from support.scenario.nesting import classes_for
from support.scenario.odd_requests import Odd, Odds
from support.statuses import RETRIED, is_client_error, is_success

AT_ONCE = 30
MINUTE_S = 60
CUT = "a body that is cut"
KNOWN_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")

# Sending


def send_at_once(scenario: ScenarioContext, odds: Iterable[Odd]) -> None:
    """Send requests in bursts, and keep them with their exchanges.

    The list is read before sign-ups: users without any data, whom a faulty API may create, are recognised as new.
    """
    odds = list(odds)
    if any(odd.call.method == "POST" for odd in odds):
        directory.remember_list(scenario)
    size = bursts.size(scenario, AT_ONCE)
    exchanges: list[Exchange] = []
    for start in range(0, len(odds), size):
        burst = odds[start : start + size]
        scenario.registry.make_room(sum(odd.call.method == "POST" for odd in burst))
        scenario.api.policy.budget.admit(len(burst))
        begun = time.monotonic()
        exchanges += scenario.run_at_once([odd.operation(scenario) for odd in burst])
        took_s = time.monotonic() - begun  # with the searches for who was created, which may hang
        if took_s > scenario.session.settings.request_timeout_s or any(map(_took_all_its_time, exchanges)):
            break  # the other requests would take as long
    scenario.odd = odds[: len(exchanges)]
    scenario.keep(*exchanges)


def _took_all_its_time(exchange: Exchange) -> bool:
    """Whether a call hung, or was sent again and again in vain."""
    last = exchange.attempts[-1].outcome
    return last.hung if isinstance(last, Failure) else last.status in RETRIED


def sign_up(scenario: ScenarioContext, bodies: str) -> None:
    """Sign up at once with each body of a class."""
    anybody = scenario.users[0]
    send_at_once(scenario, odd_requests.sign_ups(scenario, anybody, classes_for(scenario)[bodies]))


def change(scenario: ScenarioContext, actor: Actor, method: str) -> None:
    """Change an account at once with unusual bodies."""
    send_at_once(scenario, odd_requests.changes(scenario, actor, method))


def change_naming_another(scenario: ScenarioContext, actor: Actor, other: Actor) -> None:
    """Change an account at once with queries and headers that name another one."""
    send_at_once(scenario, odd_requests.changes_that_name_another(scenario, actor, other))


def read(scenario: ScenarioContext, actor: Actor, odds: Odds) -> None:
    """Send unusual requests that change nothing."""
    send_at_once(scenario, odds(scenario, actor))


# Refusals


def send_what_is_refused(scenario: ScenarioContext, victim: Actor, taken: str) -> None:
    """Send sign-ups, changes and deletions that are to be refused: invalid, malformed, and without the right token."""
    send_at_once(scenario, _what_is_refused(scenario, victim, taken))


def send_many_that_are_refused(scenario: ScenarioContext, victim: Actor, times: int) -> None:
    """Send `times` requests that are to be refused: a tenth of them of all kinds, then malformed sign-ups.

    No valid request comes in between, as it could repair the damage. If the API limits the number of requests, send at
    most what it takes in a minute, or 30 if that is more. If it accepts a malformed sign-up, send no more of them: it
    may store what it cannot read, so that nothing can delete it.
    """
    limits = scenario.session.connection.pacer.limits
    times = min([times, *(max(AT_ONCE, int(limit.rate * MINUTE_S)) for limit in limits)])
    odds = _what_is_refused(scenario, victim, victim.new_user.email)
    sign_ups = [odd for odd in odds if odd.what == CUT and odd.call.method == "POST"]
    mixed = times // 10
    send_at_once(scenario, islice(cycle(odds), mixed))
    sent = zip(scenario.odd, scenario.exchanges, strict=True)
    if not any(odd.what == CUT and is_success(exchange.status) for odd, exchange in sent):
        send_at_once(scenario, islice(cycle(sign_ups), times - mixed))


def _what_is_refused(scenario: ScenarioContext, victim: Actor, taken: str) -> list[Odd]:
    factory = scenario.factory
    odds: list[Odd] = []
    for value in ("an empty name", "null as the email"):
        body = invalid_values.invalid_fields(value, factory.new_user(), factory)
        odds += _with_fields(scenario, victim, body, "create-invalid", "update-invalid")
    odds += _with_fields(
        scenario, victim, {**factory.new_user().as_json(), "email": taken}, "email-unique", "update-taken"
    )
    cut = invalid_values.MALFORMED["JSON without its last character"]
    for method in ("POST", *protocol.update_methods(scenario)):
        declared = {"Content-Type": "text/plain"}
        malformed = odd_requests.with_body(scenario, method, victim, CUT, lambda body, _: cut(body), {})
        text = odd_requests.with_body(scenario, method, victim, "plain text", lambda body, _: body, declared)
        odds += [replace(malformed, refused_by="malformed-json"), replace(text, refused_by="media-type")]
    return [*odds, *_without_token(scenario, victim)]


def _with_fields(
    scenario: ScenarioContext, victim: Actor, fields: dict[str, object], of_sign_up: str, of_change: str
) -> Iterable[Odd]:
    """Yield a sign-up and a change by each method with these fields; the two rules say that the API refuses them."""
    email, api = str(fields.get("email") or ""), scenario.api
    for method in ("POST", *protocol.update_methods(scenario)):
        url = api.create_url if method == "POST" else api.url_of(victim.known_id)
        call = api.call(method, url, fields=fields)
        rule = of_sign_up if method == "POST" else of_change
        yield Odd("invalid fields", call, email or scenario.factory.new_user().email, str(fields.get("name")), rule)


def _without_token(scenario: ScenarioContext, victim: Actor) -> list[Odd]:
    """Return a write of each kind without the token, or nothing if the API checks no token."""
    if scenario.api.credential.shown is None or not scenario.profile.capabilities.access:
        return []
    odds = list(_with_fields(scenario, victim, scenario.factory.new_user().as_json(), "auth-401", "auth-401"))
    odds.append(Odd("a deletion", scenario.api.delete_call(victim.known_id), refused_by="auth-401"))
    return [replace(odd, call=replace(odd.call, credential=Credential(None))) for odd in odds]


def each_is_refused(scenario: ScenarioContext) -> None:
    """Check that each of the last requests was refused with a 4xx; a success breaks the rule that forbids it."""

    def find(exchange: Exchange) -> list[str]:
        return [] if is_client_error(exchange.status) else [f"the status was {status_of(exchange)}"]

    _check_each(scenario, Matcher("a 4xx", find))


def nothing_happens_later(scenario: ScenarioContext) -> None:
    """Check, after half a second, that no account has changed and that none was created."""
    waiting.let_pass(waiting.LATER_S)
    all_are_unchanged(scenario)
    emails = {odd.email.lower() for odd in scenario.odd if odd.call.method == "POST"}
    scenario.emails_tried = sorted(emails - {user.new_user.email.lower() for user in scenario.users})
    outcomes.no_user_is_created(scenario)


# Checks


def nothing_else_is_changed(scenario: ScenarioContext, actor: Actor) -> None:
    """Check that a change after refused requests has changed only the fields that it names.

    A wrong name or email may come from a refused request; a wrong field of the server comes from the change itself.
    """
    expected, value = actor.expected or {}, body_of(scenario.exchange.answer)[0]
    sendable = {field: expected[field] for field in ("name", "email") if field in expected}
    rule = accounts.rule_of_change(scenario.exchange)
    if field_mismatches(value, sendable, scenario.names):
        rule = user_checks.rule_about(scenario, actor, value)
    user_checks.shows_user(scenario, scenario.exchange, [200], expected, rule)


def no_answer_is_a_fault(scenario: ScenarioContext) -> None:
    """Check that each of the last requests was answered, none by a 5xx, and none with a success if it is to be refused.

    A server may close the connection on a large request before it has read all of it, and answer 501 to a method that
    it does not know.
    """

    def find(exchange: Exchange) -> list[str]:
        last, odd = exchange.attempts[-1].outcome, sent[id(exchange)]
        if isinstance(last, Failure):
            return [] if odd.is_large and not last.hung else [f"no answer came: {last.cause}"]
        if odd.refused_by and is_success(last.status):
            return [f"the status was {last.status}"]
        unknown = last.status == HTTPStatus.NOT_IMPLEMENTED and exchange.call.method not in KNOWN_METHODS
        return [] if last.status < 500 or unknown else [f"the status was {status_of(exchange)}"]

    sent = {id(exchange): odd for odd, exchange in zip(scenario.odd, scenario.exchanges, strict=True)}
    _check_each(scenario, Matcher("an answer that is no 5xx, and no success where a refusal is due", find))


def _check_each(scenario: ScenarioContext, matcher: Matcher) -> None:
    for odd, exchange in zip(scenario.odd, scenario.exchanges, strict=True):
        rule = odd.refused_by if is_success(exchange.status) else ""
        scenario.check(exchange, matcher, rule=rule, attempted=f"{scenario.attempted}: {odd.what}")


def all_are_unchanged(scenario: ScenarioContext) -> None:
    """Check that reads show the accounts of this scenario as they were."""
    outcomes.is_unchanged(scenario, *scenario.users)


def each_sign_up_shows(scenario: ScenarioContext) -> None:
    """Check that the list shows each created user as the answer did, and no user whose sign-up was refused.

    Deletes the users at once, so that later reads of the list do not carry the unusual fields that an API has kept.
    """
    if not scenario.profile.capabilities.list:
        scenario.registry.confirm_gone()
        return
    entries = directory.entries_of(scenario, directory.read_list(scenario))
    by_email = {str(scenario.names.to_contract(entry).get("email")).lower(): entry for entry in entries}
    for odd, exchange in zip(scenario.odd, scenario.exchanges, strict=True):
        entry = by_email.get(odd.email.lower())
        if exchange.was_refused and not exchange.repeated_in_doubt:
            wrong = ["it was refused, and the list shows the user"] if entry is not None else []
        elif is_success(exchange.status):
            _check_is_valid(scenario, odd, exchange)
            wrong = _differences(scenario, exchange, entries)
        else:
            wrong = []
        if wrong:
            _fail(scenario, scenario.rule, odd, wrong, exchange)
    scenario.registry.confirm_gone()


def _check_is_valid(scenario: ScenarioContext, odd: Odd, exchange: Exchange) -> None:
    """Check that a successful sign-up shows a valid user, and the name as it was sent.

    An invalid name or email breaks `create-invalid`, or the rule of the scenario if a field was sent twice.
    """
    shown = accounts.fields_of(scenario, exchange)
    wrong = schema_mismatches("user", shown, None, scenario.profile.shape)
    is_invalid = " twice, " not in odd.what and all(line.startswith(("/name: ", "/email: ")) for line in wrong)
    if wrong:
        _fail(scenario, "create-invalid" if is_invalid else scenario.rule, odd, wrong, exchange)
    if odd.sent_name is not None and shown["name"] != odd.sent_name:
        wrong = [f"the name is {json.dumps(shown['name'])}, and {json.dumps(odd.sent_name)} was sent"]
        _fail(scenario, "exact-text", odd, wrong, exchange)


def _differences(scenario: ScenarioContext, exchange: Exchange, entries: Sequence[object]) -> list[str]:
    """Return how a user in the list differs from the answer to the sign-up."""
    shown = accounts.fields_of(scenario, exchange)
    entry = next((one for one in entries if directory.id_of(scenario, one) == str(shown.get("id"))), None)
    return ["the list does not show the user"] if entry is None else field_mismatches(entry, shown, scenario.names)


def _fail(scenario: ScenarioContext, rule: str, odd: Odd, wrong: Sequence[str], exchange: Exchange) -> None:
    wanted = ["a valid user who is shown as in the answer, or a refusal and no user"]
    fail(rule, scenario.attempted, wanted, [f"{odd.what}: {line}" for line in wrong], exchange)


def shows_an_accepted_change(scenario: ScenarioContext, actor: Actor) -> None:
    """Check that each field that a read shows is what an accepted change left, or as it was before.

    The changes come at once, and each may name only some of the fields: the account may be a mixture of them. If an
    API answers a change without the user, nobody can tell what it made of an unusual body, and nothing is checked.
    """
    before = actor.shown
    accepted = [accounts.fields_of(scenario, one) for one in scenario.exchanges if is_success(one.status)]
    if scenario.profile.shape.updated == "nothing" or not all(accepted):
        return
    in_doubt = any(one.repeated_in_doubt for one in scenario.exchanges)
    shown = accounts.read(scenario, actor)
    user, _ = body_of(shown.answer)
    wrong = [
        f"a read shows the {field} {actor.shown.get(field)!r}"
        for field in ("name", "email")
        if all(
            field_mismatches(user, {field: left[field]}, scenario.names)
            for left in [before, *accepted]
            if field in left
        )
    ]
    if wrong and not in_doubt:
        scenario.fail("what the accepted changes left, or the account as it was", wrong, shown)
