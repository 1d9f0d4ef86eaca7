"""Access without the right token: wrong credentials, and the requests that the API must refuse with each of them."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

from support.contract.matchers import Matcher, has_header, has_status
from support.http.operations import Operation
from support.http.users_api import UsersApi
from support.models import Credential, Exchange, NewUser
from support.scenario import values
from support.scenario.context import Actor, ScenarioContext
from support.statuses import NOT_OFFERED, UNAUTHORIZED

SWAPPED = "$(printf %s $TOKEN | tr a-zA-Z A-Za-z)"


def _instead(right: Credential, **changes: Any) -> Credential:
    """Return the right credential with these changes and a fixed token, which no token source renews."""
    return replace(right, **{"value": right.token, **changes}, source=None)


CREDENTIALS: Mapping[str, Callable[[Credential], Credential]] = {
    "no token": lambda right: _instead(right, shown=None),
    "an empty token": lambda right: _instead(right, shown="", value=""),
    "a wrong token": lambda right: _instead(right, shown="a-wrong-token", value=secrets.token_urlsafe(24)),
    "the token in the Basic scheme": lambda right: _instead(right, format="Basic {token}"),
    "the token as both user name and password": lambda right: _instead(
        right, place="basic", format="{token}", shown="${TOKEN}:${TOKEN}", value=f"{right.token}:{right.token}"
    ),
    "the token plus one character": lambda right: _instead(right, shown="${TOKEN}x", value=f"{right.token}x"),
    "the token plus an equals sign": lambda right: _instead(right, shown="${TOKEN}=", value=f"{right.token}="),
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
    "the token before another credential": lambda right: _instead(
        right, shown="$TOKEN, Bearer x", value=f"{right.token}, Bearer x"
    ),
    "the token after another credential": lambda right: _instead(right, format="Bearer x, Bearer {token}"),
}
"""Wrong credentials, made from the right one."""


ELSEWHERE: Sequence[tuple[Literal["query", "cookie"], str]] = (
    *(("query", name) for name in ("access_token", "token", "api_key", "auth")),
    *(("cookie", name) for name in ("access_token", "token", "session", "jwt")),
)
MEMBERS = ("access_token", "token")
"""Other places where some APIs look for a token: query parameters and cookies (`ELSEWHERE`), members of the body."""

HEADERS: Sequence[Mapping[str, str]] = (
    {"Origin": "https://example.com", "Access-Control-Request-Method": "GET"},
    {"X-Forwarded-For": "127.0.0.1", "X-Real-IP": "127.0.0.1"},
    {"X-HTTP-Method-Override": "OPTIONS"},
)
"""Headers of browsers and proxies that make some APIs skip the check of the token."""
REROUTING = {"X-Original-URL": "/", "X-Rewrite-URL": "/"}
"""More such headers, for reads only: an API that obeys them could apply a change to more than the owner's account."""

Attempt = tuple[Operation[Exchange], tuple[int, ...]]
"""A request without the right token, and the statuses that are also right because of another fault in the request."""
FAULTS = "statuses for what else is wrong with the requests"


def names_a_scheme() -> Matcher:
    """Match an exchange whose answer, if it is a 401, says how to authenticate."""
    challenge = has_header("WWW-Authenticate", "that names a scheme (RFC 9110 §11.6.1)")

    def find(exchange: Exchange) -> list[str]:
        return challenge.mismatches(exchange) if exchange.status == UNAUTHORIZED else []

    return Matcher(str(challenge), find, *challenge.claims)


def try_everything(scenario: ScenarioContext, credential: Credential, owner: Actor, intruder: Actor) -> None:
    """Let the intruder send each kind of request with this credential, also reads and writes of the owner's account.

    The reads come last, with no request with the right token between them: after so many refusals in a row, a faulty
    API may lock out the owner of the token.
    """
    api = scenario.api.with_credential(credential)
    unused_id = values.unused_id(scenario)
    reads = list(_reads(scenario, api, owner, unused_id))
    writes = list(_writes(scenario, api, owner, intruder, unused_id))
    exchanges = [scenario.run_few_at_once([operation for operation, _ in attempts]) for attempts in (writes, reads)]
    scenario.keep(*exchanges[0], *exchanges[1])
    scenario.values[FAULTS] = [statuses for _, statuses in [*writes, *reads]]


def carry_elsewhere(scenario: ScenarioContext, owner: Actor, intruder: Actor) -> None:
    """Let the intruder read and sign up with the right token in places where it does not belong.

    The API may also refuse such a request as invalid because it does not know the query parameter or body member.
    """
    right, none = scenario.api.credential, _instead(scenario.api.credential, shown=None)
    elsewhere = [
        _instead(right, place=place, name=name, format="{token}")
        for place, name in ELSEWHERE
        if (place, name) != (right.place, right.name)
    ]
    also_allowed = [scenario.answers.invalid if one.place == "query" else () for one in elsewhere]
    reads = [scenario.api.with_credential(one).read(owner.known_id) for one in elsewhere]
    if scenario.profile.capabilities.pages:
        reads += [scenario.api.with_credential(one).page(1, 1) for one in elsewhere]
        also_allowed *= 2
    api = scenario.api.with_credential(none)
    new_users = [scenario.factory.new_user(intruder.persona) for _ in MEMBERS]
    scenario.emails_tried += [new_user.email for new_user in new_users]
    writes = [
        scenario.registry.create(
            api.create_call({**new_user.as_json(), member: right.token}), new_user.email, new_user.name
        )
        for member, new_user in zip(MEMBERS, new_users, strict=True)
    ]
    scenario.keep(*scenario.run_at_once([*writes, *reads]))
    scenario.values[FAULTS] = [*[scenario.answers.invalid] * len(writes), *also_allowed]


def bypass_authentication(scenario: ScenarioContext, owner: Actor) -> None:
    """Without the token, read the owner's account by other spellings of its URL; read and change it with odd headers.

    For another spelling, the API may also answer that there is no such user, or redirect.
    """
    api, answers = scenario.api.with_credential(_instead(scenario.api.credential, shown=None)), scenario.answers
    url, name = api.url_of(owner.known_id), {"name": scenario.factory.new_user().name}
    before, slash, last = url.rstrip("/").rpartition("/")
    spelled = [
        url.removesuffix("/") if url.endswith("/") else f"{url}/",
        f"{before}{slash}%{ord(last[0]):02X}{last[1:]}",
    ]
    calls = [api.call("GET", one) for one in spelled] + [
        api.call("GET", url, headers=one) for one in (*HEADERS, REROUTING)
    ]
    if scenario.profile.capabilities.patch:
        calls += [api.call("PATCH", url, fields=name, headers=one) for one in HEADERS]
    scenario.keep(*scenario.run_at_once([api.send(call) for call in calls]))
    unknown_or_redirect = (*answers.unknown, *range(300, 309))
    scenario.values[FAULTS] = [unknown_or_redirect] * len(spelled) + [()] * (len(calls) - len(spelled))


def all_are_refused(scenario: ScenarioContext) -> None:
    """Check that each request was refused as unauthorized or for another fault in it, and each 401 names a scheme.

    Raises one ContractViolation with all mismatches of the last requests.
    """
    also_allowed = scenario.values.pop(FAULTS, [()] * len(scenario.exchanges))
    expected = [has_status((*scenario.answers.unauthorized, *statuses)) for statuses in also_allowed]
    pairs = [*zip(scenario.exchanges, expected, strict=True), *((one, names_a_scheme()) for one in scenario.exchanges)]
    failed = [(exchange, matcher) for exchange, matcher in pairs if not matcher.matches(exchange)]
    if failed:
        wanted = "; ".join(dict.fromkeys(str(matcher) for _, matcher in failed))
        wrong = [
            f"{exchange.call.method}: {text}" for exchange, matcher in failed for text in matcher.mismatches(exchange)
        ]
        scenario.fail(wanted, wrong, failed[0][0], failed[0][1].claims)


def _reads(scenario: ScenarioContext, api: UsersApi, owner: Actor, unused_id: str) -> Iterator[Attempt]:
    has = scenario.profile.capabilities
    yield api.read(owner.known_id), ()
    yield api.read(unused_id), ()
    if has.list:
        yield api.list(), ()
    if has.head:  # an API without HEAD breaks the rule about HEAD alone
        yield api.head(owner.known_id), NOT_OFFERED
    if has.head and has.list:
        yield api.send(api.call("HEAD")), NOT_OFFERED
    if has.email_filter:
        yield api.find(owner.new_user.email), ()
        yield api.find(scenario.factory.new_user().email), ()
    if has.pages:
        yield api.page(1, 10), ()
        yield api.page(0, 10), scenario.answers.invalid


def _writes(
    scenario: ScenarioContext, api: UsersApi, owner: Actor, intruder: Actor, unused_id: str
) -> Iterator[Attempt]:
    has, registry, new_user = scenario.profile.capabilities, scenario.registry, intruder.new_user
    answers = scenario.answers
    scenario.emails_tried.append(new_user.email)
    yield registry.create(api.create_call(new_user.as_json()), new_user.email, new_user.name), ()
    yield registry.create(api.create_call(owner.new_user.as_json()), owner.new_user.email, None), answers.taken
    yield registry.create(api.create_call({}), None, None), answers.invalid
    yield _sign_up(scenario, api, "text/plain", bytes), answers.media_type
    yield _sign_up(scenario, api, scenario.profile.media_types.post, lambda body: body[:-1]), answers.malformed
    if has.patch:
        name = {"name": new_user.name}
        yield api.patch(owner.known_id, name), ()
        yield api.patch(unused_id, name), ()
    if has.put:
        other = scenario.factory.new_user()
        yield registry.change(api.put_call(owner.known_id, new_user.as_json()), new_user.email), ()
        yield registry.change(api.put_call(unused_id, other.as_json()), other.email), ()
    yield api.delete(unused_id), ()
    yield api.delete(owner.known_id), ()


def _sign_up(
    scenario: ScenarioContext, api: UsersApi, content_type: str, rewrite: Callable[[bytes], bytes]
) -> Operation[Exchange]:
    new_user: NewUser = scenario.factory.new_user()
    body = rewrite(api.create_call(new_user.as_json()).body or b"")
    call = api.call("POST", body=body, headers={"Content-Type": content_type})
    return scenario.registry.create(call, new_user.email, None)


def _other_than(token: str) -> str:
    """Return a character that differs from the last one of the token."""
    return "y" if token.endswith("x") else "x"


def _swapped(token: str) -> str:
    """Return the token with its letter case swapped, or with an `x` added if it has no letters, so that it is wrong."""
    return token.swapcase() if token.swapcase() != token else f"{token}x"
