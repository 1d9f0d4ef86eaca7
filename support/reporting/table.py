"""The end of a run on the terminal: what was played, made and sent, and on the last line what came of it."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path

from support.reporting.screen import Screen, fitted, wrapped
from support.reporting.summary import RuleResult, Summary
from support.reporting.verdicts import KEPT, KNOWN_DEVIATION, NOT_JUDGED, NOT_PLAYED, SKIPPED, WORST_FIRST

LABEL = 11
MOST_AGAIN = 5
ORDER = (KEPT, *WORST_FIRST, KNOWN_DEVIATION, SKIPPED, NOT_PLAYED, NOT_JUDGED)
COLOURS = {KEPT: "green", "promise broken": "red", "left behind": "magenta", "inconclusive": "yellow"}


def colour_of(outcome: str) -> str:
    """Return the colour that an outcome is shown in."""
    return COLOURS.get(outcome, "dim" if outcome in (KNOWN_DEVIATION, SKIPPED, NOT_PLAYED, NOT_JUDGED) else "yellow")


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
    yield "features", counted(summary.features)
    yield "rules", counted(summary.rules_by_outcome)
    yield "scenarios", counted(summary.scenarios_by_outcome)
    users = summary.users
    recovered = f", {users.recovered} of earlier runs cleared away" if users.recovered else ""
    made = f"{users.created} created, {users.deleted} deleted, {users.gone} seen gone, {users.left} left"
    yield "users", made + recovered
    yield "requests", f"{summary.requests.sent} for {summary.requests.calls} calls, {_retries(summary)}"
    if fives := summary.requests.covered.get("500"):
        yield "status 500", f"{fives} times, covered by a retry; 500 is never a right answer"
    if slowest := max(summary.rules, key=_seconds, default=None):
        yield "slowest", f"{slowest.id}, {slowest.seconds:.1f} s in {slowest.scenarios} scenarios"
    yield "time", _duration(summary.seconds)
    yield "run", f"{summary.run or 'without a mark'}, data seed {summary.seed}, target {summary.target or 'unknown'}"
    yield "summary", _short(path) if path else "not written"


def _seconds(rule: RuleResult) -> float:
    return rule.seconds


def counted(counts: Mapping[str, int]) -> str:
    """Return counts in words, what was kept first."""
    known = [f"{counts[outcome]} {outcome}" for outcome in ORDER if counts.get(outcome)]
    return ", ".join(known) or "none"


def _retries(summary: Summary) -> str:
    covered = ", ".join(f"{cause} x{number}" for cause, number in summary.requests.covered.items())
    return f"{summary.requests.retried_calls} retried ({covered})" if covered else "none retried"


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
    """Say how the scenarios that were not kept are played once more, with the same people."""
    bad = (failure for failure in summary.failures if failure.outcome != KNOWN_DEVIATION)
    places = list(dict.fromkeys(failure.location for failure in bad if failure.scenario))
    if places:
        yield screen.paint("To play them again with the same people:", "dim")
        seed = f" -D data_seed={summary.seed}" if summary.seed is not None else ""
        lines = [f"  behave{seed}", *(f"    {shlex.quote(place)}" for place in places[:MOST_AGAIN])]
        yield from (f"{line} \\" for line in lines[:-1])
        yield lines[-1] + (f"   # and {len(places) - MOST_AGAIN} more" if len(places) > MOST_AGAIN else "")
        yield ""
