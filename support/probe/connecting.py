"""Connect to a target whose URLs end with a slash, or that wants its token in another way: by reads alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from support.probe.draft import Draft
from support.profile_requests import Auth
from support.settings import Settings
from support.target.connection import Connection
from support.target.preflight import SlashMissing, TokenRefused

HEADERS = ("X-API-Key", "Api-Key", "X-Auth-Token", "X-Access-Token")
FORMATS = ("Token {token}", "{token}", "ApiKey {token}", "Api-Key {token}", "Key {token}")
PARAMETERS = ("api_key", "apikey", "api-key", "key", "access_token", "token")
Way = dict[str, str]


def connect(settings: Settings, draft: Draft) -> Connection:
    """Return a connection; raises SuiteError if the target cannot be reached, or takes the token in no known way."""
    ways = _ways(settings)
    first: TokenRefused | None = None
    while True:
        try:
            return Connection(settings, profile=draft.profile)
        except SlashMissing as error:
            draft.learn("paths.collection_slash", True, str(error))
        except TokenRefused as error:
            first = first or error
            if (way := next(ways, None)) is None:
                raise first from None
            draft.profile = replace(draft.profile, auth=Auth())
            for key, value in way.items():
                draft.learn(f"auth.{key}", value, f"a read with the token as bearer: {first}")


def _ways(settings: Settings) -> Iterator[Way]:
    """Yield ways to send the token, the usual ones first; the query, which servers log, comes last."""
    token = settings.token.get_secret_value() if settings.token and settings.access_controlled else ""
    if not token:
        return
    yield from ({"name": name, "scheme": "header"} for name in HEADERS)
    if ":" in token:
        yield {"scheme": "basic", "format": "{token}"}
    yield from ({"name": "Authorization", "format": form, "scheme": "header"} for form in FORMATS)
    if ":" not in token:
        yield {"format": "{token}:", "scheme": "basic"}
    yield from ({"name": name, "format": "{token}", "scheme": "cookie"} for name in ("token", "session"))
    yield from ({"name": name, "scheme": "query"} for name in PARAMETERS)
