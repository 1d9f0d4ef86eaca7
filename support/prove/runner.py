"""Run the suite against a running API, in a process of its own that gets no other settings than those given here."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from support.prove.processes import Command, SuiteProcess, running
from support.prove.results import SuiteRun
from support.reporting.summary import FILE, Summary, read
from support.settings import Settings

CONTRACT = "@contract"
LIMIT_S = 600.0
LAST_WORDS = 2000


class Cancelled(Exception):
    """The runner is closed, and starts nothing more."""


class Runner:
    """Starts runs, and ends those that are running when it is closed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._running: set[SuiteProcess] = set()
        self._started = 0
        self._closed = False

    def run(
        self,
        base_url: str,
        token: str | None,
        settings: Mapping[str, str] | None = None,
        tags: str = CONTRACT,
        features: Sequence[str] = (),
        limit_s: float = LIMIT_S,
    ) -> SuiteRun:
        """Run the scenarios that the tags select, of these files or of all; raises Cancelled after `close`."""
        folder = self._new_folder()
        output, reports = folder / "output.txt", folder / "reports"
        own = {"BASE_URL": base_url, "TOKEN": token or "none"}
        own |= {"STATE_DIR": str(folder / "state"), "REPORTS_DIR": str(reports), "LOG_LEVEL": "ERROR"}
        arguments = [f"--tags={tags}", "--no-color", *features]
        started = time.monotonic()
        command = Command("behave", arguments, {**_defaults(), **own, **(settings or {})}, output)
        with running(command) as process, self._watch(process):
            exit_code = process.wait(limit_s)
        seconds = time.monotonic() - started
        last_words = output.read_text(encoding="utf-8", errors="replace").strip()[-LAST_WORDS:]
        return SuiteRun(_summary_in(reports), exit_code, seconds, last_words)

    def close(self) -> None:
        """Kill every run, and let none start."""
        with self._lock:
            self._closed = True
            for process in self._running:
                process.kill()

    def _new_folder(self) -> Path:
        with self._lock:
            if self._closed:
                raise Cancelled
            self._started += 1
            folder = self._folder / str(self._started)
        folder.mkdir()
        return folder

    @contextlib.contextmanager
    def _watch(self, process: SuiteProcess) -> Iterator[None]:
        with self._lock:
            self._running.add(process)
            if self._closed:
                process.kill()
        try:
            yield
        finally:
            with self._lock:
                self._running.discard(process)
                closed = self._closed
        if closed:
            raise Cancelled


def _summary_in(folder: Path) -> Summary | None:
    with contextlib.suppress(OSError, ValueError):
        return read(folder / FILE)
    return None


def _defaults() -> dict[str, str]:
    """Return this environment with the defaults of the suite in place of the settings of this machine."""
    others = {name: value for name, value in os.environ.items() if name.lower() not in Settings.model_fields}
    fields = Settings.model_fields.items()
    return {**others, **{name.upper(): str(field.default) for name, field in fields if field.default is not None}}
