"""The outcomes of a run, and the exceptions that lead to them.

A `SuiteError` keeps the suite from checking a rule; a `ContractViolation` says that the API broke one. behave shows the
first as an error and the second as a failure.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """The outcomes of a run, worst first."""

    CONTRACT_BROKEN = "contract broken"
    LEFT_BEHIND = "left behind"
    CONFIGURATION_ERROR = "configuration error"
    TARGET_DOWN = "target down"
    INCONCLUSIVE = "inconclusive"
    PASSED = "passed"


class SuiteError(Exception):
    """The suite, its settings or its target prevent the suite from checking a rule."""

    outcome = Outcome.CONFIGURATION_ERROR


class SettingsError(SuiteError):
    """A setting is missing or wrong."""


class TargetDown(SuiteError):
    """The target cannot be reached, or refuses the token."""

    outcome = Outcome.TARGET_DOWN


class LeftBehind(SuiteError):
    """The suite cannot confirm that the users that it created are gone."""

    outcome = Outcome.LEFT_BEHIND


class Inconclusive(SuiteError):
    """A check did not take place in a way that allows a result."""

    outcome = Outcome.INCONCLUSIVE


@dataclass(frozen=True)
class Evidence:
    """Describe a violation in redacted lines; the last four tell of an exchange, where one shows it."""

    attempted: str
    expected: tuple[str, ...]
    actual: tuple[str, ...]
    drawn: tuple[str, ...] = ()
    request: str = ""
    response: str = ""
    curl: str = ""
    answered: bool = True

    @property
    def unanswered(self) -> bool:
        """Whether a missing answer shows the violation."""
        return not self.answered or any("no answer came" in text for text in self.actual)


class ContractViolation(AssertionError):
    """The API broke a rule of the contract.

    `rule` is the id of the rule; the text says what was attempted, what came and what should have come. `wrong` are
    the single things that were found wrong; `evidence` holds all that the text is made of.
    """

    outcome = Outcome.CONTRACT_BROKEN

    def __init__(self, rule: str, text: str, wrong: Iterable[str] = (), evidence: Evidence | None = None) -> None:
        super().__init__(text)
        self.rule = rule
        self.wrong = tuple(wrong)
        self.evidence = evidence


def in_short(text: str, longest: int = 240) -> str:
    """Return a text without its middle where it is long, for a line of an error."""
    return text if len(text) <= longest else f"{text[: longest // 2]} … {text[-longest // 2 :]}"
