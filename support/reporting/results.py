"""The result of a scenario, and the failure behind it."""

from __future__ import annotations

import os
import traceback
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Any

from behave.model import Feature, Scenario, Step
from behave.model_type import Status

from support.contract.tags import rule_of
from support.errors import ContractViolation, Evidence, Outcome, SuiteError
from support.profile import Deviation
from support.redaction import redacted

KNOWN_DEVIATION = "known deviation"
OUR_CODE = ("support", "steps", "environment.py")
WORST_FIRST = list(Outcome)


class Result(StrEnum):
    """The results of scenarios, rules and features, worst first.

    A scenario is blocked if anything but its own rule made it fail: another broken rule, a configuration error, a
    target that is down. It is flaky if it was played several times with different results. It is not run if it was
    selected and the run ended before it.
    """

    FAILED = "failed"
    BLOCKED = "blocked"
    INCONCLUSIVE = "inconclusive"
    FLAKY = "flaky"
    NOT_RUN = "not run"
    KNOWN_DEVIATION = KNOWN_DEVIATION
    PASSED = "passed"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Failure:
    """A failure: its outcome, the rule that was broken, the location, and the whole text.

    The outcome is an `Outcome` or `KNOWN_DEVIATION`. The broken rule need not be the rule of the scenario. A failure
    outside the scenarios has no scenario, and often no feature. `flaky` says how a scenario that was played several
    times ended in each round.
    """

    outcome: str
    rule: str
    feature: str
    scenario: str
    location: str
    step: str
    text: str
    evidence: Evidence | None = None
    flaky: str = ""

    @property
    def shown(self) -> str:
        """What was found wrong, or else the first line of the text."""
        return "; ".join(self.evidence.actual) if self.evidence else self.text.partition("\n")[0]

    @property
    def cause(self) -> tuple[str, ...]:
        """What failures of one cause share: outcome and rule, and method and status, or else the first line."""
        shown = self.evidence
        if shown is None:
            return self.outcome, self.rule, self.text.partition("\n")[0]
        return self.outcome, self.rule, shown.request.partition(" ")[0], shown.response.partition(" ")[0]


def worst_result(results: Iterable[Result]) -> Result:
    """Return the worst of several results; skipped for none."""
    found = set(results)
    return next((result for result in Result if result in found), Result.SKIPPED)


def worst_outcome(outcomes: Iterable[str]) -> Outcome:
    """Return the outcome of a run with failures of these outcomes."""
    found = set(outcomes)
    return next((outcome for outcome in Outcome if outcome in found), Outcome.PASSED)


def outcome_of(error: BaseException | None) -> Outcome:
    """Return the outcome that an exception leads to; None and interrupts are inconclusive."""
    if error is None or isinstance(error, KeyboardInterrupt | SystemExit):
        return Outcome.INCONCLUSIVE
    if isinstance(error, SuiteError | ContractViolation):
        return error.outcome
    return Outcome.CONTRACT_BROKEN if isinstance(error, AssertionError) else Outcome.CONFIGURATION_ERROR


def relative(path: Path) -> str:
    """Return a path relative to the current folder if it is inside, else as it is."""
    return path.relative_to(Path.cwd()).as_posix() if path.is_relative_to(Path.cwd()) else os.fspath(path)


def plain(name: str) -> str:
    """Return the name of a scenario without the row number that behave adds to an outline's."""
    return name.rsplit(" -- @", 1)[0]


def result_of(scenario: Scenario, config: Any) -> Result | None:
    """Return the result of a scenario; None if it was not selected."""
    failure = failure_of(scenario)
    if failure is not None:
        return Result.FLAKY if failure.flaky else _result_of_failure(failure, rule_of(scenario))
    if scenario.status == Status.skipped:
        return Result.SKIPPED if scenario.skip_reason else None
    if scenario.status == Status.passed:
        return Result.PASSED
    return Result.NOT_RUN if scenario.should_run(config) else None


def _result_of_failure(failure: Failure, rule: str) -> Result:
    if failure.outcome == KNOWN_DEVIATION:
        return Result.KNOWN_DEVIATION
    if failure.outcome == Outcome.INCONCLUSIVE:
        return Result.INCONCLUSIVE
    is_own_rule = failure.outcome == Outcome.CONTRACT_BROKEN and rule in ("", failure.rule)
    return Result.FAILED if is_own_rule else Result.BLOCKED


def failure_of(scenario: Scenario) -> Failure | None:
    """Return the worst failure of a scenario's steps, hooks and cleanups; None if it did not fail."""
    found = [_of_step(scenario, step) for step in scenario.all_steps if step.status.has_failed()]
    if scenario.hook_failed:
        message = scenario.error_message or "a hook was interrupted"
        found.append(_failure(scenario, outcome_of(scenario.exception), "", message))
    elif scenario.status == Status.cleanup_error:
        found.append(_failure(scenario, Outcome.CONFIGURATION_ERROR, "", "a cleanup of the scenario failed"))
    return min(found, key=lambda failure: _rank(failure.outcome), default=None)


def deviation_of(scenario: Scenario) -> Deviation | None:
    """Return the known deviation that a scenario showed, if it did."""
    return getattr(scenario, "known_deviation", None)


def failures_of_feature(feature: Feature) -> list[Failure]:
    """Return the failures between the scenarios of a feature: of its hooks and its cleanups."""
    if feature.hook_failed:
        error = feature.exception
        text = redacted(feature.error_message or "a hook was interrupted")
        failure = Failure(outcome_of(error), "", feature.name, "", _location(feature), "", text)
        if isinstance(error, ContractViolation):
            failure = replace(failure, rule=error.rule, text=redacted(str(error)), evidence=error.evidence)
        return [failure]
    if feature.status == Status.cleanup_error:
        text = "a cleanup of the feature failed"
        return [Failure(Outcome.CONFIGURATION_ERROR, "", feature.name, "", _location(feature), "", text)]
    return []


def _rank(outcome: str) -> int:
    return WORST_FIRST.index(Outcome(outcome)) if outcome != KNOWN_DEVIATION else len(WORST_FIRST)


def _of_step(scenario: Scenario, step: Step) -> Failure:
    name = f"{step.keyword} {step.name}"
    if step.status in (Status.undefined, Status.pending):
        return _failure(scenario, Outcome.CONFIGURATION_ERROR, name, text_of(step))
    error = step.exception
    if not isinstance(error, ContractViolation):
        return _failure(scenario, outcome_of(error), name, text_of(step))
    outcome = KNOWN_DEVIATION if deviation_of(scenario) is not None else error.outcome
    return replace(_failure(scenario, outcome, name, text_of(step)), rule=error.rule, evidence=error.evidence)


def _failure(scenario: Scenario, outcome: str, step: str, text: str) -> Failure:
    rule = rule_of(scenario)
    flaky = getattr(scenario, "flaky", "")
    feature, location = scenario.feature.name, _location(scenario)
    return Failure(outcome, rule, feature, scenario.name, location, step, redacted(text), flaky=flaky)


def _location(statement: Any) -> str:
    return f"{Path(statement.filename).as_posix()}:{statement.line}"


def text_of(step: Step) -> str:
    """Return the redacted text of a step's failure."""
    if step.status == Status.undefined:
        from behave.runner_util import make_undefined_step_snippet

        snippet = make_undefined_step_snippet(step).strip()
        return f"no step in steps/ matches: {step.keyword} {step.name}\n{snippet}"
    if step.status == Status.pending:
        return "this step is not written yet"
    return redacted(_text_of_error(step.exception, step.exc_traceback))


def _text_of_error(error: BaseException | None, trace: TracebackType | None) -> str:
    """Return the text of an exception; with the last frames of our code unless it is one of our exceptions."""
    if error is None or isinstance(error, KeyboardInterrupt):
        return "the run was interrupted during this step"
    if isinstance(error, SuiteError | ContractViolation):
        return str(error)
    frames = [frame for frame in traceback.extract_tb(trace) if _is_ours(frame.filename)]
    where = [f"  {frame.filename}:{frame.lineno} in {frame.name}: {frame.line}" for frame in frames[-3:]]
    return "\n".join([f"{type(error).__name__}: {error}".rstrip(": "), *where])


def _is_ours(path: str) -> bool:
    parts = Path(path).parts
    return any(name in parts for name in OUR_CODE) and "site-packages" not in parts
