"""The repairs of the Allure formatter: each fault shows without its repair, and is gone with it."""

from __future__ import annotations

from support.tests.reporting.conftest import Play

REPAIRED = "from support.reporting.allure.repairs import repair\nrepair()\n"
STEPS = """
from behave import given
from support.errors import ContractViolation, SuiteError

@given("all is well")
def well(context):
    pass

@given("the contract is broken")
def broken(context):
    raise ContractViolation("read-200", "contract broken: read-200")

@given("the suite is at fault")
def fault(context):
    raise SuiteError("no server answers")
"""
RULES = """
Feature: Two ways to stand
  Example: Under the feature
    Given all is well

  Rule: Something holds
    Example: Under the rule
      Given all is well

    Scenario Outline: Of an outline under the rule
      Given all is well

      Examples:
        | number |
        | 1      |
        | 2      |
"""
ONE = """
Feature: One
  Example: Alone
    Given {step}
"""
FAILING_HOOK = """
def after_scenario(context, scenario):
    raise RuntimeError("the hook broke")
"""
FAILING_CLEANUP = """
def before_scenario(context, scenario):
    context.add_cleanup(lambda: 1 / 0)
"""


def test_scenarios_under_a_rule_are_lost_without_the_repair(play_project: Play) -> None:
    assert [one["name"] for one in play_project(RULES, STEPS).results] == ["Under the feature"]


def test_every_scenario_leaves_a_result(play_project: Play) -> None:
    names = [one["name"] for one in play_project(RULES, STEPS, REPAIRED).results]
    assert len(names) == 4
    assert {"Under the feature", "Under the rule"} < set(names)


def test_a_failed_hook_shows_as_passed_without_the_repair(play_project: Play) -> None:
    run = play_project(ONE.format(step="all is well"), STEPS, FAILING_HOOK)
    assert run.code == 1
    assert run.results[0]["status"] == "passed"


def test_a_failed_hook_breaks_its_scenario(play_project: Play) -> None:
    result = play_project(ONE.format(step="all is well"), STEPS, REPAIRED + FAILING_HOOK).results[0]
    assert result["status"] == "broken"
    assert "the hook broke" in result["statusDetails"]["message"]


def test_a_failed_cleanup_shows_as_passed_without_the_repair(play_project: Play) -> None:
    assert play_project(ONE.format(step="all is well"), STEPS, FAILING_CLEANUP).results[0]["status"] == "passed"


def test_a_failed_cleanup_breaks_its_scenario(play_project: Play) -> None:
    result = play_project(ONE.format(step="all is well"), STEPS, REPAIRED + FAILING_CLEANUP).results[0]
    assert result["status"] == "broken"
    assert "cleanup" in result["statusDetails"]["message"]


def test_a_contract_violation_counts_as_failed_and_any_other_fault_as_broken(play_project: Play) -> None:
    failed = play_project(ONE.format(step="the contract is broken"), STEPS, REPAIRED).results[0]
    assert (failed["status"], failed["statusDetails"]["message"]) == ("failed", "contract broken: read-200")


def test_a_fault_of_the_suite_is_broken(play_project: Play) -> None:
    assert play_project(ONE.format(step="the suite is at fault"), STEPS, REPAIRED).results[0]["status"] == "broken"


def test_what_passes_is_passed(play_project: Play) -> None:
    assert play_project(ONE.format(step="all is well"), STEPS, REPAIRED).results[0]["status"] == "passed"
