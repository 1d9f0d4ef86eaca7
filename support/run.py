"""A run: `before_all` opens it, and `after_all` closes it; if behave skips that hook, the end of the process does."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterable

from behave.model import Feature, Scenario, Step

from support.cleanup.recovery import LEAST_S
from support.compat import call_before_exit
from support.contract.tags import reason_to_skip, rule_of
from support.early_signals import FAULT
from support.errors import ContractViolation, Inconclusive, Outcome, SuiteError, TargetDown
from support.http.report_sink import ReportSink
from support.known_deviations import KnownDeviations
from support.repeating import repeat
from support.reporting.run_report import RunReport, scripts_of
from support.run_checks import faults_of_run
from support.scenario.session import Session, faulty_session
from support.settings import ROOT
from support.signals import Interrupts
from support.streams import say

RESILIENCE = "resilience"
BATCH = 16


class Run:
    """The run: its sessions, the scenarios that it skips, and its end."""

    def __init__(self, session: Session, interrupts: Interrupts, report: RunReport, sink: ReportSink) -> None:
        self.session = self._current = session
        self._faulty: Session | None = None
        self._interrupts, self._report, self._sink = interrupts, report, sink
        self._deviations = KnownDeviations(session.profile)
        self._down: SuiteError | None = None
        self._ended = False
        self._signals_at_the_end = 0
        call_before_exit(self._end_late)

    # Scenarios

    def select(self, feature: Feature) -> None:
        """Skip selected scenarios that are not to run on the target; prepare the others for deviations and repeats."""
        profile, has_token = self.session.profile, self.session.target.token is not None
        selected = [one for one in feature.walk_scenarios() if one.should_run(self._report.config)]
        for scenario in selected:
            reason = reason_to_skip(scenario, profile, has_token)
            if reason is not None:
                scenario.skip(reason)
            elif (times := self.session.settings.repeat) > 1:
                repeat(scenario, times, self._deviations.watch, lambda: self._current.recorder.exchanges)
            else:
                self._deviations.watch(scenario)

    def begin_scenario(self, scenario: Scenario) -> Session:
        """Begin a scenario; return the session that it runs in: resilience scenarios have their own."""
        self._interrupts.raise_again()
        if RESILIENCE in scenario.effective_tags and self._faulty is None:
            self._faulty = faulty_session(self.session.settings)
        self._current = (RESILIENCE in scenario.effective_tags and self._faulty) or self.session
        self._current.show_in(self._sink)
        self._current.begin(rule_of(scenario), scenario.name)
        return self._current

    def note_attempt(self, step: Step) -> None:
        """Remember what the scenario attempts, for its failure."""
        self._interrupts.raise_again()
        if step.step_type != "then":
            self._current.scenario.attempted = step.name

    def keep_script(self, scenario: Scenario, step: Step) -> None:
        """Keep the script that repeats a scenario whose step shows a broken rule."""
        if isinstance(step.exception, ContractViolation):
            from support.reporting.replay.keeping import keep

            reports = self.session.settings.partial or ROOT / self.session.settings.reports_dir
            keep(scenario, step.exception, self._current, scripts_of(reports))

    def end_scenario(self, scenario: Scenario) -> None:
        """End a scenario: clear injected faults and, once enough users are due, start deleting them."""
        self._deviations.recognise(scenario)
        if self._down is None and (fault := self.session.first_creates.fault):
            self._stop([one for feature in self._report.features for one in feature.walk_scenarios()], fault)
        self._stop_if_target_is_down(scenario)
        if self._deletes_at_the_end:
            return
        with self._sink.teardown("start deleting the users"):
            if self._current.faults is not None:
                self._current.faults.clear()
            self._current.registry.start_deleting(at_least=BATCH)

    def confirm_gone(self, feature: Feature) -> None:
        """Confirm that the users of the scenarios so far are gone; the feature's scenarios share the time it takes."""
        begun, played = time.monotonic(), [one for one in feature.walk_scenarios() if one.status.is_final()]
        try:
            self._confirm_gone()
        finally:
            for scenario in played:
                scenario.cleanup_s = (time.monotonic() - begun) / len(played)

    def _confirm_gone(self) -> None:
        for session in [] if self._deletes_at_the_end else self._sessions:
            try:
                with self._sink.teardown("confirm that the users are gone", session.registry.ledger.in_brief):
                    session.registry.confirm_gone()
            except ContractViolation as broken:  # if the profile lists it, the end of the run tells who is left
                if all(known.rule != broken.rule for known in self.session.profile.deviations):
                    raise
            except TargetDown as error:
                self._stop([], error)

    def _stop(self, scenarios: Iterable[Scenario], error: SuiteError) -> None:
        """Let behave run no further scenario, and give `error` as the reason why steps of `scenarios` failed."""
        self._down = error
        self._report.config.stop = True
        for step in (step for scenario in scenarios for step in scenario.all_steps):
            step.exception = error if step.status.has_failed() else step.exception

    def _stop_if_target_is_down(self, scenario: Scenario) -> None:
        """Stop the run if the last call was given up and the target still does not answer: that breaks no rule.

        If the quota of the target is used up, stop without another request.
        """
        session, exchanges = self.session, self.session.recorder.exchanges
        gave_up = bool(exchanges) and (exchanges[-1].answer is None or bool(exchanges[-1].gave_up))
        if self._current is session and (gave_up or session.connection.pacer.exhausted):
            try:
                session.connection.check_open()
            except TargetDown as error:
                self._stop([], error)
        if self._down is not None:
            self._stop([scenario], self._down)

    @property
    def _deletes_at_the_end(self) -> bool:
        """Whether users are deleted only at the end of the run, within one deadline, because it is ending early."""
        return self._down is not None or bool(self._interrupts.noted)

    @property
    def _sessions(self) -> list[Session]:
        return [session for session in (self._faulty, self.session) if session is not None]

    # The end

    def end(self) -> None:
        """Confirm that no user is left and close all; raises the first fault that keeps the run from passing."""
        self._interrupts.shield()
        if self._ended:
            return
        self._ended = True
        begun = time.monotonic()
        ends = begun + self.session.settings.cleanup_deadline_s
        faults = [fault for session in self._sessions for fault in self._clean_up(session, ends)]
        for session in self._sessions:
            faults += _faults_of(session.close)
        self._report.closing_s = time.monotonic() - begun
        faults += self._faults_of_run()
        self._signals_at_the_end = len(self._interrupts.noted)
        for fault in faults:
            self._report.add_fault(fault)
        if faults:
            raise faults[0]

    def _clean_up(self, session: Session, ends: float) -> list[Exception]:
        """Delete all users of a session until a moment of the monotonic clock; return the faults."""

        def prove() -> None:
            with self._sink.teardown("prove that no user of the run is left", session.registry.ledger.in_brief):
                # an embedded API takes its users with it: one that has ended, or a faulty one that ends with the run
                is_up = session.connection.embedded_end is None
                if is_up and (session is self.session or not self._deletes_at_the_end):
                    session.registry.prove_nothing_is_left(max(LEAST_S, ends - time.monotonic()))

        faults, left = _faults_of(session.stop_requests), _faults_of(prove)
        if left:  # the journal stays open: the next run deletes these users
            return [*faults, *left]
        registry = session.registry
        return [*faults, *_faults_of(registry.ownership.check_answers), *_faults_of(registry.ledger.close)]

    def _faults_of_run(self) -> list[SuiteError]:
        """Return why the outcome of the scenarios does not count."""
        if self._interrupts.noted:
            return [Inconclusive(self._interrupts.in_brief())]
        if self._down is not None:
            return [self._down]
        if self.session.settings.partial:  # the parent process checks the whole run
            return []
        return faults_of_run(self._report.summary(), self.session.settings, self.session.profile)

    def _end_late(self) -> None:
        """Clean up if behave ended without its hooks, such as by sys.exit in a step; the exit code is then not 0."""
        if not self._ended:
            _faults_of(self.end)  # the report has these faults
            if not self._interrupts.noted:
                self._report.add_fault(
                    SuiteError("behave ended before the run was over, such as by sys.exit in a step")
                )
            _print_the_end(self._report)
            os._exit(self._late_code)
        if len(self._interrupts.noted) > self._signals_at_the_end:
            os._exit(self._late_code)
        self._interrupts.restore()

    @property
    def _late_code(self) -> int:
        outcome = Outcome.INCONCLUSIVE if self._interrupts.noted else Outcome.CONFIGURATION_ERROR
        return outcome.exit_code(self._report.detailed_codes, FAULT)


def _faults_of(act: Callable[[], None]) -> list[Exception]:
    """Return the exception of a call instead of raising it."""
    try:
        act()
    except Exception as error:
        return [error]
    return []


def _print_the_end(report: RunReport) -> None:
    """Write the summary and the last lines, even if behave still captures the output."""
    sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__
    with contextlib.suppress(OSError, SystemExit):
        report.end()
    for stream in filter(None, (sys.stdout, sys.stderr)):
        say(stream, "")
