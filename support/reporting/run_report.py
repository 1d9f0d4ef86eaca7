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

from support.errors import Outcome, SettingsError, SuiteError
from support.http.recorder import Metrics
from support.redaction import redacted
from support.reporting.console import Console
from support.reporting.results import (
    KNOWN_DEVIATION,
    Failure,
    Result,
    failure_of,
    failures_of_feature,
    outcome_of,
    result_of,
    rule_of,
)
from support.reporting.summary import FILE, Requests, ScenarioResult, Summary, Users, merge, with_results

if TYPE_CHECKING:
    from support.cleanup.registry import Registry

OUR_FORMAT = "terminal"
FAILED = 1
BREACHES = (Outcome.CONTRACT_BROKEN, KNOWN_DEVIATION)


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
        self._bursts: Sequence[str] = ()
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
        bursts: Sequence[str] = (),
    ) -> None:
        """Learn who runs against what; registry, metrics and the notes on bursts are read when the run is over."""
        self._known = {"run": registry.mark, "seed": seed, "target": redacted(target), "profile": profile}
        self._registry, self._tally, self._recovered, self._bursts = registry, metrics, recovered, bursts

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
        return sum(scenario.result is not Result.SKIPPED for other in self.others for scenario in other.scenarios)

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
        if self._faults or not was_read or any(other.outcome is not Outcome.PASSED for other in self.others):
            sys.exit(FAILED)

    def _tell(self, summary: Summary, path: Path | None) -> bool:
        """Write the last lines; tell whether that was possible."""
        from support.reporting.rendering import print_summary

        console = Console(StreamOpener(stream=sys.stdout).stream, self.config.color)
        print_summary(console, summary, path, table=self.config.summary)
        return console.was_read

    def summary(self) -> Summary:
        """Return the run as it stands."""
        scenarios, failures = [], list(self._faults)
        for feature in self.features:
            failures += failures_of_feature(feature)
            for scenario in feature.walk_scenarios():
                result, failure = result_of(scenario, self.config), failure_of(scenario)
                failures += [failure] if failure else []
                scenarios += [_scenario_result(scenario, result, failure)] if result else []
        for scenario in (scenario for feature in self._lost for scenario in feature.walk_scenarios()):
            if scenario.should_run(self.config):
                scenarios.append(_scenario_result(scenario, Result.NOT_RUN, None))
        own = Summary(
            Outcome.PASSED,
            started=self._started.isoformat(timespec="seconds"),
            seconds=round(time.monotonic() - self._clock, 3),
            selection=str(self.config.tag_expression or ""),
            versions=versions(),
            users=self._users(),
            requests=self._requests(),
            bursts=list(self._bursts),
            **self._known,
        )
        return merge(with_results(own, scenarios, failures), self.others)

    def _users(self) -> Users:
        registry = self._registry
        if registry is None:
            return Users()
        counts = registry.ledger.counts()
        return Users(counts.created, counts.deleted, counts.gone, counts.alive, self._recovered)

    def requests(self) -> Requests:
        """Return the requests of the run so far, those of workers included."""
        return merge(Summary(Outcome.PASSED, requests=self._requests()), self.others).requests

    def _requests(self) -> Requests:
        metrics = self._tally
        causes = dict(metrics.covered.most_common())
        slowest = round(metrics.slowest_s, 3), redacted(metrics.slowest)
        return Requests(metrics.calls, metrics.requests, metrics.retried_calls, causes, *slowest)


def _scenario_result(scenario: Scenario, result: Result, failure: Failure | None) -> ScenarioResult:
    return ScenarioResult(
        feature=scenario.feature.name,
        file=Path(scenario.filename).as_posix(),
        line=scenario.line,
        rule=rule_of(scenario),
        name=scenario.name,
        result=result,
        seconds=round(scenario.duration, 3),
        reason=scenario.skip_reason or "",
        broken_rule=failure.rule if failure is not None and failure.outcome in BREACHES else "",
    )


def failed_to_start(error: SuiteError, folder: Path) -> None:
    """Leave a summary of a run that could not begin, so that no earlier one is taken for it; none if it cannot be."""
    with contextlib.suppress(OSError):
        started = datetime.now().astimezone().isoformat(timespec="seconds")
        Summary(error.outcome, str(error), started).write(folder)


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
