"""What every answer has in common: requests that provoke each kind of answer, and the checks on all these answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from support.cleanup.marks import mark_in
from support.contract.leaks import PATH
from support.contract.matchers import Matcher, body_of, leaks_nothing, says_json, says_what_is_wrong
from support.contract.normalizers import listed
from support.contract.violation import fail
from support.models import WHOLE, Exchange
from support.pointers import at, placed
from support.profile import Profile
from support.scenario import accounts, conditional, directory, error_requests, paging, values
from support.scenario.access import CREDENTIALS
from support.scenario.context import Actor, ScenarioContext
from support.scenario.invalid_values import (
    INVALID_EMAILS,
    INVALID_NAMES,
    MALFORMED,
    NOT_JSON_TYPES,
    every_invalid_change,
    invalid_fields,
)
from support.scenario.protocol import post_to_user, sending_body, sign_up_with_answer, update_methods
from support.scenario.waiting import is_gone
from support.statuses import is_client_error

UNUSUAL_IDS = ("a word", "Ada's id plus one character", "an SQL expression", "25 digits")
INVALID_PAGES: tuple[tuple[object, object], ...] = ((0, 10), (-1, 10), ("one", 10), (1, 0), (1, 101), (1, "ten"))
SECRETS = {"password": "Sesame-42", "secret": "Sesame-43", "token": "Sesame-44"}
WITHOUT_JSON = {"Accept": "*/*"}
AS_BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
PREFLIGHT = {"Origin": "https://app.example.com", "Access-Control-Request-Method": "PATCH"}
"""What a browser asks before a page of another site sends a PATCH."""

Requests = Callable[[ScenarioContext, Actor], list[Exchange]]
"""A function that sends requests, some of them for Grace, who is a user, and returns the exchanges."""


def send(scenario: ScenarioContext, requests: Requests) -> None:
    """Create Grace, send the requests and keep their exchanges for the checks."""
    grace = accounts.become_user(scenario, scenario.actor("Grace"))
    scenario.keep(*requests(scenario, grace))


def _change(scenario: ScenarioContext, grace: Actor, method: str) -> list[Exchange]:
    return [accounts.send_change(scenario, grace, method, scenario.factory.new_user("Grace").as_json())]


def _delete_twice(scenario: ScenarioContext, grace: Actor) -> list[Exchange]:
    first = accounts.delete(scenario, grace)
    is_gone(scenario, grace, "delete")
    return [first, accounts.delete(scenario, grace), scenario.run(scenario.api.read(grace.known_id))]


def _request_unknown_users(scenario: ScenarioContext, _: Actor) -> list[Exchange]:
    accounts.become_user(scenario, scenario.actor("Ada"))
    unused = values.unused_id(scenario)
    ids = [unused, *(values.UNUSED_IDS[what](scenario) for what in UNUSUAL_IDS)]
    fields = scenario.factory.new_user().as_json()
    operations = [
        *(scenario.api.read(user_id) for user_id in ids),
        *(accounts.sending_change_to(scenario, unused, method, fields) for method in update_methods(scenario)),
        scenario.api.delete(unused),
    ]
    return scenario.run_few_at_once(operations)


def _send_invalid_data(scenario: ScenarioContext, grace: Actor) -> list[Exchange]:
    """Send sign-ups and changes with every invalid value."""
    directory.remember_list(scenario)
    factory = scenario.factory
    bodies = [invalid_fields(value, factory.new_user(), factory) for value in (*INVALID_NAMES, *INVALID_EMAILS)]
    accounts.send_sign_ups(scenario, bodies)
    exchanges = list(scenario.exchanges)
    for method in update_methods(scenario):
        accounts.send_changes(scenario, grace, method, every_invalid_change(factory))
        exchanges += scenario.exchanges
    return exchanges


def _send_taken_email(scenario: ScenarioContext, grace: Actor) -> list[Exchange]:
    alan, email = accounts.become_user(scenario, scenario.actor("Alan")), grace.new_user.email
    sign_up = accounts.sign_up(scenario, scenario.actor("Mallory"), email=email)
    bodies = {"PATCH": {"email": email}, "PUT": {"name": "Alan", "email": email}}
    methods = update_methods(scenario)
    return [sign_up, *(accounts.send_change(scenario, alan, method, bodies[method]) for method in methods)]


def _send_malformed_bodies(scenario: ScenarioContext, grace: Actor) -> list[Exchange]:
    """Send sign-ups, each with an email of its own, and changes."""
    directory.remember_list(scenario)

    def mallory() -> Actor:
        return Actor("Mallory", scenario.factory.new_user("Mallory"))

    operations = [
        *(sending_body(scenario, mallory(), "POST", rewrite) for rewrite in (*MALFORMED.values(), _with_secrets)),
        *(sending_body(scenario, mallory(), "POST", content_type=declared) for declared in NOT_JSON_TYPES.values()),
        *(
            sending_body(scenario, grace, method, content_type=declared)
            for method in update_methods(scenario)
            for declared in NOT_JSON_TYPES.values()
        ),
    ]
    return scenario.run_few_at_once(operations)


def _with_secrets(body: bytes) -> bytes:
    """Break JSON off after secrets: an API may quote what is near the mistake."""
    return body[:-1] + f", {json.dumps(SECRETS)[1:-1]},".encode()


def _send_secrets(scenario: ScenarioContext, grace: Actor) -> list[Exchange]:
    """Send sign-ups and changes with secrets among the fields, then changes without secrets, and read all views.

    Some of the requests are invalid or use a taken email, because an API may quote what it refuses. Deletes the users
    at once, so that an API that keeps the secrets fails here and not again when a later scenario reads the list.
    """
    mallory, alan, has = scenario.actor("Mallory"), scenario.actor("Alan"), scenario.profile.capabilities
    directory.remember_list(scenario)
    secrets = {name: value for name, value in SECRETS.items() if name not in scenario.profile.create}
    sign_ups = [(mallory, mallory.new_user.as_json()), *((alan, body) for body in _refused(scenario, alan, grace))]
    exchanges = [accounts.send_sign_up(scenario, actor, {**fields, **secrets}) for actor, fields in sign_ups]
    methods = update_methods(scenario)
    for method in methods:
        bodies = [{} if method == "PATCH" else grace.new_user.as_json(), *_refused(scenario, grace, mallory)]
        exchanges += [accounts.send_change(scenario, grace, method, {**fields, **secrets}) for fields in bodies]
    later = [(actor, method) for actor in scenario.users for method in methods]
    exchanges += [accounts.send_change(scenario, one, method, one.new_user.as_json()) for one, method in later]
    exchanges += scenario.run_few_at_once([scenario.api.read(actor.known_id) for actor in scenario.users])
    exchanges += [directory.read_list(scenario)] if has.list else []
    exchanges += [directory.search(scenario, grace)] if has.email_filter else []
    exchanges += [paging.read_page_of(scenario, grace)] if has.pages else []
    scenario.registry.confirm_gone()
    return exchanges


def _refused(scenario: ScenarioContext, actor: Actor, other: Actor) -> list[dict[str, Any]]:
    """Return fields that a sign-up is refused for: the actor's, with one missing or invalid, or `other`'s email."""
    invalid = ("no name", "an empty name", "no email", "null as the email")
    taken = {**actor.new_user.as_json(), "email": other.new_user.email}
    return [*(invalid_fields(value, actor.new_user, scenario.factory) for value in invalid), taken]


def _use_credential(scenario: ScenarioContext, grace: Actor, credential: str) -> list[Exchange]:
    api = scenario.api.with_credential(CREDENTIALS[credential](scenario.api.credential))
    new_user = scenario.factory.new_user()
    fields, url = new_user.as_json(), api.url_of(grace.known_id)
    changes = [api.call(method, url, fields=fields) for method in update_methods(scenario)]
    operations = [
        api.read(grace.known_id),
        *([api.list()] if scenario.profile.capabilities.list else []),
        scenario.registry.create(api.create_call(fields), new_user.email, new_user.name),
        *(scenario.registry.change(change, new_user.email) for change in changes),
        api.delete(grace.known_id),
    ]
    return scenario.run_few_at_once(operations)


def _send_outdated_conditions(scenario: ScenarioContext, grace: Actor) -> list[Exchange]:
    scenario.etags = [conditional.etag_of(conditional.read(scenario, grace))]
    conditional.require_strong(scenario)
    conditional.change_and_note_etag(scenario, grace, scenario.update_method)
    exchanges = [conditional.read(scenario, grace, etag) for etag in scenario.etags]
    for method in (*update_methods(scenario), "DELETE"):
        conditional.write_if(scenario, grace, method, "an outdated ETag")
        exchanges += scenario.exchanges
    return exchanges


def _accept_anything(scenario: ScenarioContext, grace: Actor) -> list[Exchange]:
    """Read an account, and send requests that are refused; no Accept header asks for JSON alone."""
    api, registry = scenario.api, scenario.registry
    taken, nameless = grace.new_user.as_json(), {**scenario.factory.new_user().as_json(), "name": ""}
    user, nowhere = api.url_of(grace.known_id), api.url_of(values.unused_id(scenario))
    methods, own = update_methods(scenario), scenario.profile.media_types.accept
    posts = [(user, taken), (api.create_url, taken), (api.create_url, nameless)]
    operations = [
        *(api.send(api.call("GET", user, headers={"Accept": one})) for one in (f"text/html,{own};q=0.9", "text/plain")),
        *(api.send(api.call(method, nowhere, headers=WITHOUT_JSON)) for method in ("GET", "DELETE")),
        api.send(api.call("GET", nowhere, headers=AS_BROWSER)),
        *(
            registry.create(api.call("POST", url, fields=fields, headers=WITHOUT_JSON), fields["email"], None)
            for url, fields in posts
        ),
        *(
            registry.change(api.call(method, user, fields=nameless, headers=WITHOUT_JSON), nameless["email"])
            for method in methods
        ),
    ]
    return scenario.run_few_at_once(operations)


def _send_preflight(scenario: ScenarioContext, grace: Actor) -> list[Exchange]:
    call = scenario.api.call("OPTIONS", scenario.api.url_of(grace.known_id), headers=PREFLIGHT)
    return [scenario.run(scenario.api.send(call))]


REQUESTS: Mapping[str, Requests] = {
    "signs up": lambda scenario, _: [sign_up_with_answer(scenario, scenario.actor("Ada"))],
    "reads a user": lambda scenario, grace: [accounts.read(scenario, grace)],
    "reads the list": lambda scenario, _: [directory.read_list(scenario)],
    "searches by email": lambda scenario, grace: [directory.search(scenario, grace)],
    "searches for an unknown email": lambda scenario, _: [
        scenario.run(scenario.api.find(scenario.factory.new_user().email))
    ],
    "reads a page": lambda scenario, grace: [paging.read_page_of(scenario, grace)],
    "updates a user": lambda scenario, grace: _change(scenario, grace, "PATCH"),
    "replaces a user": lambda scenario, grace: _change(scenario, grace, "PUT"),
    "deletes a user twice": _delete_twice,
    "requests an unknown user": _request_unknown_users,
    "requests an id with a slash": lambda scenario, _: [scenario.run(scenario.api.read("a/b"))],
    "sends invalid data": _send_invalid_data,
    "sends signs that JSON escapes": error_requests.send_signs_that_json_escapes,
    "asks in several languages": error_requests.ask_in_languages,
    "asks for debugging output": error_requests.ask_to_debug,
    "sends a taken email": _send_taken_email,
    "sends malformed bodies": _send_malformed_bodies,
    "requests an invalid page": lambda scenario, _: scenario.run_few_at_once(
        [scenario.api.page(number, size) for number, size in INVALID_PAGES]
    ),
    "uses an unsupported method": lambda scenario, grace: [post_to_user(scenario, grace)],
    "sends the preflight request of a browser": _send_preflight,
    "uses a wrong token": lambda scenario, grace: _use_credential(scenario, grace, "a wrong token"),
    "uses no token": lambda scenario, grace: _use_credential(scenario, grace, "no token"),
    "sends outdated conditions": _send_outdated_conditions,
    "does not ask for JSON": _accept_anything,
    "sends a password": _send_secrets,
}
"""The requests of a client, by the words that the features use for them."""


# Checks


def check_declared_as_json(scenario: ScenarioContext) -> None:
    """Check that answers with a body declare JSON; if the body of a 4xx is not JSON either, `problem` is broken."""
    for exchange in scenario.exchanges:
        is_error_page = is_client_error(exchange.status) and body_of(exchange.answer)[1]
        rule = "problem" if is_error_page else None
        scenario.check(exchange, says_json(), rule=rule, attempted=_attempted(scenario, exchange))


def check_each(scenario: ScenarioContext, *matchers: Matcher) -> None:
    """Check each of the last exchanges against the matchers."""
    for exchange in scenario.exchanges:
        scenario.check(exchange, *matchers, attempted=_attempted(scenario, exchange))


def check_no_leak(scenario: ScenarioContext) -> None:
    """Check that no answer reveals internals of the server, leaving out the names and emails of users.

    A body that is not JSON, such as the error page of a proxy in front of the API, may contain file paths.
    """
    matcher = leaks_nothing()
    for exchange in scenario.exchanges:
        is_not_json = bool(body_of(exchange.answer, whole=True)[1])
        found = matcher.mismatches(without_user_data(exchange, scenario.profile))
        wrong = [one for one in found if not is_not_json or PATH not in one]
        if wrong:
            fail("problem", _attempted(scenario, exchange), [str(matcher)], wrong, exchange, claims=matcher.claims)


def check_errors(scenario: ScenarioContext) -> None:
    """Check that no answer reveals internals of the server, and that each 4xx says what is wrong."""
    check_each(scenario, leaks_nothing())
    for exchange in scenario.exchanges:
        if is_client_error(exchange.status):
            scenario.check(exchange, says_what_is_wrong(), attempted=_attempted(scenario, exchange))


def _attempted(scenario: ScenarioContext, exchange: Exchange) -> str:
    return f"{scenario.attempted}: {exchange.call.method} {urlsplit(exchange.call.url).path}"


def without_user_data(exchange: Exchange, profile: Profile) -> Exchange:
    """Return the exchange without names and emails in its answer; in a list, only the suite's users are kept."""
    answer = exchange.answer
    value, wrong = body_of(answer)
    if answer is None or wrong:
        return exchange
    entries = listed(answer, profile)
    shown = [value] if entries is None else [entry for entry in entries if mark_in(entry) is not None]
    bare = [_without_user_data(entry, profile) if isinstance(entry, Mapping) else entry for entry in shown]
    last = replace(exchange.attempts[-1], outcome=replace(answer, body=json.dumps(bare).encode(), shown=WHOLE))
    return replace(exchange, attempts=(*exchange.attempts[:-1], last))


def _without_user_data(user: Mapping[str, Any], profile: Profile) -> Mapping[str, Any]:
    for path in (profile.names.paths["name"], profile.names.paths["email"]):
        user = placed(user, path, None) if at(user, path) is not None else user
    return user
