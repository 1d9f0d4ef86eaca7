"""The closed list of tags: what each of them says of a scenario. A tag selects; it never changes what a step does."""

from __future__ import annotations

from collections.abc import Mapping

TAGS: Mapping[str, str] = {
    "contract": "belongs to the contract: what every Users API must keep",
    "smoke": "the first to play: a minute tells whether the API is worth more",
    "scenario": "a whole story from end to end",
    "negative": "something is refused",
    "edge": "at the border of what is allowed",
    "concurrency": "many at once",
    "burst": "many who want different things at once",
    "race": "many who want the same thing at once",
    "threads": "many at once, from threads instead of one event loop",
    "async": "many at once, from one event loop",
    "resilience": "on an API that misbehaves on demand, which the suite brings along",
    "wip": "is being written, and not played",
}
FAMILIES: Mapping[str, str] = {
    "rule.": "shows the rule of this id",
    "use.with_": "needs what the target may not have: it is left out where the profile says so",
}


def meaning_of(tag: str) -> str | None:
    """Return what a tag says, or None where it is not on the list."""
    family = next((said for start, said in FAMILIES.items() if tag.startswith(start)), None)
    return TAGS.get(tag, family)
