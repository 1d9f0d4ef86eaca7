"""Unusual requests: bodies, ids, queries, headers and methods that HTTP allows and nobody expects."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from urllib.parse import quote, urlencode, urlsplit

from support.bounds import MIB
from support.http.operations import Operation
from support.http.urls import with_query
from support.http.users_api import JSON
from support.models import OVERRIDES, Call, Exchange
from support.scenario.context import Actor, ScenarioContext
from support.scenario.nesting import classes_for
from support.scenario.odd_bodies import WITHOUT_DATA, Rewrite

LARGE = 32 * 1024
LONG_HEAD = 4 * 1024


@dataclass(frozen=True)
class Odd:
    """An unusual request: what is unusual about it, and the email and the name that it may create a user with.

    `refused_by` is the rule, if any, that says that the API refuses the request.
    """

    what: str
    call: Call
    email: str = ""
    name: str = ""
    refused_by: str = ""

    @property
    def is_large(self) -> bool:
        """Whether the request is so large that a server may close the connection before it has read everything."""
        head = len(self.call.url) + sum(map(len, self.call.headers.values()))
        return len(self.call.body or b"") > LARGE or head > LONG_HEAD

    @property
    def sent_name(self) -> str | None:
        """The only string value in the JSON body that begins with `name`; None if there is none, or more than one."""
        pairs: list[tuple[str, object]] = []
        with suppress(ValueError, RecursionError):
            json.loads((self.call.body or b"").decode("utf-8-sig"), object_pairs_hook=pairs.extend)
        names = [value for _, value in pairs if isinstance(value, str) and value.startswith(self.name)]
        return names[0] if self.name and len(names) == 1 else None

    def operation(self, scenario: ScenarioContext) -> Operation[Exchange]:
        """Return the operation that sends the request; the registry finds and deletes the users that it may create."""
        if self.call.method == "POST" and self.email:
            return scenario.registry.create(self.call, self.email, self.name, scenario.ids_before)
        return scenario.registry.change(self.call, self.email or None)


Odds = Callable[[ScenarioContext, Actor], Iterator[Odd]]
"""Makes unusual requests for a scenario in which this actor is a user."""


# Bodies


def with_body(
    scenario: ScenarioContext, method: str, actor: Actor, what: str, rewrite: Rewrite, headers: Mapping[str, str]
) -> Odd:
    """Return a sign-up or a change with a rewritten body; a PATCH has only the name.

    Both the name and the email carry the mark of the run, because a faulty API may keep only one of them.
    """
    new_user, api = scenario.factory.new_user(), scenario.api
    new_user = replace(new_user, name=f"{new_user.name} {scenario.factory.mark}")
    fields = {"name": new_user.name} if method == "PATCH" else new_user.as_json()
    url = api.create_url if method == "POST" else api.url_of(actor.known_id)
    body = rewrite(api.call(method, url, fields=fields).body or b"", new_user)
    call = api.call(method, url, body=body, headers=headers)
    return Odd(what, call, fields.get("email", ""), new_user.name)


def sign_ups(scenario: ScenarioContext, actor: Actor, bodies: Mapping[str, Rewrite]) -> Iterator[Odd]:
    """Return a sign-up with each of these bodies."""
    return (with_body(scenario, "POST", actor, what, rewrite, {}) for what, rewrite in bodies.items())


def changes(scenario: ScenarioContext, actor: Actor, method: str) -> Iterator[Odd]:
    """Yield changes: PATCH with every third unusual body and each unusual encoding, or PUT with every fourth body."""
    bodies = [pair for bodies in (WITHOUT_DATA, *classes_for(scenario).values()) for pair in bodies.items()]
    for what, rewrite in bodies[:: 3 if method == "PATCH" else 4]:
        yield with_body(scenario, method, actor, what, rewrite, {})
    for what, (headers, encode) in ENCODINGS.items() if method == "PATCH" else ():
        media_type = headers.get("Content-Type", JSON).replace(JSON, scenario.profile.media_type(method))
        yield with_body(scenario, method, actor, what, encode, {**headers, "Content-Type": media_type})


ENCODINGS: Mapping[str, tuple[Mapping[str, str], Rewrite]] = {
    "a body in gzip": ({"Content-Encoding": "gzip"}, lambda body, _: gzip.compress(body)),
    "a body that says gzip and is none": ({"Content-Encoding": "gzip"}, lambda body, _: body),
    "a body of 1 MiB in gzip": ({"Content-Encoding": "gzip"}, lambda body, _: gzip.compress(body + b" " * MIB)),
    "a body in an unknown encoding": ({"Content-Encoding": "x-no-such"}, lambda body, _: body),
    "a body in UTF-16": ({"Content-Type": f"{JSON}; charset=utf-16"}, lambda body, _: body.decode().encode("utf-16")),
    "an unknown charset": ({"Content-Type": f"{JSON}; charset=x-no-such"}, lambda body, _: body),
    "a charset of other bytes": ({"Content-Type": f"{JSON}; charset=\xff"}, lambda body, _: body),
    "an empty parameter": ({"Content-Type": f"{JSON};;=;"}, lambda body, _: body),
}
"""Headers that declare how a body is encoded, and what makes the body from a usual one."""


# Ids and queries


IDS = (
    *("%00", "{id}%00", "a%00b", "%0D%0AX-Injected:%20yes", "%FF%FE", "%ED%A0%80", "%C0%AE%C0%AE%C0%AF"),
    *("%2e", "%2e%2e", "..%2F..%2Fetc%2Fpasswd", "..%5C", "%2F", "{id}%2F", "%25", "%252e%252e", "%zz"),
    *("x" * 2_000, "%F0%9F%A6%89" * 400, "9" * 400, "1e400", "-1", "NaN", "null", "__proto__", "toString"),
    *("%24where", "%27%20OR%201=1--", "%5Bobject%20Object%5D", "%7B%7B7*7%7D%7D", ";a=b", "*"),
)
"""Segments of a path as they are sent; `{id}` is the id of a user."""


def reads_of_ids(scenario: ScenarioContext, actor: Actor) -> Iterator[Odd]:
    """Return a read of each unusual id."""
    known = quote(actor.known_id, safe="")
    for segment in IDS:
        url = scenario.api.url_with(segment.replace("{id}", known))
        yield Odd(f"the id {segment[:40]}", scenario.api.call("GET", url))


def queries(scenario: ScenarioContext, _: Actor) -> Iterator[Odd]:
    """Yield a read of the list with each unusual query; unknown parameters come with a page of one user if possible."""
    names, has = scenario.names, scenario.profile.capabilities
    first = f"{names.page}=1&{names.limit}=1&" if has.pages and names.limit else ""
    unknown = (
        "x=%FF%00",
        "x[]=1&x[a][b]=2",
        "=&&=&",
        "%",
        "__proto__[x]=1",
        "&".join(["x=1"] * 1_100),  # some frameworks take at most 1,000 parameters
        "x=" + "y" * 2_000,
    )
    chosen = [f"{first}{query}" for query in unknown]
    email = (
        "{e}=%00",
        "{e}=%FF%FE",
        "{e}=a@b.example&{e}=c@d.example",
        "{e}[]=a@b.example",
        "{e}[$ne]=",
        "{e}=" + "x" * 2_000,
    )
    page = (
        "{p}=1&{p}=2",
        "{p}[]=1",
        "{p}=1e400",
        "{p}=%00",
        "{p}=" + "9" * 400,
        "{p}=%C2%B2",
        "{p}=1&{l}=1&{l}=x",
        "{p}=1&{l}[a]=1",
    )
    chosen += [query.replace("{e}", names.email_filter) for query in email if has.email_filter]
    chosen += [query.replace("{p}", names.page).replace("{l}", names.limit) for query in page if has.pages]
    for query in chosen:
        yield Odd(f"the query {query[:60]}", scenario.api.call("GET", f"{scenario.api.url}?{query}"))


# Headers and methods


HEADERS: Sequence[tuple[str, str]] = (
    *(("Accept", value) for value in ("text/html;q=2", ",,,", "*/*;q=0", "application/json;q=x", "a/b," * 1_500)),
    *(("Accept-Language", value) for value in ("xx-*-1;q=9", "\xe9\xff", ";q=", "de," * 1_000)),
    *(("Accept-Encoding", value) for value in ("identity;q=0, *;q=0", "x-no-such", ";;")),
    *(("Accept-Charset", value) for value in ("utf-16;q=1, *;q=0",)),
    *(("Range", value) for value in ("bytes=0-0", "bytes=9-1", "bytes=-0", "users=1-", "bytes=" + "0-0," * 500)),
    *(("If-Modified-Since", value) for value in ("yesterday", "Thu, 32 Foo 99999 25:61:61 GMT", "0")),
    *(("If-Unmodified-Since", value) for value in ("\xff", "Mon, 01 Jan 0001 00:00:00 GMT")),
    *(("If-None-Match", value) for value in ('"', 'W/"\xff"', ",")),
    *(("Cookie", value) for value in ("=;=;;", "\xff=\xfe", "a=" + "b" * 4_000)),
    *(("Content-Type", value) for value in ("/", "\xff/\xfe;=")),
    *(("User-Agent", value) for value in ("", "\xf0\x9f\xa6\x89", "${jndi:ldap://127.0.0.1/a}")),
    *(("Forwarded", value) for value in ("for=;;\xff", "for=[::1")),
    *(("X-Forwarded-For", value) for value in ("not an ip", "1.2.3.4," * 400)),
    *(("Expect", value) for value in ("100-continue", "a miracle")),
    *(("Origin", value) for value in ("null", "\xff://")),
    ("X-Note", "\x80\xff" * 200),
    ("Range", "bytes=0-9"),
)


TOKENS = ("\xe9\xff", "%00", "a.b.c", "eyJhbGciOiJub25lIn0.e30.", "e30.e30.e30", "' OR '1'='1", "x" * 4_000, "null")
"""Tokens that nobody has, some of them shaped like a JSON Web Token (RFC 7519)."""


def reads_with_headers(scenario: ScenarioContext, actor: Actor) -> Iterator[Odd]:
    """Yield a read of an account with each unusual header and, if the API checks tokens, with each unusual token."""
    url, right = scenario.api.url_of(actor.known_id), scenario.api.credential
    for name, value in HEADERS:
        yield Odd(f"{name}: {value[:40]}", scenario.api.call("GET", url, headers={name: value}))
    for token in TOKENS if right.shown is not None and scenario.profile.capabilities.access else ():
        api = scenario.api.with_credential(replace(right, shown=token, value=token, source=None))
        yield Odd(f"the token {token[:40]}", api.call("GET", url), refused_by="auth-401")


METHODS = ("OPTIONS", "TRACE", "PROPFIND", "PURGE", "LOCK", "QUERY", "FROBNICATE", "X" * 60)
NAMES_OF_IDS = ("id", "_id", "userId", "user_id", "user")


def other_methods(scenario: ScenarioContext, actor: Actor) -> Iterator[Odd]:
    """Yield requests to an account with unusual methods, and GETs that name another one in a header or the query."""
    url, new_user = scenario.api.url_of(actor.known_id), scenario.factory.new_user()
    body = json.dumps(scenario.names.to_target({"name": new_user.name})).encode()
    for method in METHODS:
        yield Odd(f"the method {method}", scenario.api.call(method, url))
    for header, method in zip((*OVERRIDES, OVERRIDES[0]), ("DELETE", "PATCH", "PUT", "PATCH"), strict=True):
        sent = {header: method, "Content-Type": scenario.profile.media_type("PATCH")}
        yield Odd(f"{header}: {method}", scenario.api.call("GET", url, body=body, headers=sent))
    yield Odd("_method=DELETE in the query", scenario.api.call("GET", f"{url}?_method=DELETE"))


def changes_that_name_another(scenario: ScenarioContext, actor: Actor, other: Actor) -> Iterator[Odd]:
    """Yield changes of an account, each with a query or a header that names the account of `other`."""
    _require_own(scenario, other)
    method, url = scenario.update_method, scenario.api.url_of(actor.known_id)
    path = urlsplit(scenario.api.url_of(other.known_id)).path
    ways = [
        *(
            (f"{name} of {other.persona} in the query", f"?{urlencode({name: value})}", {})
            for name, value in _names_of(scenario, other).items()
        ),
        *((f"the path of {other.persona} in {name}", "", {name: path}) for name in ("X-Original-URL", "X-Rewrite-URL")),
    ]
    for what, query, headers in ways:
        new_user = scenario.factory.new_user()
        fields = {"name": new_user.name} if method == "PATCH" else new_user.as_json()
        call = scenario.api.call(method, url + query, fields=fields, headers=headers)
        yield Odd(what, call, fields.get("email", ""), new_user.name)


def delete_naming_another(scenario: ScenarioContext, actor: Actor, other: Actor) -> None:
    """Delete an account with a query that names another one in every way."""
    _require_own(scenario, other)
    call = scenario.api.delete_call(actor.known_id)
    named = replace(call, url=with_query(call.url, _names_of(scenario, other)))
    scenario.keep(scenario.run(scenario.api.send(named)))


def _require_own(scenario: ScenarioContext, actor: Actor) -> None:
    """Raise ContractViolation unless this run created the user: a faulty API may act on any user that a request names.

    The registry checks only the user in the URL of a write by itself.
    """
    scenario.run(scenario.api.permit(scenario.api.delete_call(actor.known_id)))


def _names_of(scenario: ScenarioContext, actor: Actor) -> dict[str, str]:
    """Return parameters that name a user: their id by each usual name, and their email by that of the search."""
    names = dict.fromkeys((scenario.names.id.rpartition("/")[2], *NAMES_OF_IDS), actor.known_id)
    has_search = scenario.profile.capabilities.email_filter
    return {**names, **({scenario.names.email_filter: actor.new_user.email} if has_search else {})}


READS: Mapping[str, Odds] = {
    "unusual ids": reads_of_ids,
    "unusual headers": reads_with_headers,
    "unusual methods": other_methods,
}
"""Requests that change nothing, by the words of the features."""
