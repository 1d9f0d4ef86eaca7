"""Who is at fault: the suite, the target or the product.

A `SuiteError` says that no verdict could be reached; a `ContractViolation` says that the API broke a rule.
behave shows the first as an error and the second as a failure.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


class SuiteError(Exception):
    """The suite, its settings or its target got in the way of a verdict."""

    outcome = "suite or settings at fault"


class SettingsError(SuiteError):
    """A setting is missing or wrong."""


class TargetDown(SuiteError):
    """The target cannot be reached, or does not let the suite in."""

    outcome = "target down"


class LeftBehind(SuiteError):
    """Users that the suite made could not be seen to be gone."""

    outcome = "left behind"


class Inconclusive(SuiteError):
    """What was tried did not happen in a way that allows a verdict."""

    outcome = "inconclusive"


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

    outcome = "promise broken"

    def __init__(self, rule: str, text: str, wrong: Iterable[str] = (), evidence: Evidence | None = None) -> None:
        super().__init__(text)
        self.rule = rule
        self.wrong = tuple(wrong)
        self.evidence = evidence


def in_short(text: str, longest: int = 240) -> str:
    """Return a text without its middle where it is long, for a line of an error."""
    return text if len(text) <= longest else f"{text[: longest // 2]} … {text[-longest // 2 :]}"
