"""Runs of the suite against running targets, and profiles for them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.reporting.summary import FILE, Summary, read
from support.tests.commands import run_module
from support.tests.http.clients import client
from support.tests.sandbox.conftest import TOKEN, Running, running

__all__ = ["client"]


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
        environment = {**os.environ, **own, **{name.upper(): value for name, value in settings.items()}}
        done = run_module(module, *arguments, environment=environment)
        return Ended(done.code, done.out, done.err, tmp_path / "reports")

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
