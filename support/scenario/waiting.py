"""Deletion as a user of the API sees it: gone from every view within the deletion deadline."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TypeVar

from support.cleanup.polling import PollPolicy
from support.contract.claims import Claim, shown
from support.contract.normalizers import ids_of
from support.contract.violation import fail, raise_if_inconclusive
from support.http.operations import Operation
from support.models import Exchange
from support.scenario.context import Actor, ScenarioContext

T = TypeVar("T")

READ, LIST, SEARCH, FREE_EMAIL = "a read", "the list", "a search", "a free email"
READ_TWO_WAYS, NEW_USER = "a read in two ways", "a new user"
READS_AT_ONCE = 3
TIMEOUTS_IN_A_ROW = 3
SHORTER = 10
LATER_S, MUCH_LATER_S = 0.5, 2.0
"""Seconds in which a refused request must not take effect later, and in which a job must not change what was stored."""


class Deadlines:
    """The deletion deadline, for each thing that a run waits for, such as a read.

    After some timeouts in a row for the same thing, the deadline for it is shorter until one wait succeeds, so that a
    permanent defect does not hold up the whole run.
    """

    def __init__(self, policy: PollPolicy) -> None:
        self.policy = policy
        self._timeouts: Counter[str] = Counter()

    def for_(self, what: str) -> float:
        """Return the deadline for something, in seconds."""
        return self.policy.deadline_s / (SHORTER if self._timeouts[what] >= TIMEOUTS_IN_A_ROW else 1)

    def poll_until(self, what: str, ask: Callable[[], T], is_right: Callable[[T], bool]) -> T:
        """Ask until the answer is right or the deadline is over; return the last answer."""
        answer = ask()
        for wait in PollPolicy(self.policy.first_s, self.policy.cap_s, self.for_(what)).waits():
            if is_right(answer):
                break
            time.sleep(wait)
            answer = ask()
        self._timeouts[what] = 0 if is_right(answer) else self._timeouts[what] + 1
        return answer


def poll_until(scenario: ScenarioContext, what: str, ask: Callable[[], T], is_right: Callable[[T], bool]) -> T:
    """Ask until the answer is right or the deadline is over; return the last answer."""
    return scenario.session.deadlines.poll_until(what, ask, is_right)


def let_pass(seconds: float) -> None:
    """Wait for what an API may do later."""
    time.sleep(seconds)


def is_gone(scenario: ScenarioContext, actor: Actor, rule: str | None = None) -> None:
    """Check that a read no longer shows the user; if it still does, `rule` is broken.

    Without `rule` it is `delete`, or the rule of the scenario if the user was gone before. If another user now has the
    id, it is `delete-frees` in any case.
    """
    gone = scenario.answers.gone
    within_s = scenario.session.deadlines.for_(READ)
    exchange = poll_until(scenario, READ, lambda: _read(scenario, actor), lambda answer: answer.status in gone)
    if exchange.status not in gone:
        broken = rule or (scenario.rule if actor.is_gone else "delete")
        if any(user.id == actor.id for user in scenario.users if user is not actor):
            broken = "delete-frees"
        _fail_as_still_read(scenario, actor, exchange, broken, within_s)
    actor.is_gone = True


def is_gone_from_list(scenario: ScenarioContext, actor: Actor) -> None:
    """Check that the list, if there is one, no longer shows the user."""
    if scenario.profile.capabilities.list:
        _is_gone_from(scenario, actor, LIST, scenario.api.list, f"a list without {actor.persona}")


def is_gone_from_search(scenario: ScenarioContext, actor: Actor) -> None:
    """Check that a search for the email, if the target has searches, no longer finds the user."""
    email = actor.new_user.email
    if scenario.profile.capabilities.email_filter:
        _is_gone_from(scenario, actor, SEARCH, lambda: scenario.api.find(email), f"no user found by {email}")


def _is_gone_from(
    scenario: ScenarioContext, actor: Actor, view: str, ask: Callable[[], Operation[Exchange]], wanted: str
) -> None:
    right = (200, *(scenario.answers.no_match if view == SEARCH else ()))
    within_s = scenario.session.deadlines.for_(view)

    def is_right(exchange: Exchange) -> bool:
        return exchange.status in right and actor.id not in ids_of(exchange.answer, scenario.profile)

    exchange = poll_until(scenario, view, lambda: scenario.run(ask()), is_right)
    if not is_right(exchange):
        _check_is_not_read(scenario, actor, within_s)
        wrong = f"{view} shows user {actor.id}" if exchange.status in right else f"the status was {exchange.status}"
        _fail_as_late(scenario, wanted, wrong, exchange, scenario.rule, within_s, shown(actor.id, 0))


def _read(scenario: ScenarioContext, actor: Actor) -> Exchange:
    """Read a user several times; return a read that does not say gone, if any: all servers of the API must agree."""
    exchanges = scenario.run_at_once([scenario.api.read(actor.known_id) for _ in range(READS_AT_ONCE)])
    return next((one for one in exchanges if one.status not in scenario.answers.gone), exchanges[-1])


def _check_is_not_read(scenario: ScenarioContext, actor: Actor, within_s: float) -> None:
    """Raise ContractViolation of `delete` if a user whom a view still shows can be read as well."""
    exchange = _read(scenario, actor)
    if exchange.status == 200:
        _fail_as_still_read(scenario, actor, exchange, "delete", within_s)


def _fail_as_still_read(
    scenario: ScenarioContext, actor: Actor, exchange: Exchange, rule: str, within_s: float
) -> None:
    gone = " or ".join(map(str, scenario.answers.gone))
    wrong = f"the status was {exchange.status}"
    claims = [Claim("status", scenario.answers.gone)]
    _fail_as_late(scenario, f"status {gone} for {actor.persona}", wrong, exchange, rule, within_s, claims)


def _fail_as_late(
    scenario: ScenarioContext,
    wanted: str,
    wrong: str,
    exchange: Exchange,
    rule: str,
    within_s: float,
    claims: Sequence[Claim],
) -> None:
    for earlier in scenario.exchanges:  # a deletion that could not be tried again proves nothing
        raise_if_inconclusive(scenario.attempted, earlier)
    deadline_s = scenario.session.deadlines.policy.deadline_s
    within = f"within {within_s:g} s"
    if within_s < deadline_s:
        within += f" (instead of {deadline_s:g} s, which were not enough {TIMEOUTS_IN_A_ROW} times in a row)"
    fail(rule, scenario.attempted, [f"{wanted} {within}"], [wrong], exchange, claims=claims)
