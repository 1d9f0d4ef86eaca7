"""Finishing what a run that was killed left behind: for the same target only, and never for a run that is alive."""

from __future__ import annotations

import logging
from typing import Protocol

from support.cleanup.journal import Journal
from support.cleanup.registry import Registry
from support.errors import LeftBehind
from support.settings import Settings

log = logging.getLogger("acceptance.cleanup")
EMBEDDED = "embedded"


class Cleanable(Protocol):
    """A connection to a target with a journal of what was made there."""

    settings: Settings
    journal: Journal

    def new_registry(self, mark: str) -> Registry: ...


def finish_dead_runs(opened: Cleanable, target: str) -> int:
    """Delete what dead runs against this target left; return how many users went. What stays is logged, not raised."""
    recovered = 0
    for run in opened.journal.dead_runs(target):
        registry = opened.new_registry(run.mark)
        if run.target == EMBEDDED:
            registry.forget(opened.journal.unfinished(run.mark))
            opened.journal.close_run(run.mark)
        else:
            recovered += finish(registry, opened.journal, opened.settings.cleanup_deadline_s)
    return recovered


def finish(registry: Registry, journal: Journal, deadline_s: float) -> int:
    """Delete what the run of this registry left; return how many users went."""
    registry.adopt(journal.unfinished(registry.mark))
    try:
        registry.prove_nothing_is_left(deadline_s)
    except LeftBehind as left:
        log.warning("an earlier run is not cleaned up yet: %s", left)
    else:
        journal.close_run(registry.mark)
    if registry.deleted:
        log.info("finished what an earlier run (%s) had left: %d user(s) deleted", registry.mark, registry.deleted)
    return registry.deleted
