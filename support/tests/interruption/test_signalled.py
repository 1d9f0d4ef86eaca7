"""A run that is interrupted cleans up before it ends, says so, and does not pass."""

from __future__ import annotations

import random
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.tests.interruption.moments import began, drawn
from support.tests.interruption.target_process import Api, Ended, Place, an_api, difference

SEED = 20260302
ROUNDS = 20
SIGNALLED = 2
SOON_S = 0.1
OUTCOME = "passed: all "
SIGNALS = (
    (signal.SIGTERM,),
    (signal.SIGINT,),
    (signal.SIGINT, signal.SIGINT),
    (signal.SIGTERM, signal.SIGINT),
)


@pytest.mark.sampled
@pytest.mark.parametrize("seed", range(SEED, SEED + ROUNDS))
def test_nothing_is_left_when_a_run_ends_after_a_signal(tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    place = Place(tmp_path)
    signalled = 0
    with an_api() as api:
        while signalled < SIGNALLED:
            (play, moment), signals = drawn(dice), dice.choice(SIGNALS)
            run = began(place, api, play, moment)
            if run is None:
                continue
            signalled += 1
            was_over = OUTCOME in run.said()
            for one in signals:
                run.send(one)
                run.wait_a(SOON_S if len(signals) > 1 else 0)
            ended = run.ended()
            faults = list(_faults(api, ended, was_over))
            what = f"{play.arguments} after {moment}, {signals}: {', '.join(faults)}\n{ended.said[-3000:]}"
            assert not faults, what


def _faults(api: Api, ended: Ended, was_over: bool) -> Iterator[str]:
    """Yield what is wrong with the end; a signal after the printed outcome changes nothing any more."""
    if ended.code == 0 and not was_over:
        yield "exit code 0"
    if api.users() != api.before:
        yield difference(api.before, api.users())
    if "Traceback" in ended.said:
        yield "a traceback"
    outcome_was_printed = ended.code < 0 and ended.last_line.startswith(OUTCOME)
    if "interrupted by SIG" not in ended.said and not (was_over or outcome_was_printed):
        yield f"the interruption is not reported, exit {ended.code} after {ended.seconds:.1f} s"
