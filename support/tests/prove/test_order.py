"""In which order and how many at a time everything is tried."""

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
from support.prove.residue import Residue
from support.prove.verdicts import Hearing, Trial
from support.tests.prove.canned import broken, play, record

VARIANTS = [Variant(name, "") for name in ("plain", "slow", "late")]
DEFECTS = [
    Defect("lost", "race-email", ""),
    Defect("hidden", "list", ""),
    Defect("overwritten", "lost-update", ""),
    *(Defect(f"wrong {number}", "read-200", "") for number in range(6)),
]


class Tried:
    """What was tried, in order of its beginning, and how many things were under way beside each."""

    def __init__(self) -> None:
        self.beside: dict[str, int] = {}
        self._under_way = 0
        self._lock = threading.Lock()

    def __call__(self, name: str) -> None:
        with self._lock:
            self._under_way += 1
            self.beside[name] = self._under_way
        time.sleep(0.02)
        with self._lock:
            self._under_way -= 1


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> Tried:
    """Nothing is played; it is noted what would have been."""
    tried = Tried()

    def try_defect(_stage: Any, defect: Defect, _in_full: bool) -> Trial:
        tried(defect.name)
        return Trial(defect, play(broken(defect.rule)))

    def hear_variant(_stage: Any, variant: Variant) -> Hearing:
        tried(variant.name)
        return Hearing(variant, play(record("list")), Residue())

    monkeypatch.setattr(prove, "try_defect", try_defect)
    monkeypatch.setattr(prove, "hear_variant", hear_variant)
    monkeypatch.setattr(prove, "offered_defects", lambda: DEFECTS)
    monkeypatch.setattr(prove, "offered_variants", lambda: VARIANTS)
    return tried


def test_contests_come_last_and_two_at_a_time(tried: Tried, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "argv", ["prove", "--jobs", "4", "--json", str(tmp_path / "prove.json")])
    assert prove.main() == 0
    assert set(list(tried.beside)[-2:]) == {"lost", "overwritten"}
    assert max(tried.beside["lost"], tried.beside["overwritten"]) <= 2
    assert max(tried.beside.values()) == 4


def test_what_waits_longest_begins_first_and_is_told_in_its_order(
    tried: Tried, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    told = tmp_path / "prove.json"
    monkeypatch.setattr(sys, "argv", ["prove", "--jobs", "1", "--json", str(told)])
    assert prove.main() == 0
    assert [name for name in tried.beside if name in ("plain", "slow", "late")] == ["late", "slow", "plain"]
    assert [each["name"] for each in json.loads(told.read_text())["variants"]] == ["plain", "slow", "late"]
