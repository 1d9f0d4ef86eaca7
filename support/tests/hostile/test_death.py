"""Targets that die or hang, and runs that are ended or killed: the suite deletes its own users and no others."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.responses import Response

from support.sandbox.exchange import Call
from support.sandbox.twists import Decision, Sandbox
from support.sandbox.wire import Wire
from support.tests.hostile.answers import Place, created, listed, read, together
from support.tests.hostile.ownership import (
    foreign_users_with,
    foreign_users_with_the_mark,
    ids_reversed,
    list_shows,
    look_ups_find_foreign_user,
)
from support.tests.hostile.playing import (
    Ended,
    commands,
    ended,
    harm_to_foreign_users,
    run_against,
    shown_of_the_token,
    started,
)
from support.tests.hostile.rows import CREATING, DELETING, DOWN, EXIT_CODES, LEFT, LIFE, OPEN
from support.tests.hostile.server import Hostile, HostileServer, Setup

PATIENCE_S = 60.0
LIES: dict[str, Hostile] = {
    "foreign users with our email": list_shows(foreign_users_with("email"), pages=False),
    "foreign users with our mark": list_shows(foreign_users_with_the_mark, pages=False),
    "every user under the id of another": list_shows(ids_reversed, pages=False),
    "a foreign user in every look-up": look_ups_find_foreign_user,
}


class Hanging:
    """Holds one answer of a place back forever, after the work; `hangs` is set from then on."""

    def __init__(self, place: Place, number: int) -> None:
        self.hangs = threading.Event()
        self._place, self._left = place, number

    def __call__(self, setup: Setup) -> None:
        setup.sandbox.around("app.write", self._write)

    async def _write(self, _sandbox: Sandbox, write: Decision, call: Call, wire: Wire, response: Response) -> None:
        self._left -= self._place(call, response)
        if self._left == 0 and not self.hangs.is_set():
            self.hangs.set()
            await wire.until_gone()
        else:
            await write(call, wire, response)


def wrong_with_what_is_said(run: Ended) -> list[str]:
    return [*commands(run), *shown_of_the_token(run)]


@pytest.mark.parametrize("requests", [1, 3, 40])
def test_a_target_that_dies_is_down(tmp_path: Path, requests: int) -> None:
    with HostileServer(together()) as server:
        server.recording.on_request = lambda number: server.die() if number == requests else None
        run = run_against(server.url, tmp_path, *CREATING, RETRY_ATTEMPTS="2", CLEANUP_DEADLINE_S="3")
    assert run.outcome in {DOWN, LEFT}, run.said[-3000:]
    assert run.code in EXIT_CODES[run.outcome]
    assert not wrong_with_what_is_said(run)
    unnamed = [user.email for user in server.setup.own() if user.email not in run.said]
    assert not unnamed, "users are left on the dead target, and the run does not name them"


@pytest.mark.parametrize(
    ("place", "number"), [(created, 3), (read, 2), (listed, 3)], ids=["a create", "a read", "the list"]
)
def test_a_run_that_is_ended_while_an_answer_hangs_leaves_no_user(tmp_path: Path, place: Place, number: int) -> None:
    hanging = Hanging(place, number)
    with HostileServer(hanging) as server:
        process = started(LIFE, server.url, tmp_path, REQUEST_TIMEOUT_S="30", RETRY_DEADLINE_S="30")
        assert hanging.hangs.wait(PATIENCE_S)
        process.send_signal(signal.SIGTERM)
        run = ended(process, tmp_path)
        assert not server.setup.own(), run.said[-3000:]
        assert not harm_to_foreign_users(server)
    assert run.outcome == OPEN
    assert run.code in EXIT_CODES[OPEN]
    assert not wrong_with_what_is_said(run)


def killed_in_a_create(lie: Hostile, folder: Path, number: int) -> tuple[HostileServer, set[str]]:
    """Kill a run while a create hangs on a target that lies; return the target, and the ids of the users left."""
    hanging = Hanging(created, number)
    server = HostileServer(together(lie, hanging))
    process = started(LIFE, server.url, folder, REQUEST_TIMEOUT_S="30", RETRY_DEADLINE_S="30")
    assert hanging.hangs.wait(PATIENCE_S)
    process.kill()
    ended(process, folder)
    left = {user.id for user in server.setup.own()}
    assert left
    return server, left


def next_run(server: HostileServer, folder: Path) -> Ended:
    return run_against(server.url, folder, *DELETING, "--name=Several users delete")


def clean_up(*arguments: str, journal: str = "state") -> Callable[[HostileServer, Path], Ended]:
    """Return a function that runs the cleanup command."""

    def act(server: HostileServer, folder: Path) -> Ended:
        words = ("--yes", *arguments)
        return run_against(server.url, folder, *words, module="support.cleanup", STATE_DIR=str(folder / journal))

    return act


CLEANUPS = {
    "the next run": next_run,
    "the command": clean_up(),
    "the command for all runs": clean_up("--all-runs"),
    "the command without its journal": clean_up("--all-runs", journal="another"),
}


@pytest.mark.sampled
@pytest.mark.parametrize("cleanup", CLEANUPS)
@pytest.mark.parametrize("lie", LIES)
def test_the_cleanup_after_a_killed_run_deletes_no_foreign_user(tmp_path: Path, lie: str, cleanup: str) -> None:
    server, left = killed_in_a_create(LIES[lie], tmp_path, 3)
    with server:
        run = CLEANUPS[cleanup](server, tmp_path)
        stay = [user for user in server.setup.own() if user.id in left]
        assert not harm_to_foreign_users(server)
    unnamed = [user for user in stay if user.email not in run.said and user.id not in run.said]
    assert not unnamed, f"users are left, and the output does not name them:\n{run.said[-3000:]}"
    assert "Traceback" not in run.said
