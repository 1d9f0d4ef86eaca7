"""A run that is interrupted while its API restarts waits for the restart before it closes the API."""

from __future__ import annotations

import threading
from tempfile import TemporaryDirectory
from typing import Any

from support.scenario import faults
from support.scenario.faults import Faults


class Slow:
    """An API that is slow to start again."""

    token = "t"

    def __init__(self) -> None:
        self.restarting, self.may_go_on = threading.Event(), threading.Event()
        self.calls: list[str] = []

    def restart(self) -> None:
        self.restarting.set()
        self.may_go_on.wait()
        self.calls.append("restarted")

    def close(self) -> None:
        self.calls.append("closed")


def test_closing_waits_for_the_restart(monkeypatch: Any) -> None:
    monkeypatch.setattr(faults, "BEFORE_THE_RESTART_S", 0.0)
    api: Any = Slow()
    injected = Faults(api, TemporaryDirectory())
    injected.restart_soon()
    api.restarting.wait()
    closing = threading.Thread(target=injected.close)
    closing.start()
    closing.join(0.2)
    api.may_go_on.set()
    closing.join()
    assert api.calls == ["restarted", "closed"]
