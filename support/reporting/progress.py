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
"""The usual seconds of a scenario, by the first of these tags that it has."""
SHORTEST_S = 0.001
PLAYED_BEFORE_ESTIMATE = 5


@dataclass(frozen=True)
class Standing:
    """How many scenarios of all are over, and how many seconds the rest takes, None if that is not known yet."""

    done: int
    total: int
    left_s: float | None

    def __str__(self) -> str:
        count = f"{self.done} of {number_of(self.total, 'scenario')}"
        if self.done == self.total:
            return f"{count}, cleaning up"
        return count if self.left_s is None else f"{count}, {duration(self.left_s)} left"

    def write(self, folder: Path) -> None:
        """Write the standing for the process that started this one."""
        unfinished = folder / f"{FILE}.tmp"
        unfinished.write_text(json.dumps(asdict(self)), encoding="utf-8")
        unfinished.replace(folder / FILE)


def duration(seconds: float, digits: int = 0) -> str:
    """Return a duration in words; below a minute, with `digits` digits after the point."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{seconds:.{digits}f} s"


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
        """Begin; `last` is how long scenarios and cleanups took in the last runs."""
        chosen = [one for feature in features for one in feature.walk_scenarios() if one.should_run(config)]
        self._left = {id(one): (_kind(one), _expected_s(one, last)) for one in chosen}
        self._cleanups = {one.feature.name: last.get((one.feature.name, CLEANUP), 0.0) for one in chosen}
        self._cleanups[""] = last.get(("", CLEANUP), 0.0)
        self._total = len(chosen)
        self._over: dict[str, list[tuple[float, float]]] = {kind: [] for kind in (*USUAL_S, CLEANUP)}
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
        if (expected := self._cleanups.pop(feature.name, None)) is not None:
            self._note(CLEANUP, expected)

    @property
    def standing(self) -> Standing:
        """Where the run stands now."""
        left_s = None
        if sum(len(self._over[kind]) for kind in USUAL_S) >= PLAYED_BEFORE_ESTIMATE:
            paces = {kind: self._pace(kind) for kind in self._over}
            left = list(self._left.values())  # a copy: another thread may read it meanwhile
            left += [(CLEANUP, expected) for expected in list(self._cleanups.values())]
            left_s = sum(expected * paces[kind] for kind, expected in left)
        return Standing(self._total - len(self._left), self._total, left_s)

    def _pace(self, kind: str) -> float:
        """Return the actual seconds per expected second of a kind, or of all kinds while few of this kind are over."""
        over = self._over[kind]
        if len(over) < PLAYED_BEFORE_ESTIMATE:
            over = [one for each in self._over.values() for one in each]
        return sum(actual for _, actual in over) / max(SHORTEST_S, sum(expected for expected, _ in over))

    def _note(self, kind: str, expected_s: float) -> None:
        before, self._noted = self._noted, time.monotonic()
        self._over[kind].append((expected_s, self._noted - before))


def usual_s(scenario: Scenario) -> float:
    """Return the seconds that a scenario of this kind usually takes, in relation to others."""
    return USUAL_S[_kind(scenario)]


def _kind(scenario: Scenario) -> str:
    return next((tag for tag in USUAL_S if tag in scenario.effective_tags), OTHERS)


def _expected_s(scenario: Scenario, last: Seconds) -> float:
    return max(SHORTEST_S, last.get((scenario.feature.name, scenario.name), usual_s(scenario)))
