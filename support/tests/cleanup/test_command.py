"""`python -m support.cleanup`: shows what dead runs left, and deletes it only with --yes."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from support.cleanup.journal import Journal
from support.cleanup.ledger import Owner
from support.cli import cleanup as command
from support.cli.cleanup import FAULT, LEFT, main
from support.errors import TargetDown
from support.models import Exchange
from support.redaction import redacted
from support.scenario import accounts
from support.scenario.session import Session
from support.settings import ROOT
from support.target.embedded import EmbeddedApi, Target
from support.tests.cleanup.test_journal import release_lease
from support.tests.conftest import Act, NewSession, Script
from support.tests.http.clients import permit_all
from support.tests.scripted import answer, hang_up


@pytest.fixture(scope="module")
def standalone() -> Iterator[Target]:
    """An embedded API that stands for a real one: it stays when its run has died."""
    api = EmbeddedApi()
    yield Target(api.target.base_url, api.token, api.target.base_url)
    api.close()


@pytest.fixture(autouse=True)
def environment(standalone: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings that name the target, as the environment does."""
    for name, value in (
        ("BASE_URL", standalone.base_url),
        ("TOKEN", standalone.token or ""),
        ("STATE_DIR", str(tmp_path / "state")),
    ):
        monkeypatch.setenv(name, value)


@pytest.fixture
def dead(standalone: Target, new_session: NewSession) -> Session:
    """A run that made two users and died."""
    session = new_session(standalone)
    for person in ("Ada", "Grace"):
        accounts.become_user(session.scenario, session.scenario.actor(person))
    release_lease(session.journal)
    return session


def there(session: Session) -> int:
    """Return how many users of a run are there."""
    exchange: Exchange = session.http.run(session.api.list())
    assert exchange.answer is not None
    return exchange.answer.body.count(session.mark.encode())


@pytest.mark.parametrize("arguments", [[], ["--dry-run"], ["--dry-run", "--yes"]], ids=" ".join)
def test_it_deletes_no_user_without_yes(
    dead: Session, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == LEFT
    assert there(dead) == 2
    assert capsys.readouterr().out.count("would delete ") == 2
    main(["--yes"])


def test_with_yes_it_deletes_them(dead: Session, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--yes"]) == 0
    assert there(dead) == 0
    assert f"run {dead.mark}: 2 deletions confirmed, 0 users left." in capsys.readouterr().out
    assert main([]) == 0
    assert "Dead runs in this journal have left nobody on" in capsys.readouterr().out


def test_a_mark_of_another_run_selects_no_user_of_this_one(dead: Session) -> None:
    assert main(["--yes", "--mark", "uat-zzzzzzzz"]) == 0
    assert there(dead) == 2
    assert main(["--yes", "--mark", dead.mark[:10].upper()]) == 0
    assert there(dead) == 0


def test_a_run_that_began_just_now_is_not_old(dead: Session) -> None:
    assert main(["--yes", "--older-than", "1h"]) == 0
    assert there(dead) == 2
    assert main(["--yes", "--older-than", "0s"]) == 0
    assert there(dead) == 0


def test_a_run_without_a_journal_is_found_by_its_marks(
    dead: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STATE_DIR", str(tmp_path / "another"))
    assert main(["--yes"]) == 0
    assert there(dead) == 2
    assert main(["--yes", "--all-runs"]) == 0
    assert there(dead) == 0


@pytest.mark.parametrize("arguments", [["--yes"], ["--yes", "--all-runs"]], ids=" ".join)
def test_a_live_run_is_not_touched(standalone: Target, new_session: NewSession, arguments: list[str]) -> None:
    live = new_session(standalone)
    accounts.become_user(live.scenario, live.scenario.actor("Ada"))
    assert main(arguments) == 0
    assert there(live) == 1
    live.registry.prove_nothing_is_left(10)


def test_foreign_users_are_not_touched(dead: Session) -> None:
    call = dead.api.create_call({"name": "Guest", "email": "guest@uat-server.example.com"})
    foreign = dead.http.run(dead.api.send(call)).answer
    assert foreign is not None
    assert main(["--yes", "--all-runs"]) == 0
    user_id = foreign.json()["id"]
    assert dead.http.run(dead.api.read(user_id)).status == 200
    dead.http.run(replace(dead.api, permit=permit_all).delete(user_id))


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--mark", "ab"], "--mark: it got 'ab'; it wants at least 4 characters"),
        (["--mark", "uat-a"], "--mark: it got 'uat-a'; it wants at least 4 characters"),
        (["--mark", "UAT-"], "--mark: it got 'UAT-'; it wants at least 4 characters"),
        (["--older-than", "soon"], "--older-than: it got 'soon'; it wants a number followed by s, m, h or d"),
        (["--older-than", "nans"], "--older-than: it got 'nans'; it wants a number followed by s, m, h or d"),
        (["--older-than", "infd"], "--older-than: it got 'infd'; it wants a number followed by s, m, h or d"),
        (["--older-than", f"{'9' * 400}d"], "it wants a number followed by s, m, h or d"),
    ],
)
def test_an_invalid_option_is_named_in_one_line(
    arguments: list[str], line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == FAULT
    shown = capsys.readouterr().err.strip()
    assert line in shown
    assert "\n" not in shown


def test_without_a_target_there_is_nothing_to_clean(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BASE_URL")
    monkeypatch.setattr("support.settings.ROOT", tmp_path)
    assert main([]) == FAULT
    assert "BASE_URL: it is not set" in capsys.readouterr().err


@pytest.mark.parametrize("defect", ["list-without-times", "time-since-epoch"])
def test_without_an_age_that_can_be_read_they_are_found_all_the_same(
    defect: str, new_session: NewSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = EmbeddedApi(["--defect", defect])
    target = Target(api.target.base_url, api.token, api.target.base_url)
    _is_found_by_its_mark_alone(target, new_session, tmp_path, monkeypatch)
    api.close()


def test_if_its_clock_is_ahead_of_ours_they_are_found_all_the_same(
    standalone: Target, new_session: NewSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = time.time
    monkeypatch.setattr(time, "time", lambda: ours() - 3600)
    _is_found_by_its_mark_alone(standalone, new_session, tmp_path, monkeypatch)


def _is_found_by_its_mark_alone(
    target: Target, new_session: NewSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Let a run die with its journal, and be cleaned up after; an age that is asked for spares it."""
    session = new_session(target)
    accounts.become_user(session.scenario, session.scenario.actor("Ada"))
    release_lease(session.journal)
    monkeypatch.setenv("BASE_URL", target.base_url)
    monkeypatch.setenv("TOKEN", target.token or "")
    monkeypatch.setenv("STATE_DIR", str(tmp_path / "another"))
    assert main(["--yes", "--all-runs", "--older-than", "1s"]) == 0
    assert there(session) == 1
    assert main(["--yes", "--mark", session.mark]) == 0
    assert there(session) == 0


def test_a_user_whom_no_read_shows_may_be_left(
    dead: Session,  # noqa: ARG001 - its users
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("support.cleanup.ownership.OwnershipCheck._owner", lambda *_: Owner.UNKNOWN)
    assert main([]) == LEFT
    said = capsys.readouterr().out
    assert said.count("no read and no search shows whether this is a user of run") == 2
    assert "left nobody" not in said


@pytest.mark.parametrize(
    ("arguments", "unreadable", "says"),
    [
        (["--all-runs"], answer(503, {"title": "down"}), "target down: "),
        (["--yes", "--all-runs"], hang_up, "target down: "),
        (["--all-runs"], answer(200, {"users": []}), 'Set list_pointer = "/users" under [names]'),
        ([], answer(503, {"title": "down"}), "target down: "),
        (["--yes"], hang_up, "target down: "),
    ],
)
def test_a_list_that_cannot_be_read_is_reported(
    arguments: list[str],
    unreadable: Act,
    says: str,
    script: Script,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    server = script(answer(200, []), *[unreadable] * 9)
    for name, value in (("BASE_URL", server.url), ("TOKEN", "t"), ("RETRY_ATTEMPTS", "1")):
        monkeypatch.setenv(name, value)
    journal = Journal(tmp_path / "state")
    if "--all-runs" not in arguments:
        journal.open_run("uat-abcdefghijkm", server.url)
        release_lease(journal)
    assert main(arguments) == FAULT
    journal.close()
    shown = capsys.readouterr()
    assert says in shown.err
    assert ("the suite cannot read the list of users" in shown.err) == says.startswith("target down")
    assert "Nothing is left" not in shown.out


@pytest.mark.parametrize(
    ("fault", "line"),
    [
        (KeyboardInterrupt(), "inconclusive: interrupted"),
        (PermissionError(13, "Permission denied"), "configuration error: PermissionError: [Errno 13]"),
        (sqlite3.OperationalError("disk I/O error"), "configuration error: OperationalError: disk I/O error"),
        (TargetDown("it redirects to http://127.0.0.1/?token=s3cret-of-the-command"), "target down: it redirects to"),
    ],
    ids=lambda fault: type(fault).__name__,
)
def test_what_interrupts_it_is_reported_in_one_line(
    fault: BaseException, line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> int:
        raise fault

    redacted.hide("s3cret-of-the-command")
    monkeypatch.setattr(command, "_clean", broken)
    assert main([]) == FAULT
    shown = capsys.readouterr().err
    assert shown.startswith(line)
    assert shown.count("\n") == 1
    assert "s3cret" not in shown


def test_it_goes_on_if_its_output_is_not_read(dead: Session) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "support.cleanup", "--yes"], cwd=ROOT, stdout=writer, stderr=subprocess.PIPE, text=True
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, "")
    assert there(dead) == 0


def test_runs_that_no_journal_knows_cannot_be_found_without_a_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    profile = tmp_path / "unlisted.toml"
    profile.write_text('name = "unlisted"\ndescription = "no list"\n[capabilities]\nlist = false\npages = false\n')
    monkeypatch.setenv("TARGET", str(profile))
    assert main(["--all-runs"]) == FAULT
    assert "has no list of users" in capsys.readouterr().err
    assert main(["--mark", "uat-abcd"]) == 0
