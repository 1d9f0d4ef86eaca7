"""A run from its first line to its last: opened by `before_all`, closed by `after_all`, or else at exit."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterable, Mapping

from behave.model import Feature, Scenario, Step

from support.cleanup.recovery import LEAST_S
from support.compat import call_before_exit
from support.early_signals import FAULT
from support.errors import Inconclusive, SuiteError, TargetDown
from support.http.report_sink import ReportSink
from support.known_deviations import KnownDeviations
from support.reporting.results import rule_of
from support.reporting.run_report import RunReport
from support.run_checks import faults_of_run
from support.scenario.session import Session, faulty_session
from support.signals import Interrupts
from support.streams import say

WIP = "wip"
NEEDS = "use.with_"
RESILIENCE = "resilience"
BATCH = 16


class Run:
    """The run: its world, what was selected, and how it ends."""

    def __init__(self, session: Session, interrupts: Interrupts, report: RunReport, sink: ReportSink) -> None:
        self.session = session
        self._interrupts = interrupts
        self._report = report
        self._sink = sink
        self.deviations = KnownDeviations(session.profile, session.settings.strict)
        self._present = session
        self._storm: Session | None = None
        self._down: TargetDown | None = None
        self._ended = False
        self._interrupted = 0
        call_before_exit(self._end_late)

    def select(self, feature: Feature) -> None:
        """Take out of a feature what must not run here: work in progress, and what the target does not offer."""
        capabilities = self.session.profile.capabilities
        offered = {**vars(capabilities), "access": capabilities.access and self.session.target.token is not None}
        for scenario in feature.walk_scenarios():
            tags = [str(tag) for tag in scenario.effective_tags]
            if WIP in tags:
                scenario.skip("work in progress")
            elif missing := _missing(tags, offered):
                scenario.skip(f"the target has no {missing}")
            elif reason := self._reason_for_excluding(scenario):
                scenario.skip(f"excluded: {reason}")
            else:
                self.deviations.watch(scenario)

    def _reason_for_excluding(self, scenario: Scenario) -> str | None:
        """Return why the profile excludes a scenario; None if it does not."""
        return next((each.reason for each in self.session.profile.excluded if each.covers(scenario.name)), None)

    def begin_scenario(self, scenario: Scenario) -> Session:
        """Begin a scenario in the world that it is played in."""
        self._interrupts.insist()
        session = self._stormy() if RESILIENCE in scenario.effective_tags else self.session
        session.show_in(self._sink)
        session.begin(rule_of(scenario))
        self._present = session
        return session

    def _stormy(self) -> Session:
        """Return the world whose API can be told to misbehave, opened when it is first needed."""
        if self._storm is None:
            self._storm = faulty_session(self.session.settings)
        return self._storm

    def note_attempt(self, step: Step) -> None:
        """Remember what is being attempted, for failures to tell."""
        self._interrupts.insist()
        if step.step_type != "then":
            self._present.scenario.attempted = step.name

    def end_scenario(self, scenario: Scenario) -> None:
        """End a scenario: whoever it made begins to be deleted, on an API that behaves again."""
        self.deviations.recognise(scenario)
        self._look_whether_the_target_is_down(scenario)
        if self._clears_up_in_the_end:
            return
        with self._sink.teardown("start deleting the users"):
            if self._present.faults is not None:
                self._present.faults.clear()
            self._present.registry.start_deleting(at_least=BATCH)

    def confirm_gone(self) -> None:
        """See that whoever the scenarios so far have made is gone."""
        if self._clears_up_in_the_end:
            return
        for session in self._worlds:
            with self._sink.teardown("confirm that the users are gone", session.registry.ledger.in_brief):
                session.registry.confirm_gone()

    def _look_whether_the_target_is_down(self, scenario: Scenario) -> None:
        """Let the run end here where the last call got no answer, and none comes now either: no promise is broken."""
        exchanges = self.session.recorder.exchanges
        if self._present is not self.session or not exchanges or exchanges[-1].answer is not None:
            return
        try:
            self.session.connection.check_open()
        except TargetDown as error:
            self._down = error
            self._report.config.stop = True  # behave then plays no further scenario
            for step in scenario.all_steps:
                step.exception = error if step.status.has_failed() else step.exception

    @property
    def _clears_up_in_the_end(self) -> bool:
        """Whether waiting for deletions is left to the end, which does all of it within one deadline."""
        return self._down is not None or bool(self._interrupts.noted)

    @property
    def _worlds(self) -> list[Session]:
        return [session for session in (self._storm, self.session) if session is not None]

    def end(self) -> None:
        """Prove that nothing is left, and close; raises what keeps the run from counting as good."""
        self._interrupts.shield()
        if self._ended:
            return
        self._ended = True
        faults = self._clear_up()
        for session in self._worlds:
            faults += _faults_of(session.close)
        faults += self._what_the_run_is_not_worth()
        self._interrupted = len(self._interrupts.noted)
        for fault in faults:
            self._report.blame(fault)
        if faults:
            raise faults[0]

    def _clear_up(self) -> list[Exception]:
        """Leave nothing of any world, within what is left of one deadline; return what could not be done."""
        ends = time.monotonic() + self.session.settings.cleanup_deadline_s
        faults: list[Exception] = []
        for session in self._worlds:
            faults += _faults_of(session.stop_requests)
            try:
                with self._sink.teardown("prove that no user of the run is left", session.registry.ledger.in_brief):
                    if self._has_users_of(session):
                        session.registry.prove_nothing_is_left(max(LEAST_S, ends - time.monotonic()))
                faults += _faults_of(session.registry.ownership.check_answers)
                session.registry.ledger.close()
            except Exception as error:
                faults.append(error)
        return faults

    def _has_users_of(self, session: Session) -> bool:
        """Whether users may be left: they go with an embedded API that has ended, or ends with the run."""
        is_up = session.connection.embedded_end is None
        return is_up and (session is self.session or not self._clears_up_in_the_end)

    def _what_the_run_is_not_worth(self) -> list[Exception]:
        """Return why the verdicts of this run do not stand."""
        if self._interrupts.noted:
            return [Inconclusive(self._interrupts.in_brief())]
        if self._down is not None:
            return [self._down]
        if self.session.settings.partial:  # the parent process checks the whole run
            return []
        return list(faults_of_run(self._report.summary(), self.session.settings, self.session.profile))

    def _end_late(self) -> None:
        """Clean up where behave ended without its hooks, such as by sys.exit in a step; the exit code is then not 0."""
        if not self._ended:
            _faults_of(self.end)  # they are in the report
            if not self._interrupts.noted:
                self._report.blame(SuiteError("behave ended before the run was over, such as by sys.exit in a step"))
            _tell_the_end(self._report)
            os._exit(FAULT)
        if len(self._interrupts.noted) > self._interrupted:
            os._exit(FAULT)
        self._interrupts.let_go()


def _missing(tags: Iterable[str], offered: Mapping[str, bool]) -> str | None:
    """Return what a scenario with these tags needs and the target has not, in the words of the profile."""
    needed = [tag.removeprefix(NEEDS).removesuffix("=yes") for tag in tags if tag.startswith(NEEDS)]
    return next((name for name in needed if not offered[name]), None)


def _faults_of(act: Callable[[], None]) -> list[Exception]:
    """Return what went wrong while doing something, instead of raising it."""
    try:
        act()
    except Exception as error:
        return [error]
    return []


def _tell_the_end(report: RunReport) -> None:
    """Write the summary and the last lines, wherever behave's capturing was broken off."""
    sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__
    with contextlib.suppress(OSError, SystemExit):
        report.end()
    for stream in filter(None, (sys.stdout, sys.stderr)):
        say(stream, "")
