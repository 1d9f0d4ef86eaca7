"""Remove what earlier runs left behind: `python -m support.cleanup`, which only shows it until it is told `--yes`."""

from __future__ import annotations

import argparse
import math
import re
import sqlite3
import sys
import time
from collections.abc import Sequence
from datetime import datetime

from support import settings as settings_module
from support.cleanup.marks import mark_in
from support.cleanup.records import told_of
from support.cleanup.recovery import finish
from support.contract.normalizers import users_in
from support.errors import Inconclusive, SettingsError, SuiteError, TargetDown, in_short
from support.escaping import on_one_line
from support.models import User
from support.redaction import redacted
from support.reporting.logs import set_up_logs
from support.reporting.screen import say
from support.target.connection import Connection

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
        return _at_fault(error)
    except KeyboardInterrupt:
        return _at_fault(Inconclusive("interrupted; the same command goes on with whoever is left"))
    except (OSError, sqlite3.Error) as error:
        return _at_fault(SuiteError(f"{type(error).__name__}: {error}"))


def _at_fault(error: SuiteError) -> int:
    say(sys.stderr, redacted(f"{error.outcome}: {error}\n"))
    return FAULT


def _print(line: str) -> None:
    say(sys.stdout, f"{on_one_line(redacted(line))}\n")


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


def _seconds(text: str | None) -> float | None:
    if text is None:
        return None
    match = re.fullmatch(r"(\d{1,9}(?:\.\d+)?)([smhd])", text)
    if match is None:
        raise SettingsError(
            f"--older-than: it got {in_short(text)!r}; it wants a number with s, m, h or d behind it, such as 2h."
        )
    return float(match[1]) * UNITS_S[match[2]]


def _wanted(mark: str | None) -> str:
    if mark is not None and len(mark.removeprefix("uat-")) < SHORTEST_MARK:
        raise SettingsError(f"--mark: it got {mark!r}; it wants at least {SHORTEST_MARK} characters beside uat-.")
    return (mark or "").lower()


def _clean(opened: Connection, options: argparse.Namespace, older_than_s: float | None, wanted: str) -> int:
    by_list = options.all_runs or bool(wanted)
    runs = _dead_runs(opened, by_list)
    before = math.inf if older_than_s is None else time.time() - older_than_s
    chosen = sorted(mark for mark, began in runs.items() if wanted in mark and began <= before)
    if not chosen:
        _print(f"Nothing is left of dead runs on {opened.target.base_url}.")
        return 0
    left = sum(_show_or_delete(opened, mark, delete=options.yes and not options.dry_run) for mark in chosen)
    if left and not options.yes:
        _print(f"{left} user(s) would be deleted; add --yes to do it.")
    return LEFT if left else 0


def _dead_runs(opened: Connection, by_list: bool) -> dict[str, float]:
    """Return when each dead run began, by its mark: those in the journal, and those that the list shows.

    A run that the journal does not know is as old as its newest user.
    """
    known = {run.mark: run.started for run in opened.journal.dead_runs(opened.target.key)}
    shown = _everybody(opened) if by_list else []
    for user in shown:
        mark = mark_in(user.email)
        if mark is not None and mark not in known and not opened.journal.is_live(mark):
            known[mark] = max(_made_at(one) for one in shown if mark_in(one.email) == mark)
    return known


def _everybody(opened: Connection) -> list[User]:
    """Read the list; raises TargetDown where that is not possible."""
    exchange = opened.http.run(opened.api.list())
    users = users_in(exchange.answer, opened.profile)
    if users is None:
        raise TargetDown(
            f"{opened.target.base_url}: the list of users cannot be read, so who is left cannot be told: "
            f"{told_of(exchange)}."
        )
    return users


def _made_at(user: User) -> float:
    """Return when a user was made, in seconds since the epoch; now where that cannot be told."""
    try:
        return datetime.fromisoformat(str(user.created_at)).timestamp()
    except (ValueError, OverflowError):
        return time.time()


def _show_or_delete(opened: Connection, mark: str, delete: bool) -> int:
    """Return how many users of a run are left."""
    looking = opened.new_registry(mark)
    looking.adopt(opened.journal.unfinished(mark))
    users = looking.survey()
    for user in users:
        _print(f"{'deleting' if delete else 'would delete'} {user.id}  {user.email}")
    if not delete:
        return len(users)
    registry = opened.new_registry(mark)
    deleted = finish(registry, opened.journal, opened.settings.cleanup_deadline_s)
    _print(f"{deleted} user(s) of run {mark} deleted, {registry.alive} left.")
    return registry.alive
