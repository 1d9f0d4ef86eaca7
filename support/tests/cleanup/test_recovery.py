"""Waiting for deletions to show, and finishing what dead runs left: for one target, and never for a live run."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.cleanup.journal import Journal, State
from support.cleanup.polling import PollPolicy
from support.cleanup.recovery import finish_dead_runs
from support.cleanup.registry import Registry
from support.models import EMBEDDED
from support.settings import Settings
from support.tests.cleanup.fake import URL, FakeUsers, Stand, answered
from support.tests.cleanup.test_journal import locked, release_lease
from support.tests.conftest import settings_for
from support.tests.http.fake import Clock


class TestPollPolicy:
    @given(first_s=st.floats(0.001, 2), cap_s=st.floats(0.001, 5), deadline_s=st.floats(0, 20))
    def test_waits_grow_to_the_cap_and_end_at_the_deadline(
        self, first_s: float, cap_s: float, deadline_s: float
    ) -> None:
        clock = Clock(now=0.0)
        waits = []
        for wait in PollPolicy(first_s, cap_s, deadline_s).waits(clock):
            waits.append(wait)
            clock.advance(wait)
            if len(waits) > 50:
                break
        assert sum(waits) <= deadline_s * 1.000001
        assert all(wait <= max(first_s, cap_s) for wait in waits)
        assert len(waits) > 50 or sum(waits) == pytest.approx(deadline_s)

    def test_they_double(self) -> None:
        clock = Clock()
        waits = []
        for wait in PollPolicy(1, 8, 30).waits(clock):
            waits.append(wait)
            clock.advance(wait)
        assert waits == [1, 2, 4, 8, 8, 7]

    def test_there_is_none_without_a_deadline(self) -> None:
        assert list(PollPolicy(1, 8, 0).waits(Clock())) == []


@dataclass
class Opened:
    """A connection as recovery sees it."""

    settings: Settings
    journal: Journal
    stand: Stand

    def new_registry(self, mark: str) -> Registry:
        return self.stand.new_registry(mark)


class TestRecovery:
    @pytest.fixture
    def users(self) -> FakeUsers:
        return FakeUsers()

    @pytest.fixture
    def opened(self, stand: Stand, tmp_path: Path, users: FakeUsers) -> Opened:
        stand.users = stand.client.users = users
        return Opened(settings_for(tmp_path, cleanup_deadline_s=0.3), stand.journal, stand)

    def other_run(self, opened: Opened, users: FakeUsers) -> Stand:
        """Begin another run on the same target and journal, which has made two users."""
        other = Stand(opened.journal.folder, opened.stand.loop, users)
        other.create()
        other.create()
        return other

    def test_what_a_dead_run_left_is_deleted_and_the_run_closed(self, opened: Opened, users: FakeUsers) -> None:
        dead = self.other_run(opened, users)
        release_lease(dead.journal)
        assert finish_dead_runs(opened, URL) == 2
        assert users.users == {}
        assert opened.journal.dead_runs(URL) == []
        dead.journal.close()

    def test_a_live_run_is_not_touched(self, opened: Opened, users: FakeUsers) -> None:
        live = self.other_run(opened, users)
        assert finish_dead_runs(opened, URL) == 0
        assert len(users.users) == 2
        assert users.asked("DELETE") == []
        live.journal.close()

    def test_a_dead_run_on_another_target_is_not_touched(self, opened: Opened, users: FakeUsers) -> None:
        dead = self.other_run(opened, users)
        release_lease(dead.journal)
        assert finish_dead_runs(opened, "http://127.0.0.1:9/users") == 0
        assert len(users.users) == 2
        assert [run.mark for run in opened.journal.dead_runs(URL)] == [dead.mark]
        dead.journal.close()

    def test_what_stays_is_logged_and_tried_again_next_time(
        self, opened: Opened, users: FakeUsers, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(logging.getLogger("acceptance"), "propagate", True)
        dead = self.other_run(opened, users)
        release_lease(dead.journal)
        users.intercept = lambda call: answered(500) if call.method == "DELETE" else None
        finish_dead_runs(opened, URL)
        assert f"the earlier run {dead.mark} is not cleaned up yet: 2 users" in caplog.text
        assert [run.mark for run in opened.journal.dead_runs(URL)] == [dead.mark]
        users.intercept = lambda _: None
        assert finish_dead_runs(opened, URL) == 2
        assert users.users == {}
        dead.journal.close()

    def test_the_users_of_an_embedded_api_ended_with_it(self, opened: Opened, users: FakeUsers) -> None:
        dead = Journal(opened.journal.folder)
        dead.open_run("m", EMBEDDED)
        dead.set_state([dead.intend("m", "a@b.c")], State.CREATED, "7")
        release_lease(dead)
        assert finish_dead_runs(opened, EMBEDDED) == 0
        assert opened.journal.dead_runs(EMBEDDED) == []
        assert users.calls == []
        dead.close()

    def test_users_are_deleted_although_the_run_cannot_be_closed(
        self, opened: Opened, users: FakeUsers, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(logging.getLogger("acceptance"), "propagate", True)
        dead = self.other_run(opened, users)
        release_lease(dead.journal)
        opened.journal._database.execute("PRAGMA busy_timeout = 1")
        with locked(opened.journal.folder):
            assert finish_dead_runs(opened, URL) == 2
        assert users.users == {}
        assert f"the journal does not know that run {dead.mark} is over: database is locked" in caplog.text
        dead.journal.close()

    def test_a_run_of_an_embedded_api_is_closed_the_next_time_if_it_cannot_be_now(self, opened: Opened) -> None:
        dead = Journal(opened.journal.folder)
        dead.open_run("m", EMBEDDED)
        dead.set_state([dead.intend("m", "a@b.c")], State.CREATED, "7")
        release_lease(dead)
        opened.journal._database.execute("PRAGMA busy_timeout = 1")
        with locked(opened.journal.folder):
            finish_dead_runs(opened, EMBEDDED)
        assert [run.mark for run in opened.journal.dead_runs(EMBEDDED)] == ["m"]
        finish_dead_runs(opened, EMBEDDED)
        assert opened.journal.dead_runs(EMBEDDED) == []
        dead.close()
