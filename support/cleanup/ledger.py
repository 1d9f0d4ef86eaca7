"""The book of a run: what its requests were to make and how far each has come, kept in the journal as it happens."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
from collections.abc import Iterable, Iterator, Sequence

from support.cleanup.journal import HEARTBEAT_S, Journal, JournalRow, State
from support.cleanup.records import Record

log = logging.getLogger("acceptance.cleanup")


class Ledger:
    """The entries of the run with this mark; `alive` are those that may have left a user who is not yet seen gone.

    `made`, `deleted` and `gone` are the ids of whom it is known; cleaning up has deleted them, or they left before.
    """

    def __init__(self, journal: Journal, mark: str) -> None:
        self._journal = journal
        self._mark = mark
        self.entries: list[Record] = []
        self.alive: set[Record] = set()
        self.made: set[str] = set()
        self.deleted: set[str] = set()
        self.gone: set[str] = set()

    def intend(self, wanted: Sequence[tuple[str | None, str | None]]) -> list[Record]:
        """Write down (address, name) of requests that may make users, before they are sent."""
        refs = self._journal.intend(self._mark, [address for address, _ in wanted])
        entries = [Record(ref, address, name) for ref, (address, name) in zip(refs, wanted, strict=True)]
        self.entries += entries
        self.alive.update(entries)
        return entries

    def adopt(self, lines: Iterable[JournalRow]) -> None:
        """Take over the unfinished users of a run that died."""
        for line in lines:
            ids = {line.id} if line.id else set()
            entry = Record(line.ref, line.address, None, ids, line.state, line.reason)
            self.entries.append(entry)
            self._count(entry)

    def forget(self, lines: Iterable[JournalRow]) -> None:
        """Write down as gone what went together with its target."""
        self._journal.mark_all([line.ref for line in lines], State.GONE)

    def mark(self, entry: Record, state: State, user_id: str | None = None, reason: str | None = None) -> None:
        """Write down how far a user has come."""
        entry.state = state
        self._count(entry)
        with self._as_far_as_it_can_be_written([entry]):
            self._journal.mark_as(entry.ref, state, user_id, reason)

    def mark_all(self, entries: Sequence[Record], state: State) -> None:
        """Write down, in one go, that several users have come as far as this."""
        for entry in entries:
            entry.state = state
            self._count(entry)
        with self._as_far_as_it_can_be_written(entries):
            self._journal.mark_all([entry.ref for entry in entries], state)

    @contextlib.contextmanager
    def _as_far_as_it_can_be_written(self, entries: Sequence[Record]) -> Iterator[None]:
        """Go on where the journal cannot be written: a disk that is full keeps nobody from being deleted."""
        try:
            yield
        except sqlite3.Error as error:
            for entry in entries:
                who = entry.address or entry.ids
                log.warning("%s", f"the journal does not know that {who} is {entry.state}: {error}")

    def _count(self, entry: Record) -> None:
        gone = entry.state in (State.GONE, State.REFUSED)
        (self.alive.discard if gone else self.alive.add)(entry)

    async def keep_lease(self) -> None:
        """Renew the run's lease without end: what keeps it from being renewed now may pass."""
        is_logged = False
        while True:
            await asyncio.sleep(HEARTBEAT_S)
            try:
                self._journal.beat(self._mark)
            except sqlite3.Error as error:
                if not is_logged:
                    log.warning("the lease of this run cannot be renewed: %s", error)
                is_logged = True

    def close(self) -> None:
        """Write down that the run is over."""
        self._journal.close_run(self._mark)
