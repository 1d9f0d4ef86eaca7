"""The processes of a load on this machine: the master, if it is here, and the workers."""

from __future__ import annotations

import contextlib
import math
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from support.settings import ROOT
from support.signals import how_it_ended

LOCUSTFILE = Path(__file__).with_name("locustfile.py")
LOOK_AGAIN_S = 0.1
AFTER_MASTER_S = AFTER_WORKERS_S = 15.0
"""Seconds that the workers have to end by themselves after the master, and the master after the workers."""
STOP_S = 5
"""Seconds that users have to finish what they are doing when the load ends."""
CONNECTED_WITHIN_S = 300


@dataclass(frozen=True)
class Plan:
    """How many users, how many of them begin in a second, for how long, and the master that the workers join.

    `workers` is how many workers are started, or waited for; `sharing` is how many share the limits of the target.
    """

    users: int
    spawn_rate: float
    seconds: int
    workers: int
    sharing: int
    host: str
    port: int


class Processes:
    """Starts Locust's processes, waits for the end of the load, and leaves none behind."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        """`environment` is what the processes get beside the environment of this one."""
        self._environment = environment
        self._master: subprocess.Popen[bytes] | None = None
        self._workers: list[subprocess.Popen[bytes]] = []

    def start_master(self, plan: Plan, reports: Path) -> None:
        """Start the master; it begins the load once all workers have joined."""
        how_much = ["--users", plan.users, "--spawn-rate", plan.spawn_rate, "--run-time", plan.seconds]
        workers = ["--expect-workers", plan.workers, "--expect-workers-max-wait", CONNECTED_WITHIN_S]
        where = ["--master-bind-host", plan.host, "--master-bind-port", plan.port]
        report = ["--headless", "--only-summary", "--html", reports / "load.html"]
        self._master = self._start("--master", *where, *workers, *how_much, *report)

    def start_workers(self, plan: Plan) -> None:
        """Start the workers, which join the master."""
        where = ["--master-host", plan.host, "--master-port", plan.port, "--loglevel", "WARNING"]
        self._workers = [self._start("--worker", *where) for _ in range(plan.workers)]

    def _start(self, *arguments: object) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "locust", "-f", LOCUSTFILE, "--stop-timeout", STOP_S, *arguments]
        return subprocess.Popen(
            [str(part) for part in command],
            cwd=ROOT,
            env={**os.environ, **self._environment, "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C reaches the parent alone, which ends the load
        )

    def wait(self, noted: Sequence[object]) -> list[str]:
        """Wait for the end of the load; a signal in `noted` ends it early. Return how each worker that failed ended."""
        awaited = [self._master] if self._master is not None else self._workers
        ends, asked = math.inf, False
        while any(one.poll() is None for one in awaited):
            if self._workers and all(one.poll() is not None for one in self._workers):
                ends = min(ends, time.monotonic() + AFTER_WORKERS_S)
            if not asked and (noted or time.monotonic() > ends):
                asked = True
                _interrupt(awaited)
            time.sleep(LOOK_AGAIN_S)
        died = [how_it_ended(one.returncode) for one in self._workers if one.poll()]
        self._end_workers()
        return died

    def _end_workers(self) -> None:
        """Wait for the workers, which the master tells to end; kill those that do not."""
        ends = time.monotonic() + AFTER_MASTER_S
        for one in self._workers:
            with contextlib.suppress(subprocess.TimeoutExpired):
                one.wait(max(0.1, ends - time.monotonic()))
        self.close()

    def close(self) -> None:
        """Kill the processes that still run."""
        for one in filter(None, [self._master, *self._workers]):
            if one.poll() is None:
                one.kill()
                one.wait()


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def _interrupt(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    for one in processes:
        with contextlib.suppress(ProcessLookupError):
            one.send_signal(signal.SIGINT)
