"""What steps and checks share while a scenario runs: its actors, its last exchanges, and the target."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from support.contract.claims import Claim
from support.contract.matchers import Matcher
from support.contract.violation import check, fail, is_cut
from support.errors import ContractViolation, Inconclusive, SuiteError
from support.http.operations import Operation
from support.models import Exchange, NewUser, User

if TYPE_CHECKING:
    from support.scenario.bursts import Burst
    from support.scenario.faults import Faults
    from support.scenario.histories import History
    from support.scenario.many_values import Written
    from support.scenario.odd_requests import Odd
    from support.scenario.paged import Paged
    from support.scenario.races import Race
    from support.scenario.session import Session

T = TypeVar("T")
FEW = 10
PERSONAS = ("Ada", "Grace", "Mallory", "Alan", "Barbara", "Edsger", "Frances", "Linus", "Margaret", "Radia")


@dataclass
class Actor:
    """A persona in a scenario: `new_user` is the data to sign up with, `shown` the fields of the last answer that
    showed the user.

    `expected` is what `shown` becomes if the change that was sent is done; `is_gone` says that a deletion was seen.
    `before` is what was shown before the last change, `old_email` the email then, `old_id` the id before the deletion;
    `drawn` are the data that were drawn for the persona, and `was_read` says that a read has shown the user.
    """

    persona: str
    new_user: NewUser
    id: str | None = None
    shown: Mapping[str, Any] = field(default_factory=dict)
    expected: Mapping[str, Any] | None = None
    is_gone: bool = False
    before: Mapping[str, Any] = field(default_factory=dict)
    old_email: str = ""
    old_id: str | None = None
    was_read: bool = False
    sign_up: Exchange | None = None

    def __post_init__(self) -> None:
        self.drawn = self.new_user

    @property
    def known_id(self) -> str:
        """The id that the API gave; raises NoUserYet before the actor has one."""
        if self.id is None:
            raise NoUserYet(self)
        return self.id

    def expect(self, sent: Mapping[str, Any]) -> None:
        """Remember what is shown before a change, and what is expected to be shown if it is done."""
        self.before, self.expected = self.shown, {**(self.expected or self.shown), **sent}


class NoUserYet(SuiteError):
    """A step needs a user, but the actor has not become one."""

    def __init__(self, actor: Actor) -> None:
        super().__init__(f"{actor.persona} has not become a user in this scenario yet")
        self.actor = actor


class ScenarioContext:
    """The state of one scenario, and all that its steps act with."""

    def __init__(self, session: Session, rule: str, name: str = "") -> None:
        self.session = session
        self.rule, self.name = rule, name
        self.api, self.registry, self.factory = session.api, session.registry, session.factory
        self.profile, self.names, self.answers = session.profile, session.profile.names, session.profile.answers
        self.update_method = session.profile.capabilities.update_method
        self.attempted = "(nothing yet)"
        self.exchanges: list[Exchange] = []
        self.emails_tried: list[str] = []
        self.names_tried: list[str] = []
        self.ids_before: frozenset[str] | None = None
        self.non_users_before: list[Any] | None = None
        self.values: dict[str, Any] = {}
        """Values by the name that the features have for them, such as `a made-up id`: the same in each step."""
        self.sent_email = ""
        self.sent_id = ""
        self.paged: Paged | None = None
        self.last_burst: Burst | None = None
        self.race: Race | None = None
        self.in_threads = False
        self.users_listed: list[User] = []
        self.odd: list[Odd] = []
        """The unusual requests that the last exchanges are of."""
        self.violation: ContractViolation | None = None
        self.ends: list[Mapping[str, Exchange]] = []
        self.histories: list[History] = []
        self.written: list[Written] = []
        self.etags: list[str] = []
        """The ETags that the account of a scenario about them had, the current one last."""
        self._last_actor: Actor | None = None
        self._actors: dict[str, Actor] = {}

    # Actors

    def actor(self, persona: str) -> Actor:
        """Return an actor, whose data are drawn at first mention."""
        if persona not in self._actors:
            self._actors[persona] = Actor(persona, self.factory.new_user(persona))
        return self._actors[persona]

    def replace_actor(self, persona: str) -> Actor:
        """Put a new actor, who has not done anything yet, in the place of this persona's; return the new one."""
        self._actors[persona] = Actor(persona, self.factory.new_user(persona))
        return self._actors[persona]

    def forget_actors(self) -> None:
        """Begin again with actors who have not done anything yet."""
        self._actors.clear()

    @property
    def users(self) -> list[Actor]:
        """The actors who became users."""
        return [actor for actor in self._actors.values() if actor.id is not None]

    @property
    def last_actor(self) -> Actor:
        """The actor of the last action; raises SuiteError before the first."""
        if self._last_actor is None:
            raise SuiteError("no actor has done anything in this scenario yet")
        return self._last_actor

    @last_actor.setter
    def last_actor(self, actor: Actor) -> None:
        self._last_actor = actor

    # Requests

    def run(self, operation: Operation[T]) -> T:
        """Execute an operation with the session client."""
        return self.session.http.run(operation)

    def run_at_once(self, operations: Sequence[Operation[T]]) -> list[T]:
        """Execute operations concurrently with the async client."""
        return self.session.loop.run(self.session.async_client.gather(operations))

    def run_few_at_once(self, operations: Sequence[Operation[T]]) -> list[T]:
        """Execute operations with the async client, a few at a time; bursts show what breaks only under many."""
        return self.session.loop.run(self.session.async_client.gather(operations, FEW))

    @property
    def exchange(self) -> Exchange:
        """The last exchange that checks are about; raises SuiteError before the first."""
        if not self.exchanges:
            raise SuiteError("no step of this scenario has sent a request that could be checked")
        return self.exchanges[-1]

    @property
    def pages(self) -> Paged:
        """The pages that were read; raises SuiteError before that."""
        if self.paged is None:
            raise SuiteError("no step of this scenario has read the list page by page")
        return self.paged

    @property
    def burst(self) -> Burst:
        """The last burst; raises Inconclusive before the first."""
        if self.last_burst is None:
            raise Inconclusive("there was no burst in this scenario yet")
        return self.last_burst

    def keep(self, *exchanges: Exchange) -> None:
        """Make these the exchanges that the next checks are about."""
        self.exchanges = list(exchanges)

    @property
    def faults(self) -> Faults:
        """The faults of the embedded API; raises SuiteError for a target that takes none."""
        if self.session.faults is None:
            raise SuiteError("faults are only injected into the API of scenarios that are tagged @resilience")
        return self.session.faults

    # Checks

    def check(
        self, exchange: Exchange, *matchers: Matcher, rule: str | None = None, attempted: str | None = None
    ) -> None:
        """Check an exchange against matchers; raises ContractViolation of the scenario's rule, or of the one named.

        An answer that ends in the middle of its JSON breaks the rule that each answer is whole.
        """
        if self.profile.contract != "1.0" and is_cut(exchange.answer):
            rule = "own-answer"
        check(exchange, rule or self.rule, attempted or self.attempted, *matchers)

    def fail(
        self, wanted: str, wrong: Iterable[str], exchange: Exchange | None = None, claims: Sequence[Claim] = ()
    ) -> NoReturn:
        """Raise ContractViolation of the scenario's rule."""
        fail(self.rule, self.attempted, [wanted], list(wrong), exchange, claims=claims)

    def is_known(self, rule: str, mismatches: Sequence[str]) -> bool:
        """Whether a known deviation of the target explains why this scenario finds a rule broken."""
        return self.session.profile.deviation_behind(rule, self.name, mismatches) is not None

    def then(self, what: str) -> str:
        """Return what was attempted, followed by this."""
        return f"{self.attempted}; then {what}"
