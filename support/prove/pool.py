"""Run independent tasks, a few at a time, until they are done or interrupted."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from types import FrameType
from typing import TypeVar

T = TypeVar("T")


def in_parallel(
    tasks: Sequence[Callable[[], T]], jobs: int, stop: Callable[[], None], report: Callable[[T], None]
) -> list[T]:
    """Return the results of the tasks, in their order, and report each as soon as its task is done.

    On any exception, also in a task, it calls `stop`, which has to end the running tasks.
    """
    pool = ThreadPoolExecutor(jobs)
    try:
        running = [pool.submit(task) for task in tasks]
        for done in as_completed(running):
            report(done.result())
        return [done.result() for done in running]
    except BaseException:
        stop()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def mixed(*kinds: Sequence[T]) -> list[T]:
    """Return all kinds as one list, each in its order and spread evenly, so that waiting tasks run beside busy ones."""
    placed = [((number + 0.5) / len(kind), each) for kind in kinds for number, each in enumerate(kind)]
    return [each for _, each in sorted(placed, key=lambda place: place[0])]


@contextmanager
def sigterm_interrupts() -> Iterator[None]:
    """Treat SIGTERM like Ctrl-C, so that the running tasks are ended first."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
