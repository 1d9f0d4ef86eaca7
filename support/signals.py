"""Ctrl-C and SIGTERM: both interrupt the run the same way, and neither interrupts its cleaning up."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from collections.abc import Iterator
from types import FrameType


class Interrupts:
    """Turns SIGINT and SIGTERM into KeyboardInterrupt, except while cleaning up, when they are only noted."""

    def __init__(self) -> None:
        self.noted = 0
        self._shielded = False

    def install(self) -> None:
        """Take the signals over; does nothing outside the main thread, where Python does not allow it."""
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, self._handle)
            signal.signal(signal.SIGTERM, self._handle)

    @contextlib.contextmanager
    def shielded(self) -> Iterator[None]:
        """Let nothing interrupt what runs inside."""
        self._shielded = True
        try:
            yield
        finally:
            self._shielded = False

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        self.noted += 1
        if not self._shielded:
            raise KeyboardInterrupt(signal.Signals(number).name)
        print(
            "Cleaning up; this ends by itself within CLEANUP_DEADLINE_S. kill -9 leaves it to the next run.",
            file=sys.stderr,
        )
