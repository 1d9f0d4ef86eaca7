"""The directory: the list of users, looking people up by address, and pages."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

from support.acts.gone import LOOK_UP
from support.acts.paging import MOST_PAGES, Fit, Paged
from support.acts.scene import Member
from support.cleanup.polling import Pace
from support.contract.matchers import body_of, has_status, is_a_list
from support.contract.normalizers import ids_of, listed, normal_user
from support.contract.violation import fail
from support.errors import Inconclusive
from support.models import Exchange

if TYPE_CHECKING:
    from support.world import World

PATIENCE = Pace(first_s=0.1, cap_s=2.0, deadline_s=12.0)
ENOUGH = 3
LARGEST_PAGE = 100
RECENT_S = 1.0


class Directory:
    """Asks the directory, and judges what it shows."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._last_list: tuple[float, int, Exchange] | None = None

    def undisturbed(self) -> Directory:
        """Return this once no deletion of ours is under way: none makes the API forget what it shows from now on."""
        self._world.registry.wait_for_deletions()
        return self

    def read_list(self) -> Exchange:
        exchange = self.whole_list()
        self._world.scene.keep(exchange)
        return exchange

    def whole_list(self) -> Exchange:
        """Read the list; one in pages when nobody of ours is being deleted, so that nobody moves to another page."""
        world = self._world
        if world.profile.pages.size is not None:
            world.registry.wait_for_deletions()
        exchange = world.run(world.api.list())
        self._last_list = (time.monotonic(), world.registry.asked_for, exchange)
        return exchange

    def by_address(self, member: Member) -> Exchange:
        """Look someone up by address, in the whole list where there is no other way."""
        world = self._world
        can_filter = world.profile.capabilities.email_filter
        return world.run(world.api.find(member.newcomer.email)) if can_filter else self.whole_list()

    def look_up(self, address: str) -> Exchange:
        exchange = self._world.run(self._world.api.find(address))
        self._world.scene.keep(exchange)
        return exchange

    def look_up_page(self, address: str, page: int, limit: int) -> Exchange:
        """Look an address up, and ask for one page of what is found."""
        exchange = self._world.run(self._world.api.find_page(address, page, limit))
        self._world.scene.keep(exchange)
        return exchange

    def remember_who_is_there(self) -> None:
        """Note the ids in the list, and what is there without one, so that whatever appears later can be told."""
        world = self._world
        exchange = self._recent_list() or self.whole_list()
        world.scene.ids_before = frozenset(ids_of(exchange.answer, world.profile))
        world.scene.oddities_before = [entry for entry in self._entries(exchange) if self._id(entry) is None]

    def _recent_list(self) -> Exchange | None:
        """Return the list as it was read a moment ago, if nobody was asked for since: a long one is not read twice."""
        if self._last_list is None:
            return None
        read_at, asked_for, exchange = self._last_list
        fresh = time.monotonic() - read_at < RECENT_S and asked_for == self._world.registry.asked_for
        return exchange if fresh and exchange.status == 200 else None

    def shows_once(self, member: Member) -> None:
        """The list that was read shows someone exactly once, as a read does."""
        world = self._world
        exchange = world.scene.exchange
        world.outcomes.held(exchange, has_status([200]), is_a_list(world.profile))
        entries = [entry for entry in self._entries(exchange) if self._id(entry) == member.id]
        if len(entries) != 1:
            world.outcomes.fail(f"{member.person} once in the list", [f"she is there {len(entries)} times"], exchange)
        world.outcomes.same_fields(entries[0], member.shown, "the list", exchange)

    def shows_everybody_once(self) -> None:
        for member in self._world.scene.users:
            self.shows_once(member)

    # One user

    def look_at(self, group: Sequence[str]) -> None:
        scene = self._world.scene
        scene.keep(*[self._world.run(self._world.api.read(scene.member(person).known_id)) for person in group])

    def look_at_everybody(self) -> None:
        self.look_at([member.person for member in self._world.scene.users])

    def look_at_id(self, user_id: str) -> None:
        self._world.scene.keep(self._world.run(self._world.api.read(user_id)))

    def seen_as_signed_up(self, group: Sequence[str]) -> None:
        """What was looked at is each of these people, as she signed up."""
        world = self._world
        members = [world.scene.member(person) for person in group]
        for number, exchange in enumerate(world.scene.exchanges):
            member = members[number % len(members)]
            wanted = {"name": member.newcomer.name, "email": member.newcomer.email}
            world.outcomes.shows_user(exchange, [200], {**member.shown, **wanted}, rule="read-200")

    def everybody_seen_as_signed_up(self) -> None:
        self.seen_as_signed_up([member.person for member in self._world.scene.users])

    # Looking people up

    def found_by_address(self, member: Member) -> None:
        """Looking someone up finds her alone, once whoever had the address and left is no longer shown."""
        former = self._world.scene.notes.get("former id")
        self._world.gone.eventually(LOOK_UP, lambda: self._look_for(member), lambda came: former not in self._ids(came))
        self.found_exactly(member)

    def _look_for(self, member: Member) -> Exchange:
        exchange = self.by_address(member)
        self._world.scene.keep(exchange)
        return exchange

    def given_up_finds_holder(self, former: str) -> None:
        """The address that someone gave up finds whoever took it, and not her."""
        holder = next(
            member for member in self._world.scene.users if member.person != former and member is self._world.scene.she
        )
        self.found_by_address(holder)

    def found_exactly(self, member: Member) -> None:
        """What was looked up is exactly one user: this one, as a read shows her."""
        world = self._world
        exchange = world.scene.exchange
        rule = "filter-email" if world.profile.capabilities.email_filter else "list"
        world.outcomes.held(exchange, has_status([200]), is_a_list(world.profile), rule=rule)
        entries = self._entries(exchange)
        if not world.profile.capabilities.email_filter:
            entries = [entry for entry in entries if self._has_address_of(entry, member)]
        ids = [self._id(entry) for entry in entries]
        if ids != [member.id]:
            told = f"{len(ids)} users are shown: {', '.join(map(str, ids[:5]))}" if ids else "nobody is shown"
            blamed = rule if self._is_fault_of_looking(entries, member) else world.scene.rule
            fail(blamed, world.scene.attempted, [f"exactly {member.person} (id {member.id})"], [told], exchange)
        world.outcomes.same_fields(entries[0], member.shown, "the answer", exchange)

    def _is_fault_of_looking(self, entries: Sequence[Any], member: Member) -> bool:
        """Whether a look-up that should show someone alone is wrong by itself: it shows others, or not who is there."""
        if entries:
            return not all(self._has_address_of(entry, member) for entry in entries)
        read = self._world.run(self._world.api.read(member.known_id))
        return self._has_address_of(body_of(read.answer)[0], member)

    def _has_address_of(self, entry: Any, member: Member) -> bool:
        user = normal_user(entry, self._world.profile.names)
        return user is not None and user.email == member.newcomer.email.lower()

    def found_nobody(self, *also: int) -> None:
        """What was looked up is nobody: 200 and an empty list, what the profile allows, or one of these statuses."""
        world = self._world
        exchange = world.scene.exchange
        world.outcomes.held(exchange, has_status([*world.profile.answers.no_match, *also]))
        if exchange.status == 200:
            world.outcomes.held(exchange, is_a_list(world.profile))
        if self._entries(exchange):
            ids = ", ".join(str(self._id(entry)) for entry in self._entries(exchange)[:5])
            world.outcomes.fail("an empty list", [f"it shows {ids}"], exchange)

    # Pages

    def page_holds(self, least: int, most: int) -> None:
        """The page that was read is a list of so many users."""
        world = self._world
        exchange = world.scene.exchange
        world.outcomes.held(exchange, has_status([200]), is_a_list(world.profile))
        count = len(self._entries(exchange))
        if not least <= count <= most:
            world.outcomes.fail(f"{least} to {most} users", [f"there are {count}"], exchange)

    def ask_for_page(self, number: object, limit: object) -> Exchange:
        exchange = self._world.run(self._world.api.page(number, limit))
        self._world.scene.keep(exchange)
        return exchange

    def ask_for_page_of(self, member: Member) -> Exchange:
        """Read the page that shows someone: the one where the list has her first, else page after page."""
        size = self._largest_page
        for _ in range(ENOUGH):
            everybody = self._ids(self.read_list())
            guess = everybody.index(member.known_id) // size + 1 if member.known_id in everybody else 1
            for number in (guess, *range(1, len(everybody) // size + 2)):
                exchange = self.ask_for_page(number, size)
                if member.known_id in self._ids(exchange) or exchange.status != 200:
                    return exchange
        attempted = f"{self._world.scene.attempted}; then reading page after page, {size} users each"
        fail("pages", attempted, [f"{member.person} on one of them"], ["she is on no page"], exchange)
        return exchange

    def page_shows(self, member: Member) -> None:
        """The page that shows someone shows her as a read does."""
        self._world.outcomes.listed_as(member, member.shown, {"pages": self.ask_for_page_of(member)})

    def page_through(self, limit: int | None = None) -> None:
        """Read all pages between two whole lists, and again where others came, left or changed meanwhile.

        What they explain is let pass where it goes on. Who comes and goes in between shows in neither list: pages that
        do not fit accuse the third time, and only where others were never seen at work.
        """
        world = self._world
        world.registry.wait_for_deletions()
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
        world.scene.notes["pages"] = paged

    def _paged(self, limit: int | None) -> Paged:
        before = self.read_list()
        size = limit or min(self._largest_page, max(1, -(-len(self._ids(before)) // 5)))
        return Paged(before, self._pages(size), self.read_list(), size, self._world.profile)

    def page_through_largest(self) -> None:
        self.page_through(self._largest_page)

    @property
    def _largest_page(self) -> int:
        return min(LARGEST_PAGE, self._world.profile.pages.size or LARGEST_PAGE)

    def _pages(self, size: int) -> list[Exchange]:
        """Read page after page until one is empty or no list, or some in a row show nobody new."""
        pages: list[Exchange] = []
        seen: set[str] = set()
        in_vain = 0
        while len(pages) < MOST_PAGES and in_vain < ENOUGH:
            pages.append(self._world.run(self._world.api.page(len(pages) + 1, size)))
            ids = set(self._ids(pages[-1]))
            if not self._entries(pages[-1]):
                break
            in_vain = in_vain + 1 if ids and ids <= seen else 0
            seen |= ids
        return pages

    def pages_keep_their_limit(self) -> None:
        world = self._world
        paged: Paged = world.scene.notes["pages"]
        for number, exchange in enumerate(paged.pages, start=1):
            if number > 1 and exchange.status in world.profile.answers.no_match and exchange.status != 200:
                break
            attempted = _page(number, paged.size)
            world.outcomes.held(exchange, has_status([200]), is_a_list(world.profile), attempted=attempted)
            count = len(self._entries(exchange))
            if count > paged.size:
                world.outcomes.fail(f"at most {paged.size} users", [f"{attempted} shows {count}"], exchange)

    def pages_do_not_overlap(self) -> None:
        paged: Paged = self._world.scene.notes["pages"]
        if len(paged.repeated) > paged.changes:
            user_id, first, second = paged.repeated[0]
            told = f"user {user_id} is on page {first} and on page {second}, with {paged.size} a page"
            self._world.outcomes.fail("each user on one page", [told], paged.pages[second - 1])

    def pages_are_the_list(self) -> None:
        paged: Paged = self._world.scene.notes["pages"]
        if max(len(paged.missing), len(paged.strange)) > paged.changes:
            told = [
                f"{len(paged.missing)} users of the list are on no page",
                f"{len(paged.strange)} users of the pages are not in the list",
            ]
            self._world.outcomes.fail("all pages together are the list", told, paged.pages[-1])

    def the_last_page_is_empty(self) -> None:
        world = self._world
        paged: Paged = world.scene.notes["pages"]
        last = max(len(paged.pages), -(-len(paged.whole) // paged.size))
        world.scene.keep(world.run(world.api.page(last + 1000, paged.size)))
        self.found_nobody()

    def _entries(self, exchange: Exchange) -> list[Any]:
        return listed(exchange.answer, self._world.profile) or []

    def _id(self, entry: Any) -> str | None:
        user = normal_user(entry, self._world.profile.names)
        return user.id if user else None

    def _ids(self, exchange: Exchange) -> Sequence[str]:
        return ids_of(exchange.answer, self._world.profile)


def _page(number: int, size: int) -> str:
    return f"reading page {number} with {size} a page"
