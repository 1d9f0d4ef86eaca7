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
USUAL_S = {"race": 0.9, "fuzz": 0.8, "slow": 0.4, "burst": 0.3}
USUAL_S_OF_OTHERS = 0.035
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
        self._expected = {id(one): _expected_s(one, last) for one in chosen}
        self._cleanups = {one.feature.name: last.get((one.feature.name, CLEANUP), 0.0) for one in chosen}
        self._cleanups[""] = last.get(("", CLEANUP), 0.0)
        self._total = len(chosen)
        self._played, self._expected_of_played = 0, 0.0
        self._began = time.monotonic()

    def end(self, scenario: Scenario) -> None:
        """Note that a scenario was played."""
        if (expected := self._expected.pop(id(scenario), None)) is not None:
            self._played += 1
            self._expected_of_played += expected

    def leave_out(self, scenarios: Iterable[Scenario]) -> None:
        """Note that none of these is to be played any more."""
        for scenario in scenarios:
            self._expected.pop(id(scenario), None)

    def end_feature(self, feature: Feature) -> None:
        """Note that a feature is over, its cleanup included."""
        self.leave_out(feature.walk_scenarios())
        self._expected_of_played += self._cleanups.pop(feature.name, 0.0)

    @property
    def standing(self) -> Standing:
        """Where the run stands now."""
        left_s = None
        if self._played >= PLAYED_BEFORE_ESTIMATE:
            pace = (time.monotonic() - self._began) / self._expected_of_played
            left = [*self._expected.values(), *self._cleanups.values()]  # a copy: another thread may ask
            left_s = pace * sum(left)
        return Standing(self._total - len(self._expected), self._total, left_s)


def _expected_s(scenario: Scenario, last: Seconds) -> float:
    usual = max((USUAL_S[tag] for tag in USUAL_S if tag in scenario.effective_tags), default=USUAL_S_OF_OTHERS)
    return max(SHORTEST_S, last.get((scenario.feature.name, scenario.name), usual))
