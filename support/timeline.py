"""Contenders of a race on a time axis, in lines of text."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

SHORTEST_AXIS, LONGEST_AXIS = 8, 60


@dataclass(frozen=True)
class Lane:
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


def by_answer(lanes: Sequence[Lane]) -> list[Lane]:
    """Return the lanes in the order of their answers."""
    return sorted(lanes, key=lambda lane: math.inf if lane.answered_s is None else lane.answered_s)


def status_counts(lanes: Sequence[Lane]) -> list[str]:
    """Return in one text how often each status came, the most frequent first; nothing for no lanes."""
    counts = Counter(lane.status for lane in lanes).most_common()
    return [", ".join(f"{count} x {status}" for status, count in counts)] if lanes else []


def drawn(lanes: Sequence[Lane], width: int) -> Iterator[str]:
    """Yield a line for each lane, of this width if the labels leave room: released at `>`, answered at `#`."""
    last = max((lane.answered_s or 0.0 for lane in lanes), default=0.0) or 0.001
    longest = max((len(lane.label) for lane in lanes), default=0)
    room = width - longest - max((len(lane.end) for lane in lanes), default=0) - len(" || ")
    columns = min(LONGEST_AXIS, max(SHORTEST_AXIS, room)) - 1
    for lane in lanes:
        axis = [" "] * (columns + 1)
        for moment, sign in ((lane.released_s, ">"), (lane.answered_s, "#")):
            if moment is not None:
                axis[min(columns, round(moment / last * columns))] = sign
        yield f"{lane.label:<{longest}} |{''.join(axis)}| {lane.end}"
