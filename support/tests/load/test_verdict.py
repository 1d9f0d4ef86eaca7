"""What a load came to: a load that proves nothing never passes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from support.errors import ContractViolation, LeftBehind, Outcome
from support.load.verdict import RulesBroken, Verdict, known_rules, read_verdict
from support.profile import Deviation, Profile

PASSED = Verdict.of(100, 3, {}, (), 0)


@pytest.mark.parametrize(
    ("verdict", "outcome", "code"),
    [
        (PASSED, Outcome.PASSED, 0),
        (Verdict.of(100, 3, {"put": 3}, (), 0), Outcome.CONTRACT_BROKEN, 1),
        (Verdict.of(100, 3, {"put": 3}, ("put",), 0), Outcome.PASSED, 0),
        (Verdict.of(100, 3, {"put": 3, "patch": 1}, ("put",), 0), Outcome.CONTRACT_BROKEN, 1),
        (Verdict.of(0, 0, {}, (), 0), Outcome.INCONCLUSIVE, 2),
        (Verdict.of(9, 9, {}, (), 0), Outcome.TARGET_DOWN, 2),
        (Verdict.of(100, 3, {}, (), 1), Outcome.CONFIGURATION_ERROR, 2),
        (PASSED.with_error(LeftBehind("two are left")), Outcome.LEFT_BEHIND, 1),
        (PASSED.with_fault(Outcome.INCONCLUSIVE, "a worker died"), Outcome.INCONCLUSIVE, 2),
    ],
)
def test_the_worst_thing_decides(verdict: Verdict, outcome: Outcome, code: int) -> None:
    assert (verdict.outcome, verdict.exit_code) == (outcome, code)
    assert str(verdict).startswith(f"{outcome}: ")


def test_the_last_line_names_each_broken_rule_and_each_fault() -> None:
    verdict = Verdict.of(7, 5, {"put": 3, "patch": 2}, (), 0).with_error(LeftBehind("one is left"))
    assert str(verdict) == (
        "contract broken: 7 requests, 5 failed; broken: patch (2 times), put (3 times); one is left"
    )


def test_what_keeps_a_load_from_beginning_is_all_that_is_said() -> None:
    assert str(Verdict(0, 0, {}).with_error(LeftBehind("one is left"))) == "left behind: one is left"
    assert str(Verdict(0, 0, {})) == "passed: no user is left"


def test_what_the_master_writes_is_what_the_command_reads(tmp_path: Path) -> None:
    verdict = Verdict.of(7, 5, {"put": 3}, ("patch",), 0)
    verdict.write(tmp_path / "reports")
    read = read_verdict(tmp_path / "reports")
    assert replace(read, known=tuple(read.known), faults=tuple(read.faults)) == verdict


def test_a_load_without_statistics_is_inconclusive(tmp_path: Path) -> None:
    assert read_verdict(tmp_path).outcome is Outcome.INCONCLUSIVE


def test_only_a_rule_that_is_broken_everywhere_is_known() -> None:
    def deviation(rule: str, **narrowed: Any) -> Deviation:
        return Deviation(rule, "as it is", "https://example.com/1", date(2026, 11, 1), **narrowed)

    deviations = (deviation("put"), deviation("patch", scenarios=("*capitals",)), deviation("list", shows=("*5*",)))
    profile = replace(Profile(), deviations=deviations)
    assert known_rules(profile, strict=False) == ["put"]
    assert known_rules(profile, strict=True) == []


def test_each_rule_is_logged_once_and_counted_each_time(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("ERROR", "acceptance.load")
    broken = RulesBroken()
    for number in range(3):
        broken.note(ContractViolation("put", f"contract broken: put, {number}"))
    assert (broken.taken(), broken.taken()) == ({"put": 3}, {})
    assert caplog.messages in (["contract broken: put, 0"], [])  # none where the suite's logger hands nothing on
