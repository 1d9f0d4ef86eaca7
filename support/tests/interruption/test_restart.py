"""A run that is interrupted while its API is being restarted waits for that before it closes it."""

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
        self.began, self.may_go_on = threading.Event(), threading.Event()
        self.did: list[str] = []

    def restart(self) -> None:
        self.began.set()
        self.may_go_on.wait()
        self.did.append("restarted")

    def close(self) -> None:
        self.did.append("closed")


def test_closing_waits_for_the_restart(monkeypatch: Any) -> None:
    monkeypatch.setattr(faults, "BEFORE_THE_RESTART_S", 0.0)
    api: Any = Slow()
    stormy: Any = Faults(None, api, TemporaryDirectory())  # type: ignore[arg-type]
    stormy.restart_soon()
    api.began.wait()
    closing = threading.Thread(target=stormy.close)
    closing.start()
    closing.join(0.2)
    api.may_go_on.set()
    closing.join()
    assert api.did == ["restarted", "closed"]
