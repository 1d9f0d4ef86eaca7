"""What changed between two runs, by rule and scenario, whatever lines and rows of tables moved meanwhile."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from support.errors import in_short
from support.reporting.results import Failure, Result, plain, worst_result
from support.reporting.summary import Summary, contract_order

JUDGED = (Result.FAILED, Result.BLOCKED, Result.FLAKY, Result.KNOWN_DEVIATION, Result.PASSED)
BROKEN = (Result.FAILED, Result.BLOCKED)
BROKEN_BEFORE = (*BROKEN, Result.FLAKY, Result.KNOWN_DEVIATION)

Key = tuple[str, str, str]
"""The rule, the feature and the title of a scenario. The rows of an outline with one title have one key."""


class Change(StrEnum):
    """How a scenario changed, worst first."""

    NEWLY_BROKEN = "newly broken"
    NEWLY_FLAKY = "newly flaky"
    STILL_BROKEN = "still broken"
    FIRST_JUDGED = "broken, and blocked before"
    NO_LONGER_JUDGED = "no longer judged"
    FIXED = "fixed"
    NEWLY_PLAYED = "not in the old run"
    NOT_PLAYED = "not in the new run"


@dataclass(frozen=True)
class Changed:
    """A scenario that changed or is still broken: its results, and why it failed in the newer run."""

    change: Change
    rule: str
    name: str
    before: str
    now: str
    place: str
    why: str


def changes(old: Summary, new: Summary) -> list[Changed]:
    """Return the scenarios that changed or are still broken: the worst changes first, then by rule."""
    before, now = _results(old), _results(new)
    places = {_key(one.rule, one.feature, one.name): f"{one.file}:{one.line}" for one in new.scenarios}
    whys = {(failure.feature, plain(failure.scenario)): why_in_short(failure) for failure in reversed(new.failures)}
    found = []
    for key in {**before, **now}:
        old_result, new_result = before.get(key), now.get(key)
        if change := _change(old_result, new_result):
            results = old_result or "not run", new_result or "not run"
            found.append(Changed(change, key[0], key[2], *results, places.get(key, ""), whys.get(key[1:], "")))
    return sorted(found, key=lambda one: (list(Change).index(one.change), contract_order(one.rule), one.name))


def _key(rule: str, feature: str, name: str) -> Key:
    return rule, feature, plain(name)


def _results(summary: Summary) -> Mapping[Key, Result]:
    results: defaultdict[Key, list[Result]] = defaultdict(list)
    for one in summary.scenarios:
        results[_key(one.rule, one.feature, one.name)].append(one.result)
    return {key: worst_result(found) for key, found in results.items()}


def _change(before: Result | None, now: Result | None) -> Change | None:
    """Return how a scenario changed, or that it is still broken, or None; a known deviation is no fix."""
    if before is Result.BLOCKED and now is Result.FAILED:
        return Change.FIRST_JUDGED
    if now in BROKEN:
        return Change.STILL_BROKEN if before in BROKEN_BEFORE else Change.NEWLY_BROKEN
    if now is Result.FLAKY:
        return Change.STILL_BROKEN if before is Result.FLAKY else Change.NEWLY_FLAKY
    if now is Result.PASSED and before in BROKEN_BEFORE:
        return Change.FIXED
    if now is None:
        return Change.NOT_PLAYED
    if before is None:
        return Change.NEWLY_PLAYED
    return Change.NO_LONGER_JUDGED if before in JUDGED and now not in JUDGED else None


def why_in_short(failure: Failure) -> str:
    """Return why a scenario failed, in a line."""
    return in_short(f"{failure.rule}: {failure.shown}" if failure.evidence else failure.shown)


def in_one_line(found: Sequence[Changed]) -> str:
    """Return how many scenarios changed, in words."""
    counts = {change: sum(one.change is change for one in found) for change in Change}
    return ", ".join(f"{count} {change}" for change, count in counts.items() if count) or "nothing changed"
