"""Which features each process runs."""

from __future__ import annotations

import logging
import math
import os
from collections.abc import Sequence
from typing import Any

from behave.model import Feature
from behave.runner_util import collect_feature_locations, parse_features

from support import profile_files
from support.order import CONCURRENCY, is_concurrent
from support.profile import Caps
from support.reporting.logs import set_up_logs
from support.reporting.summary import CLEANUP, Seconds, seconds_of_last_run
from support.settings import ROOT, Settings

log = logging.getLogger("acceptance")
LONG_TAGS, LONG_WEIGHT = {CONCURRENCY, "slow", "fuzz"}, 15
SHORTEST_S = 0.001
MAY_BE_OVER = 0.25
"""By how much of a share the last ones may be longer than the others."""
WORTH_IT = 100


def shares_of(config: Any, settings: Settings) -> list[list[Feature]]:
    """Return the features of each process; none if one process is to run them all."""
    if settings.workers == 1 or (settings.workers is None and (settings.base_url or _processors() == 1)):
        return []
    if (obstacle := _obstacle(config, settings)) is not None:
        if settings.workers is not None:
            set_up_logs(settings.log_level)
            log.info("%s", f"WORKERS: one process runs all features, because of {obstacle}")
        return []
    features = _features(config)
    if settings.workers is None and sum(weight(feature, config, {}) for feature in features) < WORTH_IT:
        return []
    return split(features, config, settings.workers or 2, seconds_of_last_run(ROOT / settings.reports_dir))


def locations_of(config: Any) -> list[Any]:
    """Return the locations of the features that behave would run: files, or lines of files."""
    return [each for each in collect_feature_locations(config.paths) if not config.exclude(each)]


def _features(config: Any) -> list[Feature]:
    return list(parse_features(locations_of(config), language=config.lang))


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _obstacle(config: Any, settings: Settings) -> str | None:
    """Return why several processes cannot share a run, or None."""
    profile = profile_files.load(settings.target)
    if config.stop or config.dry_run:
        return "--stop or --dry-run"
    if settings.again:
        return "AGAIN"
    if profile.caps != Caps():
        return f"the caps of the profile {profile.name}"
    return None


def weight(feature: Feature, config: Any, seconds: Seconds) -> float:
    """Return how long the selected scenarios of a feature take: as in the last run, else by a rough estimate."""
    chosen = [scenario for scenario in feature.walk_scenarios() if scenario.should_run(config)]
    expected = (
        seconds.get((feature.name, one.name), 1 if LONG_TAGS.isdisjoint(one.effective_tags) else LONG_WEIGHT)
        for one in chosen
    )
    return sum(max(each, SHORTEST_S) for each in expected) + (seconds.get((feature.name, CLEANUP), 0) if chosen else 0)


def split(features: Sequence[Feature], config: Any, count: int, seconds: Seconds) -> list[list[Feature]]:
    """Split the selected features into at most `count` shares that take about as long.

    Races and bursts are in the last shares, as few as they fill: there they disturb each other little, and what fails
    in others is told before them.
    """
    weights = {id(feature): weight(feature, config, seconds) for feature in features}
    concurrent = sum(weights[id(feature)] for feature in features if is_concurrent(feature))
    first = count - max(1, math.ceil(count * concurrent / (sum(weights.values()) or 1) - MAY_BE_OVER))
    heaviest_first = sorted(features, key=lambda one: (is_concurrent(one), weights[id(one)]), reverse=True)
    loads, chosen = [0.0] * count, [set[int]() for _ in range(count)]
    for feature in heaviest_first:
        number = min(range(first if is_concurrent(feature) else 0, count), key=loads.__getitem__)
        loads[number] += weights[id(feature)]
        chosen[number] |= {id(feature)} if weights[id(feature)] else set()
    return [[feature for feature in features if id(feature) in share] for share in chosen if share]
