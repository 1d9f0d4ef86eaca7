"""The mark that every email of the suite carries, so that its users can be distinguished from all others."""

from __future__ import annotations

import re
import secrets
import zlib

ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
PREFIX = "uat-"
_MARK = re.compile(r"(?<![a-z0-9])uat-[a-z2-7]{12}(?![a-z0-9])")


def new_mark(signs: str = ALPHABET) -> str:
    """Return the mark of a new run: `uat-`, ten random characters out of `signs`, and two check characters."""
    drawn = "".join(secrets.choice(signs) for _ in range(10))
    return PREFIX + drawn + _check(drawn)


def mark_in(text: object) -> str | None:
    """Return the mark that a text carries in full, whatever its letter case; None if it carries none."""
    for found in _MARK.findall(str(text).lower()):
        drawn = found.removeprefix(PREFIX)
        if drawn[10:] == _check(drawn[:10]):
            return str(found)
    return None


def _check(drawn: str) -> str:
    digest = zlib.crc32(drawn.encode())
    return ALPHABET[digest & 31] + ALPHABET[digest >> 5 & 31]
