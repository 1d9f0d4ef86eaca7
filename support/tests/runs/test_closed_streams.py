"""A run without standard streams, as started by `behave <&-` or a service manager, works like any other."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from support.reporting.summary import FILE, read
from support.settings import ROOT

pytestmark = pytest.mark.skipif(os.name != "posix", reason="a POSIX shell closes the streams")
CLOSED = ["<&-", "<&- 2>&-", "<&- >&-", ">&- 2>&-", "<&- >&- 2>&-"]


def behave(closed: str, folder: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a burst and a feature on an embedded API, with some of the streams closed."""
    paths = ("features/users/reading.feature", "features/concurrency/burst.feature")
    words = (*paths, "--tags=@smoke or @burst", "-Dburst=20")
    folders = {"STATE_DIR": str(folder / "state"), "REPORTS_DIR": str(folder / "reports")}
    return subprocess.run(
        ["sh", "-c", f'exec "$@" {closed}', "sh", sys.executable, "-m", "behave", *words],
        cwd=ROOT,
        env={**os.environ, "BASE_URL": "", "TOKEN": "", **folders, **settings},
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.sampled
@pytest.mark.parametrize(("closed", "workers"), [*((closed, "1") for closed in CLOSED), (CLOSED[0], "2")])
def test_a_run_passes(tmp_path: Path, closed: str, workers: str) -> None:
    run = behave(closed, tmp_path, WORKERS=workers)
    assert run.returncode == 0, run.stdout + run.stderr
    assert read(tmp_path / "reports" / FILE).outcome == "passed"


def test_an_open_stream_still_gets_the_outcome(tmp_path: Path) -> None:
    assert behave("<&- 2>&-", tmp_path).stdout.splitlines()[-1].startswith("passed: ")


def test_a_wrong_setting_still_ends_a_run(tmp_path: Path) -> None:
    run = behave("<&- >&-", tmp_path, RETRY_ATTEMPTS="none")
    assert run.returncode == 2
    assert run.stderr.startswith("configuration error: RETRY_ATTEMPTS")
