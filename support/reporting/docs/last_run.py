"""The result of each scenario in the last run, from the summary of a run or from behave's JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from behave.model import Scenario

from support.reporting import summary
from support.reporting.results import Result, worst_result

OF_BEHAVE = {
    "passed": Result.PASSED,
    "failed": Result.FAILED,
    "skipped": Result.SKIPPED,
    "untested": Result.NOT_RUN,
}


@dataclass(frozen=True)
class LastRun:
    """The last run, if there is one; `results` has the result and the reason of a scenario by location and name."""

    when: str = ""
    outcome: str = ""
    why: str = ""
    target: str = ""
    results: Mapping[tuple[str, str], tuple[Result, str]] = field(default_factory=dict)

    def worst(self, scenarios: Iterable[Scenario]) -> Result | None:
        """Return the worst result of scenarios; None if none of them ran, or as other scenarios than now."""
        found = [self.results[key][0] for key in map(_key, scenarios) if key in self.results]
        return worst_result(found) if found else None

    def reason(self, scenario: Scenario) -> str:
        """Return why a scenario was skipped, if it was."""
        return self.results.get(_key(scenario), (Result.NOT_RUN, ""))[1]


def _key(scenario: Scenario) -> tuple[str, str]:
    return f"{scenario.filename}:{scenario.line}", scenario.name


def read_results(path: Path) -> LastRun:
    """Read the results of a run; raises ValueError if the file has none."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ValueError(f"{path} cannot be read: {error}") from None
    return _of_behave(content, path) if isinstance(content, list) else _of_summary(path)


def _of_summary(path: Path) -> LastRun:
    run = summary.read(path)
    results = {(f"{one.file}:{one.line}", one.name): (one.result, one.reason) for one in run.scenarios}
    return LastRun(_date_and_time(datetime.fromisoformat(run.started)), run.outcome, run.why, run.target, results)


def _of_behave(features: list[Any], path: Path) -> LastRun:
    try:
        elements = [element for feature in features for element in feature.get("elements", [])]
        results = {
            (element["location"], element["name"]): (OF_BEHAVE.get(element.get("status"), Result.BLOCKED), "")
            for element in elements
            if element["type"] == "scenario"
        }
    except (KeyError, TypeError, AttributeError):
        raise ValueError(f"{path} is neither the summary of a run nor the JSON of behave") from None
    return LastRun(when=_date_and_time(datetime.fromtimestamp(path.stat().st_mtime).astimezone()), results=results)


def _date_and_time(moment: datetime) -> str:
    return f"{moment.day} {moment:%B %Y, %H:%M %Z}".strip()
