"""The summary of a run: which outcome follows from what was played, and that it can be read back."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from support.errors import ContractViolation, Evidence, Inconclusive, LeftBehind, SuiteError, TargetDown
from support.redaction import redacted
from support.reporting.summary import Played, Requests, Summary, Users, judged, of_nothing, read, together
from support.reporting.verdicts import (
    KEPT,
    KNOWN_DEVIATION,
    NOT_PLAYED,
    NOT_SELECTED,
    SKIPPED,
    Failure,
    outcome_of,
    worst,
)

BARE = Summary("", "", "2026-01-02T03:04:05+00:00", 1.0)
IN_ORDER = [ContractViolation.outcome, LeftBehind.outcome, SuiteError.outcome, TargetDown.outcome, Inconclusive.outcome]


def played(outcome: str, rule: str = "read-200", file: str = "features/a.feature", line: int = 3) -> Played:
    return Played("A", file, line, rule, "Ada is shown", outcome, 0.5)


def failure(outcome: str, rule: str = "read-200", scenario: str = "Ada is shown") -> Failure:
    return Failure(outcome, rule, "A", scenario, "features/a.feature:3", "Then she is shown", f"{outcome}: told")


@pytest.mark.parametrize("worse", range(len(IN_ORDER)))
def test_the_worst_outcome_names_the_run(worse: int) -> None:
    assert worst(IN_ORDER[worse:]) == worst(reversed(IN_ORDER[worse:])) == IN_ORDER[worse]


def test_a_run_without_failures_is_kept() -> None:
    summary = judged(BARE, [played(KEPT), played(SKIPPED), played(NOT_SELECTED)], [])
    assert (summary.outcome, summary.why) == (KEPT, "all 1 scenarios of 1 rules")
    assert summary.scenarios_by_outcome == {KEPT: 1, SKIPPED: 1}


def test_a_known_deviation_does_not_spoil_the_run_and_is_told() -> None:
    summary = judged(BARE, [played(KEPT), played(KNOWN_DEVIATION, "list")], [failure(KNOWN_DEVIATION, "list")])
    assert summary.outcome == KEPT
    assert "1 in which the target is known to deviate" in summary.why
    assert {rule.id: rule.outcome for rule in summary.rules} == {"read-200": KEPT, "list": KNOWN_DEVIATION}


def test_what_was_selected_and_not_played_leaves_the_run_inconclusive() -> None:
    summary = judged(BARE, [played(KEPT), played(NOT_PLAYED)], [])
    assert (summary.outcome, summary.why) == (Inconclusive.outcome, "1 selected scenarios were not played")


def test_broken_rules_are_named_in_the_order_of_the_contract() -> None:
    broken = [failure(ContractViolation.outcome, rule) for rule in ("list", "create-201", "list")]
    summary = judged(BARE, [played(ContractViolation.outcome)] * 3, broken)
    assert summary.why == "3 of 3 scenarios, rules create-201, list"


def test_a_fault_around_the_scenarios_counts() -> None:
    left = Failure(LeftBehind.outcome, "", "", "", "", "", "2 user(s) could not be confirmed as deleted\nmore")
    summary = judged(BARE, [played(KEPT)], [left])
    assert (summary.outcome, summary.why) == (LeftBehind.outcome, "2 user(s) could not be confirmed as deleted")


def test_a_rule_is_as_its_worst_scenario() -> None:
    assert together([played(KEPT), played(ContractViolation.outcome), played(SKIPPED)]) == ContractViolation.outcome
    assert together([played(KEPT), played(SKIPPED)]) == KEPT
    assert together([played(SKIPPED)]) == SKIPPED


def test_who_is_at_fault_follows_from_the_exception() -> None:
    errors = [
        ContractViolation("list", ""),
        AssertionError(),
        TargetDown(),
        KeyError(),
        KeyboardInterrupt(),
        Inconclusive(),
    ]
    assert [outcome_of(error) for error in errors] == [
        ContractViolation.outcome,
        ContractViolation.outcome,
        TargetDown.outcome,
        SuiteError.outcome,
        Inconclusive.outcome,
        Inconclusive.outcome,
    ]


def test_a_summary_can_be_read_back(tmp_path: Path) -> None:
    whole = Summary(
        "kept", "", "2026-01-02T03:04:05+00:00", 1.5, users=Users(created=3), requests=Requests(covered={"503": 2})
    )
    whole = replace(whole, crowds=["race: 3 rounds"])
    shown = Evidence("reading", ("200",), ("the status was 500",), ("a line",), "GET /users/7", "500", "curl", True)
    whole = judged(whole, [played(KEPT)], [replace(failure(KNOWN_DEVIATION), evidence=shown), failure("inconclusive")])
    assert read(whole.write(tmp_path)) == whole


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"schema": 99}', '{"schema": 1, "outcome": "kept"}', "null"])
def test_what_is_no_summary_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "summary.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=r"summary\.json is not the summary of a run"):
        read(path)


def test_what_commands_is_an_escape_in_it_and_for_whoever_reads_it(tmp_path: Path) -> None:
    hostile = "a\x1b[2J\x7f\u202e\ufffe\ud83d"
    whole = judged(Summary("", "", "", 1.0, requests=Requests(covered={hostile: 1})), [], [failure(hostile)])
    path = whole.write(tmp_path)
    escaped = "a\\x1b[2J\\x7f\\u202e\\ufffe\\ud83d"
    told = json.loads(path.read_text(encoding="utf-8"))
    assert (told["failures"][0]["outcome"], [*told["requests"]["covered"]]) == (escaped, [escaped])
    path.write_text(path.read_text(encoding="utf-8").replace("\\\\x1b", "\\u001b"), encoding="utf-8")
    assert read(path).failures[0].outcome == escaped


def test_secrets_do_not_get_into_the_file(tmp_path: Path) -> None:
    redacted.hide("s3cr3t-of-this-test")
    path = of_nothing("target down", "s3cr3t-of-this-test does not open it", datetime.now(UTC)).write(tmp_path)
    assert json.loads(path.read_text(encoding="utf-8"))["why"] == "$TOKEN does not open it"
