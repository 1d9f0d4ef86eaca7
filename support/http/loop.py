"""The run's event loop, in its own thread: for concurrent calls, and for deletions in the background."""

from __future__ import annotations

import asyncio
import threading
import weakref
from collections.abc import Collection, Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")
FINISHED_WITHIN_S = 5.0


class LoopThread:
    """An event loop that runs from its first work on until it is closed."""

    def __init__(self) -> None:
        self._loop = _new_loop()
        self._waited_for: weakref.WeakSet[Coroutine[Any, Any, Any]] = weakref.WeakSet()
        self._thread = threading.Thread(target=self._loop.run_forever, name="acceptance-loop", daemon=True)
        self._lock = threading.Lock()

    def submit(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Start some work and return at once; the future has its result or its error."""
        with self._lock:
            if not self.has_begun:
                self._thread.start()
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    @property
    def has_begun(self) -> bool:
        """Whether the loop has had work; a process without real threads, as under gevent, must not give it any."""
        return self._thread.ident is not None

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Do some work and wait for it; an interruption of the wait cancels the work."""
        self._waited_for.add(work)
        future = self.submit(work)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def finish(self, work: Coroutine[Any, Any, T]) -> T:
        """Do some last work; raises TimeoutError if it does not end soon."""
        return self.submit(work).result(timeout=FINISHED_WITHIN_S)

    def stop(self, *work: Coroutine[Any, Any, Any]) -> None:
        """Cancel this work, and wait for its end."""
        self.finish(self._cancel(work))

    def stop_waited_for(self) -> None:
        """Cancel the work that `run` waits for or was interrupted in; other work goes on."""
        self.stop(*self._waited_for)

    def close(self) -> None:
        """Cancel all work, then stop the loop."""
        if self._thread.is_alive():
            self.finish(self._cancel())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(timeout=5)
        self._loop.close()

    async def _cancel(self, work: Collection[Any] | None = None) -> None:
        """Cancel the tasks that do this work, or all others, and wait for their end."""
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        cancelled = [task for task in tasks if work is None or task.get_coro() in work]
        for task in cancelled:
            task.cancel()
        await asyncio.gather(*cancelled, return_exceptions=True)


def _new_loop() -> asyncio.AbstractEventLoop:
    """Return uvloop's event loop, which is faster, or asyncio's where there is no uvloop, as on Windows."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()
