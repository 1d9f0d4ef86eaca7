"""Poll until deletions show: all users at once, soon at first and then less and less often."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Iterator
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


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


async def until_gone(
    waiting: Collection[T], still_there: Callable[[Collection[T]], Awaitable[list[T]]], poll_policy: PollPolicy
) -> list[T]:
    """Look for all of them together until none is there or the deadline is over; return those that still are."""
    left = await still_there(waiting)
    for wait in poll_policy.waits():
        if not left:
            break
        await asyncio.sleep(wait)
        left = await still_there(left)
    return left
