"""The end of the process: with its parent or on a signal, always at once."""

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Callable

_PARENT_POLL_S = 0.5
_last_acts: list[Callable[[], object]] = []


def before_leaving(act: Callable[[], object]) -> None:
    """Have `act` called when the process leaves in an orderly way."""
    _last_acts.append(act)


def leave() -> None:
    """End now. A polite stop of the server would cost 0.2 s and wait for hanging answers."""
    for act in _last_acts:
        with contextlib.suppress(Exception):
            act()
    os._exit(0)


def leave_on_signals() -> None:
    """Make SIGTERM and Ctrl-C end the process at once, with status 0."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: leave())


def leave_with_parent() -> None:
    """End when standard input closes, or when the parent is another one than now."""
    threading.Thread(target=_leave_at_end_of_input, daemon=True).start()
    if hasattr(os, "getppid"):
        # a child that the parent forked may hold the other end of the pipe open after the parent is gone
        threading.Thread(target=_leave_without_parent, args=(os.getppid(),), daemon=True).start()


def _leave_at_end_of_input() -> None:
    with contextlib.suppress(OSError, AttributeError, ValueError):
        while os.read(sys.stdin.fileno(), 4096):
            pass
    leave()


def _leave_without_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_PARENT_POLL_S)
    leave()
