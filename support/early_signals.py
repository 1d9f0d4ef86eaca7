"""From when this is imported until the session takes the signals over, an interrupt ends the process in one line."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from types import FrameType

FAULT = 2
STDERR = 2


def _leave(number: int, _frame: FrameType | None) -> None:
    line = f"inconclusive: interrupted by {signal.Signals(number).name} before the first scenario; nothing was made\n"
    with contextlib.suppress(OSError):
        os.write(STDERR, line.encode())
    os._exit(FAULT)


if threading.current_thread() is threading.main_thread():
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, _leave)
