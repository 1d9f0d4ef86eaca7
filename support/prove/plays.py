"""What came of one run of the suite, as its recorder and its exit code tell it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Record:
    """One scenario: `rule` is its own, `broken` the one it found broken, `said` the text of the failed step.

    `silent` says that all that was found wrong is that no answer came.
    """

    feature: str
    name: str
    location: str
    rule: str
    status: str
    seconds: float
    step: str
    said: str
    broken: str = ""
    silent: bool = False

    @property
    def passed(self) -> bool:
        return self.status == "passed"

    @property
    def accused(self) -> str | None:
        """The rule that a failure says is broken; None where there is none, or an error in its place."""
        return self.broken or None if self.status == "failed" else None

    @property
    def file(self) -> str:
        """The feature file, without the line."""
        return self.location.rpartition(":")[0]

    def first_lines(self, count: int = 6) -> list[str]:
        """Return the step and the beginning of what was said."""
        return [self.step, *[line.rstrip() for line in self.said.splitlines() if line.strip()][:count]]


@dataclass(frozen=True)
class Play:
    """One run. `exit_code` None says that it did not end in time; `last_words` are the end of its output."""

    records: tuple[Record, ...]
    exit_code: int | None
    seconds: float
    last_words: str = ""

    @property
    def green(self) -> bool:
        """Whether everything that was played passed, and something was."""
        return self.exit_code == 0 and bool(self.records) and all(record.passed for record in self.records)

    @property
    def red(self) -> list[Record]:
        """The scenarios that did not pass."""
        return [record for record in self.records if not record.passed]

    @property
    def accusing(self) -> list[Record]:
        """The scenarios that say which promise is broken; a run that ends with 0 accuses nobody."""
        return [record for record in self.records if record.accused] if self.exit_code else []


def read_records(lines: Iterable[str]) -> tuple[Record, ...]:
    """Read what the recorder wrote; a last line that was cut off is left out."""
    records = []
    for line in lines:
        try:
            told: dict[str, Any] = json.loads(line)
        except ValueError:
            break
        records.append(Record(**told))
    return tuple(records)
