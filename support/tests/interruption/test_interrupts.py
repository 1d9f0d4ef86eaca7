"""The first signal interrupts, at a safe place; none interrupts the cleanup."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future

import pytest

from support.signals import DELAY_S, Interrupts

SOON_S = 5.0


@pytest.fixture
def interrupts() -> Iterator[Interrupts]:
    """The signal handlers of this process, restored after the test."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    hooks = sys.excepthook, sys.unraisablehook
    taken = Interrupts()
    taken.install()
    yield taken
    taken.shield()
    time.sleep(3 * DELAY_S)
    for number, handler in kept.items():
        signal.signal(number, handler)
    sys.excepthook, sys.unraisablehook = hooks


def send(number: signal.Signals = signal.SIGTERM) -> None:
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_interrupts(interrupts: Interrupts, number: signal.Signals) -> None:
    with pytest.raises(KeyboardInterrupt, match=number.name):
        send(number)
    assert interrupts.in_brief() == f"interrupted by {number.name}"


def test_a_second_one_does_not(interrupts: Interrupts) -> None:
    with pytest.raises(KeyboardInterrupt):
        send()
    send(signal.SIGINT)
    assert interrupts.noted == ["SIGTERM", "SIGINT"]


def test_none_interrupts_the_cleanup(interrupts: Interrupts) -> None:
    interrupts.shield()
    send()
    assert interrupts.noted == ["SIGTERM"]


def test_one_that_was_swallowed_is_raised_again_at_the_next_step(interrupts: Interrupts) -> None:
    interrupts.raise_again()
    with contextlib.suppress(KeyboardInterrupt):
        send()
    with pytest.raises(KeyboardInterrupt, match="SIGTERM"):
        interrupts.raise_again()
    interrupts.shield()
    interrupts.raise_again()


class InterruptedLock:
    """A lock whose acquisition is followed by a signal at once."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self.release = self._lock.release

    def acquire(self, blocking: bool = True) -> bool:
        return self._lock.acquire(blocking)

    def __enter__(self) -> bool:
        taken = self._lock.acquire()
        send()
        return taken

    def __exit__(self, *_: object) -> None:
        self._lock.release()


@pytest.mark.usefixtures("interrupts")
def test_a_lock_that_was_just_acquired_is_released() -> None:
    """Python's Condition holds its lock forever if an exception is raised between acquiring it and `with`."""
    lock = InterruptedLock()
    condition = threading.Condition(lock)  # type: ignore[arg-type]
    with pytest.raises(KeyboardInterrupt):  # noqa: PT012 - it is raised after the release
        with condition:
            pass
        time.sleep(SOON_S)
    seen: Future[bool] = Future()
    threading.Thread(target=lambda: seen.set_result(lock.acquire(blocking=False))).start()
    assert seen.result(SOON_S), "another thread waits for this lock in vain"


@pytest.mark.usefixtures("interrupts")
def test_an_endless_wait_is_interrupted_too() -> None:
    threading.Timer(DELAY_S, send).start()
    with pytest.raises(KeyboardInterrupt):
        threading.Event().wait(60)


def test_a_signal_after_the_cleanup_ends_the_process_at_once(interrupts: Interrupts) -> None:
    interrupts.restore()
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    assert signal.getsignal(signal.SIGINT) is signal.SIG_DFL
