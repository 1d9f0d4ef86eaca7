"""A run from its first line to its last: opened by `before_all`, closed by `after_all`, or else at exit."""

from __future__ import annotations

import atexit
import logging
import os
import sys
import time
from collections.abc import Sequence
from typing import Any, NoReturn

from behave.model import Feature, Scenario, Step

from support import settings as settings_module
from support.acts.outages import stormy_world
from support.deviations import KnownDeviations
from support.errors import SuiteError
from support.reporting.evidence import Evidence, evidence_for
from support.reporting.logs import set_up_logs
from support.reporting.run import RunReport, failed_to_start
from support.reporting.verdicts import rule_of
from support.settings import ROOT
from support.signals import Interrupts
from support.world import World

log = logging.getLogger("acceptance")
FAULT = 2
WIP = "wip"
NEEDS = "use.with_"
RESILIENCE = "resilience"


class Session:
    """The run: its world, what was selected, and how it ends."""

    def __init__(self, world: World, interrupts: Interrupts, report: RunReport, evidence: Evidence) -> None:
        self.world = world
        self._interrupts = interrupts
        self._report = report
        self._evidence = evidence
        self._played = 0
        self.deviations = KnownDeviations(world.profile, world.settings.strict)
        self._present = world
        self._storm: World | None = None
        self._ended = False
        atexit.register(self._end_late)

    def select(self, feature: Feature) -> None:
        """Take out of a feature what must not run here: work in progress, and what the target does not offer."""
        for scenario in feature.walk_scenarios():
            if WIP in scenario.effective_tags:
                scenario.skip("work in progress")
            elif missing := self._missing(scenario):
                scenario.skip(f"the target has no {missing}")
            else:
                self.deviations.watch(scenario, rule_of(scenario))

    def _missing(self, scenario: Scenario) -> str | None:
        """Return what a scenario needs and the target has not, in the words of the profile."""
        offered = {**vars(self.world.profile.has), "access": self.world.target.token is not None}
        needed = [str(tag).removeprefix(NEEDS) for tag in scenario.effective_tags if str(tag).startswith(NEEDS)]
        return next((name.removesuffix("=yes") for name in needed if not offered[name.removesuffix("=yes")]), None)

    def set_the_scene(self, scenario: Scenario) -> World:
        """Begin a scenario in the world that it is played in."""
        self._played += 1
        world = self._stormy() if RESILIENCE in scenario.effective_tags else self.world
        world.begin(rule_of(scenario))
        self._present = world
        return world

    def _stormy(self) -> World:
        """Return the world whose API can be told to misbehave, opened when it is first needed."""
        if self._storm is None:
            self._storm = stormy_world(self.world.settings)
            self._storm.show_evidence(self._evidence)
        return self._storm

    def note_attempt(self, step: Step) -> None:
        """Remember what is being attempted, for failures to tell."""
        if step.step_type != "then":
            self._present.scene.attempted = step.name

    def leave_the_scene(self, scenario: Scenario) -> None:
        """End a scenario: whoever it made begins to be deleted, on an API that behaves again."""
        self.deviations.recognise(scenario)
        with self._evidence.clearing("begin to delete whoever was made"):
            if self._present.outages is not None:
                self._present.outages.clear()
            self._present.registry.start_deleting()

    def confirm_gone(self) -> None:
        """See that whoever the scenarios so far have made is gone."""
        for world in self._worlds:
            with self._evidence.clearing("see that whoever was made is gone", world.registry.in_brief):
                world.registry.confirm_gone()

    @property
    def _worlds(self) -> list[World]:
        return [world for world in (self._storm, self.world) if world is not None]

    def end(self) -> None:
        """Prove that nothing is left, and close; raises SuiteError where the run cannot count as good."""
        self._ended = True
        with self._interrupts.shielded():
            try:
                for world in self._worlds:
                    with self._evidence.clearing("prove that nothing of the run is left", world.registry.in_brief):
                        world.registry.prove_nothing_is_left(world.settings.cleanup_deadline_s)
                    world.registry.close()
                self._check_what_the_run_is_worth()
            except Exception as error:
                self._report.blame(error)
                raise
            finally:
                for world in self._worlds:
                    world.close()

    def _check_what_the_run_is_worth(self) -> None:
        """Raise SuiteError where the run judged nothing, or was rescued by retries more often than is allowed."""
        if self._played == 0:
            raise SuiteError("no scenario was selected: check --tags, --name and the paths")
        self.deviations.check_none_is_mended()
        tally, most = self.world.transcript.tally, self.world.settings.max_retried_share
        share = tally.retried_calls / max(1, tally.calls)
        if most is not None and share > most:
            raise SuiteError(
                f"{tally.retried_calls} of {tally.calls} calls ({share:.1%}) were rescued by retries, and MAX_RETRIED_SHARE "
                f"allows {most:.1%}: {', '.join(f'{count} x {cause}' for cause, count in tally.covered.most_common(5))}"
            )

    def _end_late(self) -> None:
        """Clean up where behave ended without its hooks, such as by sys.exit in a step; the exit code is then not 0."""
        if self._ended:
            return
        try:
            self.end()
        except SuiteError as error:
            print(error, file=sys.stderr)
        self._report.blame(SuiteError("behave ended before the run was over"))
        self._report.end()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(FAULT)


def begin(config: Any, features: Sequence[Feature]) -> Session:
    """Open a run as the settings say, or end the process with one clear line."""
    interrupts = Interrupts()
    interrupts.install()
    reports = ROOT / "reports"
    try:
        settings = settings_module.load(config.userdata)
        set_up_logs(settings.log_level)
        reports = ROOT / settings.reports_dir
        report = RunReport(config, reports, features)
        begun = time.monotonic()
        world = World(settings)
    except SuiteError as error:
        failed_to_start(error, reports)
        _leave(f"{error.outcome}: {error}")
    log.info("%s", f"target {world.target.base_url}, run {world.mark}, data seed {world.factory.seed}")
    report.meet(
        target=world.target.base_url,
        profile=world.profile.name,
        seed=world.factory.seed,
        registry=world.registry,
        tally=world.transcript.tally,
        recovered=world.recovered,
    )
    report.take_over()
    evidence = evidence_for(report.identity)
    evidence.was_set_up("open the target", time.monotonic() - begun, world.registry.in_brief)
    world.show_evidence(evidence)
    return Session(world, interrupts, report, evidence)


def _leave(line: str) -> NoReturn:
    """End the process with one line, before behave prints a report of nothing."""
    print(line, file=sys.stderr)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(FAULT)
