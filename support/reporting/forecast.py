"""How many requests a run sends, and how long that takes on a target with a limit: an estimate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from behave.model import Feature, Scenario

from support.http.limits import Limit

MEASURED = {"race": 270, "burst": 190}
"""Requests of a scenario with this tag, its cleanup included, on the embedded API."""
MEASURED_OF_OTHERS = 11
SOON_S = 120


def forecast(features: Sequence[Feature], config: Any, limits: Sequence[Limit]) -> str:
    """Return the number of requests and the time of a run by the lowest limit; nothing where none is known."""
    if not limits:
        return ""
    chosen = (scenario for feature in features for scenario in feature.walk_scenarios() if scenario.should_run(config))
    requests, lowest = sum(map(_requests, chosen)), min(limits, key=lambda limit: limit.rate)
    seconds = requests / lowest.rate
    time = f"{seconds:.0f} s" if seconds < SOON_S else f"{seconds / 60:.0f} minutes"
    return f"this run sends about {requests:,} requests; at {lowest}, it takes about {time} (an estimate)"


def _requests(scenario: Scenario) -> int:
    return next((MEASURED[tag] for tag in MEASURED if tag in scenario.effective_tags), MEASURED_OF_OTHERS)
