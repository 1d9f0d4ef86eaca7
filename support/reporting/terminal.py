"""behave's formatter for people: a line for each feature, and each failure as soon as it is known."""

from __future__ import annotations

import logging
import re
import sys
import threading
import time
from collections import Counter
from textwrap import shorten
from typing import Any

from behave.formatter.base import Formatter, StreamOpener
from behave.model import Feature, Scenario, Step

from support.errors import SuiteError
from support.reporting.console import Console
from support.reporting.progress import Progress
from support.reporting.results import KNOWN_DEVIATION, Failure, Result, failure_of, result_of
from support.reporting.run_report import UNREAD, RunReport
from support.reporting.summary import seconds_of_last_run

REDRAW_S = 0.1
SIGN_OF_LIFE_S = 15.0
VALUES = re.compile(r"\"(?:[^\"\\]|\\.)*\"|\d+")
"""What differs between failures of one kind: texts and numbers."""
LEAST_ROOM = 12


class TerminalFormatter(Formatter):  # type: ignore[misc]  # behave has no types
    """Shows the run as it goes on; `RunReport` prints its end."""

    name = "terminal"
    description = "A line for each feature, failures at once (the default of this suite)"

    def __init__(self, stream_opener: Any, config: Any) -> None:
        if stream_opener.name is None and stream_opener.stream is None:
            stream_opener = StreamOpener(stream=sys.stdout)  # there was none yet when behave looked for it
        super().__init__(stream_opener, config)
        self._console = Console(self.open(), config.color)
        self._progress: Progress | None = None
        self._over = threading.Event()
        self._drawn = 0.0
        self._feature: Feature | None = None
        self._scenario: Scenario | None = None
        self._counts: Counter[str] = Counter()
        self._causes: dict[tuple[str, ...], set[str]] = {}

    def feature(self, feature: Feature) -> None:
        if self._feature is None and self._report is not None:
            self._begin(self._report)
        self._feature, self._counts = feature, Counter()

    def _begin(self, report: RunReport) -> None:
        """Begin to show how far the run is: in a status line on a terminal, elsewhere in a line after some silence."""
        self._progress = Progress(report.features, self.config, seconds_of_last_run(report.parent or report.folder))
        if self._console.is_live:
            for handler in logging.getLogger("acceptance").handlers:
                handler.addFilter(self._clear_status)
        elif report.parent is None:
            threading.Thread(target=self._show_life, args=(self._progress,), daemon=True).start()

    def _clear_status(self, _record: logging.LogRecord) -> bool:
        self._console.clear_status()
        return True

    def _show_life(self, progress: Progress) -> None:
        while not self._over.wait(self._console.printed_at + SIGN_OF_LIFE_S - time.monotonic()):
            if time.monotonic() - self._console.printed_at >= SIGN_OF_LIFE_S:
                self._console.print(str(progress.standing))

    def scenario(self, scenario: Scenario) -> None:
        scenario = getattr(scenario, "played_for", scenario)
        if scenario is not self._scenario:  # a scenario that is played several times ends once
            self._end_scenario()
        self._scenario = scenario
        self._show_status()

    def result(self, _step: Step) -> None:
        self._show_status()

    def eof(self) -> None:
        self._end_scenario()
        if self._feature is not None and self._counts:
            from support.reporting.rendering import feature_line

            seconds = sum(scenario.duration for scenario in self._feature.walk_scenarios())
            self._console.print(feature_line(self._feature.name, self._counts, seconds))
        if self._feature is not None and self._progress is not None:
            self._progress.end_feature(self._feature)
            if self._counts:
                self._drawn = 0.0
                self._show_status()

    def close(self) -> None:
        self._over.set()
        self._end_scenario()
        self._console.clear_status()
        self.close_stream()
        if self._report is not None and not self._console.is_whole:
            self._report.add_fault(SuiteError(UNREAD))

    def _end_scenario(self) -> None:
        """Count the last scenario, and print its failure; behave calls no method after the hooks of a scenario."""
        scenario, self._scenario = self._scenario, None
        if scenario is None:
            return
        result = result_of(scenario, self.config)
        if result is not None and not self.config.dry_run:
            self._counts[result] += 1
        self._note_progress(scenario, result)
        failure = failure_of(scenario)
        if failure is not None:
            self._print_failure(failure)

    def _print_failure(self, failure: Failure) -> None:
        from support.reporting.rendering import print_again, print_failure

        if failure.outcome != KNOWN_DEVIATION:
            seen, kind = self._causes.setdefault(failure.cause, set()), VALUES.sub("", failure.shown)
            if seen:
                print_again(self._console, failure, kind not in seen)
            else:
                print_failure(self._console, failure)
            seen.add(kind)

    def _note_progress(self, scenario: Scenario, result: Result | None) -> None:
        if self._progress is None or self._report is None:
            return
        if result is Result.SKIPPED:
            self._progress.leave_out([scenario])
        else:
            self._progress.end(scenario)
        if self._report.parent is not None:
            self._progress.standing.write(self._report.folder)

    def _show_status(self) -> None:
        now = time.monotonic()
        if self._feature is None or not self._console.is_live or now - self._drawn < REDRAW_S or not self._progress:
            return
        self._drawn = now
        standing = str(self._progress.standing)
        room = self._console.width - len(standing) - 3
        name = shorten(self._feature.name, room, placeholder=" …") if room >= LEAST_ROOM else ""
        self._console.show_status(f"{standing}  {name}".rstrip())

    @property
    def _report(self) -> RunReport | None:
        return next((reporter for reporter in self.config.reporters if isinstance(reporter, RunReport)), None)
