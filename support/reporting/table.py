"""The end of a run on the terminal: a table, what went wrong outside the scenarios, and the outcome."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path

from support.errors import Outcome
from support.reporting.results import KNOWN_DEVIATION, Result
from support.reporting.screen import Screen, fitted, wrapped
from support.reporting.summary import RuleResult, Summary

LABEL = 11
MOST_AGAIN = 5
ORDER = (Result.PASSED, *(result for result in Result if result is not Result.PASSED))
COLOURS: Mapping[str, str] = {
    Outcome.PASSED: "green",
    Outcome.CONTRACT_BROKEN: "red",
    Outcome.LEFT_BEHIND: "magenta",
    Result.FAILED: "red",
    Result.KNOWN_DEVIATION: "dim",
    Result.NOT_RUN: "dim",
    Result.SKIPPED: "dim",
}


def colour_of(outcome: str) -> str:
    """Return the colour of an outcome or a result."""
    return COLOURS.get(outcome, "yellow")


def closing_lines(summary: Summary, path: Path | None, screen: Screen, table: bool = True) -> Iterator[str]:
    """Yield the last lines of a run; the very last one begins with the outcome."""
    if table:
        yield ""
        for label, text in _rows(summary, path):
            first, *more = wrapped(text, screen.width - LABEL)
            yield screen.paint(f"{label:<{LABEL}}", "dim") + first
            yield from (" " * LABEL + line for line in more)
        yield ""
        yield from _around(summary, screen)
        yield from _again(summary, screen)
    text = f": {summary.why}" if summary.why else ""
    yield screen.paint(fitted(f"{summary.outcome}{text}", screen.width).rstrip(), "bold", colour_of(summary.outcome))


def _rows(summary: Summary, path: Path | None) -> Iterator[tuple[str, str]]:
    yield "features", counted(summary.features_by_result)
    yield "rules", counted(summary.rules_by_result)
    yield "scenarios", counted(summary.scenarios_by_result)
    users = summary.users
    recovered = f", {users.recovered} of dead runs deleted" if users.recovered else ""
    made = f"{users.created} created, {users.deleted} deleted, {users.gone} gone, {users.left_behind} left behind"
    yield "users", made + recovered
    yield "requests", f"{summary.requests.sent} for {summary.requests.calls} calls, {_retries(summary)}"
    if fives := summary.requests.retried_causes.get("500"):
        yield "status 500", f"{fives} times, resolved by a retry; 500 is never a correct answer"
    if slowest := max(summary.rules, key=_seconds, default=None):
        yield "slowest", f"{slowest.id}, {slowest.seconds:.1f} s in {slowest.scenarios} scenarios"
    yield "time", _duration(summary.seconds)
    yield "run", f"{summary.run or 'without a mark'}, data seed {summary.seed}, target {summary.target or 'unknown'}"
    yield "summary", _short(path) if path else "not written"


def _seconds(rule: RuleResult) -> float:
    return rule.seconds


def counted(counts: Mapping[str, int]) -> str:
    """Return counts in words, passed ones first."""
    known = [f"{counts[outcome]} {outcome}" for outcome in ORDER if counts.get(outcome)]
    return ", ".join(known) or "none"


def _retries(summary: Summary) -> str:
    causes = ", ".join(f"{cause} x{number}" for cause, number in summary.requests.retried_causes.items())
    return f"{summary.requests.retried_calls} retried ({causes})" if causes else "none retried"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{minutes:.0f} min {rest:.0f} s" if minutes else f"{rest:.1f} s"


def _short(path: Path) -> str:
    try:
        return path.relative_to(Path.cwd()).as_posix()
    except ValueError:
        return os.fspath(path)


def _around(summary: Summary, screen: Screen) -> Iterator[str]:
    """Tell what went wrong outside the scenarios, which no failure has shown yet."""
    for failure in summary.failures:
        if not failure.scenario:
            where = f" in {failure.feature}" if failure.feature else ""
            yield screen.paint(f"{failure.outcome}{where}", colour_of(failure.outcome))
            for line in failure.text.splitlines():
                yield from (f"  {piece}" for piece in wrapped(line, screen.width - 2))
            yield ""


def _again(summary: Summary, screen: Screen) -> Iterator[str]:
    """Say how the scenarios that did not pass are run again, with the same people."""
    bad = (failure for failure in summary.failures if failure.outcome != KNOWN_DEVIATION)
    places = list(dict.fromkeys(failure.location for failure in bad if failure.scenario))
    if places:
        yield screen.paint("To play them again with the same people:", "dim")
        seed = f" -D data_seed={summary.seed}" if summary.seed is not None else ""
        lines = [f"  behave{seed}", *(f"    {shlex.quote(place)}" for place in places[:MOST_AGAIN])]
        yield from (f"{line} \\" for line in lines[:-1])
        yield lines[-1] + (f"   # and {len(places) - MOST_AGAIN} more" if len(places) > MOST_AGAIN else "")
        yield ""
