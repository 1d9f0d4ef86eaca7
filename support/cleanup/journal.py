"""The journal: which users a run intended to create, created and confirmed gone.

It is written before a request is sent and after its answer.

SQLite in WAL mode. A run's row, with its mark, is synced to the disk; a user's row survives the death of the process,
and after a loss of power the mark in the emails finds the users whose last rows are missing. The journal holds no
secrets: if a target uses a secret in an id, only the email is written down.
"""

from __future__ import annotations

import contextlib
import os
import socket
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from support.errors import SettingsError
from support.redaction import redacted

LEASE_S = 60.0
HEARTBEAT_S = 10.0
OPENED_WITHIN_S = 30.0

# Journals of earlier versions are read too, so the column of the email keeps its old name.
_SCHEMA = """
CREATE TABLE IF NOT EXISTS runs (
    mark TEXT PRIMARY KEY, target TEXT NOT NULL, host TEXT NOT NULL, started REAL NOT NULL,
    heartbeat REAL NOT NULL, ended REAL);
CREATE TABLE IF NOT EXISTS users (
    ref INTEGER PRIMARY KEY, mark TEXT NOT NULL, address TEXT, id TEXT, state TEXT NOT NULL,
    reason TEXT, changed REAL NOT NULL);
"""
_FINISHED = "FROM runs WHERE target = ? AND ended IS NOT NULL AND mark NOT IN (SELECT mark FROM users WHERE state != ?)"
PAGE_BYTES = 1024
PAGES_TO_CHECKPOINT = 10_000  # each checkpoint waits for the disk


class State(StrEnum):
    """The state of a user."""

    INTENDED = "intended"
    CREATED = "created"
    REFUSED = "refused"
    DELETING = "deleting"
    GONE = "gone"
    LEFT = "left"


@dataclass(frozen=True)
class JournalRow:
    """One user in the journal."""

    ref: int
    email: str | None
    id: str | None
    state: State
    reason: str | None


@dataclass(frozen=True)
class Run:
    """One run in the journal; `started` in seconds since the epoch."""

    mark: str
    started: float


class Journal:
    """The journal in a folder, used by several processes at once.

    If the journal cannot be opened or read, or a run cannot be begun, raises SettingsError with one line; later writes
    raise sqlite3.Error.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lease: FileLock | None = None
        self._lock = threading.Lock()
        with self._kept():
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            path = folder / "journal.sqlite3"
            with FileLock(folder / "opening.lock", timeout=OPENED_WITHIN_S, mode=0o600):
                self._database = _opened(path)
            damage = self._database.execute("PRAGMA quick_check(1)").fetchone()[0]
            if damage != "ok":
                raise sqlite3.DatabaseError(damage)

    @contextlib.contextmanager
    def _kept(self) -> Iterator[None]:
        """Raise SettingsError, which says what to do, if the journal cannot be kept."""
        try:
            yield
        except (OSError, sqlite3.Error) as error:
            raise SettingsError(
                f"STATE_DIR: the journal of created users cannot be kept in {self.folder} ({error}). Name a folder "
                "that can be written; if the journal is damaged, move it away and run `python -m support.cleanup "
                "--all-runs`, which finds the users of earlier runs by the marks in their emails."
            ) from None

    def open_run(self, mark: str, target: str) -> None:
        """Write down that a run with this mark begins, and hold its lease; synced before this returns."""
        now = time.time()
        with self._kept():
            self._lease = FileLock(self._lease_path(mark), mode=0o600)
            self._lease.acquire(timeout=0)
            for table in ("users", "runs"):  # forgets the runs that ended with all users gone
                self._write(f"DELETE FROM {table} WHERE mark IN (SELECT mark {_FINISHED})", (target, State.GONE))
            self._database.execute("PRAGMA synchronous = FULL")
            self._write("INSERT INTO runs VALUES (?, ?, ?, ?, ?, NULL)", (mark, target, socket.gethostname(), now, now))
            self._database.execute("PRAGMA synchronous = NORMAL")

    def beat(self, mark: str) -> None:
        """Renew the lease of a run."""
        self._write("UPDATE runs SET heartbeat = ? WHERE mark = ?", (time.time(), mark))

    def close_run(self, mark: str) -> None:
        """Write down that a run is over; its users are gone or marked as left."""
        self._write("UPDATE runs SET ended = ? WHERE mark = ?", (time.time(), mark))
        if self._lease is not None and self._lease.lock_file == str(self._lease_path(mark)):
            self._lease.release()
            self._lease = None
        self._lease_path(mark).unlink(missing_ok=True)

    def intend(self, mark: str, email: str | None) -> int:
        """Write down that a user with this email is about to be created; return the row's reference."""
        done = self._write(
            "INSERT INTO users (mark, state, changed, address) VALUES (?, ?, ?, ?)",
            (mark, State.INTENDED.value, time.time(), email),
        )
        return done.lastrowid or 0

    def set_state(
        self, refs: Sequence[int], state: State, user_id: str | None = None, reason: str | None = None
    ) -> None:
        """Write down, at once, the state of users."""
        known_id = None if user_id is None or redacted.holds_secret(user_id) else user_id
        changes = [(state.value, known_id, reason and redacted(reason), time.time(), ref) for ref in refs]
        with self._lock:
            self._database.executemany(
                "UPDATE users SET state = ?, id = coalesce(?, id), reason = ?, changed = ? WHERE ref = ?", changes
            )

    def unfinished(self, mark: str) -> list[JournalRow]:
        """Return the users of a run that were not confirmed gone."""
        rows = self._read(
            "SELECT ref, address, id, state, reason FROM users WHERE mark = ? AND state != ? ORDER BY ref",
            (mark, State.GONE),
        )
        return [JournalRow(ref, email, user_id, State(state), why) for ref, email, user_id, state, why in rows]

    def dead_runs(self, target: str) -> list[Run]:
        """Return the runs against a target that left something and are not alive any more."""
        rows = self._read(
            "SELECT mark, started, host, heartbeat FROM runs WHERE target = ? AND "
            "(ended IS NULL OR mark IN (SELECT mark FROM users WHERE state != ?)) ORDER BY started",
            (target, State.GONE),
        )
        return [Run(mark, started) for mark, started, host, beat in rows if not self._alive(mark, host, beat)]

    def finished_runs(self, target: str) -> list[Run]:
        """Return the runs against a target that ended with all users gone and are not forgotten yet."""
        rows = self._read(f"SELECT mark, started {_FINISHED}", (target, State.GONE))
        return [Run(*row) for row in rows]

    def is_live(self, mark: str) -> bool:
        """Whether a run by this mark is alive, as far as this folder knows."""
        rows = self._read("SELECT host, heartbeat FROM runs WHERE mark = ? AND ended IS NULL", (mark,))
        return any(self._alive(mark, host, beat) for host, beat in rows) or self._is_leased(mark)

    def _alive(self, mark: str, host: str, heartbeat: float) -> bool:
        """Whether a run still holds its lease: a file lock, or, if it runs on another host, a recent heartbeat."""
        elsewhere = host != socket.gethostname()
        return self._is_leased(mark) or (elsewhere and time.time() - heartbeat < LEASE_S)

    def _is_leased(self, mark: str) -> bool:
        path = self._lease_path(mark)
        if not path.exists():
            return False
        try:
            with FileLock(path, timeout=0):
                return False
        except Timeout:
            return True

    def _lease_path(self, mark: str) -> Path:
        return self.folder / f"{mark}.lease"

    def _write(self, statement: str, values: tuple[object, ...]) -> sqlite3.Cursor:
        """Execute a statement; it is a transaction of its own, which no interruption leaves open."""
        with self._lock:
            return self._database.execute(statement, values)

    def _read(self, statement: str, values: tuple[object, ...]) -> list[tuple[Any, ...]]:
        with self._lock, self._kept():
            return self._database.execute(statement, values).fetchall()

    def close(self) -> None:
        with self._lock:
            self._database.close()


def _opened(path: Path) -> sqlite3.Connection:
    """Open the database, and set it up if it is new; no other process may do the same meanwhile."""
    with contextlib.suppress(FileExistsError):  # an existing file is not opened: to close it would drop SQLite's locks
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    database = sqlite3.connect(path, timeout=OPENED_WITHIN_S, isolation_level=None, check_same_thread=False)
    database.execute(f"PRAGMA page_size = {PAGE_BYTES}")
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = NORMAL")
    database.execute(f"PRAGMA wal_autocheckpoint = {PAGES_TO_CHECKPOINT}")
    database.executescript(_SCHEMA)
    return database
