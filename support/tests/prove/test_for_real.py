"""One of each for real: a defect, a variant, and an interrupt."""

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
from support.prove.playing import Cancelled, Stage
from support.prove.proofs import api, hear_variant, try_defect
from support.prove.verdicts import Fate
from support.settings import ROOT

SOON_S = 10.0
PROC = Path("/proc")


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """A stage whose plays leave their traces in a folder of the test."""
    return Stage(tmp_path)


def test_a_defect_is_caught_by_its_rule(stage: Stage) -> None:
    trial = try_defect(stage, Defect("read-answers-202", "read-200", ""), in_full=False)
    assert trial.fate is Fate.CAUGHT, trial.own.last_words
    assert {record.rule for record in trial.own.records} == {"read-200"}
    assert trial.own.exit_code == 1
    assert trial.whole is None


def test_a_correct_variant_is_accepted_with_nothing_left(stage: Stage) -> None:
    hearing = hear_variant(stage, Variant("newest-first", ""), "@contract and @rule.read-200")
    assert hearing.accepted, [hearing.play.last_words, *hearing.residue.told()]
    assert len(hearing.play.records) >= 3


def test_settings_of_this_machine_do_not_reach_the_play(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BURST", "not a number")
    monkeypatch.setenv("target", "no-such-profile")
    with api() as target:
        assert stage.play(target, "@contract and @rule.read-200 and @smoke").green


def test_what_a_play_says_and_how_it_ends_is_known(stage: Stage, capfd: pytest.CaptureFixture[str]) -> None:
    with api() as target:
        play = stage.play(target, settings={"burst": "many"})
    assert play.exit_code == 2
    assert "BURST" in play.last_words
    assert capfd.readouterr() == ("", "")


def test_a_play_that_takes_too_long_is_ended(stage: Stage) -> None:
    with api() as target:
        play = stage.play(target, limit_s=0.5)
    assert play.exit_code is None
    assert not play.green


def test_nothing_begins_on_a_closed_stage(stage: Stage) -> None:
    stage.close()
    with api() as target, pytest.raises(Cancelled):
        stage.play(target)


@pytest.mark.skipif(not PROC.exists(), reason="looks at /proc")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_no_process_outlives_it(number: signal.Signals, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "support.prove", "--only", "plain", "--json", str(tmp_path / "prove.json")]
    prove = subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, "TMPDIR": str(tmp_path)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    _wait_until(lambda: any(tmp_path.rglob("records.jsonl")))
    started = _descendants_of(prove.pid)
    assert len(started) >= 2
    prove.send_signal(number)
    prove.communicate(timeout=SOON_S)
    assert prove.returncode == (-number if number == signal.SIGKILL else 130)
    _wait_until(lambda: not any(map(_is_alive, started)))
    if number != signal.SIGKILL:
        assert list(tmp_path.iterdir()) == []


def _wait_until(happens: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SOON_S
    while not happens():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def _descendants_of(ancestor: int) -> list[int]:
    parents = {int(folder.name): _stat(int(folder.name))[1:2] for folder in PROC.glob("[0-9]*")}
    children = [pid for pid, parent in parents.items() if parent == [str(ancestor)]]
    return [*children, *(pid for child in children for pid in _descendants_of(child))]


def _is_alive(pid: int) -> bool:
    return _stat(pid)[:1] not in ([], ["Z"])


def _stat(pid: int) -> list[str]:
    """Return the state of a process, its parent and so on; nothing where there is no such process."""
    try:
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
