"""The same contest with threads: blocking clients that a barrier lets go together, for comparison."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from support.concurrency.barrier import Sender
from support.concurrency.burst import BurstResult, Request
from support.http.session_client import SessionClient

T = TypeVar("T")


def burst_in_threads(client: SessionClient, entrants: Sequence[Request[T]]) -> BurstResult[T]:
    """Let each entrant run in a thread of her own, all released by one barrier."""
    barrier = threading.Barrier(len(entrants))
    senders = [Sender(entrant.label) for entrant in entrants]

    def run(entrant: Request[T], sender: Sender) -> T:
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
    return BurstResult(results, tuple(senders), max(released) - min(released))
