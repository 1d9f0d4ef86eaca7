"""Remove what earlier runs left behind: `python -m support.cleanup`, which only shows it until it is told `--yes`."""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Sequence
from datetime import datetime

from support import settings as settings_module
from support.cleanup.marks import mark_in
from support.cleanup.recovery import finish
from support.connection import Connection
from support.contract.normalizers import users_of
from support.errors import SettingsError, SuiteError
from support.models import User
from support.reporting.logs import set_up_logs

SHORTEST_MARK = 4
UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86400}
FAULT = 2
LEFT = 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return 0 where nothing is left, 1 where something is, 2 where it could not be found out."""
    options = _parser().parse_args(arguments)
    try:
        set_up_logs("WARNING")
        older_than_s = _seconds(options.older_than)
        wanted = _wanted(options.mark)
        opened = Connection(_settings())
        try:
            return _clean(opened, options, older_than_s, wanted)
        finally:
            opened.close()
    except SuiteError as error:
        print(f"{error.outcome}: {error}", file=sys.stderr)
        return FAULT


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m support.cleanup",
        description="Shows, or with --yes deletes, what dead runs left on the target that BASE_URL and TOKEN name.",
        epilog="Only users whose address carries the mark of a run of this suite in full are ever deleted.",
    )
    parser.add_argument("--dry-run", action="store_true", help="only show what would be deleted (the default)")
    parser.add_argument("--yes", action="store_true", help="delete it")
    parser.add_argument("--older-than", metavar="TIME", help="only runs that began that long ago: 90s, 30m, 2h, 1d")
    parser.add_argument(
        "--all-runs", action="store_true", help="also runs that the journal does not know, by their marks"
    )
    parser.add_argument(
        "--mark", metavar="MARK", help="only the runs whose mark contains this, at least four characters"
    )
    return parser


def _settings() -> settings_module.Settings:
    settings = settings_module.load()
    if settings.base_url is None:
        raise SettingsError(
            "BASE_URL: it is not set. The embedded API keeps nothing between runs; name the target to clean."
        )
    return settings


def _seconds(text: str | None) -> float:
    if text is None:
        return 0.0
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd])", text)
    if match is None:
        raise SettingsError(
            f"--older-than: it got {text!r}; it wants a number with s, m, h or d behind it, such as 2h."
        )
    return float(match[1]) * UNITS_S[match[2]]


def _wanted(mark: str | None) -> str:
    if mark is not None and len(mark.removeprefix("uat-")) < SHORTEST_MARK:
        raise SettingsError(f"--mark: it got {mark!r}; it wants at least {SHORTEST_MARK} characters beside uat-.")
    return (mark or "").lower()


def _clean(opened: Connection, options: argparse.Namespace, older_than_s: float, wanted: str) -> int:
    by_list = options.all_runs or bool(wanted)
    marks = _marks(opened, by_list, time.time() - older_than_s)
    chosen = [mark for mark in marks if wanted in mark]
    if not chosen:
        print(f"Nothing is left of dead runs on {opened.target.base_url}.")
        return 0
    left = sum(_show_or_delete(opened, mark, delete=options.yes and not options.dry_run) for mark in chosen)
    if left and not options.yes:
        print(f"{left} user(s) would be deleted; add --yes to do it.")
    return LEFT if left else 0


def _marks(opened: Connection, by_list: bool, before: float) -> list[str]:
    """Return the marks of dead runs that began before a moment: those in the journal, and those that the list shows.

    A run that the journal does not know is as old as its newest user.
    """
    known = {run.mark: run.started for run in opened.journal.dead_runs(opened.target.key)}
    shown = users_of(opened.http.run(opened.api.list()).answer, opened.profile) if by_list else []
    for user in shown:
        mark = mark_in(user.email)
        if mark is not None and mark not in known and not opened.journal.is_live(mark):
            known[mark] = max(_made_at(one) for one in shown if mark_in(one.email) == mark)
    return sorted(mark for mark, began in known.items() if began <= before)


def _made_at(user: User) -> float:
    """Return when a user was made, in seconds since the epoch; now where that cannot be told."""
    try:
        return datetime.fromisoformat(str(user.created_at)).timestamp()
    except ValueError:
        return time.time()


def _show_or_delete(opened: Connection, mark: str, delete: bool) -> int:
    """Return how many users of a run are left."""
    looking = opened.new_registry(mark)
    looking.adopt(opened.journal.unfinished(mark))
    users = looking.survey()
    for user in users:
        print(f"{'deleting' if delete else 'would delete'} {user.id}  {user.email}")
    if not delete:
        return len(users)
    registry = opened.new_registry(mark)
    deleted = finish(registry, opened.journal, opened.settings.cleanup_deadline_s)
    print(f"{deleted} user(s) of run {mark} deleted, {registry.alive} left.")
    return registry.alive


if __name__ == "__main__":
    sys.exit(main())
