"""The order in which features are played: what is simple comes first, so that a failure names the broken rule."""

from __future__ import annotations

from pathlib import Path

from behave.model import Feature

CONCURRENCY, SMOKE = "concurrency", "smoke"
SIMPLE_FIRST = ("users", "refusals", "protocol", "access")
"""Folders of features, in this order: if users cannot be read, all fail, and the first failure names the rule."""


def playing_order(feature: Feature) -> tuple[bool, bool, int]:
    """Return the key to sort features by.

    Features of the smoke test come first; features with concurrent requests come last, as they use all that the others
    test.
    """
    folder = Path(feature.filename).parent.name
    place = SIMPLE_FIRST.index(folder) if folder in SIMPLE_FIRST else len(SIMPLE_FIRST)
    return is_concurrent(feature), not _has(SMOKE, feature), place


def is_concurrent(feature: Feature) -> bool:
    """Whether a feature sends concurrent requests."""
    return _has(CONCURRENCY, feature)


def _has(tag: str, feature: Feature) -> bool:
    return any(tag in scenario.effective_tags for scenario in feature.walk_scenarios())
