"""What a run will do to a target, and how long that takes: an estimate, told before the first scenario."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from itertools import chain
from statistics import fmean, median
from typing import Any

from behave.model import Feature, Scenario

from support.http.limits import Limit

MEASURED = {"smoke": 20, "race": 186, "burst": 190, "fuzz": 270, "slow": 112}
"""Requests of a scenario with this tag, its cleanup included, on the embedded API."""
MEASURED_OF_OTHERS = 11
USERS_PER_REQUEST = 0.11
IN_TURN = 0.27
"""The share of all requests that are sent only after the answer to another one."""
S_OF_SUITE = 0.0015
"""Seconds of a processor that the suite itself takes for a request."""
SOON_S, SEVERAL = 100, 8
WORTH_TELLING = 1.5


def forecast(
    features: Sequence[Feature],
    config: Any,
    limits: Sequence[Limit],
    answers_s: Sequence[float],
    processes: int,
    is_played: Callable[[Scenario], bool] = lambda _: True,
    repeat: int = 1,
) -> str:
    """Return in words what a run sends and creates, and how long it takes if answers take as long as `answers_s`.

    `repeat` is how often each scenario is played. `is_played` says whether the target's profile lets a selected
    scenario be played. If the lowest limit of requests makes the run longer, it decides. The time assumes that the
    target works on several requests at once. If it would be much longer on a target that works on one at a time, where
    the few slow answers count too, the text also says that time.
    """
    scenarios = chain.from_iterable(feature.walk_scenarios() for feature in features)
    requests = repeat * sum(_requests(one) for one in scenarios if one.should_run(config) and is_played(one))
    answer_s = median(answers_s)
    seconds, at = requests * _s_a_request(answer_s, processes), f"{answer_s * 1000:.0f} ms an answer"
    in_turn_s = requests * (fmean(answers_s) + S_OF_SUITE)
    lowest = min(limits, key=lambda limit: limit.rate, default=None)
    if lowest is not None and requests / lowest.rate > seconds:
        seconds, at = requests / lowest.rate, str(lowest)
    users = _rounded(requests * USERS_PER_REQUEST)
    does = f"sends about {_rounded(requests)} requests and creates about {users} user{'s' * (users != '1')}"
    takes = f"{processes} processes take" if processes > 1 else "it takes"
    takes += f" about {_time(seconds)}"
    if processes == 1 and not limits and seconds > SOON_S:
        takes += f" (with WORKERS={SEVERAL} about {_time(requests * _s_a_request(answer_s, SEVERAL))})"
    if in_turn_s > WORTH_TELLING * max(seconds, 1):
        takes += f", or {_time(in_turn_s)} if the API works on one request at a time"
    return f"this run {does}, whom it deletes; at {at}, {takes}"


def _s_a_request(answer_s: float, processes: int) -> float:
    return IN_TURN * answer_s / processes + S_OF_SUITE / min(processes, os.cpu_count() or 1)


def _requests(scenario: Scenario) -> int:
    return next((MEASURED[tag] for tag in MEASURED if tag in scenario.effective_tags), MEASURED_OF_OTHERS)


def _rounded(count: float) -> str:
    return f"{float(f'{count:.2g}'):,.0f}"


def _time(seconds: float) -> str:
    return f"{max(seconds, 1):.0f} s" if seconds < SOON_S else f"{seconds / 60:.0f} minutes"
