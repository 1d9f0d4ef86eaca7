"""A target that dies in the middle of a run: the run ends in time and names its users; the command deletes them."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.tests.interruption.target_process import Api, Ended, Place, Started, an_api, difference

CLEANUP_S = 6.0
PATIENCE = {
    "CLEANUP_DEADLINE_S": str(CLEANUP_S),
    "RETRY_BASE_S": "0.02",
    "RETRY_CAP_S": "0.1",
    "REQUEST_TIMEOUT_S": "2",
}
NEAR_MISSES = ("uat-", "uat-abcdefghijkl", "UAT_ABCDEFGHIJ22", "mine@uat.example.org")


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path, dict(PATIENCE))


@pytest.fixture
def database(tmp_path: Path) -> str:
    return str(tmp_path / "users.sqlite3")


def killed_under_a_run(place: Place, database: str) -> tuple[Ended, int, dict[str, str]]:
    """Kill the API while users of the run exist; return how the run ended, the port, and the existing users."""
    with an_api("--database", database) as api:
        asked = api.asked("POST")
        run = place.start("--tags=@contract and not @slow", "features/users/creating.feature", api=api)
        assert run.wait_for(lambda: api.asked("POST") - asked >= 5)
        api.kill()
        return run.ended(), api.port, dict(api.before)


def test_the_run_ends_in_time_and_names_who_is_left(place: Place, database: str) -> None:
    ended, port, before = killed_under_a_run(place, database)
    assert ended.code != 0
    assert "Traceback" not in ended.said
    assert "cannot be reached: connection refused" in ended.out
    summary = json.loads((place.reports / "summary.json").read_text())
    left = next(each["text"] for each in summary["failures"] if each["outcome"] == "left behind")
    assert re.search(r"users? of run uat-\w+ could not be confirmed as deleted:\n  [0-9a-f-]{36}  \S+@uat-", left)
    assert f"python -m support.cleanup --yes --mark {summary['run']}" in left
    assert summary["users"]["left_behind"] > 0
    assert summary["outcome"] == "left behind"
    _the_command_deletes_exactly_these(place, database, port, before)


def _the_command_deletes_exactly_these(place: Place, database: str, port: int, before: dict[str, str]) -> None:
    """Start the target again, list the users, and then delete them."""
    with an_api("--database", database, port=port) as api:
        near = {
            api.create(f"Near {number}", f"near.{number}.{mark}@elsewhere.example.org")
            for number, mark in enumerate(NEAR_MISSES[:3])
        }
        left = [user for user in api.users() if user not in before and user not in near]
        assert left
        shown = place.run(api=api, module="support.cleanup")
        assert shown.code == 1
        assert shown.out.count("would delete ") == len(left)
        assert all(user_id in shown.out for user_id in left)
        assert set(left) <= set(api.users())
        assert place.run("--yes", "--older-than", "1d", api=api, module="support.cleanup").code == 0
        assert set(left) <= set(api.users()), "a run of today is not older than a day"
        done = place.run("--yes", api=api, module="support.cleanup")
        assert done.code == 0, done.said
        assert f"{len(left)} deletion" in done.out
        assert set(api.users()) == {*before, *near}
        assert {user: api.users()[user] for user in before} == before
        again = place.run(api=api, module="support.cleanup")
        assert (again.code, "Dead runs in this journal have left nobody" in again.out) == (0, True)


def test_a_target_that_hangs_delays_the_end_no_longer_than_the_deadline(place: Place) -> None:
    place.settings |= {"RETRY_DEADLINE_S": "4", "REQUEST_TIMEOUT_S": "1"}
    with an_api() as api:
        asked = api.asked("POST")
        run = place.start("--tags=@contract and not @slow", "features/users/creating.feature", api=api)
        assert run.wait_for(lambda: api.asked("POST") - asked >= 5)
        api.inject({"kind": "hang"})
        ended = run.ended()
        assert ended.code != 0
        assert "cannot be reached: no complete answer within" in ended.out
        assert "Where it is slow, raise REQUEST_TIMEOUT_S." in ended.out
        api.inject()
        assert place.run("--tags=@contract and not @slow", "features/users/lifecycle.feature", api=api).code == 0
        assert api.users() == api.before, difference(api.before, api.users())


@pytest.fixture
def killed(place: Place) -> Iterator[Api]:
    """An API with users of a run that was killed."""
    with an_api() as api:
        asked = api.asked("POST")
        run = place.start(
            "--tags=@contract and not @slow", "-D", "burst=30", "features/concurrency/burst.feature", api=api
        )
        assert run.wait_for(lambda: api.asked("POST") - asked >= 25)
        run.process.kill()
        run.ended()
        assert api.users() != api.before
        yield api


def test_without_the_journal_users_are_found_by_their_marks(place: Place, killed: Api) -> None:
    for file in place.state.iterdir():
        file.unlink()
    foreign = {
        killed.create(f"Guest {mark}", f"{number}.{mark}@elsewhere.example.org")
        for number, mark in enumerate(NEAR_MISSES[:3])
    }
    assert place.run("--yes", api=killed, module="support.cleanup").code == 0
    assert set(killed.users()) > {*killed.before, *foreign}
    assert place.run("--all-runs", api=killed, module="support.cleanup").code == 1
    assert set(killed.users()) > {*killed.before, *foreign}
    assert place.run("--yes", "--all-runs", api=killed, module="support.cleanup").code == 0
    assert set(killed.users()) == {*killed.before, *foreign}


def test_the_users_of_a_live_run_are_not_deleted(place: Place) -> None:
    with an_api() as api:
        api.inject({"kind": "slow", "seconds": 0.2, "methods": ["GET"]})
        asked = api.asked("POST")
        run = place.start("--tags=@contract and not @slow", "features/users/creating.feature", api=api)
        assert run.wait_for(lambda: api.asked("POST") - asked >= 3)
        for arguments in (["--yes"], ["--yes", "--all-runs"]):
            cleaned = place.run(*arguments, api=api, module="support.cleanup")
            assert cleaned.code == 0
            assert "deleting" not in cleaned.out
            assert run.process.poll() is None, "the run ended too soon to tell"
        api.inject()
        ended = run.ended()
        assert ended.code == 0, ended.said
        assert api.users() == api.before


def test_two_runs_at_once_do_not_delete_each_others_users(place: Place) -> None:
    """Two runs of one folder against one target, each with its own users."""
    place.settings.clear()
    with an_api() as api:
        runs = [
            place.start("--tags=@contract and not @slow", path, api=api)
            for path in ("features/users", "features/refusals")
        ]
        ended = [run.ended() for run in runs]
        assert [one.code for one in ended] == [0, 0], "\n".join(one.said for one in ended)
        assert api.users() == api.before


@pytest.mark.sampled
@pytest.mark.parametrize("mark", ["", "u", "uat", "uat-", "uat-abc"])
def test_a_short_mark_is_refused(place: Place, killed: Api, mark: str) -> None:
    before = killed.users()
    refused = place.run("--yes", "--mark", mark, api=killed, module="support.cleanup")
    assert refused.code == 2
    assert refused.err.count("\n") == 1
    assert killed.users() == before


def test_an_embedded_api_that_is_killed_is_reported(place: Place) -> None:
    run = place.start("--tags=@contract and not @slow", "-D", "workers=1", api=None)
    assert run.wait_for(lambda: "passed" in run.said())
    os.kill(embedded_api_of(run), signal.SIGKILL)
    ended = run.ended()
    assert ended.code != 0
    assert "the embedded Users API was ended by SIGKILL in the middle of the run" in " ".join(ended.out.split())
    assert ended.last_line.startswith("target down")
    assert "Traceback" not in ended.said


def embedded_api_of(run: Started) -> int:
    """Return the process id of the embedded API of a run."""
    children = Path(f"/proc/{run.process.pid}/task/{run.process.pid}/children").read_text(encoding="ascii").split()
    (number,) = [int(one) for one in children if b"support.sandbox" in Path(f"/proc/{one}/cmdline").read_bytes()]
    return number


def test_a_run_without_a_server_ends_in_one_line(place: Place) -> None:
    """The run finds no server, says so in one line, and has nothing to clean up."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with an_api() as api:
        ended = place.run("--tags=@smoke", api=api, at=f"http://127.0.0.1:{port}/users")
    assert ended.code == 2
    assert "target down: " in ended.err
    assert "Traceback" not in ended.said
