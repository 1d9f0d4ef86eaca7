"""Deletion as a user of the API sees it: gone from every view within the deletion deadline."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, TypeVar

from support.acts.scene import Member
from support.contract.judgement import accuse
from support.contract.normalizers import ids_of
from support.models import Exchange

if TYPE_CHECKING:
    from support.world import World

T = TypeVar("T")


class Gone:
    """Waits for deletions to show; a deletion that shows late is right until the deadline."""

    def __init__(self, world: World) -> None:
        self._world = world

    def from_reading(self, member: Member, rule: str | None = None) -> None:
        """Reading the user gives 404; if not, the rule of the scenario is broken, or the one that is named."""
        world = self._world
        gone = world.profile.answers.gone
        exchange = self.eventually(lambda: world.run(world.api.read(member.known_id)), lambda came: came.status in gone)
        if exchange.status not in gone:
            self._too_late(
                f"status {' or '.join(map(str, gone))} for {member.person}",
                f"the status was {exchange.status}",
                exchange,
                rule,
            )

    def from_list(self, member: Member) -> None:
        """The list does not show the user."""
        world = self._world
        exchange = self.eventually(
            lambda: world.run(world.api.list()), lambda came: came.status == 200 and not self._shown(came, member)
        )
        if exchange.status != 200 or self._shown(exchange, member):
            self._too_late(
                f"a list without {member.person}", f"the list shows her (status {exchange.status})", exchange
            )

    def from_look_up(self, member: Member) -> None:
        """Looking the address up finds nobody with the id."""
        world = self._world
        address = member.newcomer.email
        exchange = self.eventually(
            lambda: world.run(world.api.find(address)), lambda came: not self._shown(came, member)
        )
        if self._shown(exchange, member):
            self._too_late(f"nobody found by {address}", f"user {member.id} is shown", exchange)

    def each_from_reading(self, group: Iterable[str]) -> None:
        for person in group:
            self.from_reading(self._world.scene.member(person))

    def everybody_from_list(self) -> None:
        for member in self._world.scene.users:
            self.from_list(member)

    def eventually(self, ask: Callable[[], T], right: Callable[[T], bool]) -> T:
        """Ask until what comes is right or the deletion deadline is over; return what came last."""
        came = ask()
        for wait in self._world.pace.waits():
            if right(came):
                break
            time.sleep(wait)
            came = ask()
        return came

    def _shown(self, exchange: Exchange, member: Member) -> bool:
        return member.id in ids_of(exchange.answer, self._world.profile)

    def _too_late(self, wanted: str, wrong: str, exchange: Exchange, rule: str | None = None) -> None:
        scene, deadline = self._world.scene, self._world.settings.delete_deadline_s
        accuse(rule or scene.rule, scene.attempted, [f"{wanted} within {deadline:g} s"], [wrong], exchange)
