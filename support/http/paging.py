"""Lists that only come in pages: read page by page, and merged into one answer."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from support.contract.normalizers import id_in, ids_of, listed
from support.http.operations import Operation
from support.models import Answer, Attempt, Exchange
from support.pointers import at, placed, steps_of
from support.profile import Profile
from support.profile_answers import Pages

TRIES = 3
PAST_THE_END = 404
WHOLE = re.compile(r"-?[0-9]+")
URLS = ("http://", "https://")
LINKS = (*URLS, "/", "?")

Fetch = Callable[[object], Operation[Exchange]]
"""Reads the page at a place: a number as the target counts, a cursor, or the page's URL; None for the first page."""


def place_of(number: object, limit: object, pages: Pages) -> object:
    """Return the place of a page, numbered from 1, as the target counts; any other value comes back unchanged."""
    if not WHOLE.fullmatch(str(number)):
        return number
    before = int(str(number)) - 1
    if not pages.are_numbered:
        return number if before else None
    size = str(limit or 1) if pages.counts == "users" and before else "1"
    return before * int(size) + pages.begin if WHOLE.fullmatch(size) else number


def whole_list(fetch: Fetch, profile: Profile) -> Operation[Exchange]:
    """Read all pages; return the first exchange with the users of all, or the exchange whose answer was no list.

    Users who are created or deleted meanwhile move others to another page: if a user is on two pages, all pages are
    read again.
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
    place: object = profile.pages.begin if profile.pages.are_numbered else None
    while True:
        exchange = yield from fetch(place)
        entries = listed(exchange.answer, profile) if exchange.status == 200 else None
        if entries is None:
            past_the_end = pages and exchange.status in (PAST_THE_END, *profile.answers.no_match)
            return pages if past_the_end else [exchange]
        ids = ids_of(exchange.answer, profile)
        if pages and seen.issuperset(ids):
            return pages
        pages.append(exchange)
        seen.update(ids)
        place = _place_after(place, exchange, entries, profile) if entries else None
        if place is None:
            return pages
        if leads_elsewhere(place, exchange.call.url):
            return [_unread(exchange, place)]


def _place_after(place: object, exchange: Exchange, entries: Sequence[object], profile: Profile) -> object:
    """Return the place of the next page; None if this one is known to be the last."""
    if profile.pages.counts == "cursor":
        return _next(exchange, profile.pages)
    if profile.pages.counts == "last_id":
        return id_in(entries[-1], profile.names)
    assert isinstance(place, int)
    return place + (len(entries) if profile.pages.counts == "users" else 1)


def _next(exchange: Exchange, pages: Pages) -> str | None:
    """Return the cursor or the URL of the next page, which the target gives; None after the last one."""
    from requests.utils import parse_header_links  # late: it loads requests, and steps are loaded before the first hook

    from support.http.urls import destination

    answer = exchange.answer
    assert answer is not None
    if pages.next_pointer is not None:
        found = at(answer.document, steps_of(pages.next_pointer))
    else:
        links = parse_header_links(answer.header("Link") or "")
        found = next((link["url"] for link in links if link.get("rel") == "next"), None)
    if found in (None, "", False):
        return None
    is_link = pages.next_pointer is None or str(found).startswith(LINKS)
    return (is_link and destination(exchange.call.url, str(found))) or str(found)


def leads_elsewhere(place: object, here: str) -> bool:
    """Whether a place is the URL of another server, which must not get the token."""
    from support.http.urls import origin_of

    return is_url(place) and origin_of(str(place)) != origin_of(here)


def is_url(place: object) -> bool:
    """Whether a place is a URL, not a number or a cursor."""
    return isinstance(place, str) and place.startswith(URLS)


def _unread(exchange: Exchange, place: object) -> Exchange:
    """Return an exchange whose answer cannot be read as a list, as the next page is on another server."""
    assert exchange.answer is not None
    why = f"the link to the next page leads to another server, and is not followed: {place}"
    answer = replace(exchange.answer, body=b"", excess=why)
    return replace(exchange, attempts=(*exchange.attempts[:-1], Attempt(answer)))


def _merged(pages: Sequence[Exchange], profile: Profile) -> Exchange:
    """Return the first page's exchange with the entries of all pages in its answer."""
    first = pages[0]
    if len(pages) == 1 or first.answer is None:
        return first
    entries = [entry for exchange in pages for entry in listed(exchange.answer, profile) or []]
    body = json.dumps(placed(first.answer.document, steps_of(profile.names.list_pointer), entries)).encode()
    seconds = sum(exchange.answer.seconds for exchange in pages if exchange.answer)
    answer = Answer(first.answer.status, first.answer.headers, body, seconds)
    return replace(first, attempts=(*first.attempts[:-1], Attempt(answer)))
