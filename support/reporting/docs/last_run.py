"""The last result of each scenario: from the kept results of several runs, from one run, or from behave's JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from behave.model import Scenario

from support.reporting import summary
from support.reporting.last_results import Kept, Key, read_kept, results_of
from support.reporting.results import Result, plain, worst_result

OF_BEHAVE = {
    "passed": Result.PASSED,
    "failed": Result.FAILED,
    "skipped": Result.SKIPPED,
    "untested": Result.NOT_RUN,
}


@dataclass(frozen=True)
class LastRun:
    """The last run, if there is one, and the last result of each scenario, which may come from an earlier run.

    `report` is the address of the Allure report of the last run, as seen from a page; empty if there is none.
    """

    started: str = ""
    outcome: str = ""
    why: str = ""
    target: str = ""
    results: Mapping[Key, Kept] = field(default_factory=dict)
    report: str = ""

    def of(self, scenario: Scenario) -> Kept | None:
        """Return the last result of a scenario; None if it never ran, or under another title."""
        return self.results.get((scenario.feature.name, plain(scenario.name)))

    def worst(self, scenarios: Iterable[Scenario]) -> Result | None:
        """Return the worst result of scenarios; None if none of them ever ran."""
        found = [kept.result for kept in map(self.of, scenarios) if kept is not None]
        return worst_result(found) if found else None

    def of_rule(self, rule_id: str, scenarios: Iterable[Scenario]) -> Result | None:
        """Return the result of a rule over its scenarios, and over those of other rules that found it broken."""
        broken = any(kept.broken_rule == rule_id for kept in self.results.values())
        own = self.worst(scenarios)
        return worst_result(filter(None, [own, Result.FAILED])) if broken else own

    def is_of_an_earlier_run(self, kept: Kept) -> bool:
        """Whether the last run did not play that scenario."""
        return kept.started != self.started


def last_run_in(reports: Path) -> LastRun:
    """Return the last run reported in a folder, with earlier results on its target; raises ValueError if unreadable."""
    if not (reports / summary.FILE).is_file():
        return LastRun()
    last = read_results(reports / summary.FILE)
    target, kept = read_kept(reports)
    earlier = kept if target == last.target else {}
    return LastRun(last.started, last.outcome, last.why, last.target, {**earlier, **last.results})


def read_results(path: Path) -> LastRun:
    """Read the results of one run; raises ValueError if the file has none."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ValueError(f"{path} cannot be read: {error}") from None
    if isinstance(content, list):
        return _of_behave(content, path)
    run = summary.read(path)
    return LastRun(run.started, run.outcome, run.why, run.target, results_of(run))


def _of_behave(features: list[Any], path: Path) -> LastRun:
    started = datetime.fromtimestamp(path.stat().st_mtime).astimezone().isoformat()
    try:
        kept = [
            Kept(feature["name"], plain(one["name"]), OF_BEHAVE.get(one.get("status"), Result.BLOCKED), started)
            for feature in features
            for one in feature.get("elements", [])
            if one["type"] == "scenario"
        ]
    except (KeyError, TypeError, AttributeError):
        raise ValueError(f"{path} is neither the summary of a run nor the JSON of behave") from None
    return LastRun(started=started, results={one.key: one for one in kept})


def day(started: str) -> str:
    """Return the day of a moment."""
    moment = datetime.fromisoformat(started)
    return f"{moment.day} {moment:%b %Y}"


def date_and_time(started: str) -> str:
    """Return a moment for readers."""
    moment = datetime.fromisoformat(started)
    return f"{moment.day} {moment:%B %Y, %H:%M %Z}".strip()
