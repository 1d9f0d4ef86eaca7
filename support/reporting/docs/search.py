"""What the search of the pages finds: the rules, and each scenario with its steps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from behave.model import Feature, Scenario

from support.contract.tags import rule_of
from support.reporting.docs.features import page_of, scenarios
from support.reporting.results import plain
from support.rules import RULES

IndexEntry = tuple[str, str, str, str]
"""The address of what is found, its title, where it belongs, and further words by which it is found."""


def entries(features: Iterable[Feature], anchors: Mapping[int, str]) -> Iterator[IndexEntry]:
    """Yield what can be found: the rules of the contract, the features, their rules and their scenarios."""
    yield from ((f"contract.html#{rule.id}", rule.id, "The contract", rule.promise) for rule in RULES.values())
    for feature in features:
        page = page_of(feature)
        yield page, feature.name, "Feature", " ".join(feature.description)
        for rule in feature.iter_rules():
            yield f"{page}#{anchors.get(id(rule), '')}", rule.name, feature.name, " ".join(rule.description)
        for scenario in scenarios(feature):
            yield f"{page}#{anchors[id(scenario)]}", plain(scenario.name), feature.name, _words(scenario)


def _words(scenario: Scenario) -> str:
    """Return the steps of a scenario with their tables, and its rule."""
    tables = (cell for step in scenario.steps if step.table for row in step.table.rows for cell in row.cells)
    return " ".join([*(step.name for step in scenario.steps), *tables, rule_of(scenario)])
