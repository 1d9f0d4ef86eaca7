"""Real checks: a defect, a variant, and an interrupt."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from support.prove.candidates import Defect, Variant
from support.prove.checks import api, check_defect, check_variant
from support.prove.results import Detection
from support.prove.runner import Cancelled, Runner
from support.settings import ROOT

HANGS_S = 120.0
PROC = Path("/proc")


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    """Return a runner whose runs write into the test's folder."""
    return Runner(tmp_path)


def test_a_defect_is_caught_by_its_rule(runner: Runner) -> None:
    result = check_defect(runner, Defect("read-answers-202", "read-200", ""), in_full=False)
    assert result.detection is Detection.CAUGHT, result.own.last_words
    assert {scenario.rule for scenario in result.own.scenarios} == {"read-200"}
    assert result.own.exit_code == 1
    assert result.whole is None


def test_a_correct_variant_is_accepted_with_nothing_left(runner: Runner) -> None:
    result = check_variant(runner, Variant("newest-first", ""), "@contract and @rule.read-200")
    assert result.accepted, [result.run.last_words, *result.leftovers.lines()]
    assert len(result.run.scenarios) >= 3


def test_a_run_ignores_the_settings_of_this_machine(runner: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BURST", "not a number")
    monkeypatch.setenv("target", "no-such-profile")
    with api() as target:
        assert runner.run(target.base_url, target.token, tags="@contract and @rule.read-200 and @smoke").passed


def test_a_run_that_cannot_start_shows_why(runner: Runner, capfd: pytest.CaptureFixture[str]) -> None:
    with api() as target:
        run = runner.run(target.base_url, target.token, {"BURST": "many"})
    assert run.exit_code == 2
    assert "BURST" in run.last_words
    assert capfd.readouterr() == ("", "")


def test_a_run_that_takes_too_long_is_killed_and_a_closed_runner_starts_none(runner: Runner) -> None:
    with api() as target:
        run = runner.run(target.base_url, target.token, limit_s=0.5)
        assert run.exit_code is None
        assert not run.passed
        runner.close()
        with pytest.raises(Cancelled):
            runner.run(target.base_url, target.token)


@pytest.mark.skipif(not PROC.exists(), reason="looks at /proc")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_no_process_outlives_the_command(number: signal.Signals, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "support.prove", "--only", "plain", "--json", str(tmp_path / "prove.json")]
    prove = subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, "TMPDIR": str(tmp_path)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    _wait_until(lambda: any(tmp_path.rglob("journal*")))
    started = _descendants_of(prove.pid)
    assert len(started) >= 2
    prove.send_signal(number)
    prove.communicate(timeout=HANGS_S)
    assert prove.returncode == (-number if number == signal.SIGKILL else 130)
    _wait_until(lambda: not any(map(_is_alive, started)))
    if number != signal.SIGKILL:
        assert list(tmp_path.iterdir()) == []


def _wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + HANGS_S
    while not condition():
        assert time.monotonic() < deadline, "it has not happened in time"
        time.sleep(0.02)


def _descendants_of(ancestor: int) -> list[int]:
    parents = {int(folder.name): _stat(int(folder.name))[1:2] for folder in PROC.glob("[0-9]*")}
    children = [pid for pid, parent in parents.items() if parent == [str(ancestor)]]
    return [*children, *(pid for child in children for pid in _descendants_of(child))]


def _is_alive(pid: int) -> bool:
    return _stat(pid)[:1] not in ([], ["Z"])


def _stat(pid: int) -> list[str]:
    """Return the state of a process, its parent and so on; nothing if there is no such process."""
    try:
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
