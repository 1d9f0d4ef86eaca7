"""What the headers of an answer say about a quota: how many requests are left, and until when.

They are `RateLimit` and `RateLimit-Policy` as in the IETF drafts, or `RateLimit-Limit`, `-Remaining` and `-Reset` as in
older drafts, with or without `X-`. A reset is in seconds from now, or a Unix time in seconds or milliseconds.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from support.models import Answer

ANY = re.compile(r"(?:x-)?rate-?limit", re.IGNORECASE)
PARAMETER = re.compile(r"\b(limit|remaining|reset|[qwrt])\s*=\s*(\d{1,12})\b")
LEADING = re.compile(r"\s*(\d{1,13})\b")
A_UNIX_TIME = 10**9
IN_MILLISECONDS = 10**12


@dataclass(frozen=True)
class Quota:
    """A quota of an API: `limit` requests in all, `left` of them for the next `resets_s` seconds."""

    limit: int
    left: int
    resets_s: float


def quotas_in(answer: Answer) -> list[Quota]:
    """Return the quotas that an answer states; none if its headers are not understood."""
    named = {name.lower(): value for name, value in answer.headers.items() if ANY.match(name)}
    fields = {name.replace("rate-limit", "ratelimit"): value for name, value in named.items()}
    if not fields:
        return []
    if "ratelimit" in fields:
        return _listed(fields["ratelimit"], fields.get("ratelimit-policy", ""))
    for prefix in ("ratelimit", "x-ratelimit"):
        limit, left, reset = (_leading(fields, f"{prefix}-{part}") for part in ("limit", "remaining", "reset"))
        if limit and left is not None and reset is not None:
            return [Quota(limit, left, _seconds(reset, answer))]
    return []


def _listed(told: str, policies: str) -> list[Quota]:
    """Read `"name";r=50;t=30, …`, with limits in the policies, or `limit=100, remaining=50, reset=30`."""
    whole = dict(PARAMETER.findall(told))
    if {"limit", "remaining", "reset"} <= whole.keys():
        return _quota(whole["limit"], whole["remaining"], whole["reset"])
    limits = {_name(item): dict(PARAMETER.findall(item)).get("q") for item in policies.split(",")}
    found = []
    for item in told.split(","):
        parameters = dict(PARAMETER.findall(item))
        limit = limits.get(_name(item)) or parameters.get("r")
        found += _quota(limit, parameters.get("r"), parameters.get("t"))
    return found


def _quota(limit: str | None, left: str | None, reset: str | None) -> list[Quota]:
    if limit is None or left is None or reset is None or int(limit) == 0:
        return []
    return [Quota(int(limit), int(left), float(reset))]


def _name(item: str) -> str:
    return item.partition(";")[0].strip()


def _leading(fields: Mapping[str, str], name: str) -> int | None:
    found = LEADING.match(fields.get(name, ""))
    return int(found[1]) if found else None


def _seconds(reset: int, answer: Answer) -> float:
    """Return the seconds until a reset, which may be told as Unix time by the clock of the server."""
    if reset < A_UNIX_TIME:
        return float(reset)
    moment = reset / 1000 if reset >= IN_MILLISECONDS else float(reset)
    try:
        now = parsedate_to_datetime(answer.header("Date") or "").timestamp()
    except ValueError:
        now = time.time()
    return max(0.0, moment - now)
