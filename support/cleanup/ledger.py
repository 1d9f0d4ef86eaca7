"""The book of a run: what its requests were to make and how far each has come, kept in the journal as it happens."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence

from support.cleanup.journal import HEARTBEAT_S, Journal, Line, State
from support.cleanup.records import Record

log = logging.getLogger("acceptance.cleanup")
NOTED_S = 0.05


class Ledger:
    """The entries of the run with this mark; `alive` are those that may have left a user who is not yet seen gone.

    `made`, `deleted` and `gone` are the ids of whom it is known; cleaning up has deleted them, or they left before.
    """

    def __init__(self, journal: Journal, mark: str) -> None:
        self._journal = journal
        self._mark = mark
        self._foreseen: dict[str, int] = {}
        self.entries: list[Record] = []
        self.alive: set[Record] = set()
        self.made: set[str] = set()
        self.deleted: set[str] = set()
        self.gone: set[str] = set()

    def foresee(self, addresses: Sequence[str]) -> None:
        """Write down addresses that will soon be asked for, all in one go; some may never be."""
        self._foreseen.update(zip(addresses, self._journal.intend(self._mark, addresses), strict=True))

    def intend(self, wanted: Sequence[tuple[str | None, str | None]]) -> list[Record]:
        """Write down (address, name) of requests that may make users, before they are sent."""
        foreseen = [self._foreseen.pop(address or "", None) for address, _ in wanted]
        unforeseen = [address for ref, (address, _) in zip(foreseen, wanted, strict=True) if ref is None]
        refs = iter(self._journal.intend(self._mark, unforeseen))
        entries = [
            Record(next(refs) if ref is None else ref, address, name)
            for ref, (address, name) in zip(foreseen, wanted, strict=True)
        ]
        self.entries += entries
        self.alive.update(entries)
        return entries

    def adopt(self, lines: Iterable[Line]) -> None:
        """Take over the unfinished users of a run that died."""
        for line in lines:
            ids = {line.id} if line.id else set()
            entry = Record(line.ref, line.address, None, ids, line.state, line.reason)
            self.entries.append(entry)
            self._count(entry)

    def forget(self, lines: Iterable[Line]) -> None:
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

    def note_created(self, entry: Record, user_id: str) -> None:
        """Count a user as created; as she can be found by her address, her id may be written a moment later."""
        entry.state = State.CREATED
        self._count(entry)
        self._journal.note_id(entry.ref, user_id)

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
        """Renew the run's lease without end."""
        failing = "the lease of this run cannot be renewed"
        await self._again_and_again(HEARTBEAT_S, failing, lambda: self._journal.beat(self._mark))

    async def keep_writing(self) -> None:
        """Write down without end what was noted."""
        await self._again_and_again(NOTED_S, "ids cannot be written down", lambda: self._journal.write_notes())

    async def _again_and_again(self, pause_s: float, failing: str, write: Callable[[], None]) -> None:
        """Write to the journal again and again: what keeps it from being written now may pass."""
        told = False
        while True:
            await asyncio.sleep(pause_s)
            try:
                write()
            except sqlite3.Error as error:
                if not told:
                    log.warning("%s: %s", failing, error)
                told = True

    def close(self) -> None:
        """Write down that the run is over, and so is whatever was foreseen and never intended."""
        self._journal.mark_all(self._foreseen.values(), State.GONE)
        self._journal.close_run(self._mark)
