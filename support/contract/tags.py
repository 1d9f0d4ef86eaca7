"""The closed list of tags, what each says about a scenario, and whether a target runs a scenario with its tags.

A tag selects; it never changes what a step does.
"""

from __future__ import annotations

from collections.abc import Mapping

from behave.model import Scenario

from support.profile import Capabilities, Profile
from support.rules import RULES

TAGS: Mapping[str, str] = {
    "contract": "is part of the contract that every Users API must keep",
    "smoke": "is a quick check that the API works at all, to be run alone, before all other scenarios",
    "scenario": "tells a whole story from end to end",
    "negative": "is about refusals: what is refused, what is not, and what a refusal must not do",
    "edge": "tests the limits of what is allowed",
    "slow": "takes long: sends hundreds of requests, or waits",
    "concurrency": "sends concurrent requests",
    "burst": "sends concurrent requests, without a race for one thing",
    "race": "sends concurrent requests that compete for one thing",
    "async": "sends concurrent requests from one event loop",
    "threads": "sends concurrent requests from threads",
    "fuzz": "sends randomly generated requests, which DATA_SEED repeats",
    "resilience": "injects faults into the embedded API",
    "wip": "is work in progress, and not run",
}
RULE, WIP = "rule.", "wip"
NEEDS = "use.with_"
FAMILIES: Mapping[str, str] = {
    RULE: "shows the rule with this id",
    NEEDS: "needs a capability: the scenario is skipped if the profile says that the target lacks it",
}
LACKING: Mapping[str, str] = {
    "access": "no access control (TOKEN=none, or the profile says so)",
    "bearer": "no bearer token",
    "list": "no list",
    "email_filter": "no search by email",
    "pages": "no numbered pages",
    "put": "no PUT",
    "patch": "no PATCH",
    "head": "no HEAD",
    "search": "neither a list nor a search by email",
    "changes": "neither PATCH nor PUT",
    "page_sizes": "no page sizes",
}
"""How a message describes a target that lacks a capability: "the target has …"."""


def meaning_of(tag: str) -> str | None:
    """Return what a tag says; None for a tag that is not on the list."""
    if tag.startswith(RULE) and tag.removeprefix(RULE) not in RULES:
        return None
    offered = {f"{NEEDS}{name}=yes" for name in Capabilities().offered}
    if tag.startswith(NEEDS) and tag not in offered:
        return None
    family = next((said for start, said in FAMILIES.items() if tag.startswith(start)), None)
    return TAGS.get(tag, family)


def rule_of(scenario: Scenario) -> str:
    """Return the id of the rule that a scenario is tagged with, or an empty text."""
    tags = (str(tag) for tag in scenario.effective_tags)
    return next((tag.removeprefix(RULE) for tag in tags if tag.startswith(RULE)), "")


def reason_to_skip(scenario: Scenario, profile: Profile, has_token: bool) -> str | None:
    """Return why a scenario is not run on a target with this profile; None if it is run."""
    tags = [str(tag) for tag in scenario.effective_tags]
    if WIP in tags:
        return "work in progress"
    rule, version = RULES.get(rule_of(scenario)), profile.contract
    if rule is not None and rule.since > version:
        return f"the target keeps version {version} of the contract, and {rule.id} came with {rule.since}"
    has = dict(profile.capabilities.offered)
    has["access"] &= has_token
    has["bearer"] &= profile.auth.scheme == "bearer"
    has["page_sizes"] |= has["list"] and not profile.pages.are_numbered and bool(profile.names.limit)
    needed = [tag.removeprefix(NEEDS).removesuffix("=yes") for tag in tags if tag.startswith(NEEDS)]
    missing = [f"the target has {LACKING[name]}" for name in needed if not has[name]]
    excluded = [f"excluded: {each.reason}" for each in profile.excluded if each.covers(scenario.name)]
    return next(iter([*missing, *excluded]), None)
