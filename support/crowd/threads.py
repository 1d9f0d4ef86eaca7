"""The same contest with threads: blocking clients that a barrier lets go together, for comparison."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from support.crowd.contest import Entrant, Outcome
from support.crowd.gate import Sender
from support.transport.client import SessionClient

T = TypeVar("T")


def contest_in_threads(client: SessionClient, entrants: Sequence[Entrant[T]]) -> Outcome[T]:
    """Let each entrant run in a thread of her own, all released by one barrier."""
    barrier = threading.Barrier(len(entrants))
    senders = [Sender(entrant.label) for entrant in entrants]

    def run(entrant: Entrant[T], sender: Sender) -> T:
        barrier.wait()
        sender.started = sender.released = time.perf_counter()
        result = client.run(entrant.flow)
        sender.answered = time.perf_counter()
        return result

    pool = ThreadPoolExecutor(len(entrants), thread_name_prefix="contender")
    try:
        results = tuple(pool.map(run, entrants, senders))
        pool.shutdown()
    except BaseException:
        barrier.abort()  # who waits there would wait for ever
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    released = [sender.released for sender in senders if sender.released is not None]
    return Outcome(results, tuple(senders), max(released) - min(released))
