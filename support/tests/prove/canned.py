"""Results of runs, written by hand."""

from __future__ import annotations

from support.errors import Evidence, Outcome
from support.prove.candidates import Defect, Variant
from support.prove.leftovers import Leftovers
from support.prove.results import DefectResult, SuiteRun, VariantResult
from support.reporting.results import Failure, Result
from support.reporting.summary import ScenarioResult, Summary

DEFECT = Defect("names-escaped", "exact-text", "Names are escaped for HTML when they are shown.")
EVIDENCE = Evidence("read a user", ("this",), ("that",))
Scenario = tuple[ScenarioResult, Failure | None]


def passed(rule: str, number: int = 1, result: Result = Result.PASSED) -> Scenario:
    """Return a scenario of a rule that did not fail."""
    name = f"{rule} is shown {number}"
    return ScenarioResult("Names", f"features/{rule}.feature", number, rule, name, result, 0.1), None


def failed(rule: str, text: str, number: int = 1, outcome: Outcome = Outcome.CONFIGURATION_ERROR) -> Scenario:
    """Return a scenario that failed without evidence."""
    scenario, _ = passed(rule, number, Result.BLOCKED)
    location = f"{scenario.file}:{number}"
    return scenario, Failure(outcome, rule, scenario.feature, scenario.name, location, "Then it is shown", text)


def broken(rule: str, shown_by: str | None = None, number: int = 1, answered: bool = True) -> Scenario:
    """Return a scenario that found a rule broken; it is of that rule unless `shown_by` names another."""
    scenario, _ = passed(shown_by or rule, number, Result.FAILED)
    text = f"contract broken: {rule} (any rule)\n  expected:  this\n  but:       that"
    evidence = Evidence("read a user", ("this",), ("that",), answered=answered)
    location = f"{scenario.file}:{number}"
    outcome = Outcome.CONTRACT_BROKEN
    return scenario, Failure(outcome, rule, "Names", scenario.name, location, "Then it is shown", text, evidence)


def run(*scenarios: Scenario, exit_code: int | None = None, in_time: bool = True) -> SuiteRun:
    """Return a run whose exit code fits its scenarios, unless another is given."""
    results, failures = [one for one, _ in scenarios], [failure for _, failure in scenarios if failure is not None]
    summary = Summary(Outcome.PASSED, scenarios=results, failures=failures)
    fitting = int(bool(failures)) if exit_code is None else exit_code
    return SuiteRun(summary, fitting if in_time else None, 1.5, "last words")


def defect_result(*scenarios: Scenario, whole: SuiteRun | None = None) -> DefectResult:
    """Return the result of the defect with these scenarios of its rule."""
    return DefectResult(DEFECT, run(*scenarios), whole)


def variant_result(
    *scenarios: Scenario, leftovers: Leftovers | None = None, exit_code: int | None = None
) -> VariantResult:
    """Return the result of a correct API."""
    whole = run(*(scenarios or (passed("list"),)), exit_code=exit_code)
    return VariantResult(Variant("gzip", "Answers are compressed."), whole, leftovers or Leftovers())
