"""What happens around the features, in the order in which it happens."""

from __future__ import annotations

from behave.model import Feature, Scenario, Step
from behave.runner import Context

import support.early_signals  # noqa: F401 - first: from here on an interrupt ends in one line
from support import bootstrap
from support.cli import parallel
from support.compat import runner_of
from support.reporting.exceptions import make_presentable

parallel.hand_over()  # before the steps are loaded: if several processes are wanted, this one starts them and ends here


def before_all(context: Context) -> None:
    make_presentable(runner_of(context))
    context.run = bootstrap.begin(context.config, runner_of(context).features)
    context.session = context.run.session


def before_feature(context: Context, feature: Feature) -> None:
    context.run.select(feature)


def before_scenario(context: Context, scenario: Scenario) -> None:
    context.session = context.run.begin_scenario(scenario)


def before_step(context: Context, step: Step) -> None:
    context.run.note_attempt(step)


def after_step(context: Context, step: Step) -> None:
    context.run.keep_script(context.scenario, step)


def after_scenario(context: Context, scenario: Scenario) -> None:
    context.run.end_scenario(scenario)


def after_feature(context: Context, feature: Feature) -> None:
    context.run.confirm_gone(feature)


def after_all(context: Context) -> None:
    context.run.end()
