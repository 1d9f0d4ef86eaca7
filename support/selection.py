"""Which scenarios are run: all that the options of behave select, or those that did not pass in the last run."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from behave.model import Feature

from support.errors import SettingsError
from support.reporting.results import Result
from support.reporting.summary import AGAIN, last_played
from support.settings import Settings

ALL_FEATURES = ["features"]
FINE = (Result.PASSED, Result.KNOWN_DEVIATION, Result.SKIPPED)


def selection_of(config: Any, settings: Settings) -> str:
    """Return what selects scenarios, such as `contract, --name ^Ada, again=failed`; empty if nothing does."""
    patterns = {"include": config.include_re, "exclude": config.exclude_re}
    parts = [
        *([] if config.paths == ALL_FEATURES or settings.partial else config.paths),  # a worker has its own paths
        str(config.tag_expression),
        *(f"--{name} {pattern.pattern}" for name, pattern in patterns.items() if pattern),
        *(f"--name {each}" for each in config.name or ()),
        settings.again and f"{AGAIN}{settings.again}",
    ]
    return ", ".join(part for part in parts if part)


def select_failed(features: list[Feature], config: Any, reports: Path) -> int | None:
    """Leave only the scenarios that did not pass in the last run; return the seed of that run's data.

    Raises SettingsError if there was no run, or if no scenario is left.
    """
    last = next(iter(last_played(reports)), None)
    if last is None:
        raise SettingsError(f"AGAIN: there is no summary of an earlier run in {reports}. Run behave without it first.")
    failed = {(os.path.abspath(each.file), each.name) for each in last.scenarios if each.result not in FINE}
    if not failed:
        raise SettingsError(f"AGAIN: no scenario failed in the last run, which ended as {last.in_one_line}.")
    for scenario in (scenario for feature in features for scenario in feature.walk_scenarios()):
        if (os.path.abspath(scenario.filename), scenario.name) not in failed:
            scenario.mark_skipped()
    features[:] = [feature for feature in features if any(each.should_run(config) for each in feature.walk_scenarios())]
    if not features:
        raise SettingsError(f"AGAIN: none of the scenarios that failed in the last run ({len(failed)}) is selected.")
    return last.seed
