"""Delete the users that ended processes have left on a target, for the command that started the processes."""

from __future__ import annotations

import contextlib

from support.cleanup.recovery import finish_dead_runs
from support.errors import LeftBehind, SuiteError
from support.settings import Settings
from support.target.connection import Connection


def sweep(settings: Settings) -> list[SuiteError]:
    """Delete the users of all dead runs against the target; return what keeps them from being gone."""
    try:
        with contextlib.closing(Connection(settings)) as connection:
            target = connection.target.key
            finish_dead_runs(connection, target)
            stay = [run.mark for run in connection.journal.dead_runs(target)]
    except SuiteError as error:
        return [error]
    if not stay:
        return []
    advice = (
        "The next run against this target tries again to delete them; to try now, with BASE_URL, TOKEN and TARGET of "
        "this API: python -m support.cleanup --yes"
    )
    return [LeftBehind(f"the users of runs that have ended ({', '.join(stay)}) are not all deleted. {advice}")]
