"""How features are split into shares, each of which one of several processes or machines runs."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from behave.model import Feature

from support.errors import SettingsError, number_of
from support.order import is_concurrent
from support.reporting.progress import usual_s
from support.reporting.summary import CLEANUP, Seconds, seconds_of_last_run
from support.settings import ROOT, Settings

SHORTEST_S = 0.001
MAY_BE_OVER = 0.25
"""The part of a share by which the last shares may be longer than the others."""


@dataclass(frozen=True)
class Shard:
    """The share of one machine, such as "2/4"; `split` is the same wherever the features were split in the same way."""

    name: str = ""
    split: str = ""


def select_shard(features: list[Feature], config: Any, settings: Settings) -> Shard:
    """Leave only the features of the shard that SHARD names; raises SettingsError if that shard is empty.

    The times of an earlier run of one shard do not count: other machines know other times and would split differently.
    """
    if settings.shard is None:
        return Shard()
    number, count = settings.shard_of
    in_any_order = sorted(features, key=lambda feature: str(feature.filename))
    shares = split(in_any_order, config, count, seconds_of_last_run(ROOT / settings.reports_dir, shards=False))
    if number > len(shares):
        raise SettingsError(
            f"SHARD: it got {settings.shard}; the selected scenarios fill only {number_of(len(shares), 'shard')}, each "
            f"of whole features. Name fewer shards, or select more scenarios."
        )
    chosen = {id(feature) for feature in shares[number - 1]}  # behave treats features with the same name as equal
    features[:] = [feature for feature in features if id(feature) in chosen]
    return Shard(settings.shard, _digest(shares, config))


def _digest(shares: Sequence[Sequence[Feature]], config: Any) -> str:
    """Return a short hash that tells one way to split the selected scenarios from another."""
    scenarios = [[one for feature in share for one in feature.walk_scenarios()] for share in shares]
    content = [[(one.feature.name, one.name) for one in share if one.should_run(config)] for share in scenarios]
    return hashlib.sha256(repr(content).encode()).hexdigest()[:12]


def weight(feature: Feature, config: Any, seconds: Seconds) -> float:
    """Return how many seconds the selected scenarios of a feature take: as in the last run, else as is usual."""
    chosen = [scenario for scenario in feature.walk_scenarios() if scenario.should_run(config)]
    expected = (seconds.get((feature.name, one.name), usual_s(one)) for one in chosen)
    return sum(max(each, SHORTEST_S) for each in expected) + (seconds.get((feature.name, CLEANUP), 0) if chosen else 0)


def split(features: Sequence[Feature], config: Any, count: int, seconds: Seconds) -> list[list[Feature]]:
    """Split the selected features into at most `count` shares that take about as long.

    Features with races and bursts are in the last shares, as few as they fill: within a share they run one after
    the other and so disturb each other little, and failures in other shares are told before theirs.
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
