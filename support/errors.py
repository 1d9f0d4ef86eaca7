"""The outcomes of a run, and the exceptions that lead to them.

A `SuiteError` keeps the suite from checking a rule; a `ContractViolation` says that the API broke one. behave shows the
first as an error and the second as a failure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from support.timeline import TimelineRow


class Outcome(StrEnum):
    """The outcomes of a run, worst first."""

    CONTRACT_BROKEN = "contract broken"
    LEFT_BEHIND = "left behind"
    CONFIGURATION_ERROR = "configuration error"
    TARGET_DOWN = "target down"
    INCONCLUSIVE = "inconclusive"
    PASSED = "passed"

    def exit_code(self, detailed: bool, plain: int) -> int:
        """Return the exit code of a run with this outcome: 0 for passed, else its own if `detailed`, else `plain`."""
        return DETAILED_CODES[self] if detailed or self is Outcome.PASSED else plain


DETAILED_CODES = {
    Outcome.PASSED: 0,
    Outcome.CONTRACT_BROKEN: 1,
    Outcome.CONFIGURATION_ERROR: 2,
    Outcome.TARGET_DOWN: 3,
    Outcome.LEFT_BEHIND: 4,
    Outcome.INCONCLUSIVE: 5,
}


class SuiteError(Exception):
    """The suite, its settings or its target prevent the suite from checking a rule."""

    outcome = Outcome.CONFIGURATION_ERROR


class SettingsError(SuiteError):
    """A setting is missing or wrong."""


class TargetDown(SuiteError):
    """The target cannot be reached, refuses the token, or does not answer as a run needs it to begin or go on."""

    outcome = Outcome.TARGET_DOWN


class LeftBehind(SuiteError):
    """The suite cannot confirm that the users that it created are gone."""

    outcome = Outcome.LEFT_BEHIND


class Inconclusive(SuiteError):
    """A check did not take place in a way that allows a result."""

    outcome = Outcome.INCONCLUSIVE


class NotOffered(Exception):
    """The target does not offer what a scenario is about, and need not: the scenario is skipped."""


@dataclass(frozen=True)
class Evidence:
    """The redacted evidence of a violation; each text but `curl` is on one line.

    `contenders` are those of a race. `request`, `response` and `curl` are empty if no single exchange shows the
    violation; `answered` is False if that exchange has no answer. `after` is the write whose effect a read showed.
    `replay` is the command that repeats the scenario; `curl` is empty where only `replay` can show the fault again.
    """

    attempted: str
    expected: tuple[str, ...]
    actual: tuple[str, ...]
    contenders: tuple[TimelineRow, ...] = ()
    request: str = ""
    response: str = ""
    curl: str = ""
    answered: bool = True
    after: str = ""
    replay: str = ""


class ContractViolation(AssertionError):
    """The API broke a rule of the contract: the rule's id, the full text, and the evidence that the text is made of.

    `exchange` is the one that shows the violation, if a single one does; `claims` say what it should have shown.
    """

    outcome = Outcome.CONTRACT_BROKEN

    def __init__(
        self,
        rule: str,
        text: str,
        evidence: Evidence | None = None,
        exchange: Any = None,
        claims: Sequence[Any] = (),
    ) -> None:
        super().__init__(text)
        self.rule = rule
        self.evidence = evidence
        self.exchange, self.claims = exchange, claims


def in_short(text: str, longest: int = 240) -> str:
    """Return a text without its middle if it is long, for a line of an error."""
    return text if len(text) <= longest else f"{text[: longest // 2]} … {text[-longest // 2 :]}"


def number_of(count: int, noun: str) -> str:
    """Return a number with its noun, in the plural unless it is one."""
    return f"{count} {noun}{'s' * (count != 1)}"
