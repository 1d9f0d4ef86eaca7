"""The decorators of the steps: a step takes the scenario and domain objects instead of behave's context and words.

    @when("{actor:Actor} signs up with {email:Email}")
    def sign_up(scenario: ScenarioContext, actor: Actor, email: str) -> None: ...

A parameter type whose object depends on the scenario, such as an Actor, returns an `OfScenario`, which is resolved
when the step runs; see parameter_types.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import behave
from behave.runner import Context

from support.errors import NotOffered
from support.scenario import user_checks
from support.scenario.context import NoUserYet, ScenarioContext
from support.scenario.parameter_types import OfScenario

Step = TypeVar("Step", bound=Callable[..., None])


def _decorator(
    register: Callable[[str], Callable[[Callable[..., None]], object]],
) -> Callable[[str], Callable[[Step], Step]]:
    def define(sentence: str) -> Callable[[Step], Step]:
        def decorate(step: Step) -> Step:
            @wraps(step)
            def run(context: Context, **arguments: Any) -> None:
                scenario = context.session.scenario
                try:
                    step(scenario, **{name: _resolved(value, scenario) for name, value in arguments.items()})
                except NoUserYet as reason:
                    user_checks.has_become_user(scenario, reason.actor)
                    raise
                except NotOffered as reason:
                    context.scenario.skip(str(reason))

            register(sentence)(run)
            return step

        return decorate

    return define


def _resolved(value: Any, scenario: ScenarioContext) -> Any:
    return value.resolve(scenario) if isinstance(value, OfScenario) else value


given, when, then = _decorator(behave.given), _decorator(behave.when), _decorator(behave.then)
