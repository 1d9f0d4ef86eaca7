"""Start a server process, wait until it answers, and end it with all its children."""

import ctypes
import http.client
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO
from urllib.request import ProxyHandler, Request, build_opener

from support.peers.errors import PeerFailed, PeerUnavailable, PortTaken
from support.peers.recipe import Launch, Plan

PREPARE_DEADLINE_S = 60.0
READY_DEADLINE_S = 30.0
STOP_DEADLINE_S = 4.0
PAUSE_S = 0.05
INHERITED = ("PATH", "LANG", "LC_ALL")
PR_SET_PDEATHSIG = 1

Process = subprocess.Popen[bytes]


@contextmanager
def served(plan: Plan, launch: Launch, ready: Request) -> Iterator[Process]:
    """Keep the server running for a with block, which starts after the first good answer.

    Raises PortTaken, PeerUnavailable if the server lacks something here, else PeerFailed, with the end of its output.
    """
    log_file = launch.scratch / "server.log"
    with log_file.open("wb") as log:
        process = _started(plan, launch, log)
    try:
        try:
            _wait_until_it_answers(ready, process)
        except PeerFailed as reason:
            output = log_file.read_text(errors="replace")
            taken = "EADDRINUSE" in output or "already in use" in output
            lacking = process.returncode == os.EX_UNAVAILABLE
            kind = PortTaken if taken else PeerUnavailable if lacking else PeerFailed
            raise kind(f"{reason}; its output ends with: {output[-1500:]}") from None
        yield process
    finally:
        _end(process)


def _started(plan: Plan, launch: Launch, log: IO[bytes]) -> Process:
    if shutil.which(plan.command[0]) is None:
        raise PeerUnavailable(f"{plan.command[0]} is not installed here")
    for path, text in plan.files.items():
        Path(path).write_text(text)
    inherited = {name: value for name, value in os.environ.items() if name in INHERITED}
    environment = {**inherited, "HOME": str(launch.scratch), **plan.environment}
    if plan.before:
        _prepare(plan.before, launch.home, environment)
    return subprocess.Popen(
        plan.command,
        cwd=launch.home,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        start_new_session=True,  # so that one signal reaches the server's children too
        preexec_fn=_end_with_parent if sys.platform == "linux" else None,
    )


def _prepare(command: tuple[str, ...], home: Path, environment: Mapping[str, str]) -> None:
    """Run the command that creates the empty data set."""
    done = subprocess.run(
        command,
        cwd=home,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PREPARE_DEADLINE_S,
        check=False,
    )
    if done.returncode != 0:
        raise PeerFailed(f"`{' '.join(command)}` ended with {done.returncode}: {done.stderr[-1500:]}")


_libc = ctypes.CDLL(None)
_without_proxy = build_opener(ProxyHandler({}))


def _end_with_parent() -> None:
    """Ask Linux to end the server with the thread that started it: a killed process could not do so itself."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _wait_until_it_answers(ready: Request, process: Process) -> None:
    deadline = time.monotonic() + READY_DEADLINE_S
    while time.monotonic() < deadline:
        with suppress(subprocess.TimeoutExpired):
            process.wait(PAUSE_S)
            raise PeerFailed(f"ended with {process.returncode} before it answered")
        if _answers(ready):
            return
    raise PeerFailed(f"did not answer within {READY_DEADLINE_S:.0f} s")


def _answers(ready: Request) -> bool:
    try:
        with _without_proxy.open(ready, timeout=2) as answer:
            return bool(answer.status == http.HTTPStatus.OK)
    except (OSError, http.client.HTTPException):
        return False


def _end(process: Process) -> None:
    """End the server and its children: with SIGTERM, then with SIGKILL."""
    for how in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, how)
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOP_DEADLINE_S)
            break
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)  # children that are still running
