"""Finishing what a run that was killed left behind: for the same target only, and never for a run that is alive."""

from __future__ import annotations

import logging
from collections.abc import Callable

from support.cleanup.journal import Journal
from support.cleanup.registry import Registry
from support.errors import LeftBehind

log = logging.getLogger("acceptance.cleanup")
EMBEDDED = "embedded"


def finish_dead_runs(journal: Journal, target: str, new_registry: Callable[..., Registry], deadline_s: float) -> int:
    """Delete what dead runs against this target left; return how many users went. What stays is logged, not raised."""
    recovered = 0
    for run in journal.dead_runs(target):
        registry = new_registry(mark=run.mark)
        if run.target != EMBEDDED:
            recovered += finish(registry, journal, run.mark, deadline_s)
        else:
            registry.forget(journal.unfinished(run.mark))
            journal.close_run(run.mark)
    return recovered


def finish(registry: Registry, journal: Journal, mark: str, deadline_s: float) -> int:
    """Delete what the run with this mark left; return how many users went."""
    registry.adopt(journal.unfinished(mark))
    try:
        registry.prove_nothing_is_left(deadline_s)
    except LeftBehind as left:
        log.warning("an earlier run is not cleaned up yet: %s", left)
    else:
        journal.close_run(mark)
    if registry.deleted:
        log.info("finished what an earlier run (%s) had left: %d user(s) deleted", mark, registry.deleted)
    return registry.deleted
