"""Which scenarios are run: by the profile of the target, or because they did not pass in the last run."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from behave.model import Feature, Scenario

from support.contract.tags import NEEDS
from support.errors import SettingsError
from support.profile import Profile
from support.reporting.results import Result, rule_of
from support.reporting.summary import last_played
from support.rules import RULES
from support.settings import Settings

WIP = "wip"
FINE = (Result.PASSED, Result.KNOWN_DEVIATION, Result.SKIPPED)


def reason_to_skip(scenario: Scenario, profile: Profile, has_token: bool) -> str | None:
    """Return why a scenario is not run on a target with this profile; None if it is."""
    tags = [str(tag) for tag in scenario.effective_tags]
    if WIP in tags:
        return "work in progress"
    rule, version = RULES.get(rule_of(scenario)), profile.contract
    if rule is not None and rule.since > version:
        return f"the target keeps version {version} of the contract, and {rule.id} came with {rule.since}"
    has = dict(profile.capabilities.offered)
    has["access"] &= has_token
    has["bearer"] &= profile.auth.scheme == "bearer"
    needed = [tag.removeprefix(NEEDS).removesuffix("=yes") for tag in tags if tag.startswith(NEEDS)]
    missing = [f"the target has no {name}" for name in needed if not has[name]]
    excluded = [f"excluded: {each.reason}" for each in profile.excluded if each.covers(scenario.name)]
    return next(iter([*missing, *excluded]), None)


def selection_of(config: Any, settings: Settings) -> str:
    """Return what selects the scenarios of a run, such as `contract, --name ^Ada, again=failed`; empty for all."""
    tags = [str(config.tag_expression)] if config.tag_expression else []
    again = [f"again={settings.again}"] if settings.again else []
    return ", ".join([*tags, *(f"--name {each}" for each in config.name or ()), *again])


def select_failed(features: list[Feature], config: Any, reports: Path) -> int | None:
    """Leave only what did not pass in the last run; return the seed of its data.

    Raises SettingsError if nothing is left.
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
