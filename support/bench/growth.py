"""Measure the time and memory that a user costs: one who exists before a run, and one whom a run creates."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from support.reporting.summary import FILE, read
from support.scenario import accounts
from support.scenario.session import Session
from support.settings import ROOT, load
from support.target.embedded import EmbeddedApi

COUNTS = (100, 1_000, 10_000)
AT_ONCE = 64
PATIENCE_S = 3600


@dataclass(frozen=True)
class Cost:
    """What a process took: wall-clock and processor seconds, peak memory in MB; `said` is its result in words."""

    seconds: float
    processor_s: float
    memory_mb: float
    said: str


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a table for users who exist before a run, and one for users whom a run creates."""
    options = _parser().parse_args(arguments)
    if options.make is not None:
        return _make(options.make)
    print(f"Python {platform.python_version()}, behave {version('behave')}, {os.cpu_count()} cores")
    print(f"python -m support.bench.growth {' '.join(map(str, options.users))}\n")
    _row("users there before a run", "by the clock", "processor", "memory", "each", "each", "")
    _table([(count, _run_beside(count, options.tags)) for count in (0, *options.users)])
    print()
    _row("users made in one run", "by the clock", "processor", "memory", "each", "each", "")
    _table([(count, _made(count)) for count in (1, *options.users)])
    return None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m support.bench.growth", description=__doc__)
    parser.add_argument("users", type=int, nargs="*", default=COUNTS, help="how many: 100 1000 10000 by default")
    parser.add_argument("--tags", default="@contract", help="the scenarios that are run beside them")
    parser.add_argument("--make", type=int, help=argparse.SUPPRESS)
    return parser


def _run_beside(count: int, tags: str) -> Cost:
    """Run the scenarios with these tags in one process, on an API that already has `count` users."""
    with tempfile.TemporaryDirectory() as folder:
        with contextlib.closing(EmbeddedApi(["--seed-users", str(count)])) as api:
            target = {"BASE_URL": api.target.base_url, "TOKEN": api.token}
            folders = {"STATE_DIR": folder, "REPORTS_DIR": folder}
            cost = _cost_of([sys.executable, "-m", "behave", f"--tags={tags}"], {**target, **folders})
        return Cost(cost.seconds, cost.processor_s, cost.memory_mb, str(read(Path(folder) / FILE).outcome))


def _made(count: int) -> Cost:
    """Let another process create `count` users and delete them."""
    return _cost_of([sys.executable, "-m", "support.bench.growth", "--make", str(count)], {})


def _make(count: int) -> None:
    """Create `count` users on the embedded API and delete them; print how long each part took."""
    own = {"max_users_alive": str(count + 1), "cleanup_deadline_s": str(PATIENCE_S), "log_level": "ERROR"}
    with tempfile.TemporaryDirectory() as folder:
        session = Session(load({"state_dir": folder, **own}))
        with contextlib.closing(session):
            begun = time.perf_counter()
            for start in range(0, count, AT_ONCE):
                new_users = session.factory.new_users(min(AT_ONCE, count - start))
                session.scenario.run_at_once([accounts.signing_up(session.scenario, one) for one in new_users])
            signed_up = time.perf_counter()
            session.registry.prove_nothing_is_left(PATIENCE_S)
            gone = time.perf_counter()
            print(json.dumps(f"sign-ups {signed_up - begun:.1f} s, deletions {gone - signed_up:.1f} s"))


def _cost_of(command: Sequence[str], environment: dict[str, str]) -> Cost:
    """Run a command to its end; the memory is that of the largest process, itself or a child that it waited for."""
    with tempfile.TemporaryFile() as output:
        begun = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **environment}, stdout=output, stderr=subprocess.STDOUT
        )
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        last = output.read().decode("utf-8", "replace").strip().splitlines()[-1:]
    said = "".join(last).strip('"') if process.returncode == 0 else f"exit code {process.returncode}: {last}"
    scale = 1 if sys.platform == "darwin" else 1024
    return Cost(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss * scale / 1e6, said)


def _table(costs: Sequence[tuple[int, Cost]]) -> None:
    """Print a row for each number of users, with what each user adds to the first row, which has no user, or one."""
    least, base = costs[0]
    for count, cost in costs:
        more = max(1, count - least)
        each_ms = f"{(cost.processor_s - base.processor_s) / more * 1e3:.2f} ms" if count > least else ""
        each_kb = f"{(cost.memory_mb - base.memory_mb) / more * 1e3:.1f} kB" if count > least else ""
        clock, processor = f"{cost.seconds:.1f} s", f"{cost.processor_s:.1f} s"
        _row(f"{count:,}", clock, processor, f"{cost.memory_mb:.0f} MB", each_ms, each_kb, cost.said)


def _row(users: str, clock: str, processor: str, memory: str, each_ms: str, each_kb: str, said: str) -> None:
    print(f"{users:<26} {clock:>12} {processor:>10} {memory:>8} {each_ms:>9} {each_kb:>9}  {said}".rstrip(), flush=True)


if __name__ == "__main__":
    main()
