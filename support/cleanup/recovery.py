"""Delete the users that a killed run left behind: for the same target only, and never for a run that is alive."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import time
from collections.abc import Iterator
from typing import Protocol

from support.cleanup.journal import Journal, State
from support.cleanup.marks import mark_in
from support.cleanup.registry import Registry
from support.contract.normalizers import users_of
from support.errors import ContractViolation, LeftBehind, number_of
from support.models import EMBEDDED, Exchange
from support.profile import Profile
from support.settings import Settings

log = logging.getLogger("acceptance.cleanup")
LEAST_S = 1.0


class Cleanable(Protocol):
    """A connection to a target with a journal of what was created there."""

    settings: Settings
    journal: Journal

    def new_registry(self, mark: str) -> Registry: ...


def finish_dead_runs(opened: Cleanable, target: str) -> int:
    """Delete what dead runs against this target left; return how many users were deleted.

    Users who stay are only logged. A run that had ended may have users again: those of a request that the
    target carried out later.
    """
    journal = opened.journal
    if target == EMBEDDED:  # an embedded API's users ended with it
        for run in journal.dead_runs(target):
            with _logging_what_cannot_be_written(run.mark):
                journal.set_state([row.ref for row in journal.unfinished(run.mark)], State.GONE)
                journal.close_run(run.mark)
        return 0
    ends = time.monotonic() + opened.settings.cleanup_deadline_s
    runs = [*journal.dead_runs(target), *journal.finished_runs(target)]
    return sum(finish(opened.new_registry(run.mark), journal, max(LEAST_S, ends - time.monotonic())) for run in runs)


def finish(registry: Registry, journal: Journal, deadline_s: float) -> int:
    """Delete what the run of this registry left; return how many users were deleted."""
    registry.ledger.adopt(journal.unfinished(registry.mark))
    done = "deleted users of"
    try:
        registry.prove_nothing_is_left(deadline_s)
        registry.ownership.check_answers()
    except (ContractViolation, LeftBehind, sqlite3.Error) as left:
        log.warning("the earlier run %s is not cleaned up yet: %s", registry.mark, left)
    else:
        with _logging_what_cannot_be_written(registry.mark):
            journal.close_run(registry.mark)
            done = "finished what was left by"
    deleted = len(registry.ledger.deleted)
    if deleted:
        log.info("%s the earlier run %s: %s confirmed", done, registry.mark, number_of(deleted, "deletion"))
    return deleted


@contextlib.contextmanager
def _logging_what_cannot_be_written(mark: str) -> Iterator[None]:
    """Go on if the end of a run cannot be written down; the next run does it."""
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        log.warning("the journal does not know that run %s is over: %s", mark, error)


def others_in(listed: Exchange, profile: Profile, journal: Journal) -> frozenset[str]:
    """Return the ids in a list, except those of the users of other live runs, whose ids may be assigned again."""
    marks = {user.id: mark_in(user.email) for user in users_of(listed.answer, profile)}
    return frozenset(user_id for user_id, mark in marks.items() if mark is None or not journal.is_live(mark))
