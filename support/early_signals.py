"""Until the run handles the signals, an interrupt ends the process with one line."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from types import FrameType

FAULT = 2
STDERR = 2


def _exit(number: int, _frame: FrameType | None) -> None:
    reason = f"interrupted by {signal.Signals(number).name} before the first scenario; no user was created"
    with contextlib.suppress(OSError):
        os.write(STDERR, f"inconclusive: {reason}\n".encode())
    os._exit(FAULT)


if threading.current_thread() is threading.main_thread():
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, _exit)
