"""The same burst with threads: blocking clients that a barrier releases together."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from support.concurrency.results import BurstResult, Request, Timing
from support.http.session_client import SessionClient

T = TypeVar("T")


def burst_in_threads(client: SessionClient, requests: Sequence[Request[T]]) -> BurstResult[T]:
    """Run each operation in a thread of its own; a barrier releases all threads together, once the API takes them."""
    client.wait_for_turn(len(requests))
    barrier = threading.Barrier(len(requests))
    timings = tuple(Timing(request.label) for request in requests)

    def run(request: Request[T], timing: Timing) -> T:
        barrier.wait()
        timing.started = timing.released = time.perf_counter()
        result = client.run(request.operation, of_group=True)
        timing.answered = time.perf_counter()
        return result

    pool = ThreadPoolExecutor(len(requests), thread_name_prefix="contender")
    try:
        results = tuple(pool.map(run, requests, timings))
        pool.shutdown()
    except BaseException:
        barrier.abort()  # otherwise the waiting threads would wait forever
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    return BurstResult(results, timings)
