"""The users that earlier runs left behind: `python -m support.cleanup` lists them, or with `--yes` deletes them."""

from __future__ import annotations

import argparse
import contextlib
import math
import re
import sqlite3
import sys
import time
from collections.abc import Sequence

from support import settings as settings_module
from support.cleanup.left import outcome_of
from support.cleanup.marks import mark_in
from support.cleanup.recovery import finish
from support.contract.normalizers import users_in
from support.errors import Inconclusive, SettingsError, SuiteError, TargetDown, in_short, number_of
from support.escaping import on_one_line
from support.models import User
from support.redaction import redacted
from support.reporting.logs import set_up_logs
from support.streams import say
from support.target.connection import Connection
from support.target.diagnosis import why_no_list

SHORTEST_MARK = 4
UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86400}
FAULT = 2
LEFT = 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return 0 if no user is left, 1 if some are, 2 if the command could not find out."""
    options = _parser().parse_args(arguments)
    try:
        set_up_logs("WARNING")
        oldest_s, part_of_mark = _seconds(options.older_than), _part_of_mark(options.mark)
        with contextlib.closing(Connection(_settings())) as connection:
            return _clean(connection, options, oldest_s, part_of_mark)
    except SuiteError as error:
        return _report(error)
    except KeyboardInterrupt:
        rest = "; run the same command again to delete the rest" if options.yes and not options.dry_run else ""
        return _report(Inconclusive(f"interrupted{rest}"))
    except (OSError, sqlite3.Error) as error:
        return _report(SuiteError(f"{type(error).__name__}: {error}"))


def _report(error: SuiteError) -> int:
    say(sys.stderr, redacted(f"{error.outcome}: {error}\n"))
    return FAULT


def _print(line: str) -> None:
    say(sys.stdout, f"{on_one_line(redacted(line))}\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m support.cleanup",
        description="List, or with --yes delete, the users that dead runs left on the target of BASE_URL and TOKEN.",
        epilog="It deletes only users whose email, or name where no email is shown, has the whole mark of a run.",
    )
    add = parser.add_argument
    add("--dry-run", action="store_true", help="only list the users that it would delete (the default)")
    add("--yes", action="store_true", help="delete them")
    add("--older-than", metavar="TIME", help="only runs that began at least that long ago: 90s, 30m, 2h, 1d")
    add(
        "--all-runs",
        action="store_true",
        help="also runs that are not in this journal, found by their marks, even if one still goes on elsewhere",
    )
    add(
        "--mark",
        metavar="MARK",
        help="only runs whose mark contains this (at least four characters after uat-), found as with --all-runs",
    )
    return parser


def _settings() -> settings_module.Settings:
    settings = settings_module.load()
    if settings.base_url is None:
        raise SettingsError(
            "BASE_URL: it is not set. The embedded API stores nothing between runs; name the target to clean."
        )
    return settings


def _seconds(text: str | None) -> float:
    match = re.fullmatch(r"(\d{1,9}(?:\.\d+)?)([smhd])", "0s" if text is None else text)
    if match is None:
        raise SettingsError(
            f"--older-than: it got {in_short(str(text))!r}; it wants a number followed by s, m, h or d, such as 2h."
        )
    return float(match[1]) * UNITS_S[match[2]]


def _part_of_mark(text: str | None) -> str:
    part = (text or "").lower()
    if text is not None and len(part.removeprefix("uat-")) < SHORTEST_MARK:
        raise SettingsError(f"--mark: it got {text!r}; it wants at least {SHORTEST_MARK} characters after uat-.")
    return part


def _clean(connection: Connection, options: argparse.Namespace, oldest_s: float, part_of_mark: str) -> int:
    has_list = connection.profile.capabilities.list
    first = connection.http.run(connection.api.send(connection.api.call("GET"))) if has_list else None
    if first is not None and first.status == 200 and (why := why_no_list(first, connection.profile)) is not None:
        raise SettingsError(why)
    reads_list = options.all_runs or (has_list and bool(part_of_mark))
    runs = _dead_runs(connection, reads_list)
    latest = math.inf if options.older_than is None else time.time() - oldest_s
    chosen = sorted(mark for mark, began in runs.items() if part_of_mark in mark and began <= latest)
    if not chosen:
        of_these = " that --mark and --older-than choose" if runs else ""
        known = "" if reads_list else " in this journal"
        others = "" if reads_list or not has_list else "; --all-runs also looks for users of other runs"
        _print(f"Dead runs{known}{of_these} have left nobody on {connection.target.base_url}{others}.")
        return 0
    deletes = options.yes and not options.dry_run
    counts = [_show_or_delete(connection, mark, deletes) for mark in chosen]
    left, unclear = (sum(numbers) for numbers in zip(*counts, strict=True))
    if not left and not unclear and not deletes:
        _print(f"{number_of(len(chosen), 'dead run')} left nobody on {connection.target.base_url}.")
    if left and not deletes:
        _print(f"{number_of(left, 'user')} would be deleted; add --yes to do it.")
    return LEFT if left or unclear else 0


def _dead_runs(connection: Connection, reads_list: bool) -> dict[str, float]:
    """Return when each dead run began, by its mark: the runs in the journal, and those whose users the list shows.

    A run that is not in the journal is as old as its newest user; a user without createdAt counts as created now.
    """
    journal = connection.journal
    runs = {run.mark: run.started for run in journal.dead_runs(connection.target.key)}
    unknown: dict[str, float] = {}
    for user in _listed(connection) if reads_list else ():
        mark = mark_in(user.email)
        if mark is not None and mark not in runs and not journal.is_live(mark):
            created = connection.profile.shape.moment(user.created_at)
            began = time.time() if created is None else created.timestamp()
            unknown[mark] = max(unknown.get(mark, -math.inf), began)
    return runs | unknown


def _listed(connection: Connection) -> list[User]:
    """Read the list of users; raises TargetDown if it cannot be read, SettingsError if the target has no list."""
    if not connection.profile.capabilities.list:
        raise SettingsError(
            f"--all-runs: by its profile, {connection.target.base_url} has no list of users. Without this option, the "
            "command lists what is in the journal, or deletes it with --yes."
        )
    exchange = connection.http.run(connection.api.list())
    users = users_in(exchange.answer, connection.profile)
    if users is None:
        raise TargetDown(
            f"{connection.target.base_url}: the suite cannot read the list of users that shows who is left: "
            f"{outcome_of(exchange)}."
        )
    return users


def _show_or_delete(connection: Connection, mark: str, delete: bool) -> tuple[int, int]:
    """List or delete the users of a run; return how many are left, and how many others may be."""
    journal = connection.journal
    shown = connection.new_registry(mark)
    shown.ledger.adopt(journal.unfinished(mark))
    users, unclear = shown.survey()
    for user in users:
        _print(f"{'deleting' if delete else 'would delete'} {user.id}  {user.email}")
    if not delete:
        for one in unclear:
            _print(f"may be left: {one}; no read and no search shows whether this is a user of run {mark}")
        return len(users), len(unclear)
    registry = connection.new_registry(mark)
    deleted = finish(registry, journal, connection.settings.cleanup_deadline_s)
    left = registry.ledger.counts().alive
    _print(f"run {mark}: {number_of(deleted, 'deletion')} confirmed, {number_of(left, 'user')} left.")
    return left, 0
