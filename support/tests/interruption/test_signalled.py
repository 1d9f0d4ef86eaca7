"""A run that is interrupted cleans up before it ends, says so, and does not count as good."""

from __future__ import annotations

import random
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from support.tests.interruption.moments import began, drawn
from support.tests.interruption.stage import Api, Ended, Place, an_api, difference

SEED = 20260302
LANES = 4
SIGNALS_IN_A_LANE = 10
AT_ONCE = 2
SOON_S = 0.1
VERDICT = "passed: all "
WAYS = (
    (signal.SIGTERM,),
    (signal.SIGINT,),
    (signal.SIGINT, signal.SIGINT),
    (signal.SIGTERM, signal.SIGINT),
)


def test_nothing_is_left_when_a_run_ends_after_a_signal_at_40_moments(tmp_path: Path) -> None:
    def lane(number: int) -> list[str]:
        dice = random.Random(SEED + number)
        place = Place(tmp_path / str(number))
        signalled, wrong = 0, list[str]()
        with an_api() as api:
            while signalled < SIGNALS_IN_A_LANE:
                (play, moment), way = drawn(dice), dice.choice(WAYS)
                run = began(place, api, play, moment)
                if run is None:
                    continue
                signalled += 1
                was_over = VERDICT in run.said()
                for one in way:
                    run.send(one)
                    run.wait_a(SOON_S if len(way) > 1 else 0)
                ended = run.ended()
                if faults := list(_faults(api, ended, was_over)):
                    wrong.append(f"{play.arguments} after {moment}, {way}: {', '.join(faults)}\n{ended.said[-3000:]}")
        return wrong

    with ThreadPoolExecutor(AT_ONCE) as lanes:
        wrong = [told for one in lanes.map(lane, range(LANES)) for told in one]
    assert not wrong, "\n".join(wrong)


def _faults(api: Api, ended: Ended, was_over: bool) -> Iterator[str]:
    """Yield what is wrong with the end; a signal that comes when the verdict is out may change nothing any more."""
    if ended.code == 0 and not was_over:
        yield "exit code 0"
    if api.everybody() != api.before:
        yield difference(api.before, api.everybody())
    if "Traceback" in ended.said:
        yield "a traceback"
    verdict_was_out = ended.code < 0 and ended.last_line.startswith(VERDICT)
    if "interrupted by SIG" not in ended.said and not (was_over or verdict_was_out):
        yield f"no word of the interruption, exit {ended.code} after {ended.seconds:.1f} s"
