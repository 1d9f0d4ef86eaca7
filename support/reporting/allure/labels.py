"""The labels and links by which a scenario is found in a report: capability, rule, standard, severity, tags."""

from __future__ import annotations

import re
from pathlib import Path

from allure_commons.model2 import Label, Link
from behave.model import Rule, Scenario

from support.contract.rules import RULES
from support.reporting.verdicts import RULE_TAG, deviation_of, rule_of

SEVERITIES = {"smoke": "critical", "scenario": "critical", "edge": "minor"}
RFC = re.compile(r"RFC (\d+)(?: §([\d.]+))?")


def labels_of(scenario: Scenario) -> list[Label]:
    """Return what a scenario is filed under; `epic` is the folder of its feature, `story` the sentence of its rule."""
    tags = sorted(str(tag) for tag in scenario.effective_tags)
    rule = RULES.get(rule_of(scenario))
    labels = [Label("rule", rule.id), Label("source", rule.source)] if rule is not None else []
    labels += [Label("severity", severity_of(tags)), Label("epic", capability_of(scenario))]
    if isinstance(scenario.parent, Rule):
        labels.append(Label("story", scenario.parent.name))
    elif isinstance(getattr(scenario.parent, "parent", None), Rule):
        labels.append(Label("story", scenario.parent.parent.name))
    return labels + [Label("tag", tag) for tag in tags if not tag.startswith(RULE_TAG)]


def links_of(scenario: Scenario) -> list[Link]:
    """Return where the standard behind the rule can be read, and where a known deviation is told."""
    rule, deviation = RULES.get(rule_of(scenario)), deviation_of(scenario)
    links = []
    if rule is not None and (url := standard_url(rule.source)):
        links.append(Link("link", url, rule.source))
    if deviation is not None:
        links.append(Link("issue", deviation.link, "the known deviation"))
    return links


def capability_of(scenario: Scenario) -> str:
    """Return the capability that a scenario belongs to: the folder of its feature in words."""
    return Path(scenario.filename).parent.name.replace("_", " ").capitalize()


def severity_of(tags: list[str]) -> str:
    return next((severity for tag, severity in SEVERITIES.items() if tag in tags), "normal")


def standard_url(source: str) -> str | None:
    """Return the address of a section of an RFC, or None for what is no RFC."""
    found = RFC.search(source)
    if found is None:
        return None
    number, section = found.groups()
    return f"https://www.rfc-editor.org/rfc/rfc{number}" + (f"#section-{section}" if section else "")
