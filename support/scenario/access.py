"""Access without the right token: credentials that are wrong, and every request that they must not open."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

from support.contract.matchers import Matcher, has_header
from support.http.operations import Operation
from support.http.users_api import UsersApi
from support.models import Credential, Exchange, NewUser
from support.scenario import values
from support.scenario.context import Actor, ScenarioContext
from support.statuses import UNAUTHORIZED

SWAPPED = "$(printf %s $TOKEN | tr a-zA-Z A-Za-z)"


def _instead(right: Credential, **changes: Any) -> Credential:
    """Return a credential that is not renewed, with these changes."""
    return replace(right, **{"value": right.token, **changes}, source=None)


CREDENTIALS: Mapping[str, Callable[[Credential], Credential]] = {
    "no token": lambda right: _instead(right, shown=None),
    "an empty token": lambda right: _instead(right, shown="", value=""),
    "a wrong token": lambda right: _instead(right, shown="a-wrong-token", value=secrets.token_urlsafe(24)),
    "the token in the Basic scheme": lambda right: _instead(right, format="Basic {token}"),
    "the token plus one character": lambda right: _instead(right, shown="${TOKEN}x", value=f"{right.token}x"),
    "the token plus one word": lambda right: _instead(right, shown="$TOKEN x", value=f"{right.token} x"),
    "the token without its last character": lambda right: _instead(right, shown="${TOKEN%?}", value=right.token[:-1]),
    "the token without its first character": lambda right: _instead(right, shown="${TOKEN#?}", value=right.token[1:]),
    "the token with a different last character": lambda right: _instead(
        right, shown=f"${{TOKEN%?}}{_other_than(right.token)}", value=right.token[:-1] + _other_than(right.token)
    ),
    "the token with an extra character in front": lambda right: _instead(
        right, shown="x$TOKEN", value=f"x{right.token}"
    ),
    "the token with its letter case swapped": lambda right: _instead(
        right, shown=SWAPPED if right.token.swapcase() != right.token else "${TOKEN}x", value=_swapped(right.token)
    ),
    "the token without a scheme": lambda right: _instead(right, format="{token}"),
    "the token in the Token scheme": lambda right: _instead(right, format="Token {token}"),
}
"""Wrong credentials, made from the right one."""


ELSEWHERE: Sequence[tuple[Literal["query", "cookie"], str]] = (
    *(("query", name) for name in ("access_token", "token", "api_key", "auth")),
    *(("cookie", name) for name in ("access_token", "token", "session", "jwt")),
)
MEMBERS = ("access_token", "token")
"""Places where some APIs look for a token as well: query parameters, cookies, members of the body."""


def names_a_scheme() -> Matcher:
    """Match an exchange whose answer, if it is a 401, says how to authenticate."""
    challenge = has_header("WWW-Authenticate", "that names a scheme (RFC 9110 §11.6.1)")

    def find(exchange: Exchange) -> list[str]:
        return challenge.mismatches(exchange) if exchange.status == UNAUTHORIZED else []

    return Matcher(str(challenge), find, *challenge.claims)


def try_everything(scenario: ScenarioContext, credential: Credential, owner: Actor, intruder: Actor) -> None:
    """Let the intruder send every request there is with this credential, against the owner and to sign up.

    The reads come last, as nothing is sent with the right token between them: an API may lock out its owner for that.
    """
    api = scenario.api.with_credential(credential)
    unused_id = values.unused_id(scenario)
    reads = list(_reads(scenario, api, owner, unused_id))
    writes = list(_writes(scenario, api, owner, intruder, unused_id))
    scenario.keep(*map(scenario.run, [*writes, *reads]))


def carry_elsewhere(scenario: ScenarioContext, owner: Actor, intruder: Actor) -> None:
    """Let the intruder read and sign up with the right token in other places than the one where it belongs."""
    right, none = scenario.api.credential, _instead(scenario.api.credential, shown=None)
    elsewhere = [
        _instead(right, place=place, name=name, format="{token}")
        for place, name in ELSEWHERE
        if (place, name) != (right.place, right.name)
    ]
    reads = [scenario.api.with_credential(one).read(owner.known_id) for one in elsewhere]
    reads += [scenario.api.with_credential(one).page(1, 1) for one in elsewhere if scenario.profile.capabilities.pages]
    api, new_user = scenario.api.with_credential(none), intruder.new_user
    scenario.emails_tried.append(new_user.email)
    bodies = [{**new_user.as_json(), name: right.token} for name in MEMBERS]
    writes = [scenario.registry.create(api.create_call(one), new_user.email, new_user.name) for one in bodies]
    scenario.keep(*scenario.run_at_once([*writes, *reads]))


def _reads(scenario: ScenarioContext, api: UsersApi, owner: Actor, unused_id: str) -> Iterator[Operation[Exchange]]:
    has = scenario.profile.capabilities
    yield api.read(owner.known_id)
    yield api.read(unused_id)
    if has.list:
        yield api.list()
    if has.head:
        yield api.head(owner.known_id)
    if has.head and has.list:
        yield api.send(api.call("HEAD"))
    if has.email_filter:
        yield api.find(owner.new_user.email)
        yield api.find(scenario.factory.new_user().email)
    if has.pages:
        yield api.page(1, 10)
        yield api.page(0, 10)


def _writes(
    scenario: ScenarioContext, api: UsersApi, owner: Actor, intruder: Actor, unused_id: str
) -> Iterator[Operation[Exchange]]:
    has, registry, new_user = scenario.profile.capabilities, scenario.registry, intruder.new_user
    scenario.emails_tried.append(new_user.email)
    yield registry.create(api.create_call(new_user.as_json()), new_user.email, new_user.name)
    yield registry.create(api.create_call(owner.new_user.as_json()), owner.new_user.email, None)
    yield registry.create(api.create_call({}), None, None)
    yield _sign_up(scenario, api, "text/plain", bytes)
    yield _sign_up(scenario, api, scenario.profile.media_types.post, lambda body: body[:-1])
    if has.patch:
        name = {"name": new_user.name}
        yield api.patch(owner.known_id, name)
        yield api.patch(unused_id, name)
    if has.put:
        other = scenario.factory.new_user()
        yield registry.change(api.put_call(owner.known_id, new_user.as_json()), new_user.email)
        yield registry.change(api.put_call(unused_id, other.as_json()), other.email)
    yield api.delete(unused_id)
    yield api.delete(owner.known_id)


def _sign_up(
    scenario: ScenarioContext, api: UsersApi, content_type: str, rewrite: Callable[[bytes], bytes]
) -> Operation[Exchange]:
    new_user: NewUser = scenario.factory.new_user()
    body = rewrite(api.create_call(new_user.as_json()).body or b"")
    call = api.call("POST", body=body, headers={"Content-Type": content_type})
    return scenario.registry.create(call, new_user.email, None)


def _other_than(token: str) -> str:
    """Return another last character than that of the token."""
    return "y" if token.endswith("x") else "x"


def _swapped(token: str) -> str:
    """Return the token with its letter case swapped; a token without letters gets one, so that it is wrong."""
    return token.swapcase() if token.swapcase() != token else f"{token}x"
