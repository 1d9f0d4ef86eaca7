"""A run that is interrupted cleans up before it ends, says so, and does not pass."""

from __future__ import annotations

import random
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from support.tests.interruption.moments import began, drawn
from support.tests.interruption.target_process import Api, Ended, Place, an_api, difference

SEED = 20260302
WORKERS = 4
SIGNALS_PER_WORKER = 10
AT_ONCE = 2
SOON_S = 0.1
OUTCOME = "passed: all "
SIGNALS = (
    (signal.SIGTERM,),
    (signal.SIGINT,),
    (signal.SIGINT, signal.SIGINT),
    (signal.SIGTERM, signal.SIGINT),
)


def test_nothing_is_left_when_a_run_ends_after_a_signal_at_40_moments(tmp_path: Path) -> None:
    def worker(number: int) -> list[str]:
        dice = random.Random(SEED + number)
        place = Place(tmp_path / str(number))
        signalled, wrong = 0, list[str]()
        with an_api() as api:
            while signalled < SIGNALS_PER_WORKER:
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
                if faults := list(_faults(api, ended, was_over)):
                    wrong.append(
                        f"{play.arguments} after {moment}, {signals}: {', '.join(faults)}\n{ended.said[-3000:]}"
                    )
        return wrong

    with ThreadPoolExecutor(AT_ONCE) as pool:
        wrong = [line for one in pool.map(worker, range(WORKERS)) for line in one]
    assert not wrong, "\n".join(wrong)


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
