"""The results of a run of the suite against one API, and what they say of the suite."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from support.errors import Outcome
from support.prove.candidates import Defect, Variant
from support.prove.leftovers import Leftovers
from support.reporting.results import Failure, Result
from support.reporting.summary import ScenarioResult, Summary


@dataclass(frozen=True)
class FailedScenario:
    """A scenario that did not pass, with its failure."""

    scenario: ScenarioResult
    failure: Failure

    @property
    def broken_rule(self) -> str:
        """The rule that the API broke, as the evidence shows; empty for an error."""
        shown = self.failure.outcome == Outcome.CONTRACT_BROKEN and self.failure.evidence is not None
        return self.failure.rule if shown else ""

    @property
    def unanswered(self) -> bool:
        """Whether a missing answer is all that was found wrong."""
        return self.failure.evidence is not None and not self.failure.evidence.answered

    def first_lines(self, count: int = 6) -> list[str]:
        """Return the step and the first lines of the failure."""
        lines = [line.rstrip() for line in self.failure.text.splitlines() if line.strip()]
        return [self.failure.step, *lines[:count]]


@dataclass(frozen=True)
class SuiteRun:
    """A run of the suite; `summary` is None if it ended before it wrote one, `exit_code` if it took too long."""

    summary: Summary | None
    exit_code: int | None
    seconds: float
    last_words: str = ""

    @property
    def scenarios(self) -> list[ScenarioResult]:
        """The scenarios that ran."""
        found = self.summary.scenarios if self.summary else ()
        return [each for each in found if each.result not in (Result.SKIPPED, Result.NOT_RUN)]

    @property
    def passed(self) -> bool:
        """Whether the exit code is 0, and every scenario that ran, at least one, passed."""
        results = {scenario.result for scenario in self.scenarios}
        return self.exit_code == 0 and results == {Result.PASSED}

    @property
    def failed(self) -> list[FailedScenario]:
        """The scenarios that did not pass."""
        by_location = {failure.location: failure for failure in (self.summary.failures if self.summary else ())}
        failures = ((scenario, by_location.get(location_of(scenario))) for scenario in self.scenarios)
        return [FailedScenario(scenario, failure) for scenario, failure in failures if failure is not None]

    @property
    def violations(self) -> list[FailedScenario]:
        """The scenarios that say which rule is broken; none if the run passed or took too long."""
        return [each for each in self.failed if each.broken_rule] if self.exit_code else []


def location_of(scenario: ScenarioResult) -> str:
    return f"{scenario.file}:{scenario.line}"


class Detection(Enum):
    """Whether the suite caught a defect."""

    CAUGHT = "caught by its rule"
    OTHER_RULE = "caught by another rule"
    ERRORS = "errors only"
    TIMED_OUT = "timed out"
    MISSED = "missed"


@dataclass(frozen=True)
class DefectResult:
    """A defect with a run of its rule's scenarios, and of the whole contract if there was one."""

    defect: Defect
    own: SuiteRun
    whole: SuiteRun | None = None

    @property
    def runs(self) -> Sequence[SuiteRun]:
        return (self.own, self.whole) if self.whole else (self.own,)

    @property
    def detection(self) -> Detection:
        """A defect is caught if a scenario says that its rule is broken."""
        if self.catchers:
            return Detection.CAUGHT
        if self.violations:
            return Detection.OTHER_RULE
        if any(run.exit_code is None for run in self.runs):
            return Detection.TIMED_OUT
        return Detection.MISSED if all(run.passed for run in self.runs) else Detection.ERRORS

    @property
    def catchers(self) -> list[FailedScenario]:
        """The scenarios that say that the defect's rule is broken."""
        return [each for each in self.violations if each.broken_rule == self.defect.rule]

    @property
    def only_unanswered(self) -> bool:
        """Whether every catcher saw nothing but missing answers."""
        return bool(self.catchers) and all(each.unanswered for each in self.catchers)

    @property
    def violations(self) -> list[FailedScenario]:
        return _once(each for run in self.runs for each in run.violations)

    @property
    def errors(self) -> list[FailedScenario]:
        return _once(each for run in self.runs for each in run.failed if not each.broken_rule)

    @property
    def noise(self) -> list[str] | None:
        """The other rules that failed in the whole contract; None if it did not run."""
        if self.whole is None:
            return None
        return sorted({each.scenario.rule for each in self.whole.failed} - {self.defect.rule})

    @property
    def seconds(self) -> float:
        return sum(run.seconds for run in self.runs)


def _once(failed: Iterable[FailedScenario]) -> list[FailedScenario]:
    return list({location_of(each.scenario): each for each in failed}.values())


@dataclass(frozen=True)
class VariantResult:
    """A correct API with a run of the whole contract, and what the run left there."""

    variant: Variant
    run: SuiteRun
    leftovers: Leftovers
    error: str = ""

    @property
    def accepted(self) -> bool:
        return self.run.passed and self.leftovers.none and not self.error
