"""Real loads: Locust with its master and workers, against a sandbox."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.cleanup.journal import Journal
from support.settings import ROOT
from support.tests.interruption.target_process import Api, Place, Started, an_api, difference, poll_until

pytestmark = pytest.mark.sampled
OWN_PYTHON = ROOT / ".venv-load" / "bin" / "python"
ENOUGH = 40


@pytest.fixture(scope="module")
def python() -> str:
    """A Python with Locust: this one, or that of `make load`."""
    if importlib.util.find_spec("locust") is not None:
        return sys.executable
    if not OWN_PYTHON.exists():
        pytest.skip("Locust is not installed; `make load` installs it into .venv-load")
    return str(OWN_PYTHON)


def started(python: str, place: Place, api: Api | None, *arguments: str) -> Started:
    command = [python, "-m", "support.load", *arguments]
    return Started(command, place.environment(api, None, None), ROOT, None, own_group=True)


def workers_of(load: Started) -> Iterator[int]:
    """Yield the ids of the workers that a load has started."""
    listed = subprocess.run(["ps", "-ww", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=True).stdout
    for line in listed.splitlines():
        pid, parent, arguments = line.split(None, 2)
        if int(parent) == load.process.pid and "--worker" in arguments:
            yield int(pid)


def verdict_in(place: Place) -> dict[str, object]:
    verdict: dict[str, object] = json.loads((place.reports / "load.json").read_text(encoding="utf-8"))
    return verdict


def test_nobody_is_left_and_the_load_does_not_pass_when_a_worker_is_killed(python: str, tmp_path: Path) -> None:
    place = Place(tmp_path)
    with an_api() as api:
        load = started(python, place, api, "--users", "8", "--time", "8", "--workers", "2")
        poll_until(lambda: api.asked("POST") > ENOUGH)
        killed, other = workers_of(load)
        os.kill(killed, signal.SIGKILL)
        ended = load.ended()
        assert ended.code == 2, ended.said
        assert ended.last_line.startswith("inconclusive: ")
        assert "a worker was ended by SIGKILL" in ended.last_line
        assert api.users() == api.before, difference(api.before, api.users())
        marks = [run.mark for run in Journal(place.state).dead_runs(api.url)]
        told = ended.said + "".join(path.read_text(errors="replace") for path in tmp_path.rglob("*") if path.is_file())
    assert marks == []
    assert not Path(f"/proc/{other}").exists()
    assert api.token not in told
    assert verdict_in(place)["outcome"] == "inconclusive"
    assert "/users/{id}" in (place.reports / "load.html").read_text(encoding="utf-8")


def test_a_broken_rule_is_a_failure_in_the_report_by_its_id(python: str, tmp_path: Path) -> None:
    place = Place(tmp_path)
    with an_api("--defect", "filter-ignored") as api:
        ended = started(python, place, api, "--users", "4", "--time", "4", "--workers", "1").ended()
        assert ended.code == 1, ended.said
        assert ended.last_line.startswith("contract broken: ")
        assert api.users() == api.before, difference(api.before, api.users())
    assert "filter-email" in verdict_in(place)["broken"]  # type: ignore[operator]
    assert "filter-email: ?email= gives exactly" in (place.reports / "load.html").read_text(encoding="utf-8")
    assert "contract broken: filter-email" in ended.err


def test_a_load_that_is_interrupted_leaves_nobody(python: str, tmp_path: Path) -> None:
    place = Place(tmp_path)
    with an_api() as api:
        load = started(python, place, api, "--users", "6", "--time", "60", "--workers", "2")
        poll_until(lambda: api.asked("POST") > ENOUGH)
        load.send(signal.SIGINT)
        ended = load.ended()
        assert ended.code == 2, ended.said
        assert "interrupted by SIGINT" in ended.last_line
        assert ended.seconds < 45
        assert api.users() == api.before, difference(api.before, api.users())


def test_without_a_target_the_embedded_api_is_loaded(python: str, tmp_path: Path) -> None:
    ended = started(python, Place(tmp_path), None, "--users", "3", "--time", "3", "--workers", "1").ended()
    assert ended.code == 0, ended.said
    assert ended.last_line.startswith("passed: ")


@pytest.mark.parametrize(
    ("settings", "arguments", "said"),
    [
        ({"BASE_URL": "https://api.prod.example.com/users", "TOKEN": "t"}, (), "looks like production"),
        ({}, ("--only", "workers", "--master", "10.0.0.1"), "BASE_URL: it is not set"),
        ({}, ("--only", "workers"), "--master and `--only workers` go together"),
        ({"BASE_URL": "http://127.0.0.1:9/users", "TOKEN": "none"}, (), "cannot be reached"),
    ],
)
def test_what_keeps_a_load_from_beginning_is_one_line(
    python: str, tmp_path: Path, settings: dict[str, str], arguments: tuple[str, ...], said: str
) -> None:
    place = Place(tmp_path, {**settings, "RETRY_ATTEMPTS": "1"})
    ended = started(python, place, None, *arguments).ended()
    assert ended.code == 2
    assert said in ended.last_line
    assert "Traceback" not in ended.said
