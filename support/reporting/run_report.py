"""The report of a run while it goes on: a behave reporter that sees every feature and prints the last lines."""

from __future__ import annotations

import contextlib
import platform
import shlex
import shutil
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from behave.formatter.base import StreamOpener
from behave.model import Feature, Scenario
from behave.reporter.base import Reporter
from behave.reporter.summary import AbstractSummaryReporter

from support.contract.tags import rule_of
from support.errors import Outcome, SettingsError, SuiteError
from support.redaction import redacted
from support.reporting.badge import write_badge
from support.reporting.console import Console
from support.reporting.last_results import keep
from support.reporting.results import (
    KNOWN_DEVIATION,
    Failure,
    Result,
    deviation_of,
    failure_of,
    failures_of_feature,
    outcome_of,
    result_of,
    worst_outcome,
)
from support.reporting.summary import Requests, ScenarioResult, Summary, Users, set_aside, with_results

if TYPE_CHECKING:
    from support.scenario.session import Session

SCRIPTS = "replay"
FAILED = 1
NOT_REPEATED = ("again", "data_seed", "exit_codes", "shard", "token", "token_command", "workers")
UNREAD = "the output could not be written in full: its reader has closed it, or the disk is full"
BREACHES = (Outcome.CONTRACT_BROKEN, KNOWN_DEVIATION)


class RunReport(Reporter):  # type: ignore[misc]  # behave has no types
    """The data of a run: its features, users and requests, and the faults outside of its scenarios."""

    def __init__(
        self,
        config: Any,
        folder: Path,
        features: Sequence[Feature] = (),
        parent: Path | None = None,
        keeps_scripts: bool = False,
    ) -> None:
        """Begin with the features to run; `parent` is the folder of the parent process, which then prints the end.

        `keeps_scripts` keeps the replay scripts of an earlier run.
        """
        super().__init__(config)
        self.folder = folder
        self.features = list(features)
        self.parent = parent
        self.closing_s = 0.0
        self.selection = self.shard = self.split = ""
        self.detailed_codes = False
        self._started = datetime.now().astimezone()
        self._clock = time.monotonic()
        self._has_ended = False
        self._faults: list[BaseException] = []
        self._session: Session | None = None
        self._learned: Sequence[str] = ()
        make_ready(folder, keeps_scripts)

    def take_over(self) -> None:
        """Become the last reporter of this run, in place of behave's own summary, which cannot count xfailed."""
        reporters = self.config.reporters
        reporters[:] = [reporter for reporter in reporters if not isinstance(reporter, AbstractSummaryReporter)]
        self.config.show_snippets = False
        reporters.append(self)

    def describe_run(self, session: Session, learned: Sequence[str]) -> None:
        """Take in the session, from which users, requests and bursts are read when the run is over."""
        self._session, self._learned = session, learned

    def add_fault(self, error: BaseException) -> None:
        """Take in a fault outside of the scenarios, such as users that were left behind."""
        self._faults.append(error)

    def feature(self, feature: Feature) -> None:
        """Take in a feature that is over, or that never began."""
        if not any(known is feature for known in self.features):
            self.features.append(feature)

    def end(self) -> None:
        """Write the summary and print the outcome on the last lines of the terminal; does so once.

        Ends the process with the exit code of the outcome, unless the run passed.
        """
        if self._has_ended:
            return
        self._has_ended = True
        outcome = publish(self.summary(), self.folder, self.config, prints=self.parent is None)
        if outcome is not Outcome.PASSED:
            sys.exit(outcome.exit_code(self.detailed_codes, FAILED))

    def summary(self) -> Summary:
        """Return the run as it stands."""
        scenarios, failures = [], []
        for feature in self.features:
            failures += failures_of_feature(feature)
            for scenario in feature.walk_scenarios():
                result, failure = result_of(scenario, self.config), failure_of(scenario)
                failures += [failure] if failure else []
                scenarios += [_scenario_result(scenario, result, failure)] if result else []
        own = Summary(
            Outcome.PASSED,
            started=self._started.isoformat(timespec="seconds"),
            seconds=round(time.monotonic() - self._clock, 3),
            closing_s=round(self.closing_s, 3),
            selection=self.selection,
            shard=self.shard,
            split=self.split,
            versions=versions(),
            **(_known_of(self._session, self._learned) if self._session is not None else {}),
        )
        return with_faults(with_results(own, scenarios, failures), self._faults)


def _known_of(session: Session, learned: Sequence[str]) -> dict[str, Any]:
    """Return what a session says of its run."""
    metrics, pacer, counts = session.recorder.metrics, session.connection.pacer, session.registry.ledger.counts()
    causes = dict(metrics.retry_causes.most_common())
    slowest = round(metrics.slowest_s, 3), redacted(metrics.slowest)
    pace = round(pacer.waited_s, 3), " and ".join(map(str, pacer.limits))
    return {
        "run": session.mark,
        "seed": session.factory.seed,
        "target": redacted(session.target.shown),
        "profile": session.profile.name,
        "contract": session.profile.contract,
        "learned": learned,
        "users": Users(counts.created, counts.deleted, counts.gone, counts.alive, session.recovered),
        "requests": Requests(metrics.calls, pacer.sent, metrics.retried_calls, causes, *slowest, *pace),
        "bursts": list(session.concurrency_notes),
    }


def publish(summary: Summary, folder: Path, config: Any, prints: bool = True) -> Outcome:
    """Write a summary and print the last lines; return the outcome, which is a fault if they could not be written."""
    path: Path | None = None
    try:
        path = summary.write(folder)
        write_badge(summary, folder)
        if prints:  # else this is a share of a run, and its parent keeps the whole
            keep(summary, folder)
    except OSError as error:
        fault = SuiteError(f"REPORTS_DIR: the suite cannot write the summary into {folder} ({error}).")
        summary = with_faults(summary, [fault])
    console = Console(StreamOpener(stream=sys.stdout).stream, config.color)
    if prints:
        from support.reporting.rendering import print_summary

        print_summary(console, summary, path, config.summary, _options(config))
    return summary.outcome if console.is_whole else worst_outcome([summary.outcome, Outcome.CONFIGURATION_ERROR])


def _options(config: Any) -> list[str]:
    """Return the -D options of this run, except those that a rerun of its scenarios takes from elsewhere."""
    given = {name: value for name, value in config.userdata_defines or () if name.lower() not in NOT_REPEATED}
    return [f"-D {shlex.quote(redacted(f'{name}={value}'))}" for name, value in given.items()]


def with_faults(summary: Summary, faults: Iterable[BaseException]) -> Summary:
    """Return a summary that also holds the faults outside of the scenarios."""
    failures = [
        Failure(outcome_of(each), "", "", "", "", "", redacted(str(each) or type(each).__name__)) for each in faults
    ]
    return with_results(summary, summary.scenarios, [*summary.failures, *failures])


def not_run(features: Sequence[Feature], config: Any) -> list[ScenarioResult]:
    """Return the selected scenarios of features that no process has run."""
    scenarios = (scenario for feature in features for scenario in feature.walk_scenarios())
    return [_scenario_result(scenario, Result.NOT_RUN, None) for scenario in scenarios if scenario.should_run(config)]


def _scenario_result(scenario: Scenario, result: Result, failure: Failure | None) -> ScenarioResult:
    return ScenarioResult(
        feature=scenario.feature.name,
        file=Path(scenario.filename).as_posix(),
        line=scenario.line,
        rule=rule_of(scenario),
        name=scenario.name,
        result=result,
        seconds=round(scenario.duration, 3),
        cleanup_s=round(getattr(scenario, "cleanup_s", 0.0), 3),
        reason=scenario.skip_reason
        or getattr(deviation_of(scenario), "reason", "")
        or (failure.flaky if failure else ""),
        broken_rule=failure.rule if failure is not None and failure.outcome in BREACHES else "",
    )


def failed_to_start(error: SuiteError, folder: Path, target: str = "", shard: str = "") -> Summary:
    """Write, if possible, the summary of a run that could not begin, so that no earlier one is taken for it."""
    started = datetime.now().astimezone().isoformat(timespec="seconds")
    summary = with_faults(Summary(Outcome.PASSED, started=started, target=target, shard=shard), [error])
    with contextlib.suppress(OSError):
        set_aside(folder)
        summary.write(folder)
        write_badge(summary, folder)
    return summary


def scripts_of(folder: Path) -> Path:
    """Return where the scripts of a run are kept.

    A run that the script `NAME.sh` starts reports into `NAME` beside it, and replaces that script.
    """
    return folder.parent if folder.with_name(f"{folder.name}.sh").is_file() else folder / SCRIPTS


def make_ready(folder: Path, keeps_scripts: bool = False) -> None:
    """Check that reports can be written into a folder, and clear earlier ones away; raises SettingsError if not."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"a probe")
        set_aside(folder)
        if not keeps_scripts:
            for script in (folder / SCRIPTS).glob("*.sh"):
                script.unlink()
                shutil.rmtree(script.with_suffix(""), ignore_errors=True)  # the reports of a run that it started
    except OSError as error:
        raise SettingsError(
            f"REPORTS_DIR: the suite cannot write reports into {folder} ({error}). Name a folder that it can write to."
        ) from None


def versions() -> dict[str, str]:
    """Return the versions of Python, the system and the libraries of the run."""
    packages = {name: version(name) for name in ("behave", "allure-behave", "requests", "httpx")}
    return {"python": platform.python_version(), "system": f"{platform.system()} {platform.machine()}", **packages}
