"""The features as behave parses them, by capability, and the functions that the pages apply to them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from behave.model import Feature, Rule, Scenario, ScenarioOutline
from behave.parser import parse_feature

from support.contract.tags import RULE
from support.rules import RULES
from support.rules import Rule as ContractRule

ORDER = ("users", "refusals", "access", "protocol", "concurrency", "robustness", "resilience")
Statement: TypeAlias = Any  # a feature, a rule or an example of behave, which has no types
Capabilities = dict[str, list[Feature]]


def read_features(root: Path, folder: Path) -> Capabilities:
    """Parse the features of a folder, by capability, which is the name of their folder; paths start at `root`."""
    folders: defaultdict[str, list[Feature]] = defaultdict(list)
    for path in sorted(folder.rglob("*.feature")):
        place = path.relative_to(root).as_posix()
        capability = path.parent.name if path.parent != folder else "features"
        folders[capability].append(parse_feature(path.read_text(encoding="utf-8"), filename=place))
    ranked = sorted(folders, key=lambda name: (ORDER.index(name) if name in ORDER else len(ORDER), name))
    return {name.replace("_", " ").capitalize(): folders[name] for name in ranked}


def sections(feature: Feature) -> list[Feature | Rule]:
    """Return the sections with examples of their own: the feature itself, then its rules."""
    return [each for each in (feature, *feature.iter_rules()) if examples(each)]


def examples(section: Feature | Rule) -> list[Scenario]:
    """Return the examples directly in a feature or a rule, an outline as one."""
    return [item for item in section.run_items if isinstance(item, Scenario)]


def scenarios(statement: Statement) -> Iterable[Scenario]:
    """Return all scenarios of a feature, a rule or an example; an outline has one for each row."""
    if isinstance(statement, ScenarioOutline):
        return list(statement.scenarios)
    return [statement] if isinstance(statement, Scenario) else list(statement.walk_scenarios())


def scenarios_by_line(outline: ScenarioOutline) -> dict[int, Scenario]:
    """Return the scenarios of an outline by the lines of their rows."""
    return {scenario.line: scenario for scenario in outline.scenarios}


def placeholders(example: Scenario) -> set[str]:
    """Return the names that the rows of an outline fill in."""
    if not isinstance(example, ScenarioOutline):
        return set()
    return {heading for each in example.examples if each.table for heading in each.table.headings}


def contract_rules(section: Feature | Rule) -> list[ContractRule]:
    """Return the rules of the contract that a section shows."""
    above = section.feature.tags if isinstance(section, Rule) else ()
    return [RULES.get(rule_id) or ContractRule(rule_id, "", "") for rule_id in _rule_ids([*section.tags, *above])]


def examples_by_rule(features: Iterable[Feature]) -> dict[str, list[Scenario]]:
    """Return the examples that show each rule of the contract."""
    found: dict[str, list[Scenario]] = {rule_id: [] for rule_id in RULES}
    for section in (section for feature in features for section in sections(feature)):
        inherited = [rule.id for rule in contract_rules(section)]
        for example in examples(section):
            for rule_id in _rule_ids(example.tags) or inherited:
                found.setdefault(rule_id, []).append(example)
    return found


def plain_tags(tags: Iterable[str]) -> list[str]:
    """Return tags without those that name a rule."""
    return [str(tag) for tag in tags if not tag.startswith(RULE)]


def page_of(feature: Feature) -> str:
    """Return the file name of a feature's page."""
    path = Path(feature.filename)
    return f"{path.parent.name}-{path.stem}.html"


def _rule_ids(tags: Sequence[str]) -> list[str]:
    ids = (str(tag).removeprefix(RULE) for tag in tags if tag.startswith(RULE))
    return list(dict.fromkeys(ids))
