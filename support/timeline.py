"""Contenders of a race on a time axis, in lines of text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

SHORTEST_AXIS, LONGEST_AXIS = 8, 60


@dataclass(frozen=True)
class TimelineRow:
    """One contender: its moments in seconds after the first release, None if it was not released or not answered."""

    label: str
    released_s: float | None
    answered_s: float | None
    status: str
    outcome: str

    @property
    def end(self) -> str:
        """How the contender ended, in columns."""
        answered = "      -   " if self.answered_s is None else f"{self.answered_s * 1000:7.2f} ms"
        return f"{answered} {self.status} {self.outcome}"


def status_counts(rows: Sequence[TimelineRow]) -> list[str]:
    """Return one text that says how often each status came, the most frequent first; an empty list for no rows."""
    counts = Counter(row.status for row in rows).most_common()
    return [", ".join(f"{count} x {status}" for status, count in counts)] if rows else []


def drawn(rows: Sequence[TimelineRow], width: int) -> Iterator[str]:
    """Yield a line for each row, of this width if the labels leave room: released at `>`, answered at `#`."""
    last = max((row.answered_s or 0.0 for row in rows), default=0.0) or 0.001
    longest = max((len(row.label) for row in rows), default=0)
    room = width - longest - max((len(row.end) for row in rows), default=0) - len(" || ")
    columns = min(LONGEST_AXIS, max(SHORTEST_AXIS, room)) - 1
    for row in rows:
        axis = [" "] * (columns + 1)
        for moment, sign in ((row.released_s, ">"), (row.answered_s, "#")):
            if moment is not None:
                axis[min(columns, round(moment / last * columns))] = sign
        yield f"{row.label:<{longest}} |{''.join(axis)}| {row.end}"
