"""Discover how the target divides its list into pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from support.contract.guesses import BY_OFFSET, BY_PAGE, LIST_SIZES
from support.contract.normalizers import ids_of, listed
from support.http.reading import document_of
from support.models import Exchange
from support.probe.client import ProbeClient
from support.probe.cursors import discover_cursor
from support.profile_answers import Names, Pages
from support.target.locating import beside_lists

SIZE_FIELDS = ("limit", "size", "per_page", "perPage", "page_size", "pageSize", "max_results")


def discover_paging(client: ProbeClient) -> None:
    """Learn how pages are requested, and whether the list only comes in pages; three users have to exist."""
    plain = client.get()
    names, known = client.profile.names, client.profile.pages
    ways = [(f"{names.page} {names.limit}", replace(known, size=None))]  # the pair of the contract, or of --from
    ways += [*((pair, Pages()) for pair in BY_PAGE), *((pair, Pages(counts="users")) for pair in BY_OFFSET)]
    for pair, pages in ways if names.page and names.limit else ways[1:]:
        page, limit = pair.split()
        found = _try_pages(client, page, limit, pages)
        if found is not None:
            _learn_paging(client, page, limit, *found, plain)
            return
    if discover_cursor(client):
        return
    tried = "none of the usual pairs of parameters, such as page and limit, made pages"
    client.learn("capabilities.pages", False, f"{tried}; if the API has others, name them in a profile for --from")
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
        return (pages if from_zero else replace(pages, first=1), shown[:2] if from_zero else shown[1:])
    return (Pages(first=0), shown[:2]) if from_zero else (pages, shown[1:])


def _learn_paging(
    client: ProbeClient, page: str, limit: str, pages: Pages, shown: tuple[Exchange, ...], plain: Exchange
) -> None:
    client.learn("capabilities.pages", True, *shown)
    client.learn("names.page", page, *shown)
    client.learn("names.limit", limit, *shown)
    if pages.counts == "users":
        client.learn("pages.counts", "users", *shown)
    if pages.first is not None:
        client.learn("pages.first", pages.first, *shown)
    is_of_another_make = (page, limit) != (Names.page, Names.limit)  # such lists are often cut, and do not say so
    if is_of_another_make or _seems_cut(plain) or _continues(client, plain):
        size, largest = _largest_page(client)
        client.learn("pages.size", size, plain, largest)


def _seems_cut(plain: Exchange) -> bool:
    """Whether the answer to a plain GET may lack users: it has a next link, or a number or a null beside the list."""
    if plain.answer is None:
        return False
    if 'rel="next"' in (plain.answer.header("Link") or ""):
        return True
    document = document_of(plain.answer)
    told = any(type(value) is int for _, value in beside_lists(document))
    return told or (isinstance(document, Mapping) and None in document.values())


def _continues(client: ProbeClient, plain: Exchange) -> bool:
    """Whether the list goes on: with pages as long as the plain list, the second one has users, too."""
    count = len(listed(plain.answer, client.profile) or [])
    return count > 0 and bool(listed(client.run(client.api.page(2, count)).answer, client.profile))


def _largest_page(client: ProbeClient) -> tuple[int, Exchange]:
    for size in LIST_SIZES:
        exchange = client.run(client.api.page(1, size))
        if exchange.status == 200:
            break
    told = beside_lists(document_of(exchange.answer))
    sizes = [value for path, value in told if path[-1] in SIZE_FIELDS and type(value) is int and value > 0]
    return min([size, *sizes]), exchange
