"""Discover lists in which each page leads to the next one: by a cursor, by a link, or by its last id."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from support.contract.guesses import LIST_SIZES
from support.contract.normalizers import ids_of, listed
from support.http.reading import document_of
from support.models import Exchange
from support.pointers import at
from support.probe.client import ProbeClient
from support.target.locating import Path, beside_lists, pointer

LIMITS = ("page[size]", "limit", "page_size", "per_page", "size", "pageSize", "maxResults", "count", "first", "$top")
"""Parameters for the size of a page."""
CURSORS = (
    *("cursor", "page[after]", "after", "next", "next_cursor", "page_token", "pageToken", "starting_after"),
    *("nextToken", "token", "continuation", "continuationToken", "marker", "page"),
)
"""Parameters that take a cursor."""
AFTER = ("starting_after", "after", "after_id", "since", "since_id", "last_id", "startAfter", "exclusiveStartKey")
"""Parameters that take the last id of the page before."""
NEXT = ("next", "cursor", "after", "endcursor", "continuation", "continuationtoken", "marker")


def discover_cursor(client: ProbeClient) -> bool:
    """Learn how a page leads to the next one; return whether the list then has all users of the probe."""
    for limit, shown in _cut_lists(client):
        for counts, way in _ways_on(limit, shown):
            client.learn("capabilities.pages", False, "pages have no numbers to ask for: each leads to the next")
            client.learn("pages.counts", counts, shown)
            if limit:
                client.learn("names.limit", limit, shown)
                sizes = ((size, client.get({limit: size})) for size in LIST_SIZES)
                client.learn("pages.size", *next((pair for pair in sizes if pair[1].status == 200), (1, shown)))
            if way is not None:
                client.learn("pages.next_pointer", pointer(way), shown)
            if _is_read_whole(client, counts, way, shown):
                return True
            for path, before in (("pages.counts", "pages"), ("pages.size", None), ("pages.next_pointer", None)):
                client.learn(path, before)
    return False


def _cut_lists(client: ProbeClient) -> Iterator[tuple[str, Exchange]]:
    """Yield each parameter that cuts the list to one user, with the answer; then an empty one with the plain list."""
    for limit in LIMITS:
        shown = client.get({limit: 1})
        if shown.status == 200 and len(listed(shown.answer, client.profile) or []) == 1:
            yield limit, shown
    yield "", client.get()


def _ways_on(limit: str, shown: Exchange) -> Iterator[tuple[str, Path | None]]:
    """Yield how an answer may lead to the next page, and the place in its body; None for its Link header or last id."""
    assert shown.answer is not None
    if 'rel="next"' in (shown.answer.header("Link") or ""):
        yield "cursor", None
    for path, value in beside_lists(document_of(shown.answer)):
        key = path[-1].lower().replace("_", "").replace("-", "").rpartition(".")[2]
        if value not in (None, "", False, True) and (key in NEXT or key.startswith("next")):
            yield "cursor", path
    if limit:
        yield "last_id", None


def _is_read_whole(client: ProbeClient, counts: str, way: Path | None, shown: Exchange) -> bool:
    """Whether a list read in pages of one has every user of the probe; learns the parameter that asks for a page."""
    cursor: Any = at(document_of(shown.answer), way) if way is not None and shown.answer else "/"
    is_link = str(cursor).startswith(("http://", "https://", "/", "?"))
    size, evidence = client.profile.pages.size, client.draft.evidence.get("pages.size", "")
    for name in AFTER if counts == "last_id" else ("",) if is_link else CURSORS:
        if name:
            client.learn("names.page", name, shown)
        if size is not None:
            client.learn("pages.size", 1)
        ids = ids_of(client.run(client.api.list()).answer, client.profile)
        if size is not None:
            client.learn("pages.size", size, evidence)
        if client.own_ids <= set(ids):
            return True
    return False
