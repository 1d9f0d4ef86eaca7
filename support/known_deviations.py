"""Known deviations: scenarios that fail with one are expected failures."""

from __future__ import annotations

import logging
from datetime import date
from typing import Any

from behave.model import Scenario
from behave.model_type import Status

from support.errors import ContractViolation
from support.profile import Profile

log = logging.getLogger("acceptance")


class KnownDeviations:
    """The known deviations of a profile."""

    def __init__(self, profile: Profile, today: date | None = None) -> None:
        self._profile = profile
        for known in profile.deviations:
            if known.review is not None and known.review < (today or date.today()):
                log.warning(
                    "the deviation from %s was to be reviewed by %s: %s", known.rule, known.review, known.reason
                )

    def watch(self, scenario: Scenario) -> None:
        """Have behave count the scenario as an expected failure if it fails with a known deviation."""
        run = scenario.run

        def watched(runner: Any) -> bool:
            failed = bool(run(runner))
            self.recognise(scenario)
            if failed and scenario.known_deviation is not None and not scenario.hook_failed:
                scenario.set_status(Status.xfailed)
                return False
            return failed

        if self._profile.deviations:
            scenario.run = watched

    def recognise(self, scenario: Scenario) -> None:
        """Note on a scenario, once its steps are over, which known deviation it has shown, if any."""
        errors = (step.exception for step in scenario.all_steps)
        error = next((error for error in errors if isinstance(error, ContractViolation)), None)
        shown = error.evidence.actual if error and error.evidence else ()
        scenario.known_deviation = error and self._profile.deviation_behind(error.rule, scenario.name, shown)
