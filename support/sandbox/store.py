"""The users, in SQLite.

One connection serves every request straight from the event loop: a statement takes some ten microseconds, a
thread pool would cost more, and two requests can never be in the middle of the same change.
"""

import sqlite3
from collections.abc import Iterable
from typing import NamedTuple

_SCHEMA = """
CREATE TABLE IF NOT EXISTS users (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, name TEXT NOT NULL,
    email TEXT NOT NULL, folded TEXT NOT NULL, created_at TEXT NOT NULL);
CREATE UNIQUE INDEX IF NOT EXISTS one_user_per_id ON users (id);
CREATE UNIQUE INDEX IF NOT EXISTS one_user_per_email ON users (folded);
CREATE TABLE IF NOT EXISTS idempotency_keys (
    key TEXT PRIMARY KEY, fingerprint BLOB NOT NULL,
    id TEXT NOT NULL, name TEXT NOT NULL, email TEXT NOT NULL, created_at TEXT NOT NULL);
"""
_COLUMNS = "id, name, email, created_at"


class User(NamedTuple):
    """A stored user. `email` is as it was sent; another letter case does not make it another email."""

    id: str
    name: str
    email: str
    created_at: str


class Key(NamedTuple):
    """An Idempotency-Key and the fingerprint of the body that it came with."""

    value: str
    fingerprint: bytes


class EmailTakenError(Exception):
    """Another user holds the email."""


class Store:
    """The table of users. Every change is durable against a kill of the process once the call returns."""

    def __init__(self, path: str) -> None:
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.executescript(_SCHEMA)
        self.duplicates = 0  # how often an email was stored while another user held it
        self.recreated = 0  # how often a new user got an email that an earlier one had held
        self._unique = True
        self._held = {row[0] for row in self._db.execute("SELECT folded FROM users")}

    def allow_duplicate_emails(self) -> None:
        """Drop the unique index, like an API that only checks before it stores."""
        self._db.execute("DROP INDEX IF EXISTS one_user_per_email")
        self._unique = False

    def allow_duplicate_ids(self) -> None:
        """Drop the unique index on ids."""
        self._db.execute("DROP INDEX one_user_per_id")

    def insert(self, user: User, key: Key | None = None) -> None:
        """Store a user, and in the same transaction the key of the request. Raises EmailTakenError."""
        row = (*user, user.email.casefold())
        statement = "INSERT INTO users (id, name, email, created_at, folded) VALUES (?, ?, ?, ?, ?)"
        try:
            if key is None:
                self._db.execute(statement, row)
            else:
                with self._db:
                    self._db.execute("BEGIN IMMEDIATE")
                    self._db.execute(statement, row)
                    self._db.execute("INSERT INTO idempotency_keys VALUES (?, ?, ?, ?, ?, ?)", (*key, *user))
        except sqlite3.IntegrityError as error:
            raise EmailTakenError from error
        self._count_duplicates(user)
        self.recreated += row[-1] in self._held
        self._held.add(row[-1])

    def _count_duplicates(self, user: User) -> None:
        if not self._unique:  # with the index there are none
            self.duplicates += len(self.holders(user.email)) > 1

    def answered(self, key: str) -> tuple[bytes, User] | None:
        """Return the first use of a key: the fingerprint of the body, and the user in the answer."""
        row = self._db.execute(f"SELECT fingerprint, {_COLUMNS} FROM idempotency_keys WHERE key = ?", (key,)).fetchone()
        return (row[0], User(*row[1:])) if row else None

    def get(self, user_id: str) -> User | None:
        """Find a user by id."""
        row = self._db.execute(f"SELECT {_COLUMNS} FROM users WHERE id = ?", (user_id,)).fetchone()
        return User(*row) if row else None

    def holders(self, email: str) -> list[User]:
        """Find the user with an email, in any letter case."""
        rows = self._db.execute(f"SELECT {_COLUMNS} FROM users WHERE folded = ? ORDER BY seq", (email.casefold(),))
        return [User(*row) for row in rows]

    def all_users(self) -> list[User]:
        """List all users, oldest first."""
        return [User(*row) for row in self._db.execute(f"SELECT {_COLUMNS} FROM users ORDER BY seq")]

    def window(self, offset: int, count: int) -> list[User]:
        """List `count` users from `offset` on, in the order of `all_users`."""
        rows = self._db.execute(f"SELECT {_COLUMNS} FROM users ORDER BY seq LIMIT ? OFFSET ?", (count, offset))
        return [User(*row) for row in rows]

    def update(self, user: User) -> None:
        """Give the user with this id this name and email. Raises EmailTakenError."""
        try:
            self._db.execute(
                "UPDATE users SET name = ?, email = ?, folded = ? WHERE id = ?",
                (user.name, user.email, user.email.casefold(), user.id),
            )
        except sqlite3.IntegrityError as error:
            raise EmailTakenError from error
        self._count_duplicates(user)

    def delete(self, user_id: str) -> bool:
        """Delete a user; return whether there was one."""
        return self._db.execute("DELETE FROM users WHERE id = ?", (user_id,)).rowcount > 0

    def last_number(self) -> int:
        """Return how many users were ever stored."""
        row = self._db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'users'").fetchone()
        return int(row[0]) if row else 0

    def count(self) -> int:
        """Count the users."""
        return int(self._db.execute("SELECT count(*) FROM users").fetchone()[0])

    def add_existing(self, users: Iterable[User]) -> None:
        """Store many users in one transaction; users whose email is already stored stay unchanged."""
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.executemany(
                "INSERT OR IGNORE INTO users (id, name, email, created_at, folded) VALUES (?, ?, ?, ?, ?)",
                ((*user, user.email.casefold()) for user in users),
            )
