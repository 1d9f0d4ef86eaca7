"""Scenarios that are played several times: one whose results differ is flaky, and the run does not pass."""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from behave.model import Scenario

from support.errors import ContractViolation
from support.exchange_text import in_brief
from support.models import Exchange
from support.redaction import redacted
from support.reporting.results import Result, result_of

ALLOWED = (Result.PASSED, Result.KNOWN_DEVIATION)
"""Results that may alternate in a scenario that is not flaky: a target may show a known deviation only sometimes."""


@dataclass(frozen=True)
class _Round:
    """One time that a scenario was played: the copy that was played, its result and its exchanges."""

    number: int
    scenario: Scenario
    result: Result
    exchanges: Sequence[Exchange]


def repeat(
    scenario: Scenario, times: int, prepare: Callable[[Scenario], None], exchanges: Callable[[], Sequence[Exchange]]
) -> None:
    """Let behave play prepared copies of a scenario; `exchanges` returns those of the copy that was played last."""

    def played(runner: Any) -> bool:
        rounds: list[_Round] = []
        for number in range(1, times + 1):
            prepare(one := _copy(scenario))
            one.run(runner)
            if result := result_of(one, runner.config):
                rounds.append(_Round(number, one, result, tuple(exchanges())))
            if result in (None, Result.SKIPPED, Result.NOT_RUN) or runner.aborted or runner.config.stop:
                break
        return _keep_worst(scenario, rounds)

    scenario.run = played


def _copy(scenario: Scenario) -> Scenario:
    one = copy.copy(scenario)
    one.played_for = scenario
    del one.run
    one.steps = [copy.copy(step) for step in scenario.steps]
    one.use_background = scenario.use_background  # gives the copy steps of its own
    return one


def _keep_worst(scenario: Scenario, rounds: Sequence[_Round]) -> bool:
    """Give a scenario the state of the copy with the worst result; return whether that copy failed."""
    worst = min(rounds, key=lambda each: list(Result).index(each.result), default=None)
    if worst is not None:
        vars(scenario).update(vars(worst.scenario))
        if len({Result.PASSED if each.result in ALLOWED else each.result for each in rounds}) > 1:
            scenario.flaky = _told(worst, rounds)
    return bool(scenario.status.has_failed())


def _told(worst: _Round, rounds: Sequence[_Round]) -> str:
    """Return which rounds had which result, and how another round answered a request like the one that failed."""
    numbers = defaultdict[Result, list[str]](list)
    for each in rounds:
        numbers[each.result].append(str(each.number))
    told = "; ".join(
        f"{result} in {'round' if len(of) == 1 else 'rounds'} {', '.join(of)}" for result, of in numbers.items()
    )
    other = next(each for each in rounds if each.result is not worst.result)
    error = next((step.exception for step in worst.scenario.all_steps if step.exception is not None), None)
    wrong = error.exchange if isinstance(error, ContractViolation) else None
    place = next((place for place, each in enumerate(worst.exchanges) if each is wrong), -1)
    like = [each for each in other.exchanges[: place + 1] if wrong and _kind(each) == _kind(wrong)]
    shown = f"; round {other.number} showed {in_brief(like[-1])}" if like else ""
    return redacted(f"{len(rounds)} rounds: {told}{shown}")


def _kind(exchange: Exchange) -> tuple[str, int]:
    """Return what two requests of the same kind share, whichever user they are about."""
    return exchange.call.method, exchange.call.url.count("/")
