"""The report of a run while it goes on: a behave reporter that sees every feature and has the last word."""

from __future__ import annotations

import contextlib
import platform
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from behave.formatter.base import StreamOpener
from behave.model import Feature, Scenario
from behave.reporter.base import Reporter
from behave.reporter.summary import AbstractSummaryReporter

from support.errors import ContractViolation, SettingsError, SuiteError
from support.http.recorder import Metrics
from support.redaction import redacted
from support.reporting.screen import Screen
from support.reporting.summary import (
    FILE,
    Played,
    Requests,
    Summary,
    Users,
    judged,
    of_nothing,
    sum_of_requests,
    sum_of_users,
)
from support.reporting.table import closing_lines
from support.reporting.verdicts import (
    KEPT,
    KNOWN_DEVIATION,
    NOT_PLAYED,
    NOT_SELECTED,
    SKIPPED,
    Failure,
    failure_of,
    failures_of_feature,
    outcome_of,
    rule_of,
    verdict_of,
)

if TYPE_CHECKING:
    from support.cleanup.registry import Registry

OUR_FORMAT = "terminal"
FAILED = 1


class RunReport(Reporter):  # type: ignore[misc]  # behave has no types
    """What is known of a run: its features, what it made and sent, and what went wrong around the scenarios."""

    def __init__(self, config: Any, folder: Path, features: list[Feature] | None = None) -> None:
        super().__init__(config)
        self.folder = folder
        self._to_play = [] if features is None else features
        self.features: list[Feature] = list(self._to_play)
        self.others: list[Summary] = []
        self._lost: list[Feature] = []
        self._started = datetime.now().astimezone()
        self._clock = time.monotonic()
        self._told = False
        self._faults: list[Failure] = []
        self._known: dict[str, Any] = {}
        self._tally = Metrics()
        self._registry: Registry | None = None
        self._recovered = 0
        self._crowds: Sequence[str] = ()
        _make_ready(folder)

    def take_over(self) -> None:
        """Become the last reporter of this run; behave's own summary stays only beside a format that is not ours."""
        reporters = self.config.reporters
        if OUR_FORMAT in self.config.format:
            reporters[:] = [reporter for reporter in reporters if not isinstance(reporter, AbstractSummaryReporter)]
        self.config.show_snippets = False
        reporters.append(self)

    def meet(
        self,
        *,
        target: str,
        profile: str,
        seed: int,
        registry: Registry,
        metrics: Metrics,
        recovered: int,
        crowds: Sequence[str] = (),
    ) -> None:
        """Learn who runs against what; registry, tally and the notes on crowds are read when the run is over."""
        self._known = {"run": registry.mark, "seed": seed, "target": redacted(target), "profile": profile}
        self._registry, self._tally, self._recovered, self._crowds = registry, metrics, recovered, crowds

    @property
    def identity(self) -> dict[str, Any]:
        """What the run is known by, and what took part in it."""
        return {**self._known, "selection": str(self.config.tag_expression or ""), **versions()}

    def blame(self, error: BaseException) -> None:
        """Take in what went wrong around the scenarios, such as users that were left behind."""
        text = redacted(str(error) or type(error).__name__)
        self._faults.append(Failure(outcome_of(error), "", "", "", "", "", text))

    @property
    def selected(self) -> int:
        """How many scenarios are to be played in all."""
        chosen = (scenario for feature in self.features for scenario in feature.walk_scenarios())
        return sum(bool(scenario.should_run(self.config)) for scenario in chosen)

    def keep(self, features: Sequence[Feature]) -> None:
        """Have behave play these features alone; the others are played by workers."""
        self._to_play[:] = self.features = list(features)

    def take_in(self, others: Sequence[Summary], lost: Sequence[Feature]) -> None:
        """Make what workers have played a part of this run; of the `lost` features nobody has told anything."""
        self.others, self._lost = list(others), list(lost)

    @property
    def played_by_workers(self) -> int:
        """How many scenarios workers have played."""
        return sum(scenario.outcome != SKIPPED for other in self.others for scenario in other.scenarios)

    def feature(self, feature: Feature) -> None:
        """Take in a feature that is over, or that was never begun."""
        if not any(known is feature for known in self.features):
            self.features.append(feature)

    def end(self) -> None:
        """Write the summary and say on the last lines of the terminal what came of the run; does so once.

        Ends the process where that cannot be done, or there is any other fault: such a run is not green.
        """
        if self._told:
            return
        self._told = True
        summary = self.summary()
        path: Path | None = None
        try:
            path = summary.write(self.folder)
        except OSError as error:
            self.blame(SuiteError(f"REPORTS_DIR: the summary cannot be written into {self.folder} ({error})."))
            summary = self.summary()
        was_read = self._tell(summary, path)
        if self._faults or not was_read or any(other.outcome != KEPT for other in self.others):
            sys.exit(FAILED)

    def _tell(self, summary: Summary, path: Path | None) -> bool:
        """Write the last lines; tell whether that was possible."""
        opener = StreamOpener(stream=sys.stdout)
        screen = Screen(opener.stream, self.config.color)
        for line in closing_lines(summary, path, screen, table=self.config.summary):
            screen.print(line)
        return screen.was_read

    def summary(self) -> Summary:
        """Return the run as it stands."""
        played, failures = [], list(self._faults)
        for feature in self.features:
            failures += failures_of_feature(feature)
            for scenario in feature.walk_scenarios():
                verdict, failure = verdict_of(scenario, self.config), failure_of(scenario)
                failures += [failure] if failure else []
                if verdict != NOT_SELECTED:
                    played.append(_played(scenario, verdict, failure))
        for other in self.others:
            played += other.scenarios
            failures += [failure for failure in other.failures if failure not in failures]
        for scenario in (scenario for feature in self._lost for scenario in feature.walk_scenarios()):
            played += [_played(scenario, NOT_PLAYED, None)] if scenario.should_run(self.config) else []
        unjudged = Summary(
            outcome="",
            why="",
            started=self._started.isoformat(timespec="seconds"),
            seconds=round(time.monotonic() - self._clock, 3),
            selection=str(self.config.tag_expression or ""),
            versions=versions(),
            users=sum_of_users([self._users(), *(other.users for other in self.others)]),
            requests=self.requests(),
            crowds=[*self._crowds, *(line for other in self.others for line in other.crowds)],
            **self._known,
        )
        return judged(unjudged, played, failures)

    def _users(self) -> Users:
        registry = self._registry
        if registry is None:
            return Users()
        return Users(registry.created, registry.deleted, registry.gone, registry.alive, self._recovered)

    def requests(self) -> Requests:
        """Return what went over the wire so far, that of workers included."""
        metrics = self._tally
        covered = dict(metrics.covered.most_common())
        slowest = round(metrics.slowest_s, 3), redacted(metrics.slowest)
        own = Requests(metrics.calls, metrics.requests, metrics.retried_calls, covered, *slowest)
        return sum_of_requests([own, *(other.requests for other in self.others)])


def _played(scenario: Scenario, verdict: str, failure: Failure | None) -> Played:
    return Played(
        feature=scenario.feature.name,
        file=Path(scenario.filename).as_posix(),
        line=scenario.line,
        rule=rule_of(scenario),
        name=scenario.name,
        outcome=verdict,
        seconds=round(scenario.duration, 3),
        reason=scenario.skip_reason or "",
        accused=failure.rule if failure is not None and verdict in (ContractViolation.outcome, KNOWN_DEVIATION) else "",
    )


def failed_to_start(error: SuiteError, folder: Path) -> None:
    """Leave a summary of a run that could not begin, so that no earlier one is taken for it; none if it cannot be."""
    with contextlib.suppress(OSError):
        of_nothing(error.outcome, str(error), datetime.now().astimezone()).write(folder)


def _make_ready(folder: Path) -> None:
    """See that a folder takes reports, and take an earlier summary away; raises SettingsError where that fails."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as trial:
            trial.write(b"a trial")
        (folder / FILE).unlink(missing_ok=True)
    except OSError as error:
        raise SettingsError(
            f"REPORTS_DIR: no reports can be written into {folder} ({error}). Name a folder that can be written."
        ) from None


def versions() -> dict[str, str]:
    """Return what took part in the run, by name."""
    packages = {name: version(name) for name in ("behave", "allure-behave", "requests", "httpx")}
    return {"python": platform.python_version(), "system": f"{platform.system()} {platform.machine()}", **packages}
