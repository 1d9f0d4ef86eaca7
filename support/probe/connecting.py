"""Connect to a target whose URLs end with a slash, or that wants its token in another way: by reads alone."""

from __future__ import annotations

from collections.abc import Iterator

from support.probe.authentication import Way, learn_way, ways
from support.probe.draft import Draft
from support.settings import Settings
from support.target.connection import Connection
from support.target.opening import SlashMissing, TokenRefused


def connect(settings: Settings, draft: Draft) -> Connection:
    """Return a connection; raises SuiteError if the target cannot be reached, or takes the token in no known way."""
    token = settings.token.get_secret_value() if settings.token and settings.access_controlled else ""
    others: Iterator[Way] | None = None
    first: TokenRefused | None = None
    while True:
        try:
            return Connection(settings, profile=draft.profile)
        except SlashMissing as error:
            draft.learn("paths.collection_slash", True, str(error))
        except TokenRefused as error:
            first, others = first or error, others or ways(token, error.scheme)
            if (way := next(others, None)) is None:
                raise first from None
            learn_way(draft, way, "a read with the token as bearer is refused, and one in this way is answered")
