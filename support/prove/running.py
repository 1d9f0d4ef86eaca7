"""Run behave in a process of its own, forked from one that has loaded the suite already: each run begins at once.

Where the system has no `fork`, a new interpreter is started for each instead.
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

CUT = 86
LOADED = (
    "behave.__main__",
    "faker.proxy",
    "jsonschema",
    "rich.logging",
    "support.bootstrap",
    "support.run",
    "support.prove.recorder",
    "uvloop",
)

_books = threading.Lock()
"""Starting one process looks after all others too, and an exit code can be fetched only once."""


class Run:
    """A run of behave that is on, or has ended."""

    def __init__(self, process: BaseProcess) -> None:
        self._process = process

    def exit_code(self, limit_s: float) -> int | None:
        """Wait for the run to end, and return its exit code; None where it has not ended in time."""
        wait([self._process.sentinel], limit_s)
        with _books:
            return self._process.exitcode

    def kill(self) -> None:
        """End the run at once, if it is still on."""
        with _books:
            self._process.kill()


@contextmanager
def behave(arguments: Sequence[str], environment: Mapping[str, str], output: Path) -> Iterator[Run]:
    """Run `behave ARGUMENTS` with this environment and nothing to read; what it prints goes to a file.

    The run ends with this block, and with this process even where that is killed.
    """
    output.touch()
    told = (list(arguments), dict(environment), output)
    process = _context().Process(target=_become_behave, args=told, daemon=True)
    with _books:
        process.start()
    run = Run(process)
    try:
        yield run
    finally:
        run.kill()
        run.exit_code(limit_s=60.0)


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
    os._exit(CUT)
