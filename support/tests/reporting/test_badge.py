"""A badge is green only for an API that kept the whole contract."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from support.errors import Outcome
from support.reporting.badge import FILE, badge, write_badge
from support.reporting.summary import Summary
from support.rules import RULES

ALL = len(RULES)


@pytest.mark.parametrize(
    ("outcome", "rules", "message", "colour"),
    [
        (Outcome.PASSED, {"passed": ALL}, f"{ALL} of {ALL} rules kept", "brightgreen"),
        (Outcome.PASSED, {"passed": 5}, f"5 of {ALL} rules kept", "yellow"),
        (Outcome.PASSED, {"passed": ALL - 1, "skipped": 1}, f"{ALL - 1} of {ALL} rules kept", "yellow"),
        (
            Outcome.PASSED,
            {"passed": ALL - 2, "known deviation": 2},
            f"{ALL - 2} of {ALL} rules kept, 2 known to be broken",
            "yellow",
        ),
        (Outcome.CONTRACT_BROKEN, {"passed": 5, "failed": 1}, "1 rule broken", "red"),
        (Outcome.CONTRACT_BROKEN, {"passed": ALL}, "contract broken", "red"),
        (Outcome.LEFT_BEHIND, {"passed": ALL}, "left behind", "red"),
        (Outcome.INCONCLUSIVE, {"passed": ALL}, "inconclusive", "orange"),
        (Outcome.TARGET_DOWN, {}, "target down", "lightgrey"),
    ],
)
def test_what_it_says(outcome: Outcome, rules: Mapping[str, int], message: str, colour: str) -> None:
    said = badge(Summary(outcome, contract="1.1", rules_by_result=rules))
    assert said == {"schemaVersion": 1, "label": "Users API 1.1", "message": message, "color": colour}


def test_a_scenario_that_the_profile_excludes_makes_it_yellow() -> None:
    counts = {"rules_by_result": {"passed": ALL}, "scenarios_by_result": {"passed": 90, "skipped": 1}}
    assert badge(replace(Summary(Outcome.PASSED), **counts))["color"] == "yellow"  # type: ignore[arg-type]


def test_a_run_writes_it(tmp_path: Path) -> None:
    summary = replace(Summary(Outcome.PASSED), rules_by_result={"passed": ALL})
    write_badge(summary, tmp_path)
    assert json.loads((tmp_path / FILE).read_text(encoding="utf-8")) == badge(summary)
