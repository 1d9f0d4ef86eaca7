"""The ledger of a run: a record for each request that may create a user, and what is known of each id.

Changes are written to the journal. The users created, alive, deleted and gone are filters over the records.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

from support.cleanup.journal import HEARTBEAT_S, Journal, JournalRow, State
from support.cleanup.left import one_per_user
from support.escaping import on_one_line
from support.models import User

log = logging.getLogger("acceptance.cleanup")


class Owner(Enum):
    """Whose user has an id, by the last read of it."""

    RUN = auto()
    NONE = auto()
    OTHERS = auto()
    UNKNOWN = auto()


class Phase(Enum):
    """Whether a scenario still needs what a request created, or its deletion is due or was begun."""

    IN_USE = auto()
    DUE = auto()
    BEGUN = auto()


@dataclass(eq=False, slots=True)  # a run may have very many
class Record:
    """A request that may have created users: the email and name that it asked for, and the ids known so far.

    - `deleted`: the ids whose deletion was confirmed; from then on the target may reassign them.
    - `confirmed_at`: when cleanup had deletions confirmed or reopened, in seconds of the monotonic clock.
    - `was_unlisted`: a list that was read before the request did not show the id.
    - `by_change`: the request was to give the email to an existing user, or is known to have created nobody.
    - `claims_user`: its answer says that a user was created, but not which.
    - `shown_by`: the view that still shows a user who is gone by a read of the id.
    - `last_read`: what the last read after the deletion says, unless it shows a user.
    - `unprovable`: no read can show that the id belongs to this run, so that the suite does not touch it.
    """

    ref: int
    email: str | None
    name: str | None = None
    ids: set[str] = field(default_factory=set)
    state: State = State.INTENDED
    reason: str | None = None
    phase: Phase = Phase.IN_USE
    deleted: set[str] = field(default_factory=set)
    confirmed_at: list[float] = field(default_factory=list)
    was_unlisted: bool = False
    by_change: bool = False
    claims_user: bool = False
    shown_by: str = ""
    last_read: str = ""
    unprovable: bool = False

    def is_stuck(self, deadline_s: float) -> bool:
        """Whether deletion was confirmed more than once, and the deadline for it to take effect is over."""
        return len(self.confirmed_at) > 1 and time.monotonic() - self.confirmed_at[0] > deadline_s

    @property
    def is_certain(self) -> bool:
        """Whether the ids are all that this request can have created."""
        return bool(self.ids) and self.state in (State.CREATED, State.DELETING)

    @property
    def was_refused(self) -> bool:
        """Whether its answer says that no user was created."""
        return self.state is State.REFUSED and not self.ids

    def __str__(self) -> str:
        known = on_one_line(", ".join(sorted(self.ids))) or "id unknown"
        return f"{known}  {on_one_line(self.email or '(no email)')}: {self.reason}"


@dataclass(slots=True)
class IdFacts:
    """What is known of one id: `owner` by the last read, at which the ledger had `read_after` records.

    - `was_proven`: a read of the id has once shown the run's mark.
    - `is_proven_by_create`: the answer to a create gave the id together with the email that was asked for.
    - `source`: the rule of the view that the id is known from, if that is not the answer to a create.
    - `record`: the latest request that the id was given to.
    - `contradicted`: the rule of an answer that gave one of our users the id, which a read shows to be another's.
    """

    owner: Owner = Owner.UNKNOWN
    read_after: int = 0
    was_proven: bool = False
    is_proven_by_create: bool = False
    source: str = ""
    record: Record | None = None
    contradicted: str = ""


@dataclass(frozen=True)
class Counts:
    """How many users a run has created, deleted by cleanup, confirmed gone, and may still have."""

    created: int
    deleted: int
    gone: int
    alive: int

    def __str__(self) -> str:
        made = f"{self.created} created, {self.deleted} deleted by cleanup"
        return f"{made}, {self.gone} confirmed gone, {self.alive} not yet"


class Ledger:
    """The records of the run with this mark; `existing` are the ids that were there before the run.

    `without_id` is how many entries of the list carry the mark but no id, so that nothing can delete them.
    """

    def __init__(self, journal: Journal, mark: str) -> None:
        self._journal = journal
        self.mark, self.without_id = mark, 0
        self.records: list[Record] = []
        self._alive: dict[int, Record] = {}
        self.ids: defaultdict[str, IdFacts] = defaultdict(IdFacts)
        self.existing: frozenset[str] = frozenset()
        self._ids_by_email: defaultdict[str, set[str]] = defaultdict(set)

    def intend(self, email: str | None, name: str | None = None) -> Record:
        """Write down what a request that may create a user asks for, before it is sent."""
        record = Record(self._journal.intend(self.mark, email), email, name)
        self._add(record)
        return record

    def adopt(self, rows: Iterable[JournalRow]) -> None:
        """Take over the unfinished users of a run that died."""
        for row in rows:
            record = Record(row.ref, row.email, state=row.state, reason=row.reason, phase=Phase.BEGUN)
            self._add(record)
            self.add_ids(record, [row.id] if row.id else [])

    def _add(self, record: Record) -> None:
        self.records.append(record)
        if record.state is not State.REFUSED:
            self._alive[record.ref] = record

    def mark_as(
        self, records: Sequence[Record], state: State, user_id: str | None = None, reason: str | None = None
    ) -> None:
        """Write down, at once, the state of users; if the journal cannot be written, cleanup goes on without it."""
        for record in records:
            record.state = state
            if state in (State.GONE, State.REFUSED):
                self._alive.pop(record.ref, None)
            else:
                self._alive[record.ref] = record
        if not records:
            return
        try:
            self._journal.set_state([record.ref for record in records], state, user_id, reason)
        except sqlite3.Error as error:
            for record in records:
                which = record.email or ", ".join(sorted(record.ids))
                log.warning("%s", f"the journal could not note the state '{state}' of {which}: {error}")

    def add_ids(self, record: Record, user_ids: Iterable[str]) -> None:
        """Count these ids among those that a request has created."""
        record.ids.update(user_ids)
        if record.email:
            self._ids_by_email[folded(record.email)] |= record.ids

    def drop_ids(self, record: Record, user_ids: Iterable[str]) -> None:
        """Forget ids that turned out to be other clients'."""
        record.ids.difference_update(user_ids)
        self._ids_by_email[folded(record.email)].difference_update(user_ids)

    def facts(self, user_id: str) -> IdFacts:
        """Return what is known of an id, without writing anything down."""
        return self.ids.get(user_id) or IdFacts()

    def note_created(self, record: Record, user: User, source: str = "") -> None:
        """Write down the user that a create has produced; `source` is the rule of the view that showed them, if any."""
        facts = self.ids[user.id]
        facts.record = record
        if source:
            facts.source = facts.source or source
        elif user.email and user.email == folded(record.email):
            facts.is_proven_by_create = True
        self.add_ids(record, [user.id])
        self.mark_as([record], State.CREATED, user.id)

    def note_email(self, user_id: str, email: str | None) -> None:
        """Remember that a user was shown with an email."""
        if email:
            self._ids_by_email[folded(email)].add(user_id)

    def note_owner(self, user_id: str, owner: Owner) -> None:
        """Remember whose user a read has shown; a read that shows nobody does not undo an earlier proof."""
        facts = self.ids[user_id]
        if owner is not Owner.UNKNOWN or facts.owner is not Owner.RUN:
            facts.owner, facts.read_after = owner, len(self.records)
        facts.was_proven = facts.was_proven or owner is Owner.RUN

    def may_be_named(self, user_id: str) -> bool:
        """Whether the last read of an id showed it to be the run's, or free, with no create since."""
        facts = self.facts(user_id)
        is_free = facts.owner is Owner.NONE and facts.read_after == len(self.records)
        return user_id not in self.existing and (is_free or facts.owner is Owner.RUN)

    def is_anothers(self, record: Record, user_id: str) -> bool:
        """Whether another request has created the user with this id, and so has to delete them."""
        other = self.facts(user_id).record or record
        return other is not record and other.state is not State.GONE and user_id in other.ids - other.deleted

    def ids_of(self, email: str | None) -> set[str]:
        """Return the ids that this run knows to hold an email."""
        return set(self._ids_by_email.get(folded(email), ())) if email else set()

    @property
    def created(self) -> set[str]:
        """The ids of the users that this run is known to have created."""
        return {user_id for record in self.records if record.state is not State.INTENDED for user_id in record.ids}

    @property
    def deleted(self) -> set[str]:
        """The ids that cleanup has deleted; scenarios have deleted the others."""
        return {user_id for record in self.records if record.confirmed_at for user_id in record.deleted}

    def without_deleted(self, ids: Iterable[str]) -> set[str]:
        """Return these ids without those whose deletion was confirmed, which new users may have by now."""
        records = {user_id: self.facts(user_id).record for user_id in ids}
        return {user_id for user_id, record in records.items() if record is None or user_id not in record.deleted}

    @property
    def gone(self) -> set[str]:
        """The ids that were confirmed gone."""
        return {user_id for record in self.records if record.state is State.GONE for user_id in record.ids}

    @property
    def alive(self) -> list[Record]:
        """The records whose users may exist and are not yet confirmed gone."""
        return list(self._alive.values())

    @property
    def alive_count(self) -> int:  # quick, as each create asks for it
        return len(self._alive)

    def counts(self) -> Counts:
        alive = len(one_per_user(self.alive)) + self.without_id
        return Counts(len(self.created), len(self.deleted), len(self.gone), alive)

    def in_brief(self) -> str:
        """Return in one line what became of all users."""
        return f"run {self.mark}: {self.counts()}"

    def unfinished(self) -> list[Record]:
        """Return the records whose users can still be looked for and deleted."""
        return [record for record in self.records if record.state is not State.GONE and not record.unprovable]

    def write_down_left(self) -> list[Record]:
        """Return what could not be confirmed gone, and write it down as left."""
        left = [record for record in self.records if record.state is not State.GONE]
        for record in left:
            record.reason = record.reason or "not confirmed before the cleanup deadline"
            self.mark_as([record], State.LEFT, reason=record.reason)
        return left

    async def keep_lease(self) -> None:
        """Renew the run's lease without end, even after an error, which may be temporary."""
        is_logged = False
        while True:
            await asyncio.sleep(HEARTBEAT_S)
            try:
                self._journal.beat(self.mark)
            except sqlite3.Error as error:
                if not is_logged:
                    log.warning(
                        "the journal cannot note that this run goes on, so others may take it for dead: %s", error
                    )
                is_logged = True

    def close(self) -> None:
        """Write down that the run is over."""
        self._journal.close_run(self.mark)


def folded(email: str | None) -> str:
    """Return an email as emails are compared."""
    return (email or "").lower()
