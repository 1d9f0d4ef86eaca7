"""The directory: the list of users, looking people up by address, and pages."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

from support.cleanup.polling import PollPolicy
from support.contract.matchers import body_of, has_status, is_a_list
from support.contract.normalizers import ids_of, listed, normal_user
from support.contract.violation import fail
from support.errors import Inconclusive
from support.models import Exchange
from support.scenario.context import Actor
from support.scenario.paging import MOST_PAGES, Fit, Paged
from support.scenario.waiting import LOOK_UP

if TYPE_CHECKING:
    from support.scenario.session import Session

PATIENCE = PollPolicy(first_s=0.1, cap_s=2.0, deadline_s=12.0)
ENOUGH = 3
LARGEST_PAGE = 100
RECENT_S = 1.0


class Directory:
    """Asks the directory, and judges what it shows."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._last_list: tuple[float, int, Exchange] | None = None

    def undisturbed(self) -> Directory:
        """Return this once no deletion of ours is under way: none makes the API forget what it shows from now on."""
        self._session.registry.wait_for_deletions()
        return self

    def read_list(self) -> Exchange:
        exchange = self.whole_list()
        self._session.scenario.keep(exchange)
        return exchange

    def whole_list(self) -> Exchange:
        """Read the list; one in pages when nobody of ours is being deleted, so that nobody moves to another page."""
        session = self._session
        if session.profile.pages.size is not None:
            session.registry.wait_for_deletions()
        exchange = session.run(session.api.list())
        self._last_list = (time.monotonic(), len(session.registry.ledger.records), exchange)
        return exchange

    def by_address(self, actor: Actor) -> Exchange:
        """Look someone up by address, in the whole list where there is no other way."""
        session = self._session
        can_filter = session.profile.capabilities.email_filter
        return session.run(session.api.find(actor.new_user.email)) if can_filter else self.whole_list()

    def look_up(self, address: str) -> Exchange:
        exchange = self._session.run(self._session.api.find(address))
        self._session.scenario.keep(exchange)
        return exchange

    def look_up_page(self, address: str, page: int, limit: int) -> Exchange:
        """Look an address up, and ask for one page of what is found."""
        exchange = self._session.run(self._session.api.find_page(address, page, limit))
        self._session.scenario.keep(exchange)
        return exchange

    def remember_who_is_there(self) -> None:
        """Note the ids in the list, and what is there without one, so that whatever appears later can be told."""
        session = self._session
        exchange = self._recent_list() or self.whole_list()
        session.scenario.ids_before = frozenset(ids_of(exchange.answer, session.profile))
        session.scenario.non_users_before = [entry for entry in self._entries(exchange) if self._id(entry) is None]

    def _recent_list(self) -> Exchange | None:
        """Return the list as it was read a moment ago, if nobody was asked for since: a long one is not read twice."""
        if self._last_list is None:
            return None
        read_at, asked_for, exchange = self._last_list
        fresh = time.monotonic() - read_at < RECENT_S and asked_for == len(self._session.registry.ledger.records)
        return exchange if fresh and exchange.status == 200 else None

    def shows_once(self, actor: Actor) -> None:
        """The list that was read shows someone exactly once, as a read does."""
        session = self._session
        exchange = session.scenario.exchange
        session.scenario.check(exchange, has_status([200]), is_a_list(session.profile))
        entries = [entry for entry in self._entries(exchange) if self._id(entry) == actor.id]
        if len(entries) != 1:
            session.scenario.fail(f"{actor.persona} once in the list", [f"she is there {len(entries)} times"], exchange)
        session.outcomes.same_fields(entries[0], actor.shown, "the list", exchange)

    def shows_everybody_once(self) -> None:
        for actor in self._session.scenario.users:
            self.shows_once(actor)

    # One user

    def look_at(self, group: Sequence[str]) -> None:
        scene = self._session.scenario
        scene.keep(*[self._session.run(self._session.api.read(scene.actor(person).known_id)) for person in group])

    def look_at_everybody(self) -> None:
        self.look_at([actor.persona for actor in self._session.scenario.users])

    def look_at_id(self, user_id: str) -> None:
        self._session.scenario.keep(self._session.run(self._session.api.read(user_id)))

    def seen_as_signed_up(self, group: Sequence[str]) -> None:
        """What was looked at is each of these people, as she signed up."""
        session = self._session
        actors = [session.scenario.actor(person) for person in group]
        for number, exchange in enumerate(session.scenario.exchanges):
            actor = actors[number % len(actors)]
            wanted = {"name": actor.new_user.name, "email": actor.new_user.email}
            session.outcomes.shows_user(exchange, [200], {**actor.shown, **wanted}, rule="read-200")

    def everybody_seen_as_signed_up(self) -> None:
        self.seen_as_signed_up([actor.persona for actor in self._session.scenario.users])

    # Looking people up

    def found_by_address(self, actor: Actor) -> None:
        """Looking someone up finds her alone, once whoever had the address and left is no longer shown."""
        former = self._session.scenario.former_id
        self._session.waiting.poll_until(
            LOOK_UP, lambda: self._look_for(actor), lambda came: former not in self._ids(came)
        )
        self.found_exactly(actor)

    def _look_for(self, actor: Actor) -> Exchange:
        exchange = self.by_address(actor)
        self._session.scenario.keep(exchange)
        return exchange

    def given_up_finds_holder(self, former: str) -> None:
        """The address that someone gave up finds whoever took it, and not her."""
        holder = next(
            actor
            for actor in self._session.scenario.users
            if actor.persona != former and actor is self._session.scenario.last_actor
        )
        self.found_by_address(holder)

    def found_exactly(self, actor: Actor) -> None:
        """What was looked up is exactly one user: this one, as a read shows her."""
        session = self._session
        exchange = session.scenario.exchange
        rule = "filter-email" if session.profile.capabilities.email_filter else "list"
        session.scenario.check(exchange, has_status([200]), is_a_list(session.profile), rule=rule)
        entries = self._entries(exchange)
        if not session.profile.capabilities.email_filter:
            entries = [entry for entry in entries if self._has_address_of(entry, actor)]
        ids = [self._id(entry) for entry in entries]
        if ids != [actor.id]:
            told = f"{len(ids)} users are shown: {', '.join(map(str, ids[:5]))}" if ids else "nobody is shown"
            blamed = rule if self._is_fault_of_looking(entries, actor) else session.scenario.rule
            fail(blamed, session.scenario.attempted, [f"exactly {actor.persona} (id {actor.id})"], [told], exchange)
        session.outcomes.same_fields(entries[0], actor.shown, "the answer", exchange)

    def _is_fault_of_looking(self, entries: Sequence[Any], actor: Actor) -> bool:
        """Whether a look-up that should show someone alone is wrong by itself: it shows others, or not who is there."""
        if entries:
            return not all(self._has_address_of(entry, actor) for entry in entries)
        read = self._session.run(self._session.api.read(actor.known_id))
        return self._has_address_of(body_of(read.answer)[0], actor)

    def _has_address_of(self, entry: Any, actor: Actor) -> bool:
        user = normal_user(entry, self._session.profile.names)
        return user is not None and user.email == actor.new_user.email.lower()

    def found_nobody(self, *also: int) -> None:
        """What was looked up is nobody: 200 and an empty list, what the profile allows, or one of these statuses."""
        session = self._session
        exchange = session.scenario.exchange
        session.scenario.check(exchange, has_status([*session.profile.answers.no_match, *also]))
        if exchange.status == 200:
            session.scenario.check(exchange, is_a_list(session.profile))
        if self._entries(exchange):
            ids = ", ".join(str(self._id(entry)) for entry in self._entries(exchange)[:5])
            session.scenario.fail("an empty list", [f"it shows {ids}"], exchange)

    # Pages

    def page_holds(self, least: int, most: int) -> None:
        """The page that was read is a list of so many users."""
        session = self._session
        exchange = session.scenario.exchange
        session.scenario.check(exchange, has_status([200]), is_a_list(session.profile))
        count = len(self._entries(exchange))
        if not least <= count <= most:
            session.scenario.fail(f"{least} to {most} users", [f"there are {count}"], exchange)

    def ask_for_page(self, number: object, limit: object) -> Exchange:
        exchange = self._session.run(self._session.api.page(number, limit))
        self._session.scenario.keep(exchange)
        return exchange

    def ask_for_page_of(self, actor: Actor) -> Exchange:
        """Read the page that shows someone: the one where the list has her first, else page after page."""
        size = self._largest_page
        for _ in range(ENOUGH):
            everybody = self._ids(self.read_list())
            guess = everybody.index(actor.known_id) // size + 1 if actor.known_id in everybody else 1
            for number in (guess, *range(1, len(everybody) // size + 2)):
                exchange = self.ask_for_page(number, size)
                if actor.known_id in self._ids(exchange) or exchange.status != 200:
                    return exchange
        attempted = f"{self._session.scenario.attempted}; then reading page after page, {size} users each"
        fail("pages", attempted, [f"{actor.persona} on one of them"], ["she is on no page"], exchange)
        return exchange

    def page_shows(self, actor: Actor) -> None:
        """The page that shows someone shows her as a read does."""
        self._session.outcomes.listed_as(actor, actor.shown, {"pages": self.ask_for_page_of(actor)})

    def page_through(self, limit: int | None = None) -> None:
        """Read all pages between two whole lists, and again where others came, left or changed meanwhile.

        What they explain is let pass where it goes on. Who comes and goes in between shows in neither list: pages that
        do not fit accuse the third time, and only where others were never seen at work.
        """
        session = self._session
        session.registry.wait_for_deletions()
        seen: Counter[Fit] = Counter()
        for wait in chain([0.0], PATIENCE.waits()):
            time.sleep(wait)
            paged = self._paged(limit)
            seen[paged.fit] += 1
            if seen[Fit.RIGHT] or seen[Fit.EXPLAINED] == ENOUGH or seen == {Fit.WRONG: ENOUGH}:
                break
        else:
            if len(seen) > 1 or seen[Fit.UNCLEAR]:
                raise Inconclusive(
                    f"for {PATIENCE.deadline_s:g} s the list changed as it was paged through: others are at work"
                )
        session.scenario.paged = paged

    def _paged(self, limit: int | None) -> Paged:
        before = self.read_list()
        size = limit or min(self._largest_page, max(1, -(-len(self._ids(before)) // 5)))
        return Paged(before, self._pages(size), self.read_list(), size, self._session.profile)

    def page_through_largest(self) -> None:
        self.page_through(self._largest_page)

    @property
    def _largest_page(self) -> int:
        return min(LARGEST_PAGE, self._session.profile.pages.size or LARGEST_PAGE)

    def _pages(self, size: int) -> list[Exchange]:
        """Read page after page until one is empty or no list, or some in a row show nobody new."""
        pages: list[Exchange] = []
        seen: set[str] = set()
        in_vain = 0
        while len(pages) < MOST_PAGES and in_vain < ENOUGH:
            pages.append(self._session.run(self._session.api.page(len(pages) + 1, size)))
            ids = set(self._ids(pages[-1]))
            if not self._entries(pages[-1]):
                break
            in_vain = in_vain + 1 if ids and ids <= seen else 0
            seen |= ids
        return pages

    def pages_keep_their_limit(self) -> None:
        session = self._session
        paged = session.scenario.paging
        for number, exchange in enumerate(paged.pages, start=1):
            if number > 1 and exchange.status in session.profile.answers.no_match and exchange.status != 200:
                break
            attempted = _page(number, paged.size)
            session.scenario.check(exchange, has_status([200]), is_a_list(session.profile), attempted=attempted)
            count = len(self._entries(exchange))
            if count > paged.size:
                session.scenario.fail(f"at most {paged.size} users", [f"{attempted} shows {count}"], exchange)

    def pages_do_not_overlap(self) -> None:
        paged = self._session.scenario.paging
        if len(paged.repeated) > paged.changes:
            user_id, first, second = paged.repeated[0]
            told = f"user {user_id} is on page {first} and on page {second}, with {paged.size} a page"
            self._session.scenario.fail("each user on one page", [told], paged.pages[second - 1])

    def pages_are_the_list(self) -> None:
        paged = self._session.scenario.paging
        if max(len(paged.missing), len(paged.strange)) > paged.changes:
            told = [
                f"{len(paged.missing)} users of the list are on no page",
                f"{len(paged.strange)} users of the pages are not in the list",
            ]
            self._session.scenario.fail("all pages together are the list", told, paged.pages[-1])

    def the_last_page_is_empty(self) -> None:
        session = self._session
        paged = session.scenario.paging
        last = max(len(paged.pages), -(-len(paged.whole) // paged.size))
        session.scenario.keep(session.run(session.api.page(last + 1000, paged.size)))
        self.found_nobody()

    def _entries(self, exchange: Exchange) -> list[Any]:
        return listed(exchange.answer, self._session.profile) or []

    def _id(self, entry: Any) -> str | None:
        user = normal_user(entry, self._session.profile.names)
        return user.id if user else None

    def _ids(self, exchange: Exchange) -> Sequence[str]:
        return ids_of(exchange.answer, self._session.profile)


def _page(number: int, size: int) -> str:
    return f"reading page {number} with {size} a page"
