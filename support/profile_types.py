"""The types of values in profiles, each with its check."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from datetime import date
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field

from support.rules import RULES

STRICT = ConfigDict(extra="forbid", strict=True)


def wanting(wish: str, fits: Callable[[str], object]) -> AfterValidator:
    """Return a check that refuses a text which does not fit, and says what it must be."""

    def check(value: str) -> str:
        if fits(value):
            return value
        raise ValueError(wish)

    return AfterValidator(check)


def _day(value: object) -> object:
    """Read a day; pydantic would take a text of digits for a number of seconds."""
    try:
        return date.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        raise ValueError(f"{value!r} is not a day such as 2026-11-23") from None


def _rule(value: str) -> str:
    if value in RULES:
        return value
    near = difflib.get_close_matches(value, RULES, 1)
    raise ValueError(
        f"there is no rule {value!r}; {f'the nearest is {near[0]}' if near else 'support/rules.py has all'}"
    )


Text = Annotated[str, Field(min_length=1)]
Day = Annotated[date, BeforeValidator(_day)]
Patterns = Annotated[tuple[Text, ...], Field(min_length=1)]
Statuses = Annotated[tuple[Annotated[int, Field(ge=200, le=599)], ...], Field(min_length=1)]
Link = Annotated[
    str,
    wanting(
        "it must be an http:// or https:// URL, without a user, a password or white space in it",
        re.compile(r"https?://[^\s/?#@]+(?=\Z|[/?#])\S*").fullmatch,
    ),
]
Pointer = Annotated[str, wanting("it must be a JSON pointer such as /data/users", re.compile("(/[^/]+)*").fullmatch)]
Rule = Annotated[str, AfterValidator(_rule)]
