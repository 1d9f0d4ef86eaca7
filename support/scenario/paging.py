"""The list page by page: the requests, and the checks on the pages."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain

from support.cleanup.polling import PollPolicy
from support.contract.claims import Claim, shown
from support.contract.normalizers import ids_of
from support.contract.violation import fail
from support.errors import Inconclusive, NotOffered, number_of
from support.models import Exchange
from support.scenario.context import Actor, ScenarioContext
from support.scenario.directory import entries_of, finds_no_user, is_list, read_list
from support.scenario.paged import MOST_PAGES, Fit, Paged
from support.scenario.waiting import LIST, poll_until

POLLING = PollPolicy(first_s=0.1, cap_s=2.0, deadline_s=12.0)
TRIES = 3
LARGEST_PAGE = 100
FAR_PAST_THE_END = 1000
Reader = Callable[[ScenarioContext, int, Sequence[str]], list[Exchange]]
"""Reads all pages of a size, of a list with these ids."""


# Requests


def largest_page(scenario: ScenarioContext) -> int:
    return min(LARGEST_PAGE, scenario.profile.pages.size or LARGEST_PAGE)


def read_page(scenario: ScenarioContext, number: object, size: object) -> Exchange:
    exchange = scenario.run(scenario.api.page(number, size))
    scenario.keep(exchange)
    return exchange


def read_page_of(scenario: ScenarioContext, actor: Actor, size: int | None = None) -> Exchange:  # noqa: RET503 - see fail
    """Read the page that shows a user: first the one that the list suggests, then page after page."""
    size = size or largest_page(scenario)
    for _ in range(TRIES):
        listed = _ids(scenario, read_list(scenario))
        guess = listed.index(actor.known_id) // size + 1 if actor.known_id in listed else 1
        pages = read_until_empty(scenario, range(1, MOST_PAGES), size)
        for exchange in chain([read_page(scenario, guess, size)], pages):
            scenario.keep(exchange)
            if actor.known_id in _ids(scenario, exchange) or exchange.status != 200:
                return exchange
    attempted = scenario.then(f"reading page after page, {size} users each")
    fail("pages", attempted, [f"{actor.persona} on one of the pages"], [f"{actor.persona} is on no page"], exchange)


def read_all_pages(scenario: ScenarioContext, size: int | None = None, at_once: bool = False) -> None:
    """Read all pages between two reads of the whole list, again until the pages fit the list; the last result counts.

    Misfits that changes by other clients explain are accepted the third time. Other misfits count as wrong the third
    time, if no change was ever seen: a user who comes and goes in between is in neither list. Raises Inconclusive if
    other clients keep changing the list.
    """
    scenario.registry.wait_for_deletions()
    seen, strange = Counter[Fit](), set[str]()
    for wait in chain([0.0], POLLING.waits()):
        time.sleep(wait)
        scenario.paged = replace(_paged(scenario, size, _pages_at_once if at_once else _pages), lasting=strange)
        if not strange.isdisjoint(scenario.paged.strange):
            seen = Counter({Fit.WRONG: seen.total()})  # so nobody had come and gone before
        strange = strange | scenario.paged.strange
        seen[scenario.paged.fit] += 1
        if seen[Fit.RIGHT] or seen[Fit.EXPLAINED] == TRIES or seen == {Fit.WRONG: TRIES}:
            return
    if len(seen) > 1 or seen[Fit.UNCLEAR]:
        raise Inconclusive(f"other clients changed the list for {POLLING.deadline_s:g} s while it was read in pages")


def _paged(scenario: ScenarioContext, size: int | None, read: Reader) -> Paged:
    before = read_list(scenario)
    size = size or min(largest_page(scenario), max(1, -(-len(_ids(scenario, before)) // 5)))
    return Paged(before, read(scenario, size, _ids(scenario, before)), read_list(scenario), size, scenario.profile)


def _pages(scenario: ScenarioContext, size: int, listed: Sequence[str]) -> list[Exchange]:
    """Read page after page until a page is empty or no list, or `TRIES` pages in a row show no new user.

    Read a page of another size before, and two users after the first page: reads must not move users between pages.
    """
    pages, seen, repeated = list[Exchange](), set[str](), 0
    scenario.run(scenario.api.page(1, size + 1 if size < largest_page(scenario) else max(1, size - 1)))
    while len(pages) < MOST_PAGES and repeated < TRIES:
        pages.append(scenario.run(scenario.api.page(len(pages) + 1, size)))
        ids = set(_ids(scenario, pages[-1]))
        if not entries_of(scenario, pages[-1]):
            break
        for user_id in (*sorted(ids)[:1], *[one for one in listed if one not in ids][-1:]) if len(pages) == 1 else ():
            scenario.run(scenario.api.read(user_id))
        repeated = repeated + 1 if ids and ids <= seen else 0
        seen |= ids
    return pages


def _pages_at_once(scenario: ScenarioContext, size: int, listed: Sequence[str]) -> list[Exchange]:
    """Read all pages of a list at once, and one more, which is empty."""
    if scenario.profile.pages.counts == "cursor":
        raise NotOffered("the place of a page is in the answer with the page before it")
    numbers = range(1, -(-len(listed) // size) + 2)
    return scenario.run_few_at_once([scenario.api.page(number, size) for number in numbers])


def read_pages_with(scenario: ScenarioContext, user_ids: set[str]) -> list[Exchange]:
    """Read all pages, again unless each of these users is shown once: deleting a user moves others between pages.

    If there are very many pages, read only the pages that the list suggests for these users, except at the last try.
    """
    scenario.registry.wait_for_deletions()
    for turn in range(1, TRIES + 1):
        count, suggested = _suggested(scenario, user_ids)
        size = largest_page(scenario)
        are_many = bool(user_ids) and count >= size * (MOST_PAGES - 1)
        last = count // size + TRIES if are_many else MOST_PAGES
        pages = [*read_until_empty(scenario, suggested if are_many and turn < TRIES else range(1, last), size)]
        counts = Counter(user_id for exchange in pages for user_id in _ids(scenario, exchange))
        if all(counts[user_id] == 1 for user_id in user_ids):
            break
        scenario.session.last_list = None
    return pages


def _suggested(scenario: ScenarioContext, user_ids: set[str]) -> tuple[int, list[int]]:
    """Return how many users the last list shows, and on which pages these users would be in the order of the list."""
    if not (user_ids and scenario.profile.capabilities.list):
        return 0, []
    last = scenario.session.last_list
    listed = _ids(scenario, last[2] if last is not None else read_list(scenario))
    places = (place for place, one in enumerate(listed) if one in user_ids)
    return len(listed), sorted({place // largest_page(scenario) + 1 for place in places})


def read_until_empty(scenario: ScenarioContext, numbers: Iterable[int], size: int) -> Iterator[Exchange]:
    """Yield these pages, up to the first that shows no new user.

    After a page of fewer than `size` users there need be no further page: an error in its place is left out.
    """
    seen, is_short = set[str](), False
    for number in numbers if scenario.profile.capabilities.pages else ():
        exchange = scenario.run(scenario.api.page(number, size))
        if exchange.status == 200 or not is_short:
            yield exchange
        ids = _ids(scenario, exchange)
        if seen.issuperset(ids):
            return
        seen, is_short = seen.union(ids), len(ids) < size


# Checks


def no_longer_shows(scenario: ScenarioContext, actor: Actor) -> None:
    """Check that the page that an earlier step kept no longer shows a user."""

    def read() -> Exchange:
        return scenario.run(scenario.api.send(scenario.values["the page"]))

    def is_right(page: Exchange) -> bool:
        return page.status in (200, *scenario.answers.no_match) and actor.known_id not in _ids(scenario, page)

    exchange = poll_until(scenario, LIST, read, is_right)
    if not is_right(exchange):
        is_shown = actor.known_id in _ids(scenario, exchange)
        wrong = [f"the page shows user {actor.id}" if is_shown else f"the status was {exchange.status}"]
        scenario.fail(f"a page without {actor.persona}", wrong, exchange, shown(actor.id, 0))


def has_between(
    scenario: ScenarioContext, exchange: Exchange, least: int, most: int, attempted: str | None = None
) -> None:
    """Check how many users a page shows."""
    is_list(scenario, exchange, attempted=attempted)
    count = len(entries_of(scenario, exchange))
    if not least <= count <= most:
        claims = [Claim("list"), Claim("count", (least, most))]
        scenario.fail(f"{least} to {most} users", [f"the page shows {count}"], exchange, claims)


def keep_their_size(scenario: ScenarioContext) -> None:
    """Check that no page shows more users than its size, nor the answer to a size without a page number."""
    paged = scenario.pages
    unnumbered = [(0, read_page(scenario, None, paged.size))] if scenario.names.limit else []
    for number, exchange in chain(unnumbered, enumerate(paged.pages, start=1)):
        if number > 1 and exchange.status in scenario.answers.no_match and exchange.status != 200:
            break
        page = f"page {number}" if number else "a page without its number"
        attempted = f"reading {page}, with {number_of(paged.size, 'user')} a page"
        has_between(scenario, exchange, 0, paged.size, attempted)


def do_not_overlap(scenario: ScenarioContext) -> None:
    """Check that no user is on two pages."""
    paged = scenario.pages
    if len(paged.repeated) > paged.changes:
        user_id, first, second = paged.repeated[0]
        wrong = f"user {user_id} is on page {first} and on page {second}, with {paged.size} a page"
        scenario.fail("each user on one page", [wrong], paged.pages[second - 1], shown(user_id, 0))


def are_the_list(scenario: ScenarioContext) -> None:
    """Check that all pages together are the list."""
    paged = scenario.pages
    if max(len(paged.missing), len(paged.strange)) > paged.changes:
        strange = next(iter(sorted(paged.strange)), None)
        page = paged.pages[-1 if strange is None else dict(paged.shown)[strange] - 1]
        wrong = paged.misfits(scenario.registry.ledger.gone)
        scenario.fail("all pages together are the list", wrong, page)


def end_with_an_empty_one(scenario: ScenarioContext) -> None:
    """Check that a page past the end is empty."""
    paged = scenario.pages
    last = max(len(paged.pages), -(-len(paged.whole) // paged.size))
    finds_no_user(scenario, read_page(scenario, last + FAR_PAST_THE_END, paged.size))


def _ids(scenario: ScenarioContext, exchange: Exchange) -> Sequence[str]:
    return ids_of(exchange.answer, scenario.profile)
