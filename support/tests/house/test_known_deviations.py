"""The known deviations of the shipped profiles name scenarios that exist."""

from __future__ import annotations

import pytest
from behave.parser import parse_file

from support import profile_files
from support.profile import Exclusion
from support.profile_files import PROFILES
from support.settings import ROOT

TITLES = [
    scenario.name
    for path in sorted((ROOT / "features").rglob("*.feature"))
    for scenario in parse_file(str(path)).walk_scenarios()
]


@pytest.mark.parametrize("name", sorted(path.stem for path in PROFILES.glob("*.toml")))
def test_every_pattern_matches_a_scenario(name: str) -> None:
    """A scenario of another rule may be what finds a rule broken."""
    profile = profile_files.load(name)
    groups = [
        *(known.scenarios for known in profile.deviations),
        *(excluded.scenarios for excluded in profile.excluded),
    ]
    patterns = {pattern for group in groups for pattern in group}
    assert {pattern for pattern in patterns if not any(map(Exclusion("any", (pattern,)).covers, TITLES))} == set()
