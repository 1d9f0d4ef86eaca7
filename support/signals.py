"""Ctrl-C, SIGTERM and a closed terminal: the first signal interrupts the run, and none interrupts its cleanup."""

from __future__ import annotations

import _thread
import contextlib
import os
import signal
import sys
import threading
import time
from types import FrameType, TracebackType

INTERRUPTING = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
LOCKING = frozenset({"threading", "concurrent", "queue", "asyncio", "logging", "importlib", "filelock"})
DELAY_S = 0.01
MOST_DELAYS = 100
STDERR = 2


def how_it_ended(code: int) -> str:
    """Return how a process ended, by which signal or with which exit code, as the end of a sentence about it."""
    return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"


class Interrupts:
    """Turns the first signal into KeyboardInterrupt; later signals, and all during cleanup, are only noted.

    KeyboardInterrupt is raised outside of modules that hold locks: if it is raised between acquiring a lock of Python's
    and the `try` that releases it, the lock stays acquired forever, and the event loop waits for it.
    """

    def __init__(self, silent: bool = False) -> None:
        """Begin without a signal; if `silent`, print nothing about signals."""
        self._silent = silent
        self.noted: list[str] = []
        self._shielded = False
        self._raised = False
        self._delays = 0
        self._is_delayed = False

    def install(self) -> None:
        """Handle the signals from now on; do nothing outside the main thread: Python does not allow it there."""
        if threading.current_thread() is not threading.main_thread():
            return
        for number in _known():
            if number.name != "SIGHUP" or signal.getsignal(number) is not signal.SIG_IGN:  # nohup stays in force
                signal.signal(number, self._handle)
        self._hide_tracebacks()

    def shield(self) -> None:
        """Only note signals from now on."""
        self._shielded = True

    def raise_again(self) -> None:
        """Raise KeyboardInterrupt again if it was raised before and other code swallowed it."""
        if self.noted and not self._shielded:
            self._raise()

    def restore(self) -> None:
        """Let a signal end the process at once: the cleanup is done."""
        for number in _known():
            if signal.getsignal(number) == self._handle:
                signal.signal(number, signal.SIG_DFL)

    def in_brief(self) -> str:
        return f"interrupted by {self.noted[0]}" if self.noted else "not interrupted"

    def _handle(self, number: int, frame: FrameType | None) -> None:
        again, self._is_delayed = self._is_delayed, False
        if not again:
            self.noted.append(signal.Signals(number).name)
            self._print(f"{self.in_brief()}: cleaning up, for CLEANUP_DEADLINE_S at most")
        if self._shielded or self._raised or not (again or len(self.noted) == 1):
            return
        if self._delays < MOST_DELAYS and _holds_locks(frame):
            self._delays += 1
            _thread.start_new_thread(self._deliver_later, (signal.Signals(number),))
        else:
            self._raise()

    def _print(self, line: str) -> None:
        """Write a line without Python's buffers, which the signal may have interrupted."""
        with contextlib.suppress(OSError):
            if not self._silent:
                os.write(STDERR, f"{line}\n".encode())

    def _deliver_later(self, number: signal.Signals) -> None:
        time.sleep(DELAY_S)
        self._is_delayed = True
        if hasattr(signal, "pthread_kill"):
            signal.pthread_kill(threading.main_thread().ident or 0, number)  # ends the main thread's wait
        else:
            _thread.interrupt_main(number)

    def _raise(self) -> None:
        self._raised = True
        raise KeyboardInterrupt(self.noted[0])

    def _hide_tracebacks(self) -> None:
        """Keep Python from showing a traceback of the interrupt."""
        show, show_unraisable = sys.excepthook, sys.unraisablehook

        def hide(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
            if not (self.noted and issubclass(kind, KeyboardInterrupt)):
                show(kind, error, trace)

        def hide_unraisable(unraisable: sys.UnraisableHookArgs) -> None:
            if not (self.noted and issubclass(unraisable.exc_type, KeyboardInterrupt)):
                show_unraisable(unraisable)

        sys.excepthook, sys.unraisablehook = hide, hide_unraisable


def _known() -> list[signal.Signals]:
    return [signal.Signals[name] for name in INTERRUPTING if name in signal.Signals.__members__]


def _holds_locks(frame: FrameType | None) -> bool:
    """Whether the interrupted code may be acquiring a lock, which it would then never release."""
    while frame is not None:
        if str(frame.f_globals.get("__name__")).partition(".")[0] in LOCKING:
            return True
        frame = frame.f_back
    return False
