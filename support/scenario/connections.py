"""Requests on one connection: each answer is whole and belongs to its own request, however the request is written."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING

from support.contract.matchers import has_status, shows
from support.errors import NotOffered, number_of
from support.http.operations import Operation
from support.models import Exchange
from support.scenario import accounts, conditional, directory, one_client, protocol, user_checks, values
from support.scenario.context import PERSONAS, Actor, ScenarioContext

if TYPE_CHECKING:
    from support.http.kept import KeptConnection

TRIES = 3
HANGS_UP, READS_AFTER = 5, 4
LARGE, HUGE = 64 * 1024, 1024 * 1024
CHUNKED = {"Transfer-Encoding": "chunked"}
MULTIBYTE = "李小龍" * 4
First = Callable[[ScenarioContext, Actor], Operation[Exchange]]
"""A function that returns the request before the reads that are checked, in a scenario whose user is this actor."""


def _plain(method: str, resource: str = "a user", body: bytes | None = None) -> First:
    def request(scenario: ScenarioContext, _: Actor) -> Operation[Exchange]:
        return scenario.api.send(scenario.api.call(method, protocol.RESOURCES[resource](scenario), body=body))

    return request


def _read_again(scenario: ScenarioContext, actor: Actor) -> Operation[Exchange]:
    etag = conditional.etag_of(accounts.read(scenario, actor))
    headers = {"If-None-Match": etag} if etag else None
    return scenario.api.send(scenario.api.call("GET", scenario.api.url_of(actor.known_id), headers=headers))


def _delete(scenario: ScenarioContext, _: Actor) -> Operation[Exchange]:
    leaver = accounts.become_user(scenario, scenario.actor("Edsger"))
    return scenario.api.delete(leaver.known_id)


def _sign_up(
    size: int = 0, headers: Mapping[str, str] | None = None, *, token: bool = True, there: bool = True
) -> First:
    """Return a sign-up with an unknown field of this size.

    Unless `token`, it is sent without the token; unless `there`, to the actor's URL instead of the right one.
    """

    def request(scenario: ScenarioContext, actor: Actor) -> Operation[Exchange]:
        new_user, api = scenario.factory.new_user("Mallory"), scenario.api
        credential = api.credential if token else replace(api.credential, shown=None)
        url = None if there else api.url_of(actor.known_id)
        fields = {**new_user.as_json(), **({"note": "x" * size} if size else {})}
        call = replace(api.call("POST", url, fields=fields, headers=headers), credential=credential)
        directory.remember_list(scenario)  # a faulty API may create a user without data, who shows only as a new entry
        return scenario.registry.create(call, new_user.email, new_user.name, scenario.ids_before)

    return request


FIRST: Mapping[str, First] = {
    "HEAD for the account": _plain("HEAD"),
    "HEAD for the list": _plain("HEAD", "the list"),
    "HEAD for an unknown account": _plain("HEAD", "an unknown user"),
    "a read on condition that the account has changed": _read_again,
    "a read with a body": _plain("GET", body=b'{"name": "GET /users HTTP/1.1"}'),
    "a deletion of another account": _delete,
    "a POST to the account": _sign_up(there=False),
    "a large POST declared as plain text": _sign_up(LARGE, {"Content-Type": "text/plain"}),
    "a large POST without a token": _sign_up(LARGE, token=False),
    "a POST of 1 MiB": _sign_up(HUGE),
    "a POST in chunks": _sign_up(headers=CHUNKED),
}
"""The request before the reads that are checked, by the words that the features use for it."""


# Requests one after another


def send_and_read_on(scenario: ScenarioContext, actor: Actor, first: First) -> None:
    """On one connection: read another account, send the request, read the actor, an unknown user, and the actor again.

    If an answer does not come in time, all requests are sent again, three times in all: any API may be slow at times.
    """
    other, nobody = accounts.become_user(scenario, scenario.actor("Barbara")), values.unused_id(scenario)
    for _ in range(TRIES):
        following = [scenario.api.read(user_id) for user_id in (actor.known_id, nobody, actor.known_id)]
        connection = play(scenario, [scenario.api.read(other.known_id), first(scenario, actor), *following])
        if not connection.hung:
            break
    if connection.wrong or connection.hung:
        late = f"{number_of(connection.hung, 'answer')} did not come in time, {TRIES} times in a row"
        wrong = [*connection.wrong, *([late] if connection.hung else [])]
        scenario.fail(
            "each answer in time, in valid HTTP/1.1, and as long as its own header section says",
            wrong,
            scenario.exchanges[2],
        )


def play(scenario: ScenarioContext, operations: Sequence[Operation[Exchange]]) -> KeptConnection:
    """Execute operations one after another on one connection, and keep their exchanges.

    Raises NotOffered if a proxy on the route has its own connections to the API.
    """
    with contextlib.closing(_connection(scenario)) as kept:
        scenario.keep(*(scenario.session.http.run(operation, exchange=kept.exchange) for operation in operations))
    return kept


def _connection(scenario: ScenarioContext) -> KeptConnection:
    from support.http.kept import KeptConnection  # loads HTTP libraries; behave imports steps before any hook

    route = scenario.session.connection.route
    is_tunnel = scenario.api.base_url.startswith("https:") and not (route.proxy or "").startswith("https:")
    if route.proxy is not None and not is_tunnel:
        raise NotOffered("a proxy is on the route, and it keeps connections of its own to the API")
    return KeptConnection(scenario.session.settings.request_timeout_s, route)


def read_after_hanging_up(scenario: ScenarioContext, asked_for: Actor, other: Actor) -> None:
    """Several times: ask for an account, hang up before the answer, and read another account on other connections.

    Raises NotOffered if a proxy on the route has its own connections to the API.
    """
    api, connection, exchanges = scenario.api, _connection(scenario), list[Exchange]()
    call = api.call("GET", api.url_of(asked_for.known_id))
    for _ in range(HANGS_UP):
        scenario.session.http.run(api.send_once(call), exchange=connection.hang_up)
        exchanges += [scenario.run(api.read(other.known_id)) for _ in range(READS_AFTER)]
    scenario.keep(*exchanges)


def read_list_after_refusal(scenario: ScenarioContext, page: str) -> None:
    """On one connection: ask for an invalid page, which the API refuses, and read the list."""
    play(scenario, [scenario.api.page(page, 10), scenario.api.list()])


def each_is_own(scenario: ScenarioContext, actor: Actor) -> None:
    """Check that each read after this request got its own answer, as it would on a connection of its own."""
    following = scenario.exchanges[2:]
    known, unknown = (has_status([200]), shows(actor.shown, scenario.names)), (has_status(scenario.answers.unknown),)
    for number, (exchange, matchers) in enumerate(zip(following, (known, unknown, known), strict=True), start=3):
        attempted = scenario.then(f"reading on, with request {number} on one connection")
        scenario.check(exchange, *matchers, attempted=attempted)


# Ways to write a request


TYPES: Mapping[str, Callable[[str], str]] = {
    "in capitals": str.upper,
    "with a charset": lambda media_type: f"{media_type}; charset=utf-8",
    "with CHARSET in capitals": lambda media_type: f"{media_type};CHARSET=UTF-8",
    "with UTF-8 in capitals": lambda media_type: f"{media_type}; charset=UTF-8",
    "with a charset in quotes": lambda media_type: f'{media_type}; charset="utf-8"',
}
"""Ways to write a Content-Type that all mean the same (RFC 9110 §8.3.1)."""

HEADERS: Sequence[Mapping[str, str]] = (
    {"Accept-Language": "de-CH, de;q=0.9, en;q=0.5, *;q=0.1"},
    {"Accept-Language": "tlh"},
    {"Cookie": "theme=dark; sessionid=8f14e45fceea167a; csrftoken=c4ca4238"},
    {"Cookie": "sale=50%; name=J%F6rg; note=a=b&c; empty="},
    {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"},
    {"User-Agent": "curl/8.14.1"},
    {"User-Agent": "curl/8.14.1 " + "(a plugin) " * 40},
    {"Accept-Charset": "ISO-8859-1, *;q=0.1"},
)
"""Headers that browsers and command-line tools send, and that must make no difference to the API."""


def write_declared(scenario: ScenarioContext, actor: Actor, method: str, written: str) -> None:
    """Sign up or change the account with another spelling of the Content-Type, and a name that is not only ASCII."""
    media_type = TYPES[written](scenario.profile.media_type(method))
    new_user = actor.new_user if method == "POST" else scenario.factory.new_user(actor.persona)
    data = replace(new_user, name=f"Zoë {new_user.name}")
    actor.new_user = data if method == "POST" else actor.new_user
    scenario.run(protocol.sending_body(scenario, actor, method, content_type=media_type, data=data))


def is_changed_as_usual(scenario: ScenarioContext, actor: Actor) -> None:
    """Check that the last change was done; if a change with usual headers fails as well, its own rule is broken."""
    acts = one_client.sign_up, one_client.change_by(scenario.exchange.call.method, "name")
    with one_client.tried_by_one_client(scenario, acts):
        user_checks.shows_user(scenario, scenario.exchange, [200], actor.expected or {})


def sign_up_by_each_client(scenario: ScenarioContext) -> None:
    """Sign up a user for each set of headers."""
    pairs = zip(map(scenario.actor, PERSONAS), HEADERS, strict=False)
    sign_ups = [accounts.sending_sign_up(scenario, one, one.new_user.as_json(), headers) for one, headers in pairs]
    scenario.keep(*map(scenario.run, sign_ups))


def read_by_each_client(scenario: ScenarioContext, actor: Actor) -> None:
    """Read an account with each set of headers."""
    scenario.keep(*(send_with(scenario, actor, "GET", headers) for headers in HEADERS))


def sign_up_in_chunks(scenario: ScenarioContext, actor: Actor) -> None:
    """Sign up with a body in chunks, and read an unknown user on the same connection."""
    actor.new_user = replace(actor.new_user, name=f"{MULTIBYTE} {actor.new_user.name}")
    nobody = scenario.api.read(values.unused_id(scenario))
    play(scenario, [accounts.sending_sign_up(scenario, actor, actor.new_user.as_json(), CHUNKED), nobody])


def change_in_chunks(scenario: ScenarioContext, actor: Actor, method: str) -> None:
    """Change an account with a body in chunks, and read an unknown user on the same connection."""
    name = f"{MULTIBYTE} {scenario.factory.new_user(actor.persona).name}"
    fields = accounts.complete(method, {"name": name}, actor.new_user)
    actor.expect(fields)
    call = scenario.api.call(method, scenario.api.url_of(actor.known_id), fields=fields, headers=CHUNKED)
    change = scenario.registry.change(call, fields.get("email"))
    play(scenario, [change, scenario.api.read(values.unused_id(scenario))])


def is_served_or_refused(scenario: ScenarioContext, actor: Actor) -> None:
    """Check that a body in chunks was read as usual or refused with 411, and the next request got its own answer."""
    written, after = scenario.exchanges
    scenario.check(after, has_status(scenario.answers.unknown), attempted=scenario.then("reading an unknown user"))
    if written.status == HTTPStatus.LENGTH_REQUIRED:
        return
    is_change = written.call.method != "POST"
    expected = (actor.expected or {}) if is_change else actor.new_user.as_json()
    data = {key: value for key, value in expected.items() if key in actor.new_user.as_json()}
    statuses = (200,) if is_change else scenario.answers.created
    scenario.check(written, has_status((*statuses, HTTPStatus.LENGTH_REQUIRED)), shows(data, scenario.names))
    if is_change:
        scenario.check(written, shows(expected, scenario.names), rule=accounts.rule_of_change(written))


def send_with(scenario: ScenarioContext, actor: Actor, method: str, headers: Mapping[str, str]) -> Exchange:
    """Send a request without a body to an account, with further headers."""
    scenario.last_actor = actor
    call = scenario.api.call(method, scenario.api.url_of(actor.known_id), headers=headers)
    return scenario.run(scenario.api.send(call))
