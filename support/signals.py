"""Ctrl-C, SIGTERM and a closed terminal: the first of them interrupts the run, and none its cleaning up."""

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
DELICATE = frozenset({"threading", "concurrent", "queue", "asyncio", "logging", "importlib", "filelock"})
A_MOMENT_S = 0.01
MOST_MOMENTS = 100
STDERR = 2


class Interrupts:
    """Turns the first signal into KeyboardInterrupt; any other one, and all while cleaning up, are only noted.

    It is raised where it can do no harm: Python's own locks, written in Python, stay locked for ever when one comes
    between taking them and the `try` that lets go of them, and the event loop would wait for them in vain.
    """

    def __init__(self, silent: bool = False) -> None:
        """Begin with none; `silent` leaves it to others to tell of them."""
        self._silent = silent
        self.noted: list[str] = []
        self._shielded = False
        self._raised = False
        self._put_off = 0
        self._delivered_again = False

    def install(self) -> None:
        """Take the signals over; does nothing outside the main thread, where Python does not allow it."""
        if threading.current_thread() is not threading.main_thread():
            return
        for number in _known():
            if number.name != "SIGHUP" or signal.getsignal(number) is not signal.SIG_IGN:  # nohup stays in force
                signal.signal(number, self._handle)
        self._tell_them_once()

    def shield(self) -> None:
        """Let nothing interrupt what comes from now on."""
        self._shielded = True

    def insist(self) -> None:
        """Raise KeyboardInterrupt where one was raised before and somebody has swallowed it."""
        if self.noted and not self._shielded:
            self._raise()

    def let_go(self) -> None:
        """Let a signal end the process at once, as all is done."""
        for number in _known():
            if signal.getsignal(number) == self._handle:
                signal.signal(number, signal.SIG_DFL)

    def in_brief(self) -> str:
        return f"interrupted by {self.noted[0]}" if self.noted else "not interrupted"

    def _handle(self, number: int, frame: FrameType | None) -> None:
        again, self._delivered_again = self._delivered_again, False
        if not again:
            self.noted.append(signal.Signals(number).name)
            self._say(f"{self.in_brief()}: cleaning up, which ends by itself within CLEANUP_DEADLINE_S")
        if self._shielded or self._raised or not (again or len(self.noted) == 1):
            return
        if self._put_off < MOST_MOMENTS and _is_delicate(frame):
            self._put_off += 1
            _thread.start_new_thread(self._deliver_again, (signal.Signals(number),))
        else:
            self._raise()

    def _say(self, line: str) -> None:
        """Write a line past all buffers, which may be in the middle of another one."""
        with contextlib.suppress(OSError):
            if not self._silent:
                os.write(STDERR, f"{line}\n".encode())

    def _deliver_again(self, number: signal.Signals) -> None:
        time.sleep(A_MOMENT_S)
        self._delivered_again = True
        if hasattr(signal, "pthread_kill"):
            signal.pthread_kill(threading.main_thread().ident or 0, number)  # wakes it from whatever it waits for
        else:
            _thread.interrupt_main(number)

    def _raise(self) -> None:
        self._raised = True
        raise KeyboardInterrupt(self.noted[0])

    def _tell_them_once(self) -> None:
        """Keep Python from showing a traceback of what was told already."""
        show, show_unraisable = sys.excepthook, sys.unraisablehook

        def told(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
            if not (self.noted and issubclass(kind, KeyboardInterrupt)):
                show(kind, error, trace)

        def told_too(unraisable: sys.UnraisableHookArgs) -> None:
            if not (self.noted and issubclass(unraisable.exc_type, KeyboardInterrupt)):
                show_unraisable(unraisable)

        sys.excepthook, sys.unraisablehook = told, told_too


def _known() -> list[signal.Signals]:
    return [signal.Signals[name] for name in INTERRUPTING if name in signal.Signals.__members__]


def _is_delicate(frame: FrameType | None) -> bool:
    """Whether what is going on holds locks that an exception at the wrong moment would never give back."""
    while frame is not None:
        if str(frame.f_globals.get("__name__")).partition(".")[0] in DELICATE:
            return True
        frame = frame.f_back
    return False
