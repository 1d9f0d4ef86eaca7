"""Runs to examine: small projects that fail in one way each, and the suite itself on the embedded API."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from support.settings import ROOT
from support.target.embedded import EmbeddedApi, Target
from support.tests.commands import run_module


@dataclass(frozen=True)
class Run:
    """A run of behave that is over: its exit code, what it printed, and the folder of its reports."""

    code: int
    out: str
    err: str
    reports: Path

    @property
    def last_line(self) -> str:
        return self.out.rstrip().splitlines()[-1]

    @property
    def summary(self) -> dict[str, Any]:
        summary: dict[str, Any] = json.loads((self.reports / "summary.json").read_text(encoding="utf-8"))
        return summary

    @property
    def results(self) -> list[dict[str, Any]]:
        """The Allure results, in the order of their names."""
        files = (self.reports / "allure-results").glob("*-result.json")
        return sorted(
            (json.loads(file.read_text(encoding="utf-8")) for file in files), key=lambda one: str(one["name"])
        )


Play = Callable[..., Run]


def behave(arguments: Sequence[str], folder: Path, reports: Path, **variables: str) -> Run:
    """Run behave in a folder; the project's modules can be imported there."""
    environment = {**os.environ, "PYTHONPATH": os.fspath(ROOT), "REPORTS_DIR": os.fspath(reports), **variables}
    done = run_module("behave", *arguments, environment=environment, folder=folder)
    return Run(done.code, done.out, done.err, reports)


@pytest.fixture
def play_project(tmp_path: Path) -> Play:
    """Play a feature with its steps and hooks in a folder of its own, with the Allure formatter."""

    def play(feature: str, steps: str = "", hooks: str = "", *arguments: str) -> Run:
        files = {"features/one.feature": feature, "steps/steps.py": steps, "environment.py": hooks}
        for name, text in files.items():
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(text, encoding="utf-8")
        reports = tmp_path / "reports"
        formats = ["--format", "allure_behave.formatter:AllureFormatter", "--outfile", f"{reports}/allure-results"]
        return behave([*formats, *arguments, "features"], tmp_path, reports)

    return play


@pytest.fixture
def play_suite(tmp_path: Path) -> Play:
    """Play the suite itself with arguments of behave, and settings as environment variables."""

    def play(*arguments: str, **settings: str) -> Run:
        state = {"STATE_DIR": os.fspath(tmp_path / "state")}
        return behave(arguments, ROOT, tmp_path / "reports", **state, **settings)

    return play


@pytest.fixture(scope="session")
def smoke_run(tmp_path_factory: pytest.TempPathFactory, embedded: Target) -> Run:
    """The smoke scenarios, kept, with Allure results that have every exchange."""
    folder = tmp_path_factory.mktemp("smoke")
    results = os.fspath(folder / "reports" / "allure-results")
    arguments = ["--format", "allure", "--outfile", results, "--format", "terminal", "--tags=@smoke"]
    token = embedded.token or ""
    settings = {"BASE_URL": embedded.base_url, "TOKEN": token, "STATE_DIR": os.fspath(folder / "state")}
    settings["ATTACH"] = "all"
    return behave(arguments, ROOT, folder / "reports", **settings)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, smoke_run: Run) -> Path:
    """The living documentation with the results of the smoke scenarios."""
    output = tmp_path_factory.mktemp("site") / "docs"
    arguments = ["--results", os.fspath(smoke_run.reports / "summary.json"), "--output", os.fspath(output)]
    assert run_module("support.reporting.docs", *arguments, environment=os.environ).code == 0
    return output


@pytest.fixture
def faulty() -> Iterator[Callable[..., Target]]:
    """Start embedded APIs with deliberate defects; they end with the test."""
    started: list[EmbeddedApi] = []

    def start(*defects: str, window_ms: int | None = None) -> Target:
        window = [] if window_ms is None else ["--window", str(window_ms)]
        api = EmbeddedApi([word for defect in defects for word in ("--defect", defect)] + window)
        started.append(api)
        return api.target

    yield start
    for api in started:
        api.close()


def on(target: Target) -> dict[str, str]:
    """Return the settings that point the suite at a target."""
    return {"BASE_URL": target.base_url, "TOKEN": target.token or "none"}
