"""What happens around the features, in the order in which it happens."""

from __future__ import annotations

from behave.model import Feature, Scenario, Step
from behave.runner import Context

import support.starting  # noqa: F401 - first: from here on an interrupt ends in one line
from support import beginning
from support.reporting.exceptions import make_presentable


def before_all(context: Context) -> None:
    make_presentable(context._runner)
    context.session = beginning.begin(context.config, context._runner.features)
    context.world = context.session.world


def before_feature(context: Context, feature: Feature) -> None:
    context.session.select(feature)


def before_scenario(context: Context, scenario: Scenario) -> None:
    context.world = context.session.set_the_scene(scenario)


def before_step(context: Context, step: Step) -> None:
    context.session.note_attempt(step)


def after_scenario(context: Context, scenario: Scenario) -> None:
    context.session.leave_the_scene(scenario)


def after_feature(context: Context, _feature: Feature) -> None:
    context.session.confirm_gone()


def after_all(context: Context) -> None:
    context.session.end()
