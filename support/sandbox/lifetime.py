"""The end of the process: with its parent or on a signal, always at once."""

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Callable

_PARENT_POLL_S = 0.5
_last_calls: list[Callable[[], object]] = []


def before_exit(act: Callable[[], object]) -> None:
    """Register a call to make before the process exits in an orderly way."""
    _last_calls.append(act)


def exit_now() -> None:
    """Exit now. A graceful stop of the server would cost 0.2 s and wait for hanging answers."""
    for act in _last_calls:
        with contextlib.suppress(Exception):
            act()
    os._exit(0)


def exit_on_signals() -> None:
    """Make SIGTERM and Ctrl-C end the process at once, with exit code 0."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: exit_now())


def exit_with_parent() -> None:
    """Exit when standard input closes, or when the parent process has ended."""
    threading.Thread(target=_exit_at_end_of_input, daemon=True).start()
    if hasattr(os, "getppid"):
        # a child that the parent forked may hold the other end of the pipe open after the parent is gone
        threading.Thread(target=_exit_without_parent, args=(os.getppid(),), daemon=True).start()


def _exit_at_end_of_input() -> None:
    with contextlib.suppress(OSError, AttributeError, ValueError):
        while os.read(sys.stdin.fileno(), 4096):
            pass
    exit_now()


def _exit_without_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_PARENT_POLL_S)
    exit_now()
