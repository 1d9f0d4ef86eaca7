"""Run behave in a process forked from one that has loaded the suite already, so that each run starts at once.

A system without `fork` starts a new interpreter for each run instead.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from multiprocessing.connection import wait
from multiprocessing.context import ForkServerContext, SpawnContext
from multiprocessing.process import BaseProcess
from pathlib import Path

from support.settings import ROOT

PARENT_ENDED = 86
LOADED = (
    "behave.__main__",
    "faker.proxy",
    "jsonschema",
    "rich.logging",
    "support.bootstrap",
    "support.run",
    "uvloop",
)

_lock = threading.Lock()
"""To start a process also polls all others, and an exit code can be fetched only once."""


class SuiteProcess:
    """A process that runs behave."""

    def __init__(self, process: BaseProcess) -> None:
        self._process = process

    def wait(self, limit_s: float) -> int | None:
        """Wait for the process to end, and return its exit code; None if it is still running."""
        wait([self._process.sentinel], limit_s)
        with _lock:
            return self._process.exitcode

    def kill(self) -> None:
        with _lock:
            self._process.kill()


@contextmanager
def behave(arguments: Sequence[str], environment: Mapping[str, str], output: Path) -> Iterator[SuiteProcess]:
    """Run `behave ARGUMENTS` with this environment, no input, and its output in a file.

    The process ends with this block, and with this process even if that is killed.
    """
    output.touch()
    inherited = (list(arguments), dict(environment), output)
    process = _context().Process(target=_become_behave, args=inherited, daemon=True)
    with _lock:
        process.start()
    running = SuiteProcess(process)
    try:
        yield running
    finally:
        running.kill()
        running.wait(limit_s=60.0)


def _context() -> ForkServerContext | SpawnContext:
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(LOADED))
    return context


def _become_behave(arguments: list[str], environment: dict[str, str], output: Path) -> None:
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(ROOT)
    with output.open("wb") as log:
        for stream in (sys.stdout, sys.stderr):
            os.dup2(log.fileno(), stream.fileno())
    sys.argv = ["behave", *arguments]
    from behave.__main__ import main

    sys.exit(main())


def _end_with_the_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(PARENT_ENDED)
