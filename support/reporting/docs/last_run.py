"""The result of each example in the last run, from the summary of a run or from behave's JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from support.reporting import summary
from support.reporting.results import Result

OF_BEHAVE = {
    "passed": Result.PASSED,
    "failed": Result.FAILED,
    "skipped": Result.SKIPPED,
    "untested": Result.NOT_RUN,
}


@dataclass(frozen=True)
class ExampleResult:
    """What became of one scenario, and by which name it was known then."""

    name: str
    result: Result
    seconds: float = 0.0
    reason: str = ""


@dataclass(frozen=True)
class LastRun:
    """The last run, if there is one: when it was, against what, and its results by place (`file:line`)."""

    when: str = ""
    outcome: str = ""
    why: str = ""
    target: str = ""
    results: Mapping[str, ExampleResult] = field(default_factory=dict)

    def of(self, file: str, line: int, name: str) -> ExampleResult | None:
        """Return the result of a scenario; None where it was not played, or has been written anew since."""
        result = self.results.get(f"{file}:{line}")
        return result if result is not None and result.name == name else None


def read_results(path: Path) -> LastRun:
    """Read the results of a run; raises ValueError where the file holds none."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ValueError(f"{path} cannot be read: {error}") from None
    return _of_behave(content, path) if isinstance(content, list) else _of_summary(path)


def _of_summary(path: Path) -> LastRun:
    told = summary.read(path)
    played = {
        f"{one.file}:{one.line}": ExampleResult(one.name, one.result, one.seconds, one.reason) for one in told.scenarios
    }
    return LastRun(_day_and_time(datetime.fromisoformat(told.started)), told.outcome, told.why, told.target, played)


def _of_behave(features: list[Any], path: Path) -> LastRun:
    results = {}
    try:
        for feature in features:
            for element in feature.get("elements", []):
                if element["type"] == "scenario":
                    result = OF_BEHAVE.get(element.get("status", "untested"), Result.BLOCKED)
                    results[element["location"]] = ExampleResult(element["name"], result)
    except (KeyError, TypeError, AttributeError):
        raise ValueError(f"{path} is neither the summary of a run nor the JSON of behave") from None
    return LastRun(when=_day_and_time(datetime.fromtimestamp(path.stat().st_mtime).astimezone()), results=results)


def _day_and_time(moment: datetime) -> str:
    return f"{moment.day} {moment:%B %Y, %H:%M %Z}".strip()
