"""The usual ways to send a token."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from support.models import Exchange
from support.probe.draft import Draft
from support.profile_requests import Auth

HEADERS = ("X-API-Key", "Api-Key", "X-Auth-Token", "X-Access-Token", "Private-Token", "X-API-Token", "X-Token")
FORMATS = ("Token {token}", "{token}", "ApiKey {token}", "Api-Key {token}", "Key {token}")
PARAMETERS = ("api_key", "apikey", "api-key", "key", "access_token", "token")
USUAL = ("bearer", "basic", "digest", "negotiate", "ntlm")
Way = dict[str, str]


def learn_way(draft: Draft, way: Way, *shown: Exchange | str) -> None:
    """Write down how the token is sent."""
    draft.profile = replace(draft.profile, auth=Auth())
    for key, value in way.items():
        draft.learn(f"auth.{key}", value, *shown)


def ways(token: str, scheme: str = "") -> Iterator[Way]:
    """Yield ways to send the token, the usual ones first; the query, which servers log, comes last.

    `scheme` is what the target asked for: unless it is a usual one, its name is sent before the token.
    """
    if not token:
        return
    if re.fullmatch(r"[A-Za-z][\w-]*", scheme) and scheme.lower() not in USUAL:
        yield {"name": "Authorization", "format": f"{scheme} {{token}}", "scheme": "header"}
    yield from ({"name": name, "scheme": "header"} for name in HEADERS)
    if ":" in token:
        yield {"scheme": "basic", "format": "{token}"}
    yield from ({"name": "Authorization", "format": form, "scheme": "header"} for form in FORMATS)
    if ":" not in token:
        yield {"format": "{token}:", "scheme": "basic"}
    yield from ({"name": name, "format": "{token}", "scheme": "cookie"} for name in ("token", "session"))
    yield from ({"name": name, "scheme": "query"} for name in PARAMETERS)
