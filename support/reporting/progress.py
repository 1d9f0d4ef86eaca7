"""How far a run is, and how long the rest of it takes: by the last run, or by what scenarios of a kind usually take."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from behave.model import Feature, Scenario

from support.errors import number_of
from support.reporting.summary import CLEANUP, Seconds

FILE = "progress.json"
OTHERS = "contract"
USUAL_S = {"race": 0.4, "fuzz": 0.4, "slow": 0.2, "burst": 0.1, OTHERS: 0.03}
"""Seconds of a scenario by its first tag of these."""
SHORTEST_S = 0.001
PLAYED_BEFORE_ESTIMATE = 5


@dataclass(frozen=True)
class Standing:
    """How many scenarios of all are over, and how many seconds the rest takes, None if that cannot be said yet."""

    done: int
    total: int
    left_s: float | None

    def __str__(self) -> str:
        count = f"{self.done} of {number_of(self.total, 'scenario')}"
        return count if self.left_s is None else f"{count}, {duration(self.left_s)} left"

    def write(self, folder: Path) -> None:
        """Write it for the process that started this one."""
        unfinished = folder / f"{FILE}.tmp"
        unfinished.write_text(json.dumps(asdict(self)), encoding="utf-8")
        unfinished.replace(folder / FILE)


@dataclass(frozen=True)
class Spent:
    """The seconds that something was expected to take, and those that it took."""

    expected_s: float
    actual_s: float


def duration(seconds: float) -> str:
    """Return a duration in words."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def read_standing(folder: Path) -> Standing | None:
    """Return what a process has written last; None if it has not begun."""
    try:
        return Standing(**json.loads((folder / FILE).read_text(encoding="utf-8")))
    except (OSError, TypeError, ValueError):
        return None


def together(parts: Sequence[Standing]) -> Standing:
    """Return the standing of processes that run at the same time."""
    left = [part.left_s for part in parts]
    known = [seconds for seconds in left if seconds is not None]
    return Standing(
        sum(part.done for part in parts),
        sum(part.total for part in parts),
        max(known) if known and len(known) == len(left) else None,
    )


class Progress:
    """The scenarios that are still to be played, each with the seconds that it is expected to take."""

    def __init__(self, features: Iterable[Feature], config: Any, last: Seconds) -> None:
        """Begin; `last` is how long scenarios took in the last run."""
        chosen = [one for feature in features for one in feature.walk_scenarios() if one.should_run(config)]
        self._left = {id(one): (_kind(one), _expected_s(one, last)) for one in chosen}
        self._cleanups = {one.feature.name: last.get((one.feature.name, CLEANUP), 0.0) for one in chosen}
        self._cleanups[""] = last.get(("", CLEANUP), 0.0)
        self._total = len(chosen)
        self._over: dict[str, list[Spent]] = {kind: [] for kind in (*USUAL_S, CLEANUP)}
        self._noted = time.monotonic()

    def end(self, scenario: Scenario) -> None:
        """Note that a scenario was played."""
        if (found := self._left.pop(id(scenario), None)) is not None:
            self._note(*found)

    def leave_out(self, scenarios: Iterable[Scenario]) -> None:
        """Note that none of these is to be played any more."""
        for scenario in scenarios:
            self._left.pop(id(scenario), None)

    def end_feature(self, feature: Feature) -> None:
        """Note that a feature is over, its cleanup included."""
        self.leave_out(feature.walk_scenarios())
        self._note(CLEANUP, self._cleanups.pop(feature.name, 0.0))

    @property
    def standing(self) -> Standing:
        """Where the run stands now."""
        left_s, over = None, [spent for of_kind in self._over.values() for spent in of_kind]
        if len(over) >= PLAYED_BEFORE_ESTIMATE:
            left = list(self._left.values())  # a copy: another thread may ask
            left += [(CLEANUP, expected) for expected in list(self._cleanups.values())]
            left_s = sum(expected * self._pace(kind, over) for kind, expected in left)
        return Standing(self._total - len(self._left), self._total, left_s)

    def _pace(self, kind: str, over: Sequence[Spent]) -> float:
        """Return the seconds that an expected second takes for this kind, or for all of them while few are over."""
        of_kind = self._over[kind]
        known = of_kind if len(of_kind) >= PLAYED_BEFORE_ESTIMATE else over
        return sum(spent.actual_s for spent in known) / max(SHORTEST_S, sum(spent.expected_s for spent in known))

    def _note(self, kind: str, expected_s: float) -> None:
        before, self._noted = self._noted, time.monotonic()
        self._over[kind].append(Spent(expected_s, self._noted - before))


def _kind(scenario: Scenario) -> str:
    return next((tag for tag in USUAL_S if tag in scenario.effective_tags), OTHERS)


def _expected_s(scenario: Scenario, last: Seconds) -> float:
    return max(SHORTEST_S, last.get((scenario.feature.name, scenario.name), USUAL_S[_kind(scenario)]))
