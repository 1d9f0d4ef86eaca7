"""A run that is killed leaves its users to the next one, which takes away exactly these."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from support.tests.interruption.moments import began, drawn
from support.tests.interruption.stage import Place, an_api, difference

SEED = 20260301
LANES = 10
KILLS_IN_A_LANE = 4
AT_ONCE = 2


def test_nothing_is_left_after_kill_9_at_40_moments_and_one_more_run(tmp_path: Path) -> None:
    """Four runs are killed, each finishing first what the one before had left; a fifth is let live."""

    def lane(number: int) -> tuple[int, list[str]]:
        dice = random.Random(SEED + number)
        place = Place(tmp_path / str(number))
        kills = made = 0
        wrong = []
        with an_api() as api:
            while kills < KILLS_IN_A_LANE:
                play, moment = drawn(dice)
                run = began(place, api, play, moment)
                if run is not None:
                    run.process.kill()
                    kills += run.ended().code == -9
                    made += len(api.everybody()) - len(api.before)
            last = place.run("--tags=@smoke", api=api)
            if last.code != 0:
                wrong.append(f"lane {number}: the last run ended with {last.code}: {last.said[-2000:]}")
            if api.everybody() != api.before:
                wrong.append(f"lane {number}: {difference(api.before, api.everybody())}")
        return made, wrong

    with ThreadPoolExecutor(AT_ONCE) as lanes:
        results = list(lanes.map(lane, range(LANES)))
    assert not [told for _, wrong in results for told in wrong]
    assert sum(made for made, _ in results) > LANES, "the kills came when hardly anybody was there"
