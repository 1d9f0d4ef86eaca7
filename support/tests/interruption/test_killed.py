"""The next run deletes exactly the users that a killed run left behind."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from support.tests.interruption.moments import began, drawn
from support.tests.interruption.target_process import Place, an_api, difference

SEED = 20260301
ROUNDS = 10
KILLS = 4


@pytest.mark.sampled
@pytest.mark.parametrize("seed", range(SEED, SEED + ROUNDS))
def test_nothing_is_left_after_kill_9_and_one_more_run(tmp_path: Path, seed: int) -> None:
    """Four runs are killed, each after it deleted the users of the one before; a fifth runs to its end."""
    dice = random.Random(seed)
    place = Place(tmp_path)
    kills = created = 0
    with an_api() as api:
        while kills < KILLS:
            play, moment = drawn(dice)
            run = began(place, api, play, moment)
            if run is not None:
                run.process.kill()
                kills += run.ended().code == -9
                created += len(api.users()) - len(api.before)
        last = place.run("--tags=@smoke", api=api)
        assert last.code == 0, last.said[-2000:]
        assert api.users() == api.before, difference(api.before, api.users())
    assert created, "no user existed when the runs were killed"
