"""Poll until deletions show: all users at once, soon at first and then less and less often."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class PollPolicy:
    """When to look again: after `first_s`, doubling up to `cap_s`, until `deadline_s` is over (seconds)."""

    first_s: float
    cap_s: float
    deadline_s: float

    def waits(self, clock: Callable[[], float] = time.monotonic) -> Iterator[float]:
        """Yield the waits between looks; the last one ends at the deadline."""
        ends = clock() + self.deadline_s
        wait = self.first_s
        while (left := ends - clock()) > 0:
            yield min(wait, left)
            wait = min(wait * 2, self.cap_s)
