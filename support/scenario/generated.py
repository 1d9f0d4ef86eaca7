"""Requests that Hypothesis makes up from the seed of the run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from typing import Any
from urllib.parse import quote_from_bytes

import hypothesis
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from support.models import NewUser
from support.scenario.context import Actor, ScenarioContext
from support.scenario.odd_requests import Odd, with_body

KINDS = 5
LONGEST_QUERY = 3
HIGHEST = 0x10FFFF
NUMBERS = ("1e400", "-1e400", "-0", "-0.0", "1E-400", "0.1e1", "9" * 30, "9223372036854775808", "4294967296")
SIGNS = "\0\t\n\r\x1f\x7f\x85\u00a0\u00ad\u200b\u2028\u202e\ufeff\ufffe\uffff\ud800\udfff\U0010ffff'\"\\%$&<>{}[];/"
VISIBLE = "".join(map(chr, (*range(0x21, 0x7F), *range(0x80, 0x100))))
NAMES_OF_HEADERS = (
    *("Accept", "Accept-Language", "Accept-Encoding", "Accept-Charset", "Cookie", "Range", "If-None-Match"),
    *("If-Modified-Since", "If-Unmodified-Since", "User-Agent", "Referer", "Origin", "Forwarded", "Via", "Prefer"),
    *("X-Forwarded-For", "X-Forwarded-Proto", "X-Request-Id", "Traceparent", "Max-Forwards", "Cache-Control"),
)


def requests(scenario: ScenarioContext, actor: Actor, count: int) -> Iterator[Odd]:
    """Yield at most `count` requests: sign-ups, changes, and reads with generated ids, queries and headers."""
    each = count // KINDS
    drawn = partial(_drawn, each, scenario.factory.seed)
    url, listed = scenario.api.url_of(actor.known_id), scenario.api.url
    for method in ("POST", "PATCH"):
        for value in drawn(_json_values()):
            yield with_body(scenario, method, actor, f"a made-up {method}", partial(_with_value, value), {})
    for octets in drawn(_octets()):
        segment = quote_from_bytes(octets, safe="").replace(".", "%2E")
        yield Odd("a made-up id", scenario.api.call("GET", scenario.api.url_with(segment)))
    for pairs in drawn(_queries(scenario)) if scenario.profile.capabilities.list else ():
        query = "&".join(f"{name}={quote_from_bytes(value, safe='')}" for name, value in pairs)
        yield Odd("a made-up query", scenario.api.call("GET", f"{listed}?{query}"))
    for name, value in drawn(_headers()):
        yield Odd("a made-up header", scenario.api.call("GET", url, headers={name: value}))


def _drawn(count: int, seed: int, strategy: SearchStrategy[Any]) -> list[Any]:
    """Return `count` examples of a strategy, or all of its examples if it has fewer."""
    found: list[Any] = []

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=count,
        phases=[hypothesis.Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(strategy)
    def collect(example: Any) -> None:
        found.append(example)

    collect()
    return found[:count]


def _texts(most: int = 20) -> SearchStrategy[str]:
    """Return a strategy for texts of any characters, lone surrogates and other rarely expected ones included."""
    signs = st.sampled_from(SIGNS) | st.integers(0, HIGHEST).map(chr) | st.sampled_from("aZ09 .-_@")
    return st.lists(signs, max_size=most).map("".join)


def _json_values() -> SearchStrategy[str]:
    """Return a strategy for JSON texts of any value, also with numbers that few parsers take and repeated names."""
    simple = st.sampled_from(("null", "true", "false", *NUMBERS)) | st.integers().map(str) | _texts().map(json.dumps)

    def inside(inner: SearchStrategy[str]) -> SearchStrategy[str]:
        pairs = st.tuples(_texts(6).map(json.dumps), inner).map(": ".join)
        lists = st.lists(inner, max_size=4).map(lambda values: f"[{', '.join(values)}]")
        return lists | st.lists(pairs, max_size=4).map(lambda members: f"{{{', '.join(members)}}}")

    return st.recursive(simple, inside, max_leaves=12)


def _with_value(value: str, body: bytes, new_user: NewUser) -> bytes:
    """Put a value into an unknown field and, if its length in bytes is odd, in the place of the name as well."""
    octets = value.encode()
    body = body.replace(json.dumps(new_user.name).encode(), octets, 1) if len(octets) % 2 else body
    return body.replace(b"{", b'{"x": ' + octets + b", ", 1)


def _octets() -> SearchStrategy[bytes]:
    return st.binary(min_size=1, max_size=30) | _texts().map(lambda text: f"x{text}".encode("utf-8", "surrogatepass"))


def _queries(scenario: ScenarioContext) -> SearchStrategy[list[tuple[str, bytes]]]:
    """Return a strategy for queries with parameters that the target knows, and with unknown ones."""
    has, names = scenario.profile.capabilities, scenario.names
    known = ([names.email_filter] if has.email_filter else []) + ([names.page, names.limit] if has.pages else [])
    parameters = st.sampled_from([name + end for name in filter(None, [*known, "x"]) for end in ("", "", "[]", "[x]")])
    values = _octets() | st.sampled_from(("1", "-1", "0", "1e3", "NaN", "9" * 40)).map(str.encode)
    return st.lists(st.tuples(parameters, values), min_size=1, max_size=LONGEST_QUERY)


def _headers() -> SearchStrategy[tuple[str, str]]:
    """Return a strategy for headers with values that HTTP allows (RFC 9110 §5.5)."""
    signs = st.sampled_from(VISIBLE) | st.sampled_from(',;="/*-:')
    values = st.lists(signs, min_size=1, max_size=40).map("".join)
    return st.tuples(st.sampled_from(NAMES_OF_HEADERS), values)
