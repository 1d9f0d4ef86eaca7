"""Runs that never were, made by hand."""

from __future__ import annotations

import json
from typing import Any

from support.prove.candidates import Defect, Variant
from support.prove.plays import Play, Record, read_records
from support.prove.residue import Residue
from support.prove.verdicts import Hearing, Trial

DEFECT = Defect("names-escaped", "exact-text", "Names are escaped for HTML when they are shown.")


def line(rule: str, status: str = "passed", said: str = "", number: int = 1, broken: str = "") -> str:
    """Make a line as the recorder writes it."""
    told: dict[str, Any] = {
        "feature": "Names stay as they were written",
        "name": f"{rule} is shown {number}",
        "location": f"features/{rule}.feature:{number}",
        "rule": rule,
        "status": status,
        "seconds": 0.1,
        "step": "Then it is kept" if said else "",
        "said": said,
        "broken": broken,
    }
    return json.dumps(told)


def record(rule: str, status: str = "passed", said: str = "", number: int = 1, broken: str = "") -> Record:
    """Make a record."""
    return read_records([line(rule, status, said, number, broken)])[0]


def broken(rule: str, shown_by: str | None = None, number: int = 1) -> Record:
    """Make the record of a scenario that says that a rule is broken; it shows that rule where no other is named."""
    said = f"contract broken: {rule} (whatever it says)\n  expected:  this\n  but:       that"
    return record(shown_by or rule, "failed", said, number, rule)


def play(*records: Record, exit_code: int | None = None, in_time: bool = True) -> Play:
    """Make a run whose exit code fits its records, unless one is given."""
    fitting = int(any(not one.passed for one in records))
    return Play(records, (fitting if exit_code is None else exit_code) if in_time else None, 1.5, "last words")


def trial(*records: Record, whole: Play | None = None) -> Trial:
    """Make a trial of the defect in which the scenarios of its rule came to this."""
    return Trial(DEFECT, play(*records), whole)


def hearing(*records: Record, residue: Residue | None = None, exit_code: int | None = None) -> Hearing:
    """Make a hearing of a correct API."""
    heard = play(*(records or (record("list"),)), exit_code=exit_code)
    return Hearing(Variant("gzip", "Answers are compressed."), heard, residue or Residue())
