"""Deletion as a user of the API sees it: gone from every view within the deletion deadline."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, TypeVar

from support.acts.scene import Member
from support.cleanup.polling import Pace
from support.contract.normalizers import ids_of
from support.contract.violation import fail
from support.models import Exchange

if TYPE_CHECKING:
    from support.world import World

T = TypeVar("T")

READING, LIST, LOOK_UP, FREE_ADDRESS = "a reading", "the list", "a look-up", "a free address"
TWO_WAYS = "a reading in two ways"
IN_A_ROW = 3
PATIENT = 3
SHORTER = 10


class Gone:
    """Waits for deletions to show; a deletion that shows late is right until the deadline.

    Once the deadline has passed in vain a few times in a row for the same thing, such as a reading, the run is no
    longer held up by it: further waits for that are shorter, until one of them is not in vain.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._in_vain: Counter[str] = Counter()
        self._waited_s = world.pace.deadline_s

    def from_reading(self, member: Member, rule: str | None = None) -> None:
        """Reading the user gives 404; if not, the rule that is named is broken, or the one about deleting.

        Who was gone before and is back breaks the rule of the scenario.
        """
        gone = self._world.profile.answers.gone
        exchange = self.eventually(READING, lambda: self._read(member), lambda came: came.status in gone)
        if exchange.status not in gone:
            self._still_read(member, exchange, rule or (self._world.scene.rule if member.left else "delete"))
        member.left = True

    def _read(self, member: Member) -> Exchange:
        """Read a user, more than once where she is gone: servers that take turns have to agree on that."""
        world = self._world
        for _ in range(IN_A_ROW):
            exchange = world.run(world.api.read(member.known_id))
            if exchange.status not in world.profile.answers.gone:
                break
        return exchange

    def from_both(self, ask: Callable[[], Sequence[Exchange]]) -> Sequence[Exchange]:
        """Ask in two ways for somebody who left until both are answered alike: either may show a deletion late."""
        return self.eventually(TWO_WAYS, ask, lambda came: len({exchange.status for exchange in came}) == 1)

    def from_list(self, member: Member) -> None:
        """The list does not show the user."""
        world = self._world
        exchange = self.eventually(
            LIST, lambda: world.run(world.api.list()), lambda came: came.status == 200 and not self._shown(came, member)
        )
        if exchange.status != 200 or self._shown(exchange, member):
            self._see_gone_from_reading(member)
            told = f"the list shows her (status {exchange.status})"
            self._too_late(f"a list without {member.person}", told, exchange, self._world.scene.rule)

    def from_look_up(self, member: Member) -> None:
        """Looking the address up finds nobody with the id."""
        world = self._world
        address = member.newcomer.email
        exchange = self.eventually(
            LOOK_UP, lambda: world.run(world.api.find(address)), lambda came: not self._shown(came, member)
        )
        if self._shown(exchange, member):
            self._see_gone_from_reading(member)
            self._too_late(f"nobody found by {address}", f"user {member.id} is shown", exchange, world.scene.rule)

    def _see_gone_from_reading(self, member: Member) -> None:
        """Accuse the deletion itself where a user who is still shown can be read as well."""
        exchange = self._read(member)
        if exchange.status == 200:
            self._still_read(member, exchange, "delete")

    def each_from_reading(self, group: Iterable[str]) -> None:
        for person in group:
            self.from_reading(self._world.scene.member(person))

    def everybody_from_list(self) -> None:
        for member in self._world.scene.users:
            self.from_list(member)

    def eventually(self, what: str, ask: Callable[[], T], right: Callable[[T], bool]) -> T:
        """Ask for something until what comes is right or its deadline is over; return what came last."""
        pace = self._world.pace
        self._waited_s = self.waits_s(what)
        came = ask()
        for wait in Pace(pace.first_s, pace.cap_s, self._waited_s).waits():
            if right(came):
                break
            time.sleep(wait)
            came = ask()
        self._in_vain[what] = 0 if right(came) else self._in_vain[what] + 1
        return came

    def waits_s(self, what: str) -> float:
        """Return for how many seconds something is waited for now."""
        return self._world.pace.deadline_s / (SHORTER if self._in_vain[what] >= PATIENT else 1)

    def _shown(self, exchange: Exchange, member: Member) -> bool:
        return member.id in ids_of(exchange.answer, self._world.profile)

    def _still_read(self, member: Member, exchange: Exchange, rule: str) -> None:
        gone = " or ".join(map(str, self._world.profile.answers.gone))
        self._too_late(f"status {gone} for {member.person}", f"the status was {exchange.status}", exchange, rule)

    def _too_late(self, wanted: str, wrong: str, exchange: Exchange, rule: str) -> None:
        deadline_s = self._world.pace.deadline_s
        within = f"within {self._waited_s:g} s"
        if self._waited_s < deadline_s:
            within += f" (no longer {deadline_s:g} s, which have passed in vain {PATIENT} times in a row)"
        fail(rule, self._world.scene.attempted, [f"{wanted} {within}"], [wrong], exchange)
