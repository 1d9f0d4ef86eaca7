"""Lists that only come in pages: read page by page, and merged into one answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from support.contract.normalizers import ids_of, listed
from support.http.operations import Operation
from support.models import Answer, Attempt, Exchange
from support.profile import Profile
from support.profile_answers import Pages

TRIES = 3
PAST_THE_END = 404

Fetch = Callable[[int], Operation[Exchange]]
"""Reads the page at a place, counted as the target counts."""


def place_of(number: object, limit: object, pages: Pages) -> object:
    """Return the place of a page, numbered from 1, as the target counts; any other value comes back unchanged."""
    try:
        before = int(str(number)) - 1
        return before * int(str(limit)) if pages.counts == "users" and before else before + _first(pages)
    except ValueError:
        return number


def whole_list(fetch: Fetch, profile: Profile) -> Operation[Exchange]:
    """Read all pages; return the first exchange with all users in it, or the one whose answer was no list.

    Users who are created or deleted meanwhile move others to another page: if a user is on two, all are read again.
    """
    for _ in range(TRIES):
        pages = yield from _pages(fetch, profile)
        ids = [user_id for exchange in pages for user_id in ids_of(exchange.answer, profile)]
        if len(ids) == len(set(ids)):
            break
    return _merged(pages, profile)


def _pages(fetch: Fetch, profile: Profile) -> Operation[Sequence[Exchange]]:
    """Return the pages up to the last one with a new user, or only the exchange whose answer is no list."""
    pages: list[Exchange] = []
    seen: set[str] = set()
    entries_so_far = 0
    while True:
        by_users = profile.pages.counts == "users"
        exchange = yield from fetch(entries_so_far if by_users else len(pages) + _first(profile.pages))
        entries = listed(exchange.answer, profile) if exchange.status == 200 else None
        if entries is None:
            past_the_end = pages and exchange.status in (PAST_THE_END, *profile.answers.no_match)
            return pages if past_the_end else [exchange]
        ids = set(ids_of(exchange.answer, profile))
        if pages and ids <= seen:
            return pages
        pages.append(exchange)
        if not entries:
            return pages
        seen |= ids
        entries_so_far += len(entries)


def _first(pages: Pages) -> int:
    return 0 if pages.counts == "users" else pages.first


def _merged(pages: Sequence[Exchange], profile: Profile) -> Exchange:
    """Return the first page's exchange with the entries of all in its answer."""
    first = pages[0]
    if len(pages) == 1 or first.answer is None:
        return first
    entries = [entry for exchange in pages for entry in listed(exchange.answer, profile) or []]
    body = json.dumps(_replaced(first.answer.json(), profile.names.list_pointer.split("/")[1:], entries)).encode()
    seconds = sum(exchange.answer.seconds for exchange in pages if exchange.answer)
    answer = Answer(first.answer.status, first.answer.headers, body, seconds)
    return replace(first, attempts=(*first.attempts[:-1], Attempt(answer)))


def _replaced(document: Any, keys: Sequence[str], entries: list[Any]) -> Any:
    """Return a wrapped list with its entries replaced."""
    return {**document, keys[0]: _replaced(document[keys[0]], keys[1:], entries)} if keys else entries
