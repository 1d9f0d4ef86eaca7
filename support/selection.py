"""Which scenarios are run on a target, by its profile."""

from __future__ import annotations

from behave.model import Scenario

from support.contract.tags import NEEDS
from support.profile import Profile
from support.reporting.results import rule_of
from support.rules import RULES

WIP = "wip"


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
