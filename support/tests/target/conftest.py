"""Runs of the suite against running targets, and profiles for them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.reporting.summary import FILE, Summary, read
from support.settings import ROOT
from support.tests.http.clients import client
from support.tests.sandbox.conftest import TOKEN, Running, running

__all__ = ["client"]

LIMIT_S = 300.0


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str
    reports: Path

    @property
    def said(self) -> str:
        return self.out + self.err

    @property
    def summary(self) -> Summary:
        return read(self.reports / FILE)

    def results(self) -> dict[str, str]:
        """Return the result of each scenario."""
        return {scenario.name: scenario.result for scenario in self.summary.scenarios}


Play = Callable[..., Ended]
Command = Callable[..., Ended]
NewProfile = Callable[[str], str]
NewTarget = Callable[..., Running]


@pytest.fixture
def command(tmp_path: Path) -> Command:
    """Run a module as a command, with these settings only."""

    def run(module: str, *arguments: str, **settings: str) -> Ended:
        own = {"STATE_DIR": str(tmp_path / "state"), "REPORTS_DIR": str(tmp_path / "reports"), "DATA_SEED": "1"}
        done = subprocess.run(
            [sys.executable, "-m", module, *arguments],
            cwd=ROOT,
            env={**os.environ, **own, **{name.upper(): value for name, value in settings.items()}},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
            check=False,
        )
        return Ended(done.returncode, done.stdout, done.stderr, tmp_path / "reports")

    return run


@pytest.fixture
def play(command: Command) -> Play:
    """Run features against a target with a profile."""

    def run(target: Running, profile: str, *features: str, **settings: str) -> Ended:
        words = ("--tags=@contract", "--no-color", *features)
        own = {"base_url": target.url, "token": TOKEN, "target": profile, **settings}
        return command("behave", *words, **own)

    return run


@pytest.fixture
def new_target() -> Iterator[NewTarget]:
    """Start sandboxes that end with the test."""
    with ExitStack() as stack:
        yield lambda *options: stack.enter_context(running(*options))


@pytest.fixture
def profile(tmp_path: Path) -> NewProfile:
    """Write a profile; return its path."""

    def written(text: str) -> str:
        path = tmp_path / "own.toml"
        path.write_text(f'name = "own"\ndescription = "a target of ours"\n{text}', encoding="utf-8")
        return str(path)

    return written
