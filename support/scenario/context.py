"""What a scenario knows while it is played: who takes part, what was attempted, what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from support.errors import SuiteError
from support.models import Exchange, NewUser
from support.scenario.factory import Factory

PERSONAS = ("Ada", "Grace", "Mallory", "Alan", "Barbara", "Edsger", "Frances", "Linus", "Margaret", "Radia")


@dataclass
class Actor:
    """One of the cast: `newcomer` is what she signs up with, `shown` the fields as they were last seen right.

    `expected` is what a change that was sent should make of them, `left` whether she was seen to be gone.
    """

    person: str
    newcomer: NewUser
    id: str | None = None
    shown: Mapping[str, Any] = field(default_factory=dict)
    expected: Mapping[str, Any] | None = None
    left: bool = False

    @property
    def known_id(self) -> str:
        """The id that the API gave; raises SuiteError before there is one."""
        if self.id is None:
            raise SuiteError(f"{self.person} has not become a user in this scenario yet")
        return self.id


class ScenarioContext:
    """The state of one scenario."""

    def __init__(self, factory: Factory, rule: str) -> None:
        self.rule = rule
        self.attempted = "(nothing yet)"
        self.exchanges: list[Exchange] = []
        self.ids_before: frozenset[str] | None = None
        self.oddities_before: list[Any] | None = None
        self.addresses_tried: list[str] = []
        self.names_tried: list[str] = []
        self.notes: dict[str, Any] = {}
        self._she: Actor | None = None
        self._factory = factory
        self._actors: dict[str, Actor] = {}

    def actor(self, person: str) -> Actor:
        """Return one of the cast, drawn when first named."""
        if person not in self._actors:
            self._actors[person] = Actor(person, self._factory.newcomer(person))
        return self._actors[person]

    @property
    def she(self) -> Actor:
        """Who acted last; raises SuiteError where nobody has."""
        if self._she is None:
            raise SuiteError("nobody has done anything in this scenario yet")
        return self._she

    @she.setter
    def she(self, actor: Actor) -> None:
        self._she = actor

    @property
    def users(self) -> list[Actor]:
        """Everybody who became a user."""
        return [actor for actor in self._actors.values() if actor.id is not None]

    @property
    def exchange(self) -> Exchange:
        """The last exchange; raises SuiteError where nothing was attempted."""
        if not self.exchanges:
            raise SuiteError("no step of this scenario has asked the API anything that could be judged")
        return self.exchanges[-1]

    def keep(self, *exchanges: Exchange) -> None:
        """Make these what the outcome is judged by."""
        self.exchanges = list(exchanges)
