"""HTTP as clients see it: bodies and media types, Location, HEAD, and methods that are not allowed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from support.contract.matchers import brief, has_header, has_no_body, has_status, shows
from support.contract.normalizers import user_of
from support.errors import Inconclusive
from support.http.operations import Operation
from support.http.urls import destination, origin_of
from support.http.users_api import JSON
from support.models import OVERRIDES, Exchange, NewUser
from support.scenario import accounts, values
from support.scenario.context import Actor, ScenarioContext
from support.scenario.waiting import READ_TWO_WAYS, poll_until
from support.statuses import is_success

TRIES_FOR_AN_ANSWER = 12
RESOURCES: Mapping[str, Callable[[ScenarioContext], str]] = {
    "a user": lambda scenario: scenario.api.url_of(scenario.users[0].known_id),
    "an unknown user": lambda scenario: scenario.api.url_of(values.unused_id(scenario)),
    "a deleted user": lambda scenario: scenario.api.url_of(
        accounts.become_former_user(scenario, scenario.actor("Edsger")).known_id
    ),
    "a word as the id": lambda scenario: scenario.api.url_of(values.UNUSED_IDS["a word"](scenario)),
    "the list": lambda scenario: scenario.api.url,
    "a search by email": lambda scenario: _url(scenario, scenario.api.find(scenario.users[0].new_user.email)),
    "a search without a result": lambda scenario: _url(scenario, scenario.api.find(scenario.factory.new_user().email)),
    "a page": lambda scenario: _url(scenario, scenario.api.page(1, 10)),
    "an invalid page": lambda scenario: _url(scenario, scenario.api.page(0, 10)),
}
"""The URL of each resource that HEAD and GET are sent to."""


def _url(scenario: ScenarioContext, request: Operation[Exchange]) -> str:
    return scenario.run(request).call.url


def update_methods(scenario: ScenarioContext) -> list[str]:
    """Return the methods that the target offers to change a user."""
    has = scenario.profile.capabilities
    return [method for method, offered in (("PATCH", has.patch), ("PUT", has.put)) if offered]


def sign_up_with_answer(
    scenario: ScenarioContext, actor: Actor, draw: Callable[[], Mapping[str, str]] = dict
) -> Exchange:
    """Sign up until there is an answer to check; `draw` returns the fields of each try."""
    return until_answered(scenario, actor, lambda: accounts.sign_up(scenario, actor, **draw()))


def until_answered(scenario: ScenarioContext, actor: Actor, sign_up: Callable[[], Exchange]) -> Exchange:
    """Sign up until an answer arrives, because a lost answer cannot be checked; each further try is for a new user.

    Raises Inconclusive if the answers to all tries are lost.
    """
    for _ in range(TRIES_FOR_AN_ANSWER):
        exchange = sign_up()
        if not exchange.adopted:
            return exchange
        actor.new_user = scenario.factory.new_user(actor.persona)
    raise Inconclusive(f"the answers to {TRIES_FOR_AN_ANSWER} sign-ups were lost, so there is none to check")


def sending_body(
    scenario: ScenarioContext,
    actor: Actor,
    method: str,
    rewrite: Callable[[bytes], bytes] = bytes,
    content_type: str = JSON,
    data: NewUser | None = None,
) -> Operation[Exchange]:
    """Return a sign-up (POST) or a change of name and email with a rewritten body, or declared as another type."""
    scenario.last_actor = actor
    new_user = actor.new_user if method == "POST" else data or scenario.factory.new_user(actor.persona)
    url = scenario.api.create_url if method == "POST" else scenario.api.url_of(actor.known_id)
    body = rewrite(scenario.api.call(method, url, fields=new_user.as_json()).body or b"")
    media_type = content_type.replace(JSON, scenario.profile.media_type(method))
    call = scenario.api.call(method, url, body=body, headers={"Content-Type": media_type})
    if method == "POST":
        scenario.emails_tried.append(new_user.email)
        scenario.names_tried.append(new_user.name)
        operation = scenario.registry.create(call, new_user.email, new_user.name, scenario.ids_before)
    else:
        operation = scenario.registry.change(call, new_user.email)
        actor.expect(new_user.as_json())
    exchange = yield from operation
    scenario.keep(exchange)
    user = user_of(exchange.answer, scenario.profile)
    if method == "POST" and user is not None and not exchange.was_refused:
        actor.id, actor.shown = user.id, accounts.fields_of(scenario, exchange)
    elif method != "POST" and exchange.status == 200:
        actor.old_email, actor.new_user = actor.new_user.email, new_user
    return exchange


def post_to_user(scenario: ScenarioContext, actor: Actor) -> Exchange:
    """Send a sign-up to the URL of a user."""
    new_user = scenario.factory.new_user()
    scenario.emails_tried.append(new_user.email)
    call = scenario.api.call("POST", scenario.api.url_of(actor.known_id), fields=new_user.as_json())
    exchange = scenario.run(scenario.registry.create(call, new_user.email, new_user.name))
    scenario.keep(exchange)
    return exchange


def post_naming_another_method(scenario: ScenarioContext, actor: Actor) -> None:
    """Send POST to the URL of a user with another method in the query, the body or a header, until one succeeds.

    A success is wrong, and may have deleted the user.
    """
    exchanges: list[Exchange] = []
    for query, member, headers in _namings(scenario):
        new_user, url = scenario.factory.new_user(actor.persona), f"{scenario.api.url_of(actor.known_id)}{query}"
        scenario.emails_tried.append(new_user.email)
        body = json.dumps(scenario.names.to_target({**new_user.as_json(), **member})).encode()
        call = scenario.api.call("POST", url, body=body, headers=headers)
        exchanges.append(scenario.run(scenario.registry.create(call, new_user.email, new_user.name)))
        if is_success(exchanges[-1].status):
            break
    scenario.keep(*exchanges)


def _namings(scenario: ScenarioContext) -> Iterator[tuple[str, Mapping[str, str], Mapping[str, str]]]:
    """Yield a query, a member of the body and headers, one of which names another method."""
    for method in ("DELETE", *update_methods(scenario)):
        yield f"?_method={method}", {}, {}
        yield "", {"_method": method}, {}
        yield from (("", {}, {header: method}) for header in OVERRIDES)


def send_head_and_get(scenario: ScenarioContext, url: str) -> None:
    """Send HEAD and GET, of a deleted user until both give the same status: either may show a deletion late."""
    user_id = scenario.api.id_in(url) or ""
    record = scenario.registry.ledger.facts(user_id).record
    is_deleted = record is not None and user_id in record.deleted
    calls = [scenario.api.call(method, url) for method in ("HEAD", "GET")]
    exchanges = poll_until(
        scenario,
        READ_TWO_WAYS,
        lambda: [scenario.run(scenario.api.send(call)) for call in calls],
        lambda exchanges: not is_deleted or exchanges[0].status == exchanges[1].status,
    )
    scenario.keep(*exchanges)


# Checks


def location_leads_to(scenario: ScenarioContext, actor: Actor) -> None:
    """Check that the Location of the last answer, absolute or relative, is on the request's host and shows the user."""
    created, here = scenario.exchange, scenario.exchange.call.url

    def is_here(value: str) -> bool:
        return origin_of(destination(here, value) or "") == origin_of(here)

    scenario.check(created, has_header("Location", "with the scheme, host and port of the request", is_here))
    location = (created.answer.header("Location") if created.answer else None) or ""
    read = scenario.run(scenario.api.send(scenario.api.call("GET", destination(here, location))))
    attempted = scenario.then(f"reading its Location {brief(location)}")
    scenario.check(read, has_status([200]), shows(actor.shown, scenario.names), attempted=attempted)


def head_equals_get(scenario: ScenarioContext) -> None:
    """Check that HEAD gives the status of GET and no body."""
    head, get = scenario.exchanges
    scenario.check(head, has_status([200 if get.status is None else get.status]), has_no_body())


def post_is_not_allowed(scenario: ScenarioContext) -> None:
    """Check that the last answers are 405, with an Allow that names the supported methods (RFC 9110 §15.5.6)."""
    supported = {"GET", "DELETE", *update_methods(scenario)}

    def names_them(value: str) -> bool:
        named = {method.strip().upper() for method in value.split(",")}
        return supported <= named and "POST" not in named

    wanted = f"with {', '.join(sorted(supported))} among the methods, and without POST"
    for exchange in scenario.exchanges:
        scenario.check(exchange, has_status([405]), has_header("Allow", wanted, names_them))


# Other ways to write a body


SHORT_ESCAPES = {ord(sign): f"\\{sign}" for sign in '"/\\'}


def in_another_order(body: bytes) -> bytes:
    """Write each object with its last field first."""
    return json.dumps(json.loads(body, object_pairs_hook=lambda pairs: dict(reversed(pairs)))).encode()


def _spaced(body: bytes) -> bytes:
    """Write JSON with white space before, between and after all its parts (RFC 8259, section 2)."""
    return b"\r\n\t " + json.dumps(json.loads(body), indent=2, separators=(" ,", " : ")).encode() + b" \n"


WRITINGS: Mapping[str, Callable[[bytes], bytes]] = {
    "the email before the name": in_another_order,
    "white space around every part": _spaced,
}
"""Ways to write the same JSON, by the words of the features."""


def escaped(body: bytes) -> bytes:
    """Write JSON with escapes for each character of a text and the first of each member's name (RFC 8259, section 7).

    Characters beyond U+FFFF become surrogate pairs; quotation marks, slashes and backslashes get their short escapes.
    """
    return _escaped(json.loads(body)).encode()


def _escaped(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{_name_escaped(key)}: {_escaped(inner)}' for key, inner in value.items())}}}"
    if not isinstance(value, str):
        return json.dumps(value)
    octets = value.encode("utf-16-be")
    units = (int.from_bytes(octets[place : place + 2], "big") for place in range(0, len(octets), 2))
    return '"' + "".join(SHORT_ESCAPES.get(unit, f"\\u{unit:04x}") for unit in units) + '"'


def _name_escaped(name: str) -> str:
    """Write the first character of a member's name as an escape."""
    return _escaped(name[:1])[:-1] + json.dumps(name[1:])[1:]
