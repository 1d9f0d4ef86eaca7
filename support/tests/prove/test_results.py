"""When a defect counts as caught, and when a correct API as accepted."""

from __future__ import annotations

import pytest

from support.errors import Outcome
from support.prove.leftovers import Leftovers, leftovers, leftovers_at_last
from support.prove.results import DefectResult, Detection, SuiteRun, location_of
from support.reporting.results import Result
from support.target.embedded import Target
from support.tests.prove.canned import DEFECT, Scenario, broken, defect_result, failed, passed, run, variant_result

RULE = DEFECT.rule
ERROR = failed(RULE, "TypeError: 'NoneType' object is not subscriptable")
ALL_PASS = run(passed(RULE))


def test_a_scenario_of_the_rule_that_names_it_catches_the_defect() -> None:
    caught = defect_result(passed(RULE), broken(RULE, number=2), ERROR)
    assert caught.detection is Detection.CAUGHT
    assert [location_of(each.scenario) for each in caught.catchers] == ["features/exact-text.feature:2"]


def test_so_does_a_scenario_of_another_rule_in_the_whole_contract() -> None:
    caught = defect_result(passed(RULE), whole=run(broken(RULE, shown_by="list", number=2)))
    assert caught.detection is Detection.CAUGHT


@pytest.mark.parametrize(
    "scenario",
    [
        ERROR,
        failed(RULE, "contract broken: exact-text"),
        failed(RULE, "AssertionError: 1 != 2", outcome=Outcome.CONTRACT_BROKEN),
    ],
    ids=["an error", "an error whose text names the rule", "a bare assertion"],
)
def test_a_failure_without_evidence_catches_nothing(scenario: Scenario) -> None:
    assert defect_result(scenario, whole=run(scenario)).detection is Detection.ERRORS


def test_a_defect_with_which_everything_passes_is_missed() -> None:
    assert defect_result(passed(RULE), whole=ALL_PASS).detection is Detection.MISSED


@pytest.mark.parametrize(
    "result",
    [
        defect_result(passed(RULE), whole=run(passed(RULE), broken("list", number=2))),
        defect_result(broken("create-201", shown_by=RULE), whole=ALL_PASS),
    ],
    ids=["in its own scenario", "in a failed setup"],
)
def test_another_rule_that_is_found_broken_is_not_enough(result: DefectResult) -> None:
    assert result.detection is Detection.OTHER_RULE
    assert len(result.violations) == 1


def test_a_run_that_does_not_end_in_time_catches_nothing() -> None:
    late = run(broken(RULE), in_time=False)
    assert DefectResult(DEFECT, late, late).detection is Detection.TIMED_OUT


@pytest.mark.parametrize("empty", [run(exit_code=0), SuiteRun(None, 0, 1.0), run(passed(RULE, result=Result.SKIPPED))])
def test_a_run_without_scenarios_does_not_pass(empty: SuiteRun) -> None:
    assert not empty.passed
    assert defect_result(whole=empty).detection is Detection.ERRORS


def test_a_failure_that_does_not_fail_the_run_catches_nothing() -> None:
    assert DefectResult(DEFECT, run(broken(RULE), exit_code=0), ALL_PASS).detection is not Detection.CAUGHT


@pytest.mark.parametrize("answered", [True, False])
def test_a_catch_by_missing_answers_alone_is_marked(answered: bool) -> None:
    assert defect_result(broken(RULE, answered=answered)).only_unanswered is not answered


def test_noise_is_the_other_rules_that_fail() -> None:
    whole = run(broken(RULE), broken("list", number=2), failed("delete", "oops", 3), passed("put"))
    assert defect_result(broken(RULE), whole=whole).noise == ["delete", "list"]
    assert defect_result(broken(RULE)).noise is None


def test_a_correct_api_is_accepted_if_everything_passes_and_no_user_differs() -> None:
    assert variant_result().accepted
    assert not variant_result(broken("list")).accepted
    assert not variant_result(exit_code=2).accepted
    assert not variant_result(leftovers=Leftovers(left=("{}",))).accepted


def test_users_that_are_left_missing_or_changed_are_listed() -> None:
    found = leftovers({"1": "Ada", "2": "Grace", "3": "Alan"}, {"1": "Ada", "3": "ALAN", "4": "Mallory"})
    assert found.lines() == ["left behind: Mallory", "missing: Grace", "changed: ALAN"]
    assert leftovers({"1": "Ada"}, {"1": "Ada"}).none


def test_a_user_who_is_listed_for_a_while_after_deletion_is_not_left(monkeypatch: pytest.MonkeyPatch) -> None:
    lists = iter([{"1": "Ada", "2": "Grace"}, {"1": "Ada"}])
    monkeypatch.setattr("support.prove.leftovers.list_users", lambda _target: next(lists))
    monkeypatch.setattr("support.prove.leftovers.PAUSE_S", 0)
    assert leftovers_at_last(Target("http://127.0.0.1:1/users", None, "no target"), {"1": "Ada"}).none
