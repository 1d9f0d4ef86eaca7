"""Two repairs of allure-behave 2.16.2 for behave 1.3.3.

The formatter registers only the scenarios directly under a feature: those under a `Rule:` would leave no result
(allure-python issue 886). And it takes the status of a scenario from its steps alone: a scenario whose hook or cleanup
failed would be shown as passed.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from allure_behave import listener
from allure_behave.formatter import AllureFormatter
from allure_commons.model2 import Status, StatusDetails
from behave.model import Feature, Scenario, Step

from support.errors import Outcome
from support.reporting.results import KNOWN_DEVIATION, deviation_of, failure_of, text_of

stock_feature = AllureFormatter.feature
stock_status = listener.scenario_status
stock_details = listener.scenario_status_details
stock_step_details = listener.step_status_details


def repair() -> None:
    """Repair the formatter for this process; a second time changes nothing."""
    AllureFormatter.feature = every_scenario
    listener.scenario_status = scenario_status
    listener.scenario_status_details = scenario_status_details
    listener.step_status_details = step_status_details


def every_scenario(formatter: AllureFormatter, feature: Feature) -> None:
    """Register all scenarios of a feature, those of its rules included."""
    stock_feature(formatter, SimpleNamespace(scenarios=feature.walk_scenarios()))


def scenario_status(scenario: Scenario) -> Any:
    """Return failed for a broken contract, skipped for a known deviation, else broken, for hooks and cleanups too."""
    failure = failure_of(scenario)
    if failure is None:
        return stock_status(scenario)
    if failure.outcome == KNOWN_DEVIATION:
        return Status.SKIPPED
    return Status.FAILED if failure.outcome == Outcome.CONTRACT_BROKEN else Status.BROKEN


def scenario_status_details(scenario: Scenario) -> Any:
    """Return why a scenario failed or was skipped."""
    failure, deviation = failure_of(scenario), deviation_of(scenario)
    if failure is not None and failure.outcome == KNOWN_DEVIATION and deviation is not None:
        known = f"{KNOWN_DEVIATION}: {deviation.reason} ({deviation.link}, since {deviation.since})"
        return StatusDetails(message=f"{known}\n\n{failure.text}", known=True)
    if failure is not None:
        return StatusDetails(message=failure.text)
    if scenario.skip_reason:
        return StatusDetails(message=f"skipped: {scenario.skip_reason}")
    return stock_details(scenario)


def step_status_details(step: Step) -> Any:
    """Return why a step failed, in the same words as its scenario, so that the report shows them once."""
    if step.status.has_failed():
        return StatusDetails(message=text_of(step))
    return stock_step_details(step)
