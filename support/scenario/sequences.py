"""Sequences of actions that no scenario foresees, drawn by Hypothesis: what a few users do, one after another.

The actors of the scenario are the model: each remembers what the API must show of them. A failing sequence is shortened
before it is reported.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, Phase, Verbosity, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import FlakyFailure
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from support.contract.matchers import has_status
from support.errors import ContractViolation
from support.scenario import accounts, directory, outcomes
from support.scenario.context import PERSONAS, Actor
from support.scenario.protocol import update_methods
from support.scenario.waiting import is_gone

if TYPE_CHECKING:
    from support.models import Exchange
    from support.scenario.context import ScenarioContext

MOST_USERS = 4
MOST_ACTIONS = 10
SEQUENCES = 8
SHORTEN_S = 5.0
"""How many seconds Hypothesis may go on beyond the end of its time, to shorten a failing sequence."""
NUMBERS = st.integers(0, MOST_USERS - 1)
SPELL: Sequence[Callable[[str], str]] = (str, str.lower, str.upper, str.title)
SPELLINGS = st.sampled_from(SPELL)


def play(scenario: ScenarioContext, seconds: float) -> None:
    """Play up to `SEQUENCES` sequences while there is time; keep the violation of the shortest failing sequence."""
    ends, violations = time.monotonic() + seconds, list[tuple[int, ContractViolation]]()

    class Sequence(_Sequence):
        def __init__(self) -> None:
            super().__init__(scenario, ends, violations)

    rules = settings(
        max_examples=SEQUENCES,
        stateful_step_count=MOST_ACTIONS,
        deadline=None,
        database=None,
        print_blob=False,
        report_multiple_bugs=False,
        verbosity=Verbosity.quiet,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    seed(scenario.factory.seed)(Sequence)
    try:
        run_state_machine_as_test(Sequence, settings=rules)
    except (ContractViolation, FlakyFailure):
        if not violations:
            raise
        scenario.violation = min(violations, key=lambda one: one[0])[1]


def check(scenario: ScenarioContext) -> None:
    """Raise the ContractViolation of the shortest sequence that failed, if any did."""
    if scenario.violation is not None:
        raise scenario.violation


class _Sequence(RuleBasedStateMachine):
    """One sequence; each action is sent, and its answer checked against what the actors remember."""

    def __init__(self, scenario: ScenarioContext, ends: float, violations: list[tuple[int, ContractViolation]]) -> None:
        super().__init__()
        self._scenario, self._ends, self._violations = scenario, ends, violations
        self._done: list[str] = []
        self._actors: list[Actor] = []
        self._names: dict[str, list[str]] = {}
        self._emails: dict[str, list[str]] = {}
        scenario.forget_actors()
        scenario.session.recorder.begin()
        scenario.registry.make_room(MOST_USERS, delete_current=True)

    # Actions

    @initialize()
    def begin(self) -> None:
        """Begin with two users, so that there is somebody to change, delete and look at."""
        for persona in () if self._is_over else PERSONAS[:2]:
            actor = self._scenario.actor(persona)
            self._act(f"{persona} signs up", partial(self._sign_up, actor, actor.new_user.email))

    @rule(number=NUMBERS, spell=SPELLINGS, earlier=st.integers(0, 3))
    def sign_up(self, number: int, spell: Callable[[str], str], earlier: int) -> None:
        """Sign up with a new email, or with one that another actor has or had."""
        if self._is_over or len(self._actors) == MOST_USERS:
            return
        actor = self._scenario.actor(PERSONAS[len(self._actors)])
        wanted = self._email_of(number, earlier) if earlier else None
        email, whose = (actor.new_user.email, "their own email") if wanted is None else wanted
        self._act(f"{actor.persona} signs up with {whose}", lambda: self._sign_up(actor, spell(email)))

    def _sign_up(self, actor: Actor, email: str) -> None:
        scenario = self._scenario
        if self._holder(email):
            accounts.sign_up(scenario, actor, email=email)
            outcomes.is_answered(scenario, "taken", "email-unique")
            scenario.replace_actor(actor.persona)
            return
        freed = self._rule_of_freed(email)
        accounts.when_free(scenario, lambda: accounts.sign_up(scenario, actor, email=email))
        scenario.check(scenario.exchange, has_status(scenario.answers.created), rule=freed or "create-201")
        outcomes.is_created(scenario, actor, scenario.exchange)
        self._actors.append(actor)
        self._remember(actor)

    @rule(
        number=NUMBERS,
        put=st.booleans(),
        name=st.integers(0, 3),
        other=NUMBERS,
        email=st.integers(0, 3),
        spell=SPELLINGS,
    )
    def change(self, number: int, put: bool, name: int, other: int, email: int, spell: Callable[[str], str]) -> None:
        """Change the name, the email or both: to new values, to earlier ones, to another actor's email."""
        actor, methods = self._actor(number), update_methods(self._scenario)
        if self._is_over or actor is None or actor.is_gone or not methods or not (name or email):
            return
        method = methods[-1 if put else 0]
        fields, said = {}, []
        if name:
            names = self._names[actor.persona]
            fields["name"] = (
                self._scenario.factory.new_user(actor.persona).name if name == 1 else names[-name % len(names)]
            )
            said.append("a new name" if name == 1 else "an earlier name")
        if email:
            found = self._email_of(other, email) if email > 1 else None
            address, whose = found or (self._scenario.factory.new_user(actor.persona).email, "a new email")
            fields["email"] = spell(address)
            said.append(whose)
        self._act(
            f"{actor.persona} changes to {' and '.join(said)} by {method}", lambda: self._change(actor, method, fields)
        )

    def _change(self, actor: Actor, method: str, fields: dict[str, str]) -> None:
        scenario = self._scenario
        holder = self._holder(fields.get("email", ""))
        if holder is not None and holder is not actor:
            accounts.change(scenario, actor, method, **fields)
            outcomes.is_answered(scenario, "taken", "update-taken")
            actor.expected = None
            outcomes.is_unchanged(scenario, actor)
            return
        freed = self._rule_of_freed(fields.get("email", "")) if holder is None else None
        accounts.when_free(scenario, lambda: self._try(actor, method, fields))
        scenario.check(scenario.exchange, has_status([200]), rule=freed or accounts.rule_of_change(scenario.exchange))
        outcomes.is_changed(scenario, actor)
        outcomes.is_unchanged(scenario, actor)
        self._remember(actor)

    def _try(self, actor: Actor, method: str, fields: dict[str, str]) -> Exchange:
        actor.expected = None
        return accounts.change(self._scenario, actor, method, **fields)

    @rule(number=NUMBERS)
    def delete(self, number: int) -> None:
        """Delete an account, which may be deleted already."""
        actor = self._actor(number)
        if self._is_over or actor is None:
            return
        again = " again" if actor.is_gone else ""
        self._act(f"{actor.persona} deletes their account{again}", lambda: self._delete(actor))

    def _delete(self, actor: Actor) -> None:
        kind, rule_ = ("deleted_again", "delete-again") if actor.is_gone else ("deleted", "delete")
        if actor.is_gone and actor.id in {one.id for one in self._actors if not one.is_gone}:
            return
        accounts.delete(self._scenario, actor)
        outcomes.is_answered(self._scenario, kind, rule_)
        is_gone(self._scenario, actor, rule_)
        actor.old_id = actor.id

    @rule(number=NUMBERS)
    def look(self, number: int) -> None:
        """Read an account, and search for its email."""
        actor = self._actor(number)
        if self._is_over or actor is None:
            return
        self._act(f"support looks at {actor.persona}", lambda: self._look(actor))

    def _look(self, actor: Actor) -> None:
        if actor.is_gone:
            is_gone(self._scenario, actor, "delete")
            return
        outcomes.is_unchanged(self._scenario, actor)
        directory.is_found_by_email(self._scenario, actor)

    def teardown(self) -> None:
        """Check at the end of a sequence that every view shows every actor as they are."""
        if not self._is_over and self._done:
            self._act("", self._look_at_all)

    def _look_at_all(self) -> None:
        for actor in self._actors:
            self._look(actor)
        if self._scenario.profile.capabilities.list:
            listed = directory.read_list(self._scenario)
            for actor in self._actors:
                if not actor.is_gone:
                    directory.shows_once(self._scenario, actor, listed)

    # What the actors remember

    @property
    def _is_over(self) -> bool:
        return time.monotonic() > self._ends + (SHORTEN_S if self._violations else 0)

    def _act(self, said: str, act: Callable[[], None]) -> None:
        self._done += [said] if said else []
        self._scenario.attempted = "; then ".join(self._done)
        try:
            act()
        except ContractViolation as violation:
            self._violations.append((len(self._done), violation))
            raise

    def _actor(self, number: int) -> Actor | None:
        return self._actors[number % len(self._actors)] if self._actors else None

    def _email_of(self, number: int, earlier: int) -> tuple[str, str] | None:
        """Return an email that an actor has (1 or 2) or had before (3), and what to call it."""
        actor = self._actor(number)
        if actor is None:
            return None
        emails = self._emails[actor.persona]
        if earlier < 3 or len(emails) < 2:
            return emails[-1], f"{actor.persona}'s email"
        return emails[-2], f"{actor.persona}'s old email"

    def _holder(self, email: str) -> Actor | None:
        holders = (one for one in self._actors if one.new_user.email.lower() == email.lower() and not one.is_gone)
        return next(holders, None)

    def _rule_of_freed(self, email: str) -> str | None:
        """Return the rule that says that a formerly used email is free again; None for an email that nobody has had."""
        had = [one for one in self._actors if email.lower() in {each.lower() for each in self._emails[one.persona]}]
        if any(one.is_gone and one.new_user.email.lower() == email.lower() for one in had):
            return "delete-frees"
        return "update-taken" if had else None

    def _remember(self, actor: Actor) -> None:
        self._names.setdefault(actor.persona, []).append(actor.new_user.name)
        self._emails.setdefault(actor.persona, []).append(actor.new_user.email)
