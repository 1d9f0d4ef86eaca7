"""Deletion as a user of the API sees it: gone from every view within the deletion deadline."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, TypeVar

from support.cleanup.polling import PollPolicy
from support.contract.normalizers import ids_of
from support.contract.violation import fail
from support.models import Exchange
from support.scenario.context import Actor

if TYPE_CHECKING:
    from support.scenario.session import Session

T = TypeVar("T")

READING, LIST, LOOK_UP, FREE_ADDRESS = "a reading", "the list", "a look-up", "a free address"
TWO_WAYS = "a reading in two ways"
IN_A_ROW = 3
PATIENT = 3
SHORTER = 10


class Waiting:
    """Waits for deletions to show; a deletion that shows late is right until the deadline.

    Once the deadline has passed in vain a few times in a row for the same thing, such as a reading, the run is no
    longer held up by it: further waits for that are shorter, until one of them is not in vain.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._in_vain: Counter[str] = Counter()
        self._waited_s = session.poll_policy.deadline_s

    def from_reading(self, actor: Actor, rule: str | None = None) -> None:
        """Reading the user gives 404; if not, the rule that is named is broken, or the one about deleting.

        Who was gone before and is back breaks the rule of the scenario.
        """
        gone = self._session.profile.answers.gone
        exchange = self.poll_until(READING, lambda: self._read(actor), lambda came: came.status in gone)
        if exchange.status not in gone:
            self._still_read(actor, exchange, rule or (self._session.scenario.rule if actor.is_gone else "delete"))
        actor.is_gone = True

    def _read(self, actor: Actor) -> Exchange:
        """Read a user, more than once where she is gone: servers that take turns have to agree on that."""
        session = self._session
        for _ in range(IN_A_ROW):
            exchange = session.run(session.api.read(actor.known_id))
            if exchange.status not in session.profile.answers.gone:
                break
        return exchange

    def from_both(self, ask: Callable[[], Sequence[Exchange]]) -> Sequence[Exchange]:
        """Ask in two ways for somebody who left until both are answered alike: either may show a deletion late."""
        return self.poll_until(TWO_WAYS, ask, lambda came: len({exchange.status for exchange in came}) == 1)

    def from_list(self, actor: Actor) -> None:
        """The list does not show the user."""
        session = self._session
        exchange = self.poll_until(
            LIST,
            lambda: session.run(session.api.list()),
            lambda came: came.status == 200 and not self._shown(came, actor),
        )
        if exchange.status != 200 or self._shown(exchange, actor):
            self._see_gone_from_reading(actor)
            told = f"the list shows her (status {exchange.status})"
            self._too_late(f"a list without {actor.persona}", told, exchange, self._session.scenario.rule)

    def from_look_up(self, actor: Actor) -> None:
        """Looking the address up finds nobody with the id."""
        session = self._session
        address = actor.new_user.email
        exchange = self.poll_until(
            LOOK_UP, lambda: session.run(session.api.find(address)), lambda came: not self._shown(came, actor)
        )
        if self._shown(exchange, actor):
            self._see_gone_from_reading(actor)
            self._too_late(f"nobody found by {address}", f"user {actor.id} is shown", exchange, session.scenario.rule)

    def _see_gone_from_reading(self, actor: Actor) -> None:
        """Accuse the deletion itself where a user who is still shown can be read as well."""
        exchange = self._read(actor)
        if exchange.status == 200:
            self._still_read(actor, exchange, "delete")

    def each_from_reading(self, group: Iterable[str]) -> None:
        for person in group:
            self.from_reading(self._session.scenario.actor(person))

    def everybody_from_list(self) -> None:
        for actor in self._session.scenario.users:
            self.from_list(actor)

    def poll_until(self, what: str, ask: Callable[[], T], right: Callable[[T], bool]) -> T:
        """Ask for something until what comes is right or its deadline is over; return what came last."""
        poll_policy = self._session.poll_policy
        self._waited_s = self.waits_s(what)
        came = ask()
        for wait in PollPolicy(poll_policy.first_s, poll_policy.cap_s, self._waited_s).waits():
            if right(came):
                break
            time.sleep(wait)
            came = ask()
        self._in_vain[what] = 0 if right(came) else self._in_vain[what] + 1
        return came

    def waits_s(self, what: str) -> float:
        """Return for how many seconds something is waited for now."""
        return self._session.poll_policy.deadline_s / (SHORTER if self._in_vain[what] >= PATIENT else 1)

    def _shown(self, exchange: Exchange, actor: Actor) -> bool:
        return actor.id in ids_of(exchange.answer, self._session.profile)

    def _still_read(self, actor: Actor, exchange: Exchange, rule: str) -> None:
        gone = " or ".join(map(str, self._session.profile.answers.gone))
        self._too_late(f"status {gone} for {actor.persona}", f"the status was {exchange.status}", exchange, rule)

    def _too_late(self, wanted: str, wrong: str, exchange: Exchange, rule: str) -> None:
        deadline_s = self._session.poll_policy.deadline_s
        within = f"within {self._waited_s:g} s"
        if self._waited_s < deadline_s:
            within += f" (no longer {deadline_s:g} s, which have passed in vain {PATIENT} times in a row)"
        fail(rule, self._session.scenario.attempted, [f"{wanted} {within}"], [wrong], exchange)
