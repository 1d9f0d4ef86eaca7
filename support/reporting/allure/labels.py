"""The labels and links by which a scenario is found in a report: capability, rule, standard, severity, tags."""

from __future__ import annotations

import hashlib
from pathlib import Path

from allure_commons.model2 import Label, Link
from behave.model import Rule, Scenario

from support.compat import row_of
from support.contract.tags import RULE, rule_of
from support.reporting.results import deviation_of, plain
from support.reporting.standards import standard_url
from support.rules import RULES

SEVERITIES = {"smoke": "critical", "scenario": "critical", "concurrency": "normal", "edge": "minor"}
GRAVE = frozenset({"auth-401", "no-secrets", "isolation"})
"""Rules that protect the data of others."""


def labels_of(scenario: Scenario) -> list[Label]:
    """Return what a scenario is filed under; `epic` is the folder of its feature, `story` the sentence of its rule."""
    tags = sorted(str(tag) for tag in scenario.effective_tags)
    severity = "critical" if rule_of(scenario) in GRAVE else severity_of(tags)
    rule = RULES.get(rule_of(scenario))
    labels = [Label("rule", rule.id), Label("source", rule.source)] if rule is not None else []
    capability = Path(scenario.filename).parent.name.replace("_", " ").capitalize()
    labels += [Label("severity", severity), Label("epic", capability)]
    if (story := rule_above(scenario)) is not None:
        labels.append(Label("story", story.name))
    return labels + [Label("tag", tag) for tag in tags if not tag.startswith(RULE)]


def rule_above(scenario: Scenario) -> Rule | None:
    """Return the rule that a scenario stands under, by itself or as a row of an outline."""
    parent = scenario.parent
    rule = parent if isinstance(parent, Rule) else getattr(parent, "parent", None)
    return rule if isinstance(rule, Rule) else None


def full_name(scenario: Scenario) -> str:
    """Return the full name of a scenario: with its feature and rule, without the row of an outline."""
    rule = rule_above(scenario)
    return ": ".join([scenario.feature.name, *([rule.name] if rule else []), plain(scenario.name)])


def history_id(scenario: Scenario) -> str:
    """Return the id of a scenario in all runs; that of allure-behave is the same for namesakes in two rules."""
    row = row_of(scenario)
    cells = [f"{name}={cell}" for name, cell in zip(row.headings, row.cells, strict=True)] if row else []
    return digest("\n".join([full_name(scenario), *cells]))


def digest(text: str) -> str:
    """Return a name as an id."""
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def links_of(scenario: Scenario) -> list[Link]:
    """Return links to the standard behind the rule, and to the ticket of a known deviation."""
    rule, deviation = RULES.get(rule_of(scenario)), deviation_of(scenario)
    links = []
    if rule is not None and (url := standard_url(rule.source)):
        links.append(Link("link", url, rule.source))
    if deviation is not None:
        links.append(Link("issue", deviation.link, "the known deviation"))
    return links


def severity_of(tags: list[str]) -> str:
    return next((severity for tag, severity in SEVERITIES.items() if tag in tags), "normal")
