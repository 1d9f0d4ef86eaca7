"""The format that a person watches: a line for each feature, and each failure at once, in about ten lines."""

from __future__ import annotations

import logging
import sys
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

from behave.formatter.base import Formatter, StreamOpener
from behave.model import Feature, Scenario, Step
from rich.cells import cell_len

from support.errors import SuiteError
from support.reporting.results import KNOWN_DEVIATION, Failure, Result, failure_of, plain, result_of, worst_result
from support.reporting.run_report import OUR_FORMAT, UNREAD, RunReport
from support.reporting.screen import Screen, fitted, wrapped
from support.reporting.table import colour_of, counted

LAST = 12
INDENT = "  "
MOST_LINES = 2
FEWEST_COLUMNS = 10
SENT = "  sent: "
REPEAT = "\n  repeat it: "
REDRAW_S = 0.1
TELLING = 5


class _Curtain(logging.Filter):
    """Takes the changing line away before a log line comes."""

    def __init__(self, screen: Screen) -> None:
        super().__init__()
        self._screen = screen

    def filter(self, record: logging.LogRecord) -> bool:  # noqa: ARG002 - the name is logging's
        self._screen.clear()
        return True


class TerminalFormatter(Formatter):  # type: ignore[misc]  # behave has no types
    """Shows a run as it goes on; its end is told by `RunReport`."""

    name = OUR_FORMAT
    description = "A line for each feature, failures at once (the default of this suite)"

    def __init__(self, stream_opener: Any, config: Any) -> None:
        if stream_opener.name is None and stream_opener.stream is None:
            stream_opener = StreamOpener(stream=sys.stdout)  # behave looked for it before there was one
        super().__init__(stream_opener, config)
        self._screen = Screen(self.open(), config.color)
        self._began = time.monotonic()
        self._drawn = 0.0
        self._done = 0
        self._feature: Feature | None = None
        self._scenario: Scenario | None = None
        self._counts: Counter[str] = Counter()

    def feature(self, feature: Feature) -> None:
        if self._feature is None:
            self._began = time.monotonic()
            self._draw_curtains()
        self._feature, self._counts = feature, Counter()

    def scenario(self, scenario: Scenario) -> None:
        self._settle()
        self._scenario = scenario
        self._show()

    def result(self, _step: Step) -> None:
        self._show()

    def eof(self) -> None:
        self._settle()
        if self._feature is not None and self._counts:
            self._tell_feature(self._feature.name, self._counts, self._spent(self._feature))

    def close(self) -> None:
        self._settle()
        self._screen.clear()
        self.close_stream()
        if self._report is not None and not self._screen.was_read:
            self._report.blame(SuiteError(UNREAD))

    def _settle(self) -> None:
        """Count the scenario that is over, and tell its failure, which may be one of its hooks."""
        scenario, self._scenario = self._scenario, None
        if scenario is None:
            return
        result = result_of(scenario, self.config)
        if result is not None and not self.config.dry_run:
            self._counts[result] += 1
            self._done += result is not Result.SKIPPED
        self._tell(scenario)

    def _tell(self, scenario: Scenario) -> None:
        failure = failure_of(scenario)
        if failure is not None:
            self._tell_failure(failure)

    def _tell_failure(self, failure: Failure) -> None:
        if failure.outcome != KNOWN_DEVIATION:
            self._screen.gap()
            for line in telling(failure, self._screen):
                self._screen.print(line)
            self._screen.gap()

    def _spent(self, feature: Feature) -> float:
        return float(sum(scenario.duration for scenario in feature.walk_scenarios()))

    # The line that changes

    def _show(self) -> None:
        now = time.monotonic()
        if self._feature is not None and self._screen.is_live and now - self._drawn >= REDRAW_S:
            self._drawn = now
            total = sum(bool(scenario.should_run(self.config)) for scenario in self._feature.walk_scenarios())
            counts = counted(self._counts) if self._scenario is None else f"{sum(self._counts.values())}/{total}"
            self._screen.show(self._line(self._feature.name, counts, self._counts, self._left(now)))

    def _line(self, name: str, told: str, counts: Counter[str], last: str) -> str:
        worst = worst_result(Result(result) for result in counts)
        wide = self._screen.width - LAST
        column = wide * 9 // 20
        shown = self._screen.paint(fitted(told, wide - column - 1), colour_of(worst))
        return f"{fitted(name, column)} {shown} {last}"

    def _tell_feature(self, name: str, counts: Counter[str], seconds: float) -> None:
        self._screen.print(self._line(name, counted(counts), counts, f"{seconds:6.1f} s"))

    def _left(self, now: float) -> str:
        """Say how long the rest may take, as soon as that can be told."""
        if self._report is None or self._done < TELLING:
            return ""
        left_s = (now - self._began) / self._done * max(0, self._report.selected - self._done)
        return f"{left_s:4.0f} s left"

    @property
    def _report(self) -> RunReport | None:
        return next((reporter for reporter in self.config.reporters if isinstance(reporter, RunReport)), None)

    def _draw_curtains(self) -> None:
        for handler in logging.getLogger("acceptance").handlers:
            if self._screen.is_live:
                handler.addFilter(_Curtain(self._screen))


def telling(failure: Failure, screen: Screen) -> Iterator[str]:
    """Yield a failure in about ten lines of the width of the screen; only a long word of a command goes beyond."""
    yield screen.paint(fitted(plain(failure.scenario), screen.width).rstrip(), "bold", colour_of(failure.outcome))
    yield screen.paint(f"{INDENT}{failure.location}  {failure.step}"[: screen.width], "dim")
    prose, _, command = failure.text.partition(REPEAT)
    lines = [line for line in prose.rstrip().splitlines() if not (command and line.startswith(SENT))]
    for number, line in enumerate(lines):
        hang = INDENT + " " * _hang(line)
        first, *more = wrapped(line.strip(), max(FEWEST_COLUMNS, screen.width - len(hang) - 2), MOST_LINES)
        yield screen.paint(f"{INDENT}{_lead(line)}{first}", *(["red"] if number == 0 else []))
        yield from (f"{hang}{piece}" for piece in more)
    if command:
        yield from _packed(command, f"{INDENT}{REPEAT.strip(chr(10))}", screen.width)


def _lead(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def _hang(line: str) -> int:
    """Return how far the lines after the first one stand in: under the text, where a label precedes it."""
    label, colon, rest = line.strip().partition(":")
    labelled = colon and " " not in label and rest.startswith("  ")
    return len(_lead(line)) + (len(label) + 1 + len(rest) - len(rest.lstrip()) if labelled else 2)


def _packed(command: str, lead: str, width: int) -> Iterator[str]:
    """Yield a curl command with as many of its arguments on a line as fit; it still runs as pasted."""
    lines: list[str] = []
    for piece in (piece.strip() for piece in command.split(" \\\n")):
        if lines and cell_len(lead) + cell_len(lines[-1]) + cell_len(piece) + len("  \\") <= width:
            lines[-1] += f" {piece}"
        else:
            lines.append(piece)
    for number, line in enumerate(lines):
        yield f"{lead if number == 0 else ' ' * len(lead)}{line}" + (" \\" if number < len(lines) - 1 else "")
