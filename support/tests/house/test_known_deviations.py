"""The known deviations of the shipped profiles name scenarios that exist."""

from __future__ import annotations

import pytest
from behave.model import Scenario
from behave.parser import parse_file

from support import profile_files
from support.profile import Exclusion
from support.profile_files import PROFILES
from support.settings import ROOT

SCENARIOS: list[Scenario] = [
    scenario
    for path in sorted((ROOT / "features").rglob("*.feature"))
    for scenario in parse_file(str(path)).walk_scenarios()
]


@pytest.mark.parametrize("name", sorted(path.stem for path in PROFILES.glob("*.toml")))
def test_every_pattern_matches_a_scenario_of_its_rule(name: str) -> None:
    profile = profile_files.load(name)
    patterns = [(known.scenarios, f"rule.{known.rule}") for known in profile.deviations]
    patterns += [(excluded.scenarios, "") for excluded in profile.excluded]
    unused = {
        pattern
        for group, tag in patterns
        for pattern in group
        if not any(_covers(pattern, tag, scenario) for scenario in SCENARIOS)
    }
    assert unused == set()


def _covers(pattern: str, tag: str, scenario: Scenario) -> bool:
    return Exclusion("any", (pattern,)).covers(scenario.name) and (not tag or tag in scenario.effective_tags)
