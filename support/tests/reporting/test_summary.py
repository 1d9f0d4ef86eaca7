"""The summary of a run: the outcome that follows from the scenarios, and reading it back."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from support.errors import ContractViolation, Evidence, Inconclusive, Outcome, TargetDown
from support.redaction import Redactor, redacted
from support.reporting import summary as module
from support.reporting.merging import merge
from support.reporting.results import KNOWN_DEVIATION, Failure, Result, outcome_of, worst_outcome, worst_result
from support.reporting.summary import Requests, ScenarioResult, Summary, Users, read, with_results
from support.timeline import TimelineRow

BARE = Summary(Outcome.PASSED, started="2026-01-02T03:04:05+00:00", seconds=1.0)
WORST_FIRST = list(Outcome)


def scenario(result: Result, rule: str = "read-200", broken_rule: str = "") -> ScenarioResult:
    return ScenarioResult("A", "features/a.feature", 3, rule, "Ada is shown", result, 0.5, broken_rule=broken_rule)


def failure(outcome: str, rule: str = "read-200", name: str = "Ada is shown") -> Failure:
    return Failure(outcome, rule, "A", name, "features/a.feature:3", "Then Ada is shown", f"{outcome}: text")


@pytest.mark.parametrize("worse", range(len(Outcome)))
def test_the_worst_outcome_names_the_run(worse: int) -> None:
    expected = WORST_FIRST[worse]
    assert worst_outcome(WORST_FIRST[worse:]) == worst_outcome(reversed(WORST_FIRST[worse:])) == expected


def test_a_run_without_failures_passes() -> None:
    summary = with_results(BARE, [scenario(Result.PASSED), scenario(Result.SKIPPED)], [])
    assert (summary.outcome, summary.why) == (Outcome.PASSED, "1 scenario of 1 rule")
    assert summary.scenarios_by_result == {Result.PASSED: 1, Result.SKIPPED: 1}


def test_a_known_deviation_does_not_fail_the_run_and_is_counted() -> None:
    scenarios = [scenario(Result.PASSED), scenario(Result.KNOWN_DEVIATION, "list", "list")]
    summary = with_results(BARE, scenarios, [failure(KNOWN_DEVIATION, "list")])
    assert summary.outcome is Outcome.PASSED
    assert summary.why == "all 2 scenarios of 2 rules; 1 scenario with known deviations"
    assert {rule.id: rule.result for rule in summary.rules} == {"read-200": "passed", "list": "known deviation"}


def test_a_rule_without_a_verdict_is_not_counted() -> None:
    scenarios = [scenario(Result.PASSED), scenario(Result.SKIPPED, "list", "list")]
    assert with_results(BARE, scenarios, []).why == "1 scenario of 1 rule; not judged: list"


def test_selected_scenarios_that_were_not_run_leave_the_run_inconclusive() -> None:
    summary = with_results(BARE, [scenario(Result.PASSED), scenario(Result.NOT_RUN)], [])
    assert (summary.outcome, summary.why) == (Outcome.INCONCLUSIVE, "1 selected scenario was not run")


def test_broken_rules_are_named_in_the_order_of_the_contract() -> None:
    broken = [failure(Outcome.CONTRACT_BROKEN, rule) for rule in ("list", "create-201", "list")]
    summary = with_results(BARE, [scenario(Result.FAILED)] * 3, broken)
    assert summary.why == "3 of 3 scenarios, rules create-201, list"


def test_rules_that_another_broken_rule_kept_from_a_verdict_are_named() -> None:
    blocked = scenario(Result.BLOCKED, "exact-text")
    summary = with_results(BARE, [scenario(Result.FAILED), blocked], [failure(Outcome.CONTRACT_BROKEN, "list")])
    assert summary.why.endswith(", rule list; not judged: exact-text")


def test_a_failure_outside_the_scenarios_counts() -> None:
    left = Failure(Outcome.LEFT_BEHIND, "", "", "", "", "", "2 users could not be confirmed as deleted:\nmore")
    summary = with_results(BARE, [scenario(Result.PASSED)], [left])
    assert (summary.outcome, summary.why) == (Outcome.LEFT_BEHIND, "2 users could not be confirmed as deleted")


def test_a_rule_has_the_worst_result_of_its_scenarios() -> None:
    assert worst_result([Result.PASSED, Result.FAILED, Result.SKIPPED]) is Result.FAILED
    assert worst_result([Result.PASSED, Result.SKIPPED]) is Result.PASSED
    assert worst_result([Result.SKIPPED]) is Result.SKIPPED


def test_a_scenario_that_another_broken_rule_blocks_does_not_pass_its_own_rule() -> None:
    scenarios = [
        scenario(Result.FAILED, "patch", "patch"),
        scenario(Result.BLOCKED, "list", "patch"),
        scenario(Result.PASSED, "list"),
        scenario(Result.BLOCKED, "head", "read-200"),
        scenario(Result.PASSED, "put"),
    ]
    summary = with_results(BARE, scenarios, [failure(Outcome.CONTRACT_BROKEN, "patch")])
    assert {rule.id: rule.result for rule in summary.rules} == {
        "read-200": Result.FAILED,
        "head": Result.BLOCKED,
        "list": Result.BLOCKED,
        "patch": Result.FAILED,
        "put": Result.PASSED,
    }
    assert summary.rules_by_result == {Result.FAILED: 2, Result.BLOCKED: 2, Result.PASSED: 1}


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (ContractViolation("list", ""), Outcome.CONTRACT_BROKEN),
        (AssertionError(), Outcome.CONTRACT_BROKEN),
        (TargetDown(), Outcome.TARGET_DOWN),
        (KeyError(), Outcome.CONFIGURATION_ERROR),
        (KeyboardInterrupt(), Outcome.INCONCLUSIVE),
        (Inconclusive(), Outcome.INCONCLUSIVE),
    ],
)
def test_the_outcome_follows_from_the_exception(error: BaseException, outcome: Outcome) -> None:
    assert outcome_of(error) is outcome


def test_merged_summaries_count_everything_and_repeat_no_failure() -> None:
    left = failure(Outcome.LEFT_BEHIND)
    requests = Requests(calls=2, retried_causes={"503": 1}, slowest_s=0.1, slowest="GET /a")
    first = replace(BARE, users=Users(created=1), requests=requests, bursts=["a race"])
    others = [
        with_results(replace(first, run="other"), [scenario(Result.PASSED, "list")], [left]),
        with_results(replace(BARE, requests=replace(requests, slowest_s=2.0, slowest="GET /b")), [], [left]),
    ]
    merged = merge(with_results(first, [scenario(Result.PASSED)], []), others)
    assert (merged.outcome, merged.run, merged.failures) == (Outcome.LEFT_BEHIND, "", [left])
    assert merged.users.created == 2
    assert merged.requests == Requests(6, 0, 0, {"503": 3}, 2.0, "GET /b")
    assert merged.bursts == ["a race", "a race"]
    assert merged.rules_by_result == {Result.PASSED: 2}


def test_a_summary_can_be_read_back(tmp_path: Path) -> None:
    whole = replace(
        BARE,
        users=Users(created=3),
        requests=Requests(retried_causes={"503": 2}),
        bursts=["race: 3 rounds"],
        learned=["HEAD gives 200"],
    )
    row = TimelineRow("Ada", 0.0, None, "201", "won")
    evidence = Evidence("reading", ("200",), ("the status was 500",), (row,), "GET /users/7", "500", "curl", True)
    failures = [replace(failure(KNOWN_DEVIATION), evidence=evidence), failure(Outcome.INCONCLUSIVE)]
    whole = with_results(whole, [scenario(Result.PASSED)], failures)
    assert read(whole.write(tmp_path)) == whole


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"schema": 99}', '{"schema": 2, "outcome": "kept"}', '{"schema": 4}', "null"]
)
def test_what_is_no_summary_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "summary.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=r"summary\.json is not the summary of a run"):
        read(path)


def test_control_characters_are_escaped_in_the_file_and_for_its_readers(tmp_path: Path) -> None:
    hostile = "a\x1b[2J\x7f\u202e\ufffe\ud83d"
    whole = replace(BARE, requests=Requests(retried_causes={hostile: 1}), failures=[failure(KNOWN_DEVIATION, hostile)])
    path = whole.write(tmp_path)
    escaped = "a\\x1b[2J\\x7f\\u202e\\ufffe\\ud83d"
    content = json.loads(path.read_text(encoding="utf-8"))
    assert (content["failures"][0]["rule"], [*content["requests"]["retried_causes"]]) == (escaped, [escaped])
    path.write_text(path.read_text(encoding="utf-8").replace("\\\\x1b", "\\u001b"), encoding="utf-8")
    assert read(path).failures[0].rule == escaped


def test_secrets_do_not_get_into_the_file(tmp_path: Path) -> None:
    redacted.hide("s3cr3t-of-this-test")
    path = Summary(Outcome.TARGET_DOWN, "s3cr3t-of-this-test does not open it").write(tmp_path)
    assert json.loads(path.read_text(encoding="utf-8"))["why"] == "$TOKEN does not open it"


@pytest.mark.parametrize("token", ["result", "scenarios", "passed", "status", "file"])
def test_a_token_that_is_a_word_of_the_file_leaves_it_readable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, token: str
) -> None:
    hidden = Redactor()
    hidden.hide(token)
    monkeypatch.setattr(module, "redacted", hidden)
    scenario = ScenarioResult("F", "f.feature", 1, "read-200", f"with {token}", Result.PASSED, 0.1)
    shown = read(replace(BARE, scenarios=[scenario]).write(tmp_path))
    assert shown.scenarios == [replace(scenario, name="with $TOKEN")]
