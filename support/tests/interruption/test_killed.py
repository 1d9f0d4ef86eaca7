"""The next run deletes exactly the users that a killed run left behind."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from support.tests.interruption.moments import began, drawn
from support.tests.interruption.target_process import Place, an_api, difference

SEED = 20260301
WORKERS = 10
KILLS_PER_WORKER = 4
AT_ONCE = 2


def test_nothing_is_left_after_kill_9_at_40_moments_and_one_more_run(tmp_path: Path) -> None:
    """Four runs are killed, each after it deleted the users of the one before; a fifth runs to its end."""

    def worker(number: int) -> tuple[int, list[str]]:
        dice = random.Random(SEED + number)
        place = Place(tmp_path / str(number))
        kills = created = 0
        wrong = []
        with an_api() as api:
            while kills < KILLS_PER_WORKER:
                play, moment = drawn(dice)
                run = began(place, api, play, moment)
                if run is not None:
                    run.process.kill()
                    kills += run.ended().code == -9
                    created += len(api.users()) - len(api.before)
            last = place.run("--tags=@smoke", api=api)
            if last.code != 0:
                wrong.append(f"worker {number}: the last run ended with {last.code}: {last.said[-2000:]}")
            if api.users() != api.before:
                wrong.append(f"worker {number}: {difference(api.before, api.users())}")
        return created, wrong

    with ThreadPoolExecutor(AT_ONCE) as pool:
        results = list(pool.map(worker, range(WORKERS)))
    assert not [line for _, wrong in results for line in wrong]
    assert sum(created for created, _ in results) > WORKERS, "hardly any user existed when the runs were killed"
