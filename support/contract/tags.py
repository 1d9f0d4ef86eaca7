"""The closed list of tags, and what each says of a scenario. A tag selects; it never changes what a step does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields

from support.profile import Capabilities
from support.rules import RULES

TAGS: Mapping[str, str] = {
    "contract": "belongs to the contract: what every Users API must keep",
    "smoke": "the first to play: a minute tells whether the API is worth more",
    "scenario": "a whole story from end to end",
    "negative": "something is refused",
    "edge": "at the border of what is allowed",
    "concurrency": "many at once",
    "burst": "many who want different things at once",
    "race": "many who want the same thing at once",
    "async": "many at once, from one event loop",
    "threads": "many at once, from threads instead of one event loop",
    "resilience": "on an API that misbehaves on demand, which the suite brings along",
    "wip": "is being written, and not played",
}
RULE = "rule."
NEEDS = "use.with_"
FAMILIES: Mapping[str, str] = {
    RULE: "shows the rule of this id",
    NEEDS: "needs what the target may not have: it is left out where the profile says so",
}


def meaning_of(tag: str) -> str | None:
    """Return what a tag says, or None where it is not on the list."""
    if tag.startswith(RULE) and tag.removeprefix(RULE) not in RULES:
        return None
    offered = {f"{NEEDS}{field.name}=yes" for field in fields(Capabilities)}
    if tag.startswith(NEEDS) and tag not in offered:
        return None
    family = next((said for start, said in FAMILIES.items() if tag.startswith(start)), None)
    return TAGS.get(tag, family)
