"""The features and the code as they are written, for the tests of the project's own rules."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from behave.model import Feature, Scenario, ScenarioOutline, Step
from behave.parser import parse_file

from support.settings import ROOT

FEATURES = ROOT / "features"


def feature_files() -> list[Path]:
    return sorted(FEATURES.rglob("*.feature"))


@cache
def read(path: Path) -> Feature:
    return parse_file(str(path))


def features() -> list[Feature]:
    return [read(path) for path in feature_files()]


def scenarios(feature: Feature) -> list[Scenario]:
    """Return every scenario of a feature, those of rules and each row of an outline included."""
    return [one for one in feature.walk_scenarios(with_outlines=False) if not isinstance(one, ScenarioOutline)]


def written(feature: Feature) -> list[Scenario | ScenarioOutline]:
    """Return every scenario of a feature as it is written: an outline once."""
    rows = {
        id(row)
        for outline in feature.walk_scenarios(with_outlines=True)
        if isinstance(outline, ScenarioOutline)
        for row in outline.scenarios
    }
    return [one for one in feature.walk_scenarios(with_outlines=True) if id(one) not in rows]


def all_steps() -> Iterator[tuple[Path, Step]]:
    """Yield every step of every scenario, with the parameters of outlines filled in, and those of backgrounds."""
    for path in feature_files():
        for scenario in scenarios(read(path)):
            for step in scenario.all_steps:
                yield path, step


def tags(scenario: Scenario | ScenarioOutline) -> set[str]:
    return {str(tag) for tag in scenario.effective_tags}


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))
