"""Connect to a target by reads alone, even if its URLs end with a slash or it wants the token in another way."""

from __future__ import annotations

from collections.abc import Iterator

from support.errors import TargetDown
from support.probe.authentication import Way, learn_way, ways
from support.probe.draft import Draft
from support.settings import Settings
from support.target.connection import Connection
from support.target.opening import SlashMissing, TokenRefused
from support.token_command import TokenCommand


def connect(settings: Settings, draft: Draft) -> Connection:
    """Return a connection; raises SuiteError if the target cannot be reached, or takes the token in no known way."""
    token = _token_of(settings)
    others: Iterator[Way] | None = None
    while True:
        try:
            return Connection(settings, profile=draft.profile)
        except SlashMissing as error:
            draft.learn(error.field, True, str(error))
        except TokenRefused as error:
            if not token:
                raise
            others = others or ways(token, error.scheme)
            if (way := next(others, None)) is None:
                raise TargetDown(
                    f"{settings.base_url} refuses the token in every usual way: in headers, a cookie and the query. "
                    "Check TOKEN, or name the header under [auth] in a profile and begin with that: --from ours.toml."
                ) from None
            learn_way(
                draft, way, "reads that send the token in other ways are refused, and one in this way is answered"
            )


def _token_of(settings: Settings) -> str:
    if settings.token_command is not None:
        return TokenCommand(settings.token_command).token
    return settings.token.get_secret_value() if settings.token and settings.access_controlled else ""
