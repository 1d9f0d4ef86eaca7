"""Do many independent things, a few at a time, until they are done or somebody interrupts."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from types import FrameType
from typing import TypeVar

T = TypeVar("T")


def in_parallel(
    works: Sequence[Callable[[], T]], jobs: int, stop: Callable[[], None], tell: Callable[[T], None]
) -> list[T]:
    """Return what the works come to, in their order, and tell of each as it is done.

    Whatever interrupts this, an error of one work included, `stop` ends those that are under way.
    """
    pool = ThreadPoolExecutor(jobs)
    try:
        under_way = [pool.submit(work) for work in works]
        for done in as_completed(under_way):
            tell(done.result())
        return [done.result() for done in under_way]
    except BaseException:
        stop()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def mixed(*kinds: Sequence[T]) -> list[T]:
    """Return all in one row, each kind in its order and spread evenly: what waits stands beside what computes."""
    placed = [((number + 0.5) / len(kind), one) for kind in kinds for number, one in enumerate(kind)]
    return [one for _, one in sorted(placed, key=lambda place: place[0])]


@contextmanager
def ended_politely() -> Iterator[None]:
    """Take SIGTERM for Ctrl-C, so that what runs is ended first."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
