"""The order of the checks, and how many of them run at a time."""

from __future__ import annotations

import json
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from support.prove import __main__ as prove
from support.prove.candidates import Defect, Variant
from support.prove.leftovers import Leftovers
from support.prove.results import DefectResult, VariantResult
from support.tests.prove.canned import broken, passed, run

VARIANTS = [Variant(name, "") for name in ("plain", "slow", "late")]
DEFECTS = [
    Defect("lost", "race-email", ""),
    Defect("hidden", "list", ""),
    Defect("overwritten", "lost-update", ""),
    *(Defect(f"wrong {number}", "read-200", "") for number in range(6)),
]


class Checks:
    """The checks in the order of their start, and how many were running at each start."""

    def __init__(self) -> None:
        self.running: dict[str, int] = {}
        self._running = 0
        self._lock = threading.Lock()

    def __call__(self, name: str) -> None:
        with self._lock:
            self._running += 1
            self.running[name] = self._running
        time.sleep(0.02)
        with self._lock:
            self._running -= 1


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> Checks:
    """Replace every check by one that only notes when it runs."""
    checks = Checks()

    def check_defect(_runner: Any, defect: Defect, _in_full: bool) -> DefectResult:
        checks(defect.name)
        return DefectResult(defect, run(broken(defect.rule)))

    def check_variant(_runner: Any, variant: Variant) -> VariantResult:
        checks(variant.name)
        return VariantResult(variant, run(passed("list")), Leftovers())

    monkeypatch.setattr(prove, "check_defect", check_defect)
    monkeypatch.setattr(prove, "check_variant", check_variant)
    monkeypatch.setattr(prove, "offered_defects", lambda: DEFECTS)
    monkeypatch.setattr(prove, "offered_variants", lambda: VARIANTS)
    return checks


def test_races_come_last_and_two_at_a_time(checks: Checks, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "argv", ["prove", "--jobs", "4", "--json", str(tmp_path / "prove.json")])
    assert prove.main() == 0
    assert set(list(checks.running)[-2:]) == {"lost", "overwritten"}
    assert max(checks.running["lost"], checks.running["overwritten"]) <= 2
    assert max(checks.running.values()) == 4


def test_the_slowest_variants_start_first_and_are_reported_in_their_order(
    checks: Checks, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    report = tmp_path / "prove.json"
    monkeypatch.setattr(sys, "argv", ["prove", "--jobs", "1", "--json", str(report)])
    assert prove.main() == 0
    assert [name for name in checks.running if name in ("plain", "slow", "late")] == ["late", "slow", "plain"]
    assert [each["name"] for each in json.loads(report.read_text())["variants"]] == ["plain", "slow", "late"]
