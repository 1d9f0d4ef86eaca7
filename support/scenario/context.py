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
    """A persona in a scenario, who may become a user.

    - `new_user`: the data to sign up with; `drawn`: these data as they were first drawn.
    - `shown`: the fields of the last answer that showed the user; `before`: what `shown` was before the last change.
    - `expected`: what `shown` becomes if the change that was sent is done.
    - `is_gone`: a read showed that the user is deleted; `was_read`: a read showed the user.
    - `old_email`: the email before the last change; `old_id`: the id of a user who was deleted.
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
        """Remember the fields shown before a change, and those that a read should show if the change is done."""
        self.before, self.expected = self.shown, {**(self.expected or self.shown), **sent}


class NoUserYet(SuiteError):
    """A step needs a user, but the actor has not become one."""

    def __init__(self, actor: Actor) -> None:
        super().__init__(f"{actor.persona} has not become a user in this scenario yet")
        self.actor = actor


class ScenarioContext:
    """The state of one scenario, and everything that its steps use."""

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
        """Values by the words that the features use for them, such as `a made-up id`: each step gets the same value."""
        self.sent_email = ""
        self.sent_id = ""
        self.paged: Paged | None = None
        self.last_burst: Burst | None = None
        self.race: Race | None = None
        self.in_threads = False
        self.users_listed: list[User] = []
        self.odd: list[Odd] = []
        """The unusual requests whose exchanges were kept last."""
        self.violation: ContractViolation | None = None
        self.ends: list[Mapping[str, Exchange]] = []
        self.histories: list[History] = []
        self.written: list[Written] = []
        self.etags: list[str] = []
        """In a scenario about ETags, all that the account has had, the current one last."""
        self._last_actor: Actor | None = None
        self._actors: dict[str, Actor] = {}

    # Actors

    def actor(self, persona: str) -> Actor:
        """Return the actor of a persona; the first call creates the actor with newly drawn data."""
        if persona not in self._actors:
            self._actors[persona] = Actor(persona, self.factory.new_user(persona))
        return self._actors[persona]

    def replace_actor(self, persona: str) -> Actor:
        """Replace the actor of this persona with a new one, who has not done anything yet; return the new actor."""
        self._actors[persona] = Actor(persona, self.factory.new_user(persona))
        return self._actors[persona]

    def forget_actors(self) -> None:
        """Forget all actors, so that each persona begins again as an actor who has not done anything yet."""
        self._actors.clear()

    @property
    def users(self) -> list[Actor]:
        """The actors who became users."""
        return [actor for actor in self._actors.values() if actor.id is not None]

    @property
    def last_actor(self) -> Actor:
        """The actor of the last action; raises SuiteError before the first action."""
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
        """Execute operations with the async client, at most FEW at once; bursts test greater concurrency."""
        return self.session.loop.run(self.session.async_client.gather(operations, FEW))

    @property
    def exchange(self) -> Exchange:
        """The last of the exchanges that were kept for checks; raises SuiteError if there are none."""
        if not self.exchanges:
            raise SuiteError("no step of this scenario has sent a request that could be checked")
        return self.exchanges[-1]

    @property
    def pages(self) -> Paged:
        """The pages that were read; raises SuiteError if none were."""
        if self.paged is None:
            raise SuiteError("no step of this scenario has read the list page by page")
        return self.paged

    @property
    def burst(self) -> Burst:
        """The last burst; raises Inconclusive if there was none."""
        if self.last_burst is None:
            raise Inconclusive("there was no burst in this scenario yet")
        return self.last_burst

    def keep(self, *exchanges: Exchange) -> None:
        """Make these the exchanges that the next checks are about."""
        self.exchanges = list(exchanges)

    @property
    def faults(self) -> Faults:
        """The injector of faults into the embedded API; raises SuiteError if the target does not take faults."""
        if self.session.faults is None:
            raise SuiteError("faults are only injected into the API of scenarios that are tagged @resilience")
        return self.session.faults

    # Checks

    def check(
        self, exchange: Exchange, *matchers: Matcher, rule: str | None = None, attempted: str | None = None
    ) -> None:
        """Check an exchange against matchers; raises ContractViolation of `rule`, by default the scenario's.

        From contract 1.1 on, the rule is `own-answer` if the answer is a success that ends in the middle of its JSON.
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
        """Return the text of what was attempted so far, followed by this further action."""
        return f"{self.attempted}; then {what}"
