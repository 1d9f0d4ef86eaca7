"""What became of a scenario: which outcome, in the words of `support.errors`, and the text that tells why."""

from __future__ import annotations

import traceback
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any

from behave.model import Feature, Scenario, Step
from behave.model_type import Status

from support.errors import ContractViolation, Evidence, Inconclusive, LeftBehind, SuiteError, TargetDown
from support.profile import Deviation
from support.redaction import redacted

KEPT = "kept"
KNOWN_DEVIATION = "known deviation"
SKIPPED = "skipped"
NOT_SELECTED = "not selected"
NOT_PLAYED = "not played"
NOT_JUDGED = "not judged"
WORST_FIRST = (
    ContractViolation.outcome,
    LeftBehind.outcome,
    SuiteError.outcome,
    TargetDown.outcome,
    Inconclusive.outcome,
)
RULE_TAG = "rule."
OURS = ("support", "steps", "environment.py")


@dataclass(frozen=True)
class Failure:
    """Why something was not kept: its outcome, the rule it bears on, where it happened, and the whole text.

    The rule is the one that was found broken, which need not be the one that the scenario is about.
    """

    outcome: str
    rule: str
    feature: str
    scenario: str
    location: str
    step: str
    text: str
    evidence: Evidence | None = None


def worst(outcomes: Iterable[str]) -> str:
    """Return the outcome of a run that holds all of these."""
    found = set(outcomes)
    return next((outcome for outcome in WORST_FIRST if outcome in found), KEPT)


def outcome_of(error: BaseException | None) -> str:
    """Say who is at fault for an exception; what carries an `outcome` says so itself."""
    if error is None or isinstance(error, KeyboardInterrupt | SystemExit):
        return Inconclusive.outcome
    if isinstance(error, AssertionError):
        return str(getattr(error, "outcome", ContractViolation.outcome))
    return str(getattr(error, "outcome", SuiteError.outcome))


def rule_of(scenario: Scenario) -> str:
    """Return the id of the rule that a scenario shows, or an empty text."""
    tags = (str(tag) for tag in scenario.effective_tags)
    return next((tag.removeprefix(RULE_TAG) for tag in tags if tag.startswith(RULE_TAG)), "")


def plain(name: str) -> str:
    """Return the name of a scenario without the number of its row, which behave adds to that of an outline."""
    return name.rsplit(" -- @", 1)[0]


def verdict_of(scenario: Scenario, config: Any) -> str:
    """Return what became of a scenario: an outcome, or why there is none."""
    failure = failure_of(scenario)
    if failure is not None:
        return failure.outcome
    if scenario.status == Status.skipped:
        return SKIPPED if scenario.skip_reason else NOT_SELECTED
    if scenario.status == Status.passed:
        return KEPT
    return NOT_PLAYED if scenario.should_run(config) else NOT_SELECTED


def failure_of(scenario: Scenario) -> Failure | None:
    """Return why a scenario was not kept, the worst of its steps, hooks and cleanups; None where nothing failed."""
    found = [_of_step(scenario, step) for step in scenario.all_steps if step.status.has_failed()]
    if scenario.hook_failed:
        found.append(_of_hook(scenario, scenario.exception, scenario.error_message))
    elif scenario.status == Status.cleanup_error:
        found.append(_failure(scenario, SuiteError.outcome, "", "a cleanup of the scenario failed"))
    return min(found, key=lambda failure: _rank(failure.outcome), default=None)


def deviation_of(scenario: Scenario) -> Deviation | None:
    """Return the known deviation that a scenario has shown, if it has."""
    return getattr(scenario, "known_deviation", None)


def failures_of_feature(feature: Feature) -> list[Failure]:
    """Return what failed between the scenarios of a feature: its hooks and its cleanups."""
    if feature.hook_failed:
        text = feature.error_message or "a hook was interrupted"
        return [Failure(outcome_of(feature.exception), "", feature.name, "", _place(feature), "", redacted(text))]
    if feature.status == Status.cleanup_error:
        text = "a cleanup of the feature failed"
        return [Failure(SuiteError.outcome, "", feature.name, "", _place(feature), "", text)]
    return []


def _rank(outcome: str) -> int:
    return WORST_FIRST.index(outcome) if outcome in WORST_FIRST else len(WORST_FIRST)


def _of_step(scenario: Scenario, step: Step) -> Failure:
    name = f"{step.keyword} {step.name}"
    if step.status in (Status.undefined, Status.pending):
        return _failure(scenario, SuiteError.outcome, name, text_of(step))
    known = deviation_of(scenario) is not None and isinstance(step.exception, ContractViolation)
    failure = _failure(scenario, KNOWN_DEVIATION if known else outcome_of(step.exception), name, text_of(step))
    if isinstance(step.exception, ContractViolation):
        return replace(failure, rule=step.exception.rule, evidence=step.exception.evidence)
    return failure


def _snippet(step: Step) -> str:
    from behave.runner_util import make_undefined_step_snippet

    return f"\n{make_undefined_step_snippet(step).strip()}"


def _of_hook(scenario: Scenario, error: BaseException | None, message: str | None) -> Failure:
    return _failure(scenario, outcome_of(error), "", message or "a hook was interrupted")


def _failure(scenario: Scenario, outcome: str, step: str, text: str) -> Failure:
    rule = rule_of(scenario)
    return Failure(outcome, rule, scenario.feature.name, scenario.name, _place(scenario), step, redacted(text))


def _place(statement: Any) -> str:
    return f"{Path(statement.filename).as_posix()}:{statement.line}"


def text_of(step: Step) -> str:
    """Return why a step failed, in words that hold no secret."""
    if step.status == Status.undefined:
        return f"no step in steps/ says: {step.keyword} {step.name}{_snippet(step)}"
    if step.status == Status.pending:
        return "this step is not written yet"
    return redacted(_told(step.exception, step.exc_traceback))


def _told(error: BaseException | None, trace: TracebackType | None) -> str:
    """Return what an exception says: ours speak for themselves, any other is told with where in our code it came up."""
    if error is None or isinstance(error, KeyboardInterrupt):
        return "interrupted while this step was going on"
    if isinstance(error, SuiteError | ContractViolation):
        return str(error)
    frames = [frame for frame in traceback.extract_tb(trace) if _is_ours(frame.filename)]
    where = [f"  {frame.filename}:{frame.lineno} in {frame.name}: {frame.line}" for frame in frames[-3:]]
    return "\n".join([f"{type(error).__name__}: {error}".rstrip(": "), *where])


def _is_ours(path: str) -> bool:
    parts = Path(path).parts
    return any(name in parts for name in OURS) and "site-packages" not in parts
