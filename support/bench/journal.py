"""Measure what the journal adds to a create on the embedded API, and how long it takes to read a long journal."""

from __future__ import annotations

import argparse
import contextlib
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from support.cleanup.journal import Journal, State
from support.cleanup.ledger import Ledger
from support.cleanup.marks import new_mark
from support.scenario import accounts
from support.scenario.session import Session
from support.settings import load

MOST_SHARE = 0.05
MOST_TO_READ_S = 5.0
TURN = 32


class Stopwatch:
    """Wraps the writes of a journal: adds up the seconds that they take, and can turn them off."""

    def __init__(self, journal: Journal) -> None:
        self.spent_s = 0.0
        self.writes = True
        instead = {"intend": lambda *_: 0}
        for name in ("intend", "set_state"):
            setattr(journal, name, self._timed(getattr(journal, name), instead.get(name, lambda *_: None)))

    def _timed(self, write: Callable[..., Any], instead: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*arguments: Any) -> Any:
            if not self.writes:
                return instead(*arguments)
            begun = time.perf_counter()
            try:
                return write(*arguments)
            finally:
                self.spent_s += time.perf_counter() - begun

        return timed


def main(arguments: Sequence[str] | None = None) -> None:
    """Print what a create takes without and with the journal, in turns, and the journal's share of the latter."""
    parser = argparse.ArgumentParser(prog="python -m support.bench.journal", description=__doc__)
    parser.add_argument("--creates", type=int, default=500, help="how many of each kind")
    parser.add_argument("--lines", type=int, default=100_000, help="how many users a dead run has left")
    options = parser.parse_args(arguments)
    count = options.creates
    with tempfile.TemporaryDirectory() as folder:
        session = Session(load({"state_dir": str(Path(folder)), "log_level": "ERROR"}))
        try:
            without_s, with_s, journal_s = _measured(session, count)
        finally:
            session.close()
    share = sum(journal_s) / sum(with_s)
    print(f"{count} creates of each kind in turns, on the embedded API {'median':>14} {'mean':>10}")
    _row("a create without the journal", without_s)
    _row("a create with the journal", with_s)
    _row("of which the journal (an intent, and an id)", journal_s)
    print(f"{'share of the create':<54} {share:>13.1%}   wanted: below {MOST_SHARE:.0%}")
    took_s, lines = (
        _taken_over_s(options.lines),
        f"a dead run of {options.lines:,} users, from opening to its first look-up",
    )
    print(f"{lines:<66} {took_s:.2f} s   wanted: below {MOST_TO_READ_S:g} s")


def _measured(session: Session, count: int) -> tuple[list[float], list[float], list[float]]:
    """Return the seconds of a create without the journal, of one with it, and the journal's part of the latter.

    Each list has the mean of each turn.
    """
    stopwatch = Stopwatch(session.journal)
    with_s, without_s, journal_s = list[float](), list[float](), list[float]()
    for turn in range(2 + 2 * -(-count // TURN)):
        stopwatch.writes, stopwatch.spent_s = turn % 2 == 0, 0.0
        new_users = session.factory.new_users(TURN)
        begun = time.perf_counter()
        for new_user in new_users:
            accounts.sign_up(session.scenario, session.scenario.actor("Ada"), **new_user.as_json())
        took_s = time.perf_counter() - begun
        if turn >= 2:  # the first two turns warm up
            (with_s if stopwatch.writes else without_s).append(took_s / TURN)
            journal_s += [stopwatch.spent_s / TURN] if stopwatch.writes else []
    return without_s, with_s, journal_s


def _taken_over_s(lines: int) -> float:
    """Return the seconds until another run could begin to delete the `lines` users of a dead run."""
    with tempfile.TemporaryDirectory() as folder:
        with contextlib.closing(Journal(Path(folder))) as journal:
            journal.open_run(mark := new_mark(), "https://api.example.com/users")
            for number in range(lines):
                journal.set_state(
                    [journal.intend(mark, f"user.{number}@{mark}.example.com")], State.CREATED, str(number)
                )
            journal.close_run(mark)
        begun = time.perf_counter()
        with contextlib.closing(Journal(Path(folder))) as journal:
            for run in journal.dead_runs("https://api.example.com/users"):
                ledger = Ledger(journal, run.mark)
                ledger.adopt(journal.unfinished(run.mark))
                assert len(ledger.unfinished()) == lines
            return time.perf_counter() - begun


def _row(what: str, seconds: Sequence[float]) -> None:
    print(f"{what:<54} {statistics.median(seconds) * 1e6:>10.0f} us {statistics.mean(seconds) * 1e6:>7.0f} us")


if __name__ == "__main__":
    main()
