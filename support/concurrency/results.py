"""The requests that a burst consists of, their timings, and the result."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass
from itertools import accumulate
from typing import Generic, TypeVar

from support.http.operations import Operation

T = TypeVar("T")
WITHOUT_BURSTS = "--tags='not @concurrency and not @slow'"


@dataclass
class Timing:
    """When one request of a burst was started, ready, released and answered, by `time.perf_counter` in seconds.

    `early` says that the request was answered before its end was sent.
    """

    label: str
    started: float | None = None
    ready: float | None = None
    released: float | None = None
    answered: float | None = None
    round_trip_s: float = 0.0
    early: bool = False


@dataclass(frozen=True)
class Request(Generic[T]):
    """One participant of a burst: its first request is released together with those of the others."""

    label: str
    operation: Operation[T]


@dataclass(frozen=True)
class BurstResult(Generic[T]):
    """What each request returned, in their order, and when the first request of each was sent and answered."""

    results: tuple[T, ...]
    timings: tuple[Timing, ...]

    @property
    def skew_s(self) -> float:
        """Seconds between the first and the last release."""
        released = [timing.released for timing in self.timings if timing.released is not None]
        return max(released) - min(released) if released else 0.0

    @property
    def peak(self) -> int:
        """The highest number of requests that were in flight at the same time: started and not answered yet."""
        begun = [one for one in self.timings if one.started is not None]
        events = sorted([(one.started, 1) for one in begun] + [(one.answered or math.inf, -1) for one in begun])
        return max(accumulate(change for _, change in events), default=0)

    @property
    def early(self) -> bool:
        """Whether a request was answered before its end was sent."""
        return any(timing.early for timing in self.timings)

    @property
    def latencies_s(self) -> list[float]:
        """Seconds from the release to the answer, shortest first."""
        return sorted(one.answered - one.released for one in self.timings if one.answered and one.released)

    def summary(self) -> str:
        """Return peak, rate and latencies in one line."""
        latencies = self.latencies_s
        if len(latencies) < 2:
            return f"peak {self.peak} in flight"
        released = [one.released for one in self.timings if one.released]
        answered = [one.answered for one in self.timings if one.answered]
        rate = len(answered) / max(1e-9, max(answered) - min(released))
        cuts = statistics.quantiles(latencies, n=100, method="inclusive")
        return (
            f"peak {self.peak} in flight, released within {self.skew_s * 1000:.2f} ms, {rate:.0f} answers/s, "
            f"p50 {cuts[49] * 1000:.0f} ms, p95 {cuts[94] * 1000:.0f} ms, slowest {latencies[-1] * 1000:.0f} ms"
        )
