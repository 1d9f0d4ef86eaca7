"""Discover how the target divides its list into pages."""

from __future__ import annotations

from collections.abc import Mapping

from support.contract.guesses import BY_OFFSET, BY_PAGE, LIST_SIZES
from support.contract.matchers import body_of
from support.contract.normalizers import ids_of, listed
from support.models import Exchange
from support.probe.client import ProbeClient, fields_of
from support.probe.cursors import discover_cursor
from support.profile_answers import Pages

SIZE_FIELDS = ("limit", "size", "per_page", "page_size", "pageSize")


def discover_paging(client: ProbeClient) -> None:
    """Learn how pages are requested, and whether the list only comes in pages; it wants three users."""
    plain = client.get()
    ways = [*((pair, Pages()) for pair in BY_PAGE), *((pair, Pages(counts="users")) for pair in BY_OFFSET)]
    for pair, pages in ways:
        page, limit = pair.split()
        found = _try_pages(client, page, limit, pages)
        if found is not None:
            _learn_paging(client, page, limit, *found, plain)
            return
    if discover_cursor(client):
        return
    tried = f"none of {len(ways)} pairs of parameters such as page and limit made pages"
    client.learn("capabilities.pages", False, tried)
    if not client.own_ids <= set(ids_of(plain.answer, client.profile)):
        client.draft.remarks += [
            "The list does not show all users, but no parameters were found that request the others, so cleanup finds",
            "no user beyond the first page. Set names.page, names.limit and pages.size by hand.",
        ]


def _try_pages(client: ProbeClient, page: str, limit: str, pages: Pages) -> tuple[Pages, tuple[Exchange, ...]] | None:
    """Return how two parameters divide the list into pages of one user, or None if they do not."""
    shown = tuple(client.get({page: number, limit: 1}) for number in (0, 1, 2))
    ids = [ids_of(one.answer, client.profile) if one.status == 200 else [] for one in shown]
    if not all(len(found) == 1 for found in ids[1:]) or ids[1] == ids[2]:
        return None
    from_zero = len(ids[0]) == 1 and ids[0] not in ids[1:]
    if pages.counts == "users":
        return (pages, shown[:2]) if from_zero else None
    return (Pages(first=0), shown[:2]) if from_zero else (pages, shown[1:])


def _learn_paging(
    client: ProbeClient, page: str, limit: str, pages: Pages, shown: tuple[Exchange, ...], plain: Exchange
) -> None:
    client.learn("capabilities.pages", True, *shown)
    client.learn("names.page", page, *shown)
    client.learn("names.limit", limit, *shown)
    if pages.counts == "users":
        client.learn("pages.counts", "users", *shown)
    elif pages.first == 0:
        client.learn("pages.first", 0, *shown)
    if _seems_cut(plain) or _continues(client, plain):
        size, largest = _largest_page(client)
        client.learn("pages.size", size, plain, largest)


def _seems_cut(plain: Exchange) -> bool:
    """Whether the answer to a plain GET may not show all users: it has a link to the next page, or a count."""
    if plain.answer is None:
        return False
    if 'rel="next"' in (plain.answer.header("Link") or ""):
        return True
    document, _ = body_of(plain.answer)
    return isinstance(document, Mapping) and any(type(value) is int or value is None for value in document.values())


def _continues(client: ProbeClient, plain: Exchange) -> bool:
    """Whether a second page follows one that is as long as the plain list."""
    count = len(listed(plain.answer, client.profile) or [])
    return count > 0 and bool(listed(client.run(client.api.page(2, count)).answer, client.profile))


def _largest_page(client: ProbeClient) -> tuple[int, Exchange]:
    for size in LIST_SIZES:
        exchange = client.run(client.api.page(1, size))
        if exchange.status == 200:
            break
    fields = fields_of(exchange)
    sizes = [fields[key] for key in SIZE_FIELDS if type(fields.get(key)) is int and fields[key] > 0]
    return min([size, *sizes]), exchange
