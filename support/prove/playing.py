"""Run the suite from outside against an API that is up: a process of its own, told only where the API is."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from support.prove.plays import Play, read_records
from support.prove.running import Run, behave
from support.settings import Settings
from support.target.embedded import Target

CONTRACT = "@contract"
RECORDER = "support.prove.recorder:Recorder"
LIMIT_S = 300.0
LAST_WORDS = 2000


class Cancelled(Exception):
    """The proving was interrupted, and nothing new begins."""


class Stage:
    """Where plays are held. It knows what is on, so that an interrupt ends it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._on: set[Run] = set()
        self._plays = 0
        self._closed = False

    def play(
        self,
        target: Target,
        tags: str = CONTRACT,
        settings: Mapping[str, str] | None = None,
        limit_s: float = LIMIT_S,
        features: Sequence[str] = (),
    ) -> Play:
        """Run the scenarios that the tags select, of these files or of all; raises Cancelled after `close`."""
        folder = self._new_folder()
        recorded, output = folder / "records.jsonl", folder / "output.txt"
        arguments = [*_arguments(tags, recorded, settings or {}), *features]
        started = time.monotonic()
        with behave(arguments, _told(target, folder), output) as run, self._watched(run):
            exit_code = run.exit_code(limit_s)
        seconds = time.monotonic() - started
        lines = recorded.read_text(encoding="utf-8").splitlines() if recorded.exists() else []
        words = output.read_text(encoding="utf-8", errors="replace").strip()[-LAST_WORDS:]
        return Play(read_records(lines), exit_code, seconds, words)

    def close(self) -> None:
        """End every play that is on, and let none begin."""
        with self._lock:
            self._closed = True
            for run in self._on:
                run.kill()

    def _new_folder(self) -> Path:
        with self._lock:
            if self._closed:
                raise Cancelled
            self._plays += 1
            folder = self._folder / str(self._plays)
        folder.mkdir()
        return folder

    @contextlib.contextmanager
    def _watched(self, run: Run) -> Iterator[None]:
        with self._lock:
            self._on.add(run)
            if self._closed:
                run.kill()
        try:
            yield
        finally:
            with self._lock:
                self._on.discard(run)
                closed = self._closed
        if closed:
            raise Cancelled


def _arguments(tags: str, recorded: Path, settings: Mapping[str, str]) -> list[str]:
    told = [word for name, value in settings.items() for word in ("-D", f"{name}={value}")]
    return [f"--tags={tags}", "--format", RECORDER, "--outfile", str(recorded), "--no-color", *told]


def _told(target: Target, folder: Path) -> dict[str, str]:
    """Return the environment of a play."""
    return {
        **with_defaults_alone(),
        "BASE_URL": target.base_url,
        "TOKEN": target.token or "none",
        "STATE_DIR": str(folder / "state"),
        "REPORTS_DIR": str(folder / "reports"),
        "LOG_LEVEL": "ERROR",
    }


def with_defaults_alone() -> dict[str, str]:
    """Return an environment of the suite's defaults, whatever this machine's own one and its .env say."""
    own = {name for name in os.environ if name.lower() in Settings.model_fields}
    inherited = {name: value for name, value in os.environ.items() if name not in own}
    defaults = {
        name.upper(): str(field.default) for name, field in Settings.model_fields.items() if field.default is not None
    }
    return {**inherited, **defaults}
