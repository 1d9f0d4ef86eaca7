"""Outages on demand: what befalls the embedded API, for features that show what the suite makes of it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import requests

from support.contract.normalizers import users_of
from support.errors import ContractViolation, SuiteError
from support.scenario import outcomes
from support.settings import Settings
from support.target.embedded import EmbeddedApi

if TYPE_CHECKING:
    from support.scenario.session import Session

log = logging.getLogger("acceptance")
CONTROL_TIMEOUT_S = 5.0
PATIENCE_S = 1.0
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
    """The embedded API of the resilience features, which can be told to misbehave."""

    def __init__(self, session: Session, api: EmbeddedApi, folder: TemporaryDirectory[str]) -> None:
        """Take over an API, and the folder of its database, which goes with it."""
        self._session = session
        self._api = api
        self._folder = folder
        self._http = requests.Session()
        self._http.trust_env = False  # no proxy stands before what runs here
        self._http.headers["Authorization"] = f"Bearer {api.token}"
        self._restart: threading.Thread | None = None

    def inject(self, trouble: str, times: int | None, methods: tuple[str, ...] | None = None) -> None:
        """Let a trouble befall the next requests, so many of them or all; raises KeyError for an unknown trouble."""
        self._control("PUT", "faults", [{**FAULTS[trouble], "times": times, "methods": methods}])

    def inject_into_share(self, trouble: str, percent: int) -> None:
        """Let a trouble befall a share of the requests."""
        self._control("PUT", "faults", [{**FAULTS[trouble], "share": percent / 100, "seed": percent}])

    def has_struck(self) -> None:
        """Raise SuiteError where no trouble befell any request: then the scenario has shown nothing."""
        faults = self._control("GET", "faults")
        if not any(fault["fired"] for fault in faults):
            raise SuiteError("no trouble befell any request of this scenario")

    def clear(self) -> None:
        """Let the API behave again."""
        self._control("DELETE", "faults")

    def restart_soon(self) -> None:
        """Kill the API and start it again while something else is going on."""

        def restart() -> None:
            time.sleep(BEFORE_THE_RESTART_S)
            self._api.restart()

        self._restart = threading.Thread(target=restart, name="restart")
        self._restart.start()

    def has_restarted(self) -> None:
        """Wait for the restart; raises SuiteError where none was begun."""
        if self._restart is None:
            raise SuiteError("no restart was begun in this scenario")
        self._restart.join()
        self._restart = None

    def welcome_is_found_broken(self, person: str) -> None:
        """See that judging the last answer says that a promise was broken."""
        try:
            outcomes.is_created(
                self._session.scenario, self._session.scenario.actor(person), self._session.scenario.exchange
            )
        except ContractViolation as told:
            log.info("told as it should be: %s", str(told).splitlines()[0])
            return
        raise AssertionError(f"{person}'s answer was taken for a welcome although it was broken")

    def nobody_was_made_twice(self) -> None:
        """See that no address was stored twice at any time, and that nobody in the list has the address of another."""
        stored = self._control("GET", "stats")["twins"]
        shown = [user.email for user in self._everybody()]
        assert stored == 0, f"{stored} addresses were stored twice at some time"
        assert len(shown) == len(set(shown)), f"addresses are there twice: {sorted(shown)}"

    def nobody_is_left(self) -> None:
        """Clean up as after a scenario, and see that nobody whom the suite made is there any more."""
        self._session.registry.confirm_gone()
        ours = [user.email for user in self._everybody() if self._session.mark in user.email]
        assert not ours, f"these were left behind: {ours}"

    def _everybody(self) -> list[Any]:
        return users_of(self._session.run(self._session.api.list()).answer, self._session.profile)

    def _control(self, method: str, what: str, document: Any = None) -> Any:
        url = f"{self._api.target.control_url}/{what}"
        answer = self._http.request(method, url, json=document, timeout=CONTROL_TIMEOUT_S)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def close(self) -> None:
        if self._restart is not None:
            self._restart.join()
        self._http.close()
        self._api.close()
        self._folder.cleanup()


def faulty_session(settings: Settings, patience_s: float = PATIENCE_S) -> Session:
    """Open a world of its own on an embedded API that keeps its users over a restart and can be told to misbehave."""
    from support.scenario.session import Session

    folder = TemporaryDirectory(prefix="users-acceptance-", ignore_cleanup_errors=True)
    api = EmbeddedApi(["--control", "--database", f"{folder.name}/users.sqlite3"])
    patient = settings.model_copy(update={"target": "contract", "request_timeout_s": patience_s})
    session = Session(patient, api.target)
    session.faults = Faults(session, api, folder)
    return session
