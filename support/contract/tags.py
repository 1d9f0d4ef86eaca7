"""The closed list of tags, and what each says about a scenario. A tag selects; it never changes what a step does."""

from __future__ import annotations

from collections.abc import Mapping

from support.profile import Capabilities
from support.rules import RULES

TAGS: Mapping[str, str] = {
    "contract": "is part of the contract that every Users API must keep",
    "smoke": "is a quick check that the API works at all, for a run of its own before the others",
    "scenario": "tells a whole story from end to end",
    "negative": "the API refuses something",
    "edge": "tests the limits of what is allowed",
    "slow": "takes long: sends hundreds of requests, or waits",
    "concurrency": "sends concurrent requests",
    "burst": "sends concurrent requests, without a race for one thing",
    "race": "sends concurrent requests that compete for one thing",
    "async": "sends concurrent requests from one event loop",
    "threads": "sends concurrent requests from threads",
    "fuzz": "draws what is sent, by DATA_SEED",
    "resilience": "injects faults into the embedded API",
    "wip": "is work in progress, and not run",
}
RULE = "rule."
NEEDS = "use.with_"
FAMILIES: Mapping[str, str] = {
    RULE: "shows the rule with this id",
    NEEDS: "needs a capability: the scenario is skipped if the profile says that the target lacks it",
}


def meaning_of(tag: str) -> str | None:
    """Return what a tag says; None for a tag that is not on the list."""
    if tag.startswith(RULE) and tag.removeprefix(RULE) not in RULES:
        return None
    offered = {f"{NEEDS}{name}=yes" for name in Capabilities().offered}
    if tag.startswith(NEEDS) and tag not in offered:
        return None
    family = next((said for start, said in FAMILIES.items() if tag.startswith(start)), None)
    return TAGS.get(tag, family)
