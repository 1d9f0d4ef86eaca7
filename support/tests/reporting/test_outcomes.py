"""Whole runs, one for each way to end: the last line, the same word in the summary, and the exit code."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from support.errors import DETAILED_CODES, Outcome
from support.settings import ROOT
from support.target.embedded import Target
from support.tests.reporting.conftest import Play, Run, on

pytestmark = pytest.mark.sampled

Faulty = Callable[..., Target]


def test_passed(smoke_run: Run) -> None:
    assert smoke_run.code == 0
    assert smoke_run.last_line.startswith("passed: all ")
    assert smoke_run.summary["outcome"] == "passed"
    assert smoke_run.summary["failures"] == []
    assert smoke_run.summary["users"]["left_behind"] == 0 < smoke_run.summary["users"]["gone"]


def test_contract_broken(play_suite: Play, faulty: Faulty) -> None:
    run = play_suite("features/users/deleting.feature", **on(faulty("delete-again-is-500")))
    assert run.code == 1
    assert run.last_line.startswith("contract broken: ")
    assert "rule delete-again (target: http://" in run.last_line
    assert run.summary["outcome"] == "contract broken"
    failure = run.summary["failures"][0]
    assert failure["rule"] == "delete-again"
    assert failure["text"].startswith("contract broken: delete-again (")
    assert "repeat:    sh " in failure["text"]
    assert failure["location"].startswith("features/users/deleting.feature:")
    assert "  contract broken: delete-again" in run.out


def test_left_behind(play_suite: Play, faulty: Faulty) -> None:
    settings = {"DELETE_DEADLINE_S": "0.2", "CLEANUP_DEADLINE_S": "0.5"}
    run = play_suite("features/users/reading.feature", "--tags=@smoke", **settings, **on(faulty("deleted-reads-500")))
    assert run.code == 1
    assert run.last_line.startswith("left behind: ")
    assert run.summary["outcome"] == "left behind"
    assert run.summary["users"]["left_behind"] >= 1


def test_each_outcome_has_its_own_exit_code_if_that_is_wanted(
    play_suite: Play, faulty: Faulty, unused_port: int
) -> None:
    detailed = {"EXIT_CODES": "detailed", "DELETE_DEADLINE_S": "0.2", "CLEANUP_DEADLINE_S": "0.5"}
    smoke = ("features/users/reading.feature", "--tags=@smoke")
    down = {"BASE_URL": f"http://127.0.0.1:{unused_port}/users", "TOKEN": "any-token"}
    assert play_suite(*smoke, **detailed).code == 0
    assert play_suite(*smoke, DATA_SEED="x", **detailed).code == 2
    assert play_suite(*smoke, **detailed, **down).code == 3
    left = on(faulty("deleted-reads-500"))
    assert [play_suite(*smoke, WORKERS=workers, **detailed, **left).code for workers in "12"] == [4, 4]
    assert len(set(DETAILED_CODES.values())) == len(Outcome)


def test_target_down(play_suite: Play, unused_port: int) -> None:
    run = play_suite("--tags=@smoke", BASE_URL=f"http://127.0.0.1:{unused_port}/users", TOKEN="any-token")
    assert run.code == 2
    assert run.err.rstrip().splitlines()[-1].startswith("target down: ")
    assert run.summary["outcome"] == "target down"


def test_configuration_error(play_suite: Play) -> None:
    run = play_suite("--tags=@smoke", RETRY_ATTEMPTS="many")
    assert run.code == 2
    assert run.err.rstrip().splitlines()[-1].startswith("configuration error: RETRY_ATTEMPTS")


def test_nothing_selected(play_suite: Play) -> None:
    run = play_suite("--tags=@there-is-no-such-tag")
    assert run.code == 1
    assert run.last_line.startswith("configuration error: no scenario was selected")


def test_interrupted(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "REPORTS_DIR": os.fspath(tmp_path / "reports"),
        "STATE_DIR": os.fspath(tmp_path / "state"),
    }
    command = [sys.executable, "-m", "behave", "--tags=@contract", "features/users"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    process.stdout.readline()
    assert "passed" in process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate()
    assert process.returncode == 1
    assert out.rstrip().splitlines()[-1].startswith("inconclusive: ")
    assert Run(1, out, "", tmp_path / "reports").summary["outcome"] == "inconclusive"
    assert Run(1, out, "", tmp_path / "reports").summary["users"]["left_behind"] == 0


def test_an_earlier_summary_is_not_taken_for_this_run(play_suite: Play, unused_port: int) -> None:
    play_suite("features/users/reading.feature", "--tags=@smoke")
    run = play_suite(BASE_URL=f"http://127.0.0.1:{unused_port}/users", TOKEN="any-token")
    assert run.summary["outcome"] == "target down"


@pytest.mark.parametrize("name", ["progress3", "json", "pretty", "plain"])
def test_another_format_goes_beside_it(play_suite: Play, name: str, tmp_path: Path) -> None:
    out = tmp_path / "other.txt"
    arguments = ["--format", name, "--outfile", os.fspath(out), "--format", "terminal"]
    run = play_suite(*arguments, "features/users/reading.feature", "--tags=@smoke")
    assert run.code == 0, run.out + run.err
    assert "Reading an account" in out.read_text(encoding="utf-8")
    assert "Reading an account" in run.out
    assert run.last_line.startswith("passed: ")


KNOWN = """\
name = "known"
description = "an API whose fault is known"
[[deviations]]
rule = "method-405"
reason = "a 405 has no Allow"
link = "https://example.com/tickets/1"
since = 2026-11-23
"""


@pytest.mark.parametrize("name", ["plain", "progress", "json"])
def test_a_format_of_behave_alone_counts_known_deviations(
    play_suite: Play, faulty: Callable[..., Target], tmp_path: Path, name: str
) -> None:
    profile = tmp_path / "known.toml"
    profile.write_text(KNOWN, encoding="utf-8")
    settings = {**on(faulty("no-allow")), "TARGET": os.fspath(profile)}
    run = play_suite("--format", name, "features/protocol/requests.feature", "--tags=@rule.method-405", **settings)
    assert (run.code, "Traceback" in run.err) == (0, False), run.out + run.err
    assert "known deviation" in run.last_line


def test_junit_goes_beside_it(play_suite: Play, tmp_path: Path) -> None:
    run = play_suite(
        "--junit", "--junit-directory", os.fspath(tmp_path), "features/users/reading.feature", "--tags=@smoke"
    )
    (written,) = tmp_path.glob("TESTS-*reading.xml")
    assert 'tests="' in written.read_text(encoding="utf-8")
    assert run.last_line.startswith("passed: ")


def test_the_summary_of_behave_is_not_printed_as_well(smoke_run: Run) -> None:
    assert "scenarios passed" not in smoke_run.out
    assert smoke_run.out.count("\nscenarios  ") == 1


def test_a_terminal_shows_a_line_that_changes(tmp_path: Path) -> None:
    reader, writer = pty.openpty()
    environment = {key: value for key, value in os.environ.items() if key != "NO_COLOR"}
    environment |= {"TERM": "xterm-256color", "COLUMNS": "100", "STATE_DIR": os.fspath(tmp_path / "state")}
    environment["REPORTS_DIR"] = os.fspath(tmp_path / "reports")
    command = [sys.executable, "-m", "behave", "features/users/reading.feature", "features/users/deleting.feature"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=writer, stderr=subprocess.DEVNULL)
    os.close(writer)
    out = _all_of(reader)
    assert process.wait() == 0
    assert "\r\x1b[2KReading an account" in out
    assert "\x1b[1;32mpassed: " in out.rstrip().splitlines()[-1]
    assert " s left" in out


def _all_of(descriptor: int) -> str:
    read = b""
    while True:
        try:
            piece = os.read(descriptor, 65536)
        except OSError:
            break
        if not piece:
            break
        read += piece
        time.sleep(0)
    os.close(descriptor)
    return read.decode("utf-8")


def test_the_summary_has_a_line_for_each_burst_and_race(play_suite: Play) -> None:
    run = play_suite("features/concurrency/lost_update.feature")
    assert run.code == 0, run.out + run.err
    assert {note.split(":")[0] for note in run.summary["bursts"]} == {"race"}
