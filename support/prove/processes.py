"""Run behave and other commands in processes forked from one that has loaded the suite already: each starts at once.

A system without `fork` starts a new interpreter for each run instead.
"""

from __future__ import annotations

import multiprocessing
import os
import runpy
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from multiprocessing.connection import wait
from multiprocessing.context import ForkServerContext, SpawnContext
from multiprocessing.process import BaseProcess
from pathlib import Path

from support.settings import ROOT

PARENT_ENDED = 86
LOADED = (
    "allure_behave.formatter",
    "behave.formatter.json",
    "behave.reporter.junit",
    "behave.reporter.summary",
    "behave.runner",
    "faker.proxy",
    "jsonschema",
    "rich.logging",
    "support.bootstrap",
    "support.run",
    "uvloop",
)

_lock = threading.Lock()
"""Guards starts and polls: a start also polls all other processes, and each exit code can be fetched only once."""


@dataclass(frozen=True)
class Command:
    """`python -m MODULE ARGUMENTS` in a folder, with this environment, without input, and its output in files."""

    module: str
    arguments: Sequence[str]
    environment: Mapping[str, str]
    output: Path
    errors: Path | None = None
    folder: Path = ROOT
    address_space: int | None = None
    """The most memory that the process can map, in bytes."""
    used: Path | None = None
    """The file for the most memory that the process had in use, in KiB; a killed process does not write it."""


class SuiteProcess:
    """A process that runs a command; it ends with this process, even if this process is killed."""

    def __init__(self, command: Command) -> None:
        fixed = replace(command, environment=dict(command.environment))  # os.environ itself cannot be sent
        for file in (command.output, command.errors or command.output):
            file.touch()
        self._process: BaseProcess = _context().Process(target=_become, args=(fixed,), daemon=True)
        with _lock:
            self._process.start()

    def wait(self, limit_s: float) -> int | None:
        """Wait for the process to end, and return its exit code; None if it is still running."""
        wait([self._process.sentinel], limit_s)
        with _lock:
            return self._process.exitcode

    def kill(self) -> None:
        with _lock:
            self._process.kill()


@contextmanager
def running(command: Command) -> Iterator[SuiteProcess]:
    """Run a command; the process ends with this block."""
    process = SuiteProcess(command)
    try:
        yield process
    finally:
        process.kill()
        process.wait(limit_s=60.0)


def _context() -> ForkServerContext | SpawnContext:
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(LOADED))
    return context


def _become(command: Command) -> None:
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    os.environ.clear()
    os.environ.update(command.environment)
    os.chdir(command.folder)
    for stream, path in ((sys.stdout, command.output), (sys.stderr, command.errors or command.output)):
        with path.open("ab") as file:
            os.dup2(file.fileno(), stream.fileno())
    if command.address_space:
        import resource  # not on every system

        resource.setrlimit(resource.RLIMIT_AS, (command.address_space, command.address_space))
    sys.path.insert(0, str(command.folder))
    sys.argv = [command.module, *command.arguments]
    try:
        runpy.run_module(command.module, run_name="__main__", alter_sys=True)
    finally:
        if command.used:
            import resource

            command.used.write_text(str(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss))


def _end_with_the_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(PARENT_ENDED)
