"""The population: all users that one process makes on the target, and how many of them may be alive.

It sends with the blocking session client, and never starts the event loop: under gevent, which Locust brings, a thread
is not a real one. It deletes only its own users, once they are done; the sweep finds whoever is left in the journal.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

from support.cleanup.journal import HEARTBEAT_S
from support.cleanup.marks import new_mark
from support.cleanup.recovery import others_in
from support.cleanup.registry import Registry
from support.http.policy import Budget
from support.http.recorder import Recorder
from support.http.session_client import SessionClient
from support.scenario.factory import Factory, new_seed
from support.scenario.waiting import Deadlines
from support.settings import Settings
from support.target.connection import Connection

MOST_CONNECTIONS = 10_000
BURST, CONTENDERS = 25, 5
PARTS_OF_ROOM = 4
"""One act takes at most one of so many equal parts of the users that may be alive."""


class Population:
    """A connection to the target, and a run in the journal with a mark of its own."""

    def __init__(self, settings: Settings) -> None:
        """Open the target that the settings name; raises SuiteError with one clear line."""
        self.connection = opened = Connection(settings)
        self.settings, self.profile = opened.settings, opened.profile
        self.http = SessionClient(self.settings.request_timeout_s, opened.route, opened.pacer, MOST_CONNECTIONS)
        opened.find_room()
        self.most = opened.most_alive
        self.mark = new_mark()
        self.factory = Factory(new_seed() if settings.data_seed is None else settings.data_seed, self.mark)
        self.deadlines = Deadlines(opened.poll_policy)
        self._existing = self._others()
        self._taken, self._room = 0, threading.Condition()
        opened.journal.open_run(self.mark, opened.target.key)
        threading.Thread(target=self._keep_lease, daemon=True).start()

    def _keep_lease(self) -> None:
        while True:
            time.sleep(HEARTBEAT_S)
            with suppress(sqlite3.Error):  # the failure may pass: the next heartbeat renews the lease
                self.connection.journal.beat(self.mark)

    def _others(self) -> frozenset[str]:
        if not self.profile.capabilities.list:
            return frozenset()
        return others_in(self.http.run(self.connection.api.list()), self.profile, self.connection.journal)

    def new_registry(self) -> Registry:
        """Return a new registry for the users of one act, so that its memory of them does not outlive the act."""
        opened, api = self.connection, self.connection.api
        fresh = replace(api, recorder=Recorder(), policy=replace(api.policy, budget=Budget()))
        registry = Registry(opened.journal, fresh, opened.async_client, opened.loop, self.mark, opened.poll_policy)
        registry.ledger.existing = self._existing
        return registry

    def at_once(self, wanted: int) -> int:
        """Return how many requests of an act may be sent at once, within the limits of the target."""
        limits = (self.profile.caps.concurrency, self.connection.pacer.most_at_once, self.most // PARTS_OF_ROOM)
        return max(1, min(wanted, *(limit for limit in limits if limit is not None)))

    @contextmanager
    def room_for(self, count: int) -> Iterator[Registry]:
        """Wait until `count` more users may be alive; users who are still alive after the act keep their room."""
        with self._room:
            self._room.wait_for(lambda: self._taken + count <= self.most)
            self._taken += count
        registry = self.new_registry()
        try:
            yield registry
        finally:
            with self._room:
                self._taken -= count - min(count, registry.ledger.alive_count)
                self._room.notify_all()
