"""A run from its first line to its last: opened by `before_all`, closed by `after_all`, or at exit where behave did not get there."""

from __future__ import annotations

import atexit
import logging
import os
import sys
from typing import Any, NoReturn

from behave.model import Feature, Scenario, ScenarioOutline, Step

from support import settings as settings_module
from support.errors import SuiteError
from support.reporting.logs import set_up_logs
from support.signals import Interrupts
from support.world import World

log = logging.getLogger("acceptance")
FAULT = 2
RULE_TAG = "rule."
WIP = "wip"


class Session:
    """The run: its world, what was selected, and how it ends."""

    def __init__(self, world: World, interrupts: Interrupts) -> None:
        self.world = world
        self._interrupts = interrupts
        self._played = 0
        self._ended = False
        atexit.register(self._end_late)

    def select(self, feature: Feature) -> None:
        """Take out of a feature what must not run here: work in progress, and what the target does not offer."""
        for scenario in feature.walk_scenarios():
            if WIP in scenario.effective_tags:
                scenario.skip("work in progress")
            elif "use.with_access=yes" in scenario.effective_tags and self.world.target.token is None:
                scenario.skip("the target has no access control")

    def set_the_scene(self, scenario: Scenario) -> World:
        """Begin a scenario in the world that it is played in."""
        self._played += 1
        self.world.begin(rule_of(scenario))
        return self.world

    def note_attempt(self, step: Step) -> None:
        """Remember what is being attempted, for failures to tell."""
        if step.step_type != "then":
            self.world.scene.attempted = step.name

    def keep_evidence_if_failed(self, scenario: Scenario) -> None:
        pass

    def end(self) -> None:
        """Prove that nothing is left, and close; raises SuiteError where the run cannot count as good."""
        self._ended = True
        with self._interrupts.shielded():
            try:
                self.world.registry.prove_nothing_is_left(self.world.settings.cleanup_deadline_s)
                if self._played == 0:
                    raise SuiteError("no scenario was selected: check --tags, --name and the paths")
                self.world.registry.close()
            finally:
                self.world.close()

    def _end_late(self) -> None:
        """Clean up where behave ended without its hooks, such as by sys.exit in a step; the exit code is then not 0."""
        if self._ended:
            return
        try:
            self.end()
        except SuiteError as error:
            print(error, file=sys.stderr)
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(FAULT)


def begin(config: Any) -> Session:
    """Open a run as the settings say, or end the process with one clear line."""
    interrupts = Interrupts()
    interrupts.install()
    try:
        settings = settings_module.load(config.userdata)
        set_up_logs(settings.log_level)
        world = World(settings)
    except SuiteError as error:
        _leave(f"{error.outcome}: {error}")
    log.info("%s", f"target {world.target.base_url}, run {world.mark}, data seed {world.factory.seed}")
    return Session(world, interrupts)


def _leave(line: str) -> NoReturn:
    """End the process with one line, before behave prints a report of nothing."""
    print(line, file=sys.stderr)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(FAULT)


def rule_of(scenario: Scenario | ScenarioOutline) -> str:
    """Return the id of the rule that a scenario shows."""
    return next(
        (str(tag).removeprefix(RULE_TAG) for tag in scenario.effective_tags if str(tag).startswith(RULE_TAG)), ""
    )
