"""Faults that are injected into an embedded API, for the features about outages."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from support.errors import SuiteError
from support.target.embedded import EmbeddedApi

CONTROL_TIMEOUT_S = 5.0
BEFORE_THE_RESTART_S = 0.02

FAULTS: Mapping[str, Mapping[str, Any]] = {
    "answers 503": {"kind": "status", "status": 503},
    "answers 503 with a retry delay": {"kind": "status", "status": 503, "retry_after": "1"},
    "answers 503 with a retry date": {"kind": "status", "status": 503, "retry_after": "date:1"},
    "answers 429": {"kind": "status", "status": 429},
    "answers 429 with a retry delay": {"kind": "status", "status": 429, "retry_after": "1"},
    "answers 502": {"kind": "status", "status": 502},
    "answers 504 after doing the work": {"kind": "status", "status": 504, "when": "after"},
    "answers 503 after doing the work": {"kind": "status", "status": 503, "when": "after"},
    "drops the connection before doing the work": {"kind": "drop", "when": "before"},
    "drops the connection after doing the work": {"kind": "drop", "when": "after"},
    "truncates its answer": {"kind": "cut"},
    "answers slowly": {"kind": "slow", "seconds": 0.5},
    "hangs before doing the work": {"kind": "hang", "when": "before"},
    "hangs after doing the work": {"kind": "hang", "when": "after"},
    "answers with broken JSON after doing the work": {"kind": "garbage", "when": "after"},
    "shows deletions 0.3 s late": {"kind": "late-deletion", "seconds": 0.3},
    "shows deletions 0.6 s late": {"kind": "late-deletion", "seconds": 0.6},
}


class Faults:
    """Controls the faults of an embedded API that keeps its users across restarts."""

    def __init__(self, api: EmbeddedApi, folder: TemporaryDirectory[str]) -> None:
        """Take over the API and the folder of its database; `close` ends the API and deletes the folder."""
        self._api, self._folder = api, folder
        self._restart: threading.Thread | None = None

    def inject(self, fault: str, **scope: Any) -> None:
        """Inject a fault into requests that `scope` chooses, by `times` and `methods` or by `share` and `seed`.

        Raises KeyError for an unknown fault.
        """
        self._control("PUT", "faults", [{**FAULTS[fault], **scope}])

    def check_occurred(self) -> None:
        """Raise SuiteError if no request met a fault: then the scenario has shown nothing."""
        if not any(fault["fired"] for fault in self._control("GET", "faults")):
            raise SuiteError("no request of this scenario met a fault")

    def clear(self) -> None:
        """Wait until a restart of the API is over, then remove all faults."""
        self.wait_for_restart()
        self._control("DELETE", "faults")

    def stored_twice(self) -> int:
        """Return how many emails were stored twice at any time."""
        return int(self._control("GET", "stats")["duplicates"])

    def restart_soon(self) -> None:
        """Kill and restart the API in a thread, so that the restart overlaps with the next requests."""

        def restart() -> None:
            time.sleep(BEFORE_THE_RESTART_S)
            self._api.restart()

        self._restart = threading.Thread(target=restart, name="restart")
        self._restart.start()

    def wait_for_restart(self) -> None:
        if self._restart is not None:
            self._restart.join()
            self._restart = None

    def _control(self, method: str, what: str, document: Any = None) -> Any:
        url, headers = f"{self._api.target.control_url}/{what}", {"Authorization": f"Bearer {self._api.token}"}
        answer = httpx.request(  # trust_env=False: without a proxy
            method, url, json=document, headers=headers, timeout=CONTROL_TIMEOUT_S, trust_env=False
        ).raise_for_status()
        return answer.json() if answer.content else None

    def close(self) -> None:
        self.wait_for_restart()
        self._api.close()
        self._folder.cleanup()
