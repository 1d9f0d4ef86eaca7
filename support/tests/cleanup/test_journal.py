"""The journal: on disk before anything else happens, for every process at once, and for its owner's eyes only."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from filelock import FileLock, Timeout

from support.cleanup import journal as journal_module
from support.cleanup.journal import Journal, State
from support.cleanup.marks import new_mark
from support.errors import SettingsError
from support.redaction import redacted
from support.settings import ROOT

TARGET = "http://127.0.0.1:8000/users"


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = Journal(tmp_path / "state")
    yield opened
    opened.close()


def rows(folder: Path) -> list[tuple[object, ...]]:
    """Look into the file as another process does."""
    with sqlite3.connect(folder / "journal.sqlite3") as database:
        return database.execute("SELECT address, id, state FROM users ORDER BY ref").fetchall()


class TestUsers:
    def test_what_is_intended_is_on_disk_when_the_call_returns(self, journal: Journal) -> None:
        journal.intend("m", "a@b.c")
        journal.intend("m", None)
        assert rows(journal.folder) == [("a@b.c", None, "intended"), (None, None, "intended")]

    def test_so_is_every_step_after_it(self, journal: Journal) -> None:
        ref = journal.intend("m", "a@b.c")
        for state, user_id in ((State.CREATED, "7"), (State.DELETING, None), (State.GONE, None)):
            journal.set_state([ref], state, user_id)
            assert rows(journal.folder) == [("a@b.c", "7", str(state))]

    def test_many_are_marked_at_once(self, journal: Journal) -> None:
        refs = [journal.intend("m", f"{number}@b.c") for number in range(6)]
        journal.set_state([refs[0]], State.LEFT, "7", "because")
        journal.set_state(refs[:5], State.DELETING)
        assert [state for _, _, state in rows(journal.folder)] == ["deleting"] * 5 + ["intended"]
        assert [(line.id, line.reason) for line in journal.unfinished("m")][:1] == [("7", None)]

    def test_an_id_that_is_a_secret_is_not_written_down(self, journal: Journal) -> None:
        redacted.hide("a-secret-of-the-journal")
        whole, part = journal.intend("m", "a@b.c"), journal.intend("m", "d@b.c")
        journal.set_state([whole], State.CREATED, "7-A-SECRET-OF-THE-JOURNAL")
        journal.set_state([part], State.CREATED, "a-secret-of-t")
        assert rows(journal.folder) == [("a@b.c", None, "created"), ("d@b.c", None, "created")]

    def test_only_users_who_are_gone_are_finished(self, journal: Journal) -> None:
        refs = [journal.intend("m", f"{state}@b.c") for state in State]
        for ref, state in zip(refs, State, strict=True):
            journal.set_state([ref], state, "7" if state is State.CREATED else None, f"because {state}")
        rows_left = journal.unfinished("m")
        assert {line.state for line in rows_left} == set(State) - {State.GONE}
        assert [line.ref for line in rows_left] == sorted(line.ref for line in rows_left)
        created = next(line for line in rows_left if line.state is State.CREATED)
        assert (created.email, created.id, created.reason) == ("created@b.c", "7", "because created")

    def test_users_of_another_run_are_not_returned(self, journal: Journal) -> None:
        journal.intend("m", "a@b.c")
        assert journal.unfinished("n") == []

    def test_another_journal_of_the_folder_sees_them(self, journal: Journal) -> None:
        journal.intend("m", "a@b.c")
        other = Journal(journal.folder)
        assert [line.email for line in other.unfinished("m")] == ["a@b.c"]
        other.close()


class TestRuns:
    def test_a_live_one_is_not_dead(self, journal: Journal) -> None:
        journal.open_run("m", TARGET)
        other = Journal(journal.folder)
        assert other.dead_runs(TARGET) == []
        assert journal.dead_runs(TARGET) == []
        other.close()

    def test_one_that_released_its_lease_is(self, journal: Journal) -> None:
        journal.open_run("m", TARGET)
        release_lease(journal)
        assert [run.mark for run in journal.dead_runs(TARGET)] == ["m"]

    def test_looking_does_not_take_its_lease(self, journal: Journal) -> None:
        journal.open_run("m", TARGET)
        for _ in range(3):
            assert journal.dead_runs(TARGET) == []
        with pytest.raises(Timeout):
            FileLock(journal.folder / "m.lease").acquire(timeout=0)

    def test_a_run_of_another_target_is_not_returned(self, journal: Journal) -> None:
        journal.open_run("m", TARGET)
        release_lease(journal)
        assert journal.dead_runs("http://127.0.0.1:9/users") == []
        assert [run.mark for run in journal.dead_runs(TARGET)] == ["m"]

    def test_one_that_ended_with_all_users_gone_is_finished(self, journal: Journal) -> None:
        journal.open_run("m", TARGET)
        journal.set_state([journal.intend("m", "a@b.c")], State.GONE)
        journal.close_run("m")
        assert journal.dead_runs(TARGET) == []
        assert not (journal.folder / "m.lease").exists()

    @pytest.mark.parametrize("state", [state for state in State if state is not State.GONE])
    def test_one_that_ended_with_users_left_is_not(self, journal: Journal, state: State) -> None:
        journal.open_run("m", TARGET)
        journal.set_state([journal.intend("m", "a@b.c")], state)
        journal.close_run("m")
        assert [run.mark for run in journal.dead_runs(TARGET)] == ["m"]

    def test_the_next_run_forgets_finished_runs_and_no_others(self, journal: Journal) -> None:
        for mark, state in (("done", State.GONE), ("left", State.LEFT)):
            journal.open_run(mark, TARGET)
            journal.set_state([journal.intend(mark, f"{mark}@b.c")], state)
            journal.close_run(mark)
        journal.open_run("next", TARGET)
        assert [row[0] for row in rows(journal.folder)] == ["left@b.c"]

    def test_on_another_host_the_heartbeat_decides(self, journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
        now = [1000.0]
        monkeypatch.setattr(time, "time", lambda: now[0])
        monkeypatch.setattr(socket, "gethostname", lambda: "there")
        journal.open_run("m", TARGET)
        monkeypatch.setattr(socket, "gethostname", lambda: "here")
        release_lease(journal)
        now[0] += journal_module.LEASE_S - 1
        assert journal.dead_runs(TARGET) == []
        journal.beat("m")
        now[0] += journal_module.LEASE_S - 1
        assert journal.dead_runs(TARGET) == []
        now[0] += 2
        assert [run.mark for run in journal.dead_runs(TARGET)] == ["m"]

    def test_its_lease_decides_whatever_its_heartbeat_says(
        self, journal: Journal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        journal.open_run("m", TARGET)
        began = time.time()
        monkeypatch.setattr(socket, "gethostname", lambda: "elsewhere")
        monkeypatch.setattr(time, "time", lambda: began + journal_module.LEASE_S * 2)
        assert journal.dead_runs(TARGET) == []
        release_lease(journal)
        assert [run.mark for run in journal.dead_runs(TARGET)] == ["m"]

    def test_there_are_several_heartbeats_within_a_lease(self) -> None:
        assert journal_module.HEARTBEAT_S * 3 <= journal_module.LEASE_S


class TestProcesses:
    def test_several_write_at_once_and_nothing_is_lost(self, tmp_path: Path) -> None:
        """Each process writes as a run of its own: intends, creates, sees gone."""
        context = multiprocessing.get_context("spawn")
        running = [
            context.Process(target=_write_much, args=(tmp_path / "state", f"run{number}")) for number in range(4)
        ]
        for process in running:
            process.start()
        for process in running:
            process.join(60)
        assert [process.exitcode for process in running] == [0] * 4
        journal = Journal(tmp_path / "state")
        for number in range(4):
            left = journal.unfinished(f"run{number}")
            assert [line.email for line in left] == [f"{count}@run{number}" for count in range(50) if count % 2]
            assert all(line.id == "7" and line.state is State.CREATED for line in left)
        journal.close()

    def test_one_that_was_killed_is_found_dead_with_all_it_had_intended(self, journal: Journal) -> None:
        """Killed with -9 right after the journal returned: no commit, no close."""
        mark = new_mark()
        died = subprocess.run(
            [sys.executable, "-c", _KILLED, str(journal.folder), mark, TARGET], cwd=ROOT, capture_output=True
        )
        assert died.returncode == -signal.SIGKILL, died.stderr.decode()
        assert [run.mark for run in journal.dead_runs(TARGET)] == [mark]
        assert [(line.email, line.id, line.state) for line in journal.unfinished(mark)] == [
            ("a@b.c", None, State.INTENDED),
            ("d@e.f", "7", State.CREATED),
        ]

    def test_the_lease_of_a_live_one_is_respected_until_it_is_killed(self, journal: Journal) -> None:
        mark = new_mark()
        living = subprocess.Popen(
            [sys.executable, "-c", _LIVING, str(journal.folder), mark, TARGET],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stdin=subprocess.PIPE,
        )
        assert living.stdout is not None
        try:
            assert living.stdout.readline() == b"ready\n"
            assert journal.dead_runs(TARGET) == []
        finally:
            living.kill()
            living.communicate()
        assert [run.mark for run in journal.dead_runs(TARGET)] == [mark]


_KILLED = textwrap.dedent(
    """
    import os, signal, sys
    from pathlib import Path
    from support.cleanup.journal import Journal, State
    journal = Journal(Path(sys.argv[1]))
    journal.open_run(sys.argv[2], sys.argv[3])
    first, second = (journal.intend(sys.argv[2], email) for email in ("a@b.c", "d@e.f"))
    journal.set_state([second], State.CREATED, "7")
    os.kill(os.getpid(), signal.SIGKILL)
    """
)
_LIVING = textwrap.dedent(
    """
    import sys
    from pathlib import Path
    from support.cleanup.journal import Journal
    journal = Journal(Path(sys.argv[1]))
    journal.open_run(sys.argv[2], sys.argv[3])
    print("ready", flush=True)
    sys.stdin.read()
    """
)


def _write_much(folder: Path, mark: str) -> None:
    journal = Journal(folder)
    journal.open_run(mark, TARGET)
    for count in range(50):
        ref = journal.intend(mark, f"{count}@{mark}")
        journal.set_state([ref], State.CREATED, "7")
        if count % 2 == 0:
            journal.set_state([ref], State.GONE)
    journal.close()


def release_lease(journal: Journal) -> None:
    """Let go of a lease as the system does for a process that died: the file stays."""
    if journal._lease is not None:
        journal._lease.release(force=True)
        (Path(journal._lease.lock_file)).touch()


class TestPrivacy:
    def test_every_file_is_its_owners_alone(self, tmp_path: Path) -> None:
        before = os.umask(0)
        try:
            journal = Journal(tmp_path / "state")
            journal.open_run("m", TARGET)
            journal.intend("m", "a@b.c")
            files = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "state").iterdir()}
        finally:
            os.umask(before)
        assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700
        assert {"journal.sqlite3", "journal.sqlite3-wal", "m.lease"} <= set(files)
        assert set(files.values()) == {0o600}, files
        journal.close()

    def test_opening_it_twice_in_a_process_does_not_drop_the_locks_on_it(self, journal: Journal) -> None:
        """The POSIX locks of a file go when any of its descriptors in the process is closed.

        A process that opens and closes the file then takes itself for the last one, and deletes the log that is in use.
        """
        Journal(journal.folder).close()
        subprocess.run([sys.executable, "-c", _PASSING_BY, str(journal.folder)], cwd=ROOT, check=True)
        journal.intend("m", "a@b.c")
        assert rows(journal.folder) == [("a@b.c", None, "intended")]


_PASSING_BY = textwrap.dedent(
    """
    import sys
    from pathlib import Path
    from support.cleanup.journal import Journal
    Journal(Path(sys.argv[1])).close()
    """
)


class TestFaults:
    def test_a_folder_that_cannot_be_made_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        with pytest.raises(SettingsError, match="STATE_DIR") as caught:
            Journal(tmp_path / "file" / "state")
        assert "\n" not in str(caught.value)

    def test_a_damaged_file_is_named_with_what_to_do(self, tmp_path: Path) -> None:
        (tmp_path / "journal.sqlite3").write_bytes(b"this is no database, whatever its name says" * 100)
        with pytest.raises(SettingsError, match=r"support\.cleanup"):
            Journal(tmp_path)

    @pytest.mark.parametrize(
        "use",
        [
            lambda journal: journal.open_run("m", TARGET),
            lambda journal: journal.dead_runs(TARGET),
            lambda journal: journal.finished_runs(TARGET),
        ],
        ids=["open_run", "dead_runs", "finished_runs"],
    )
    def test_a_file_with_other_tables_is_named(self, tmp_path: Path, use: Callable[[Journal], object]) -> None:
        with sqlite3.connect(tmp_path / "journal.sqlite3") as other:
            other.execute("CREATE TABLE runs (mark TEXT)")
        journal = Journal(tmp_path)
        with pytest.raises(SettingsError, match="STATE_DIR"):
            use(journal)
        journal.close()

    def test_one_that_others_keep_locked_is_named(self, journal: Journal) -> None:
        journal._database.execute("PRAGMA busy_timeout = 20")
        with locked(journal.folder), pytest.raises(SettingsError, match="database is locked"):
            journal.open_run("m", TARGET)


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep every other connection from writing into a journal."""
    with contextlib.closing(sqlite3.connect(folder / "journal.sqlite3", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


def test_one_that_is_being_opened_is_waited_for(tmp_path: Path) -> None:
    """SQLite does not wait for another process that makes a new database ready."""
    opened = threading.Event()

    def open_it() -> None:
        Journal(tmp_path).close()
        opened.set()

    other = threading.Thread(target=open_it)
    with FileLock(tmp_path / "opening.lock"):
        other.start()
        assert not opened.wait(0.3)
    other.join()
    assert opened.is_set()
