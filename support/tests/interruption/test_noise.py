"""On an unreliable network, a correct API passes, no user is created twice, and none is left."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from support.tests.interruption.target_process import Api, Ended, Place, an_api, difference

RUNS = int(os.environ.get("NOISY_RUNS", "1"))
AT_ONCE = 2
PARTS = ("features/users", "features/access features/refusals", "features/protocol features/robustness")


def noise(seed: int) -> list[Mapping[str, Any]]:
    """Return faults: 10 % 503, 2 % dropped; of the creates, once done, 5 % dropped and 5 % answered by 504."""
    creates = {"methods": ["POST"], "when": "after", "share": 0.05}
    return [
        {"kind": "status", "status": 503, "share": 0.1, "seed": seed},
        {"kind": "drop", "seed": seed + 1, **creates},
        {"kind": "status", "status": 504, "seed": seed + 2, **creates},
        {"kind": "drop", "share": 0.02, "seed": seed + 3},
    ]


@pytest.mark.sampled
@pytest.mark.parametrize("part", PARTS)
def test_a_run_passes_and_leaves_no_user(tmp_path: Path, part: str) -> None:
    """NOISY_RUNS=30 runs each part of the contract 30 times; races are left out, as their rounds would be void."""

    def run(number: int) -> list[str]:
        with an_api() as api:
            api.inject(*noise(100 * number))
            ended = Place(tmp_path / str(number)).run(
                "--tags=@contract and not @race and not @slow", *part.split(), api=api
            )
            return [f"run {number}: {fault}" for fault in _faults(api, ended)]

    with ThreadPoolExecutor(AT_ONCE) as pool:
        wrong = [line for one in pool.map(run, range(RUNS)) for line in one]
    assert not wrong, "\n".join(wrong)


def test_a_location_that_was_lost_with_its_answer_is_not_judged(tmp_path: Path) -> None:
    feature = "features/protocol/queries.feature"
    with an_api() as api:
        api.inject({"kind": "status", "status": 504, "methods": ["POST"], "when": "after", "times": 2})
        ended = Place(tmp_path).run("--name", "Following the Location", feature, api=api)
        assert not list(_faults(api, ended))


def _faults(api: Api, ended: Ended) -> Iterator[str]:
    fired = api.fired()
    api.inject()
    if ended.code != 0:
        yield f"exit {ended.code}\n{ended.said[-4000:]}"
    if api.users() != api.before:
        yield difference(api.before, api.users())
    if api.stats()["duplicates"] != 0:
        yield "an email was stored twice"
    if min(fired) == 0:
        yield f"a fault was never injected: {fired}"
