"""The session of a run: the target, its clients, the registry of created users, and the current scenario."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from tempfile import TemporaryDirectory
from typing import TypeVar

from support.cleanup.marks import new_mark
from support.cleanup.recovery import finish_dead_runs, others_in
from support.cleanup.registry import Registry
from support.concurrency.burst import burst, burst_in_threads
from support.concurrency.results import BurstResult, Request
from support.contract.normalizers import ids_of
from support.errors import SuiteError
from support.http.report_sink import ReportSink
from support.http.users_api import UsersApi
from support.models import Call, Exchange
from support.scenario.context import ScenarioContext
from support.scenario.factory import Factory, new_seed, preload
from support.scenario.faults import Faults
from support.scenario.first_creates import FirstCreates
from support.scenario.waiting import Deadlines
from support.settings import Settings
from support.target.connection import Connection
from support.target.embedded import EmbeddedApi, Target
from support.target.opening import check_open

log = logging.getLogger("acceptance")
FAULTY_TIMEOUT_S = 1.0
ACCESS = "auth-401"
LONG = 10_000
T = TypeVar("T")


class Session:
    """Everything that lasts as long as a run; the session begins each scenario.

    For `recent_s` seconds, the last list that was read may be used again instead of reading another one, unless a
    request that may create a user was sent since. `list_is_long`: the list shows more than LONG users.
    """

    recent_s = 1.0

    def __init__(self, settings: Settings, target: Target | EmbeddedApi | None = None) -> None:
        """Open the target that the settings name, or the one given; raises SuiteError with one clear line."""
        preload()
        self.connection = opened = Connection(settings, target)
        self.settings, self.profile, self.target = opened.settings, opened.profile, opened.target
        self.poll_policy = opened.poll_policy
        self.http, self.loop, self.async_client = opened.http, opened.loop, opened.async_client
        self.recorder, self.journal = opened.recorder, opened.journal
        self.mark = new_mark()
        seed = new_seed() if settings.data_seed is None else settings.data_seed
        self.factory: Factory = Factory(seed, self.mark, settings.process_number)
        self.concurrency_notes: list[str] = []
        self.keeps_nested: bool | None = None
        self.sink = ReportSink()
        try:
            self.recovered = finish_dead_runs(opened, self.target.key)
            opened.find_room()
            self.journal.open_run(self.mark, self.target.key)
        except BaseException:
            opened.close()
            raise
        self.registry: Registry = opened.new_registry(self.mark)
        self.api: UsersApi = self.registry.api
        self.listed_at_first = self.http.run(self.api.list()) if self.profile.capabilities.list else None
        self.list_is_long = False
        if self.listed_at_first is not None:
            self.list_is_long = len(ids_of(self.listed_at_first.answer, self.profile)) > LONG
            self.registry.ledger.existing |= others_in(self.listed_at_first, self.profile, self.journal)
        self.loop.submit(self.registry.ledger.keep_lease())
        self.deadlines = Deadlines(self.poll_policy)
        self.first_creates = FirstCreates()
        self.last_list: tuple[float, int, Exchange] | None = None
        self.faults: Faults | None = None
        self.begin("user-shape")

    def begin(self, rule: str, name: str = "") -> None:
        """Begin a scenario that shows a rule."""
        self.recorder.begin()
        if self.last_list is not None and time.monotonic() - self.last_list[0] > self.recent_s:
            self.last_list = None
        if command := self.connection.token_command:
            command.frozen = False
            if rule == ACCESS:  # an expired or a renewed token would falsify the result
                command.renew()
            command.frozen = rule == ACCESS
        self.scenario: ScenarioContext = ScenarioContext(self, rule, name)

    def note_concurrency(self, line: str) -> None:
        """Note the result of a burst or a race for the summary of the run."""
        self.concurrency_notes.append(line)
        log.info("%s", line)

    def show_in(self, sink: ReportSink) -> None:
        """Show exchanges and pictures in this sink from now on."""
        self.sink = sink
        sink.record(self.recorder)

    def _renew_expired_token(self) -> None:
        """Call the target, which renews an expired token: contenders send their only request with a valid token."""
        if self.connection.token_command is not None:
            check_open(self.http, self.api)

    def run_burst(self, requests: Sequence[Request[T]], warm_up: Call | None = None) -> BurstResult[T]:
        """Release requests at the same moment with the async client."""
        self._renew_expired_token()
        return self.loop.run(burst(self.async_client, requests, warm_up))

    def run_threads(self, requests: Sequence[Request[T]]) -> BurstResult[T]:
        """Release requests at the same moment in threads, with the session client."""
        self._renew_expired_token()
        return burst_in_threads(self.http, requests)

    def stop_requests(self) -> None:
        """Stop all requests that an interrupt left running, before cleaning up; raises SuiteError if any goes on."""
        try:
            self.loop.stop_waited_for()
        except TimeoutError:
            raise SuiteError("requests that were running when the run ended did not stop in time") from None
        finally:
            self.http.stop()

    def close(self) -> None:
        """Close the clients and the journal, and end an embedded API."""
        if self.faults is not None:
            self.faults.close()
        self.connection.close()


def faulty_session(settings: Settings, timeout_s: float = FAULTY_TIMEOUT_S) -> Session:
    """Open a session on its own embedded API, which keeps its users across restarts and lets faults be injected."""
    folder = TemporaryDirectory(prefix="users-acceptance-", ignore_cleanup_errors=True)
    api = EmbeddedApi(["--control", "--database", f"{folder.name}/users.sqlite3"])
    changed = settings.model_copy(update={"target": "contract", "request_timeout_s": timeout_s})
    session = Session(changed, api.target)
    session.connection.pacer.learner.is_on = False  # this API answers 429 only as an injected fault
    session.faults = Faults(api, folder)
    return session
