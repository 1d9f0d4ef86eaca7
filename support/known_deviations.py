"""Known deviations: they run and do not fail the run; a deviation that is fixed does."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import date
from typing import Any

from behave.model import Scenario
from behave.model_type import Status

from support.errors import ContractViolation, SettingsError
from support.profile import Deviation, Profile

log = logging.getLogger("acceptance")


@dataclass(frozen=True)
class Shown:
    """A scenario that failed as it is known to, and in which words."""

    scenario: str
    deviation: Deviation
    error: str


class KnownDeviations:
    """The deviations of a profile, and what the run shows of them."""

    def __init__(self, profile: Profile, strict: bool, today: date | None = None) -> None:
        self._profile = profile
        self._known = () if strict else profile.deviations
        self.shown: list[Shown] = []
        self._passed: dict[Deviation, list[str]] = {known: [] for known in self._known}
        self._failed: dict[Deviation, list[str]] = {known: [] for known in self._known}
        for known in self._known:
            if known.review is not None and known.review < (today or date.today()):
                log.warning(
                    "the deviation from %s was to be reviewed by %s: %s", known.rule, known.review, known.reason
                )

    def watch(self, scenario: Scenario, rule: str) -> None:
        """Let a scenario run as it is, and take its failing for what is known where it is that."""
        own = [known for known in self._known if known.rule == rule and known.covers(scenario.name)]
        run = scenario.run

        def watched(runner: Any) -> bool:
            failed = bool(run(runner))
            self.recognise(scenario)
            error, known = _broken_promise(scenario), scenario.known_deviation
            if failed and error is not None and known is not None and not scenario.hook_failed:
                scenario.set_status(Status.xfailed)
                self.shown.append(Shown(scenario.name, known, str(error)))
                self._failed[known].append(scenario.name)
                return False
            if scenario.status is Status.passed:
                for one in own:
                    self._passed[one].append(scenario.name)
            return failed

        if self._known:
            scenario.run = watched

    def recognise(self, scenario: Scenario) -> None:
        """Write down on a scenario, as soon as its steps are over, the known deviation that it has shown."""
        error = _broken_promise(scenario)
        scenario.known_deviation = None if error is None else self._behind(error, scenario.name)

    def check_none_is_fixed(self) -> None:
        """Raise SettingsError if the scenarios of a deviation ran and passed: its entry has to go."""
        fixed = [known for known in self._known if self._is_fixed(known)]
        if fixed:
            named = "; ".join(f"{known.rule} ({self._passed[known][0]})" for known in fixed)
            raise SettingsError(
                f"fixed: the target no longer shows a deviation that the profile {self._profile.name} lists: {named}. "
                "Remove its entry from the profile."
            )

    def _is_fixed(self, known: Deviation) -> bool:
        passed = self._passed[known]
        return not known.sometimes and bool(passed) and (bool(known.scenarios) or not self._failed[known])

    def _behind(self, error: ContractViolation, name: str) -> Deviation | None:
        actual = error.evidence.actual if error.evidence else ()
        of_the_rule = (known for known in self._known if known.rule == error.rule and known.covers(name))
        return next((known for known in of_the_rule if known.explains(actual)), None)


def _broken_promise(scenario: Scenario) -> ContractViolation | None:
    errors = (step.exception for step in scenario.all_steps)
    return next((error for error in errors if isinstance(error, ContractViolation)), None)
