"""What each profile says of each rule, so that targets can be compared."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from behave.model import Scenario

from support.contract.tags import reason_to_skip
from support.profile import Deviation, Profile


class Standing(StrEnum):
    """What a profile says of a rule."""

    KEPT = "kept"
    BROKEN = "broken"
    IN_PART = "broken in part"
    SOMETIMES = "broken sometimes"
    NOT_OFFERED = "not offered"


def standing(profile: Profile, rule: str, scenarios: Iterable[Scenario]) -> Standing:
    """Return what a profile says of a rule that these scenarios show."""
    if all(reason_to_skip(scenario, profile, has_token=True) for scenario in scenarios):
        return Standing.NOT_OFFERED
    known = deviations(profile, rule)
    if not known:
        return Standing.KEPT
    if all(each.sometimes for each in known):
        return Standing.SOMETIMES
    whole = any(not (each.scenarios or each.shows or each.sometimes) for each in known)
    return Standing.BROKEN if whole else Standing.IN_PART


def deviations(profile: Profile, rule: str) -> list[Deviation]:
    """Return the known deviations of a profile from a rule."""
    return [deviation for deviation in profile.deviations if deviation.rule == rule]
