"""The registry: users are written down before, deleted after, and confirmed gone; no other users are touched."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest

from support.cleanup.journal import Journal, State
from support.cleanup.ledger import Counts
from support.cleanup.marks import new_mark
from support.cleanup.polling import PollPolicy
from support.cleanup.registry import Registry
from support.errors import ContractViolation, LeftBehind, SettingsError
from support.http import loop as loop_module
from support.http.async_client import AsyncClient
from support.http.loop import LoopThread
from support.http.operations import Operation
from support.http.session_client import SessionClient
from support.models import Answer, Call, Failure
from support.profile import Profile
from support.profile_answers import Answers
from support.tests import scripted
from support.tests.cleanup.fake import DEADLINE_S, SOON, URL, FakeUsers, Stand, answered
from support.tests.conftest import Script
from support.tests.http.clients import api_at
from support.tests.http.fake import LOST
from support.tests.scripted import Arrived, answer


class TestOrderOnTheWire:
    """What the journal holds at the moment when a request arrives at the server."""

    @pytest.fixture
    def seen(self) -> list[tuple[str, list[tuple[object, ...]]]]:
        return []

    def test_the_intent_is_on_disk_when_the_post_arrives(
        self, script: Script, loop: LoopThread, tmp_path: Path, seen: list[tuple[str, list[tuple[object, ...]]]]
    ) -> None:
        journal = Journal(tmp_path)

        def look(request: Arrived) -> None:
            with sqlite3.connect(tmp_path / "journal.sqlite3") as other:
                seen.append((request.method, other.execute("SELECT address, id, state FROM users").fetchall()))

        mark = new_mark()
        email = f"ada@{mark}.example.com"
        ada = {"id": "7", "name": "Ada", "email": email, "createdAt": "2024-05-06T07:08:09Z"}
        acts = [answer(201, ada), answer(200, ada), answer(204), answer(404, {}), answer(200, [])]
        api = api_at(script(*[scripted.after(look, act) for act in acts]).url)

        async def opened() -> AsyncClient:
            return AsyncClient(5)

        registry = Registry(journal, api, loop.run(opened()), loop, mark, SOON)
        with SessionClient(5) as client:
            client.run(registry.create(api.create_call({"name": "Ada", "email": email}), email, "Ada"))
        registry.prove_nothing_is_left(5)
        assert seen == [
            ("POST", [(email, None, "intended")]),
            ("GET", [(email, "7", "deleting")]),
            ("DELETE", [(email, "7", "deleting")]),
            ("GET", [(email, "7", "deleting")]),
            ("GET", [(email, "7", "gone")]),
        ]
        journal.close()

    def test_a_change_that_names_an_email_is_written_down_too(self, stand: Stand) -> None:
        user_id = stand.users.add("Ada", f"old@{stand.mark}.example.com")
        wanted = f"new@{stand.mark}.example.com"
        at_the_server: list[object] = []
        stand.users.intercept = lambda call: (
            at_the_server.append(stand.states().get(wanted)) if call.method == "PATCH" else None
        )
        stand.client.execute(stand.registry.change(stand.api.patch_call(user_id, {"email": wanted}), wanted))
        assert at_the_server == ["intended"]
        assert stand.states()[wanted] == "refused"

    def test_a_query_does_not_hide_whom_a_change_names(self, stand: Stand) -> None:
        user_id = stand.users.add("Ada", f"old@{stand.mark}.example.com")
        wanted = f"new@{stand.mark}.example.com"
        call = stand.api.patch_call(user_id, {"email": wanted})
        stand.client.execute(stand.registry.change(replace(call, url=f"{call.url}?id=9"), wanted))
        assert stand.states()[wanted] == "refused"

    def test_the_id_is_on_disk_when_the_answer_has_come(self, stand: Stand) -> None:
        stand.create()
        with sqlite3.connect(stand.journal.folder / "journal.sqlite3") as other:
            assert other.execute("SELECT id, state FROM users").fetchall() == [("1", "created")]


class TestDeleting:
    def test_created_users_are_deleted_and_confirmed_gone(self, stand: Stand) -> None:
        for _ in range(5):
            stand.create()
        stand.registry.confirm_gone()
        stand.prove()
        assert stand.users.users == {}
        assert stand.states() == {}
        assert stand.registry.ledger.counts() == Counts(created=5, deleted=5, gone=5, alive=0)

    def test_of_many_creates_with_one_email_one_is_looked_up_and_one_deleted(self, stand: Stand) -> None:
        new_user = stand.new_user()
        for _ in range(8):
            stand.create(new_user)
        stand.users.calls.clear()
        stand.registry.confirm_gone()
        assert len(stand.users.asked("DELETE")) == 1
        assert stand.users.asked("GET").count("") == 1
        stand.prove()
        assert stand.states() == {}

    @pytest.mark.parametrize("kept", [1, 2], ids=["one duplicate", "two"])
    def test_duplicates_that_were_created_despite_refusals_are_deleted_too(self, stand: Stand, kept: int) -> None:
        new_user = stand.new_user()
        stand.create(new_user)
        stand.users.intercept = lambda call: answered(409, {}) if call.method == "POST" else None
        for _ in range(3):
            stand.create(new_user)
        duplicates = [stand.users.add("Duplicate", new_user.email) for _ in range(kept)]
        stand.registry.confirm_gone()
        assert stand.users.users == {}
        assert set(duplicates) < set(stand.users.asked("DELETE"))
        assert stand.states() == {}

    @pytest.mark.parametrize("status", [404, 409, 422])
    def test_a_refused_user_who_cannot_be_looked_up_was_not_created(self, stand: Stand, status: int) -> None:
        stand.users.intercept = lambda call: answered(status if call.method == "POST" else 404, {})
        for _ in range(3):
            stand.create()
        stand.registry.confirm_gone()
        stand.prove()
        assert stand.states() == {}

    @pytest.mark.parametrize(
        "answer", [answered(201, {"data": {}}), answered(201), answered(500), LOST], ids=lambda _: ""
    )
    def test_a_possible_user_who_cannot_be_looked_up_is_named_once(
        self, stand: Stand, answer: Answer | Failure
    ) -> None:
        stand.users.intercept = lambda call: answer if call.method == "POST" else answered(200, {"data": []})
        new_user = stand.new_user()
        for _ in range(3):
            stand.create(new_user)
        message = stand.left_behind()
        assert message.startswith("1 user")
        assert message.count(new_user.email) == 1

    def test_a_post_to_a_user_that_is_done_without_an_answer_claims_no_other_user(self, stand: Stand) -> None:
        shown = stand.create().answer
        assert shown is not None
        stand.users.intercept = lambda call: answered(204) if call.method == "POST" else None
        other = stand.new_user()
        call = stand.api.call("POST", stand.api.url_of(shown.json()["id"]), fields=other.as_json())
        stand.client.execute(stand.registry.create(call, other.email, other.name))
        stand.prove()

    def test_a_user_who_is_still_listed_is_not_gone(self, stand: Stand) -> None:
        shown = stand.create().answer
        assert shown is not None
        stand.users.intercept = lambda call: (
            answered(200, [shown.json()]) if call.url == URL and call.method == "GET" else None
        )
        message = stand.left_behind()
        assert message.startswith("1 user")
        assert "still shown by the list" in message

    def test_nor_is_a_user_whom_a_look_up_still_shows(self, stand: Stand) -> None:
        shown = [answer.json() for answer in (stand.create().answer for _ in range(9)) if answer]
        by_email = {user["email"]: answered(200, [user]) for user in shown}
        stand.users.intercept = lambda call: next(
            (found for email, found in by_email.items() if quote(email) in call.url), None
        )
        message = stand.left_behind()
        assert message.startswith("9 users")
        assert "still shown by a look-up" in message

    def test_a_user_who_is_listed_for_a_while_is_waited_for(self, stand: Stand) -> None:
        shown = stand.create().answer
        assert shown is not None
        lists = iter([answered(200, [shown.json()])] * 2)
        stand.users.intercept = lambda call: next(lists, None) if call.url == URL and call.method == "GET" else None
        stand.prove()
        assert stand.states() == {}

    @pytest.mark.parametrize(
        "domain", ["elsewhere.example", f"{new_mark()}.example.com"], ids=["no run", "another run"]
    )
    def test_users_of_others_are_not_touched(self, stand: Stand, domain: str) -> None:
        before = {stand.users.add(f"Guest {n}", f"foreign{n}@{domain}") for n in range(5)}
        stand.create()
        stand.prove()
        assert set(stand.users.users) == before
        assert not set(stand.users.asked("DELETE")) & before

    def test_the_collection_is_never_deleted_nor_changed(self, stand: Stand) -> None:
        for _ in range(3):
            stand.create()
        stand.create(stand.new_user(email=""))
        stand.prove()
        assert "" not in {user_id for method, user_id in stand.users.calls if method in ("DELETE", "PUT", "PATCH")}

    def test_it_goes_on_after_a_failure(self, stand: Stand) -> None:
        """One deletion is answered by 500 to the end, one breaks in the client: the others go, and both are named."""
        for _ in range(6):
            stand.create()

        def intercept(call: Call) -> Answer | None:
            user_id = stand.users.id_in(call)
            if call.method == "DELETE" and user_id == "2":
                return answered(500)
            if call.method == "DELETE" and user_id == "4":
                raise RuntimeError("the client broke")
            return None

        stand.users.intercept = intercept
        message = stand.left_behind()
        assert set(stand.users.users) == {"2", "4"}
        assert {line.split()[0] for line in message.split("\n")[1:-1] if line.startswith("  ")} - {"…"} == {"2", "4"}

    def test_a_deletion_that_shows_late_is_waited_for(self, stand: Stand) -> None:
        stand.users.shown_after_deletion = 3
        for _ in range(3):
            stand.create()
        stand.prove()
        assert stand.users.users == {}

    def test_users_whose_deletion_never_shows_are_named_once(self, stand: Stand) -> None:
        stand.users.shown_after_deletion = 10**9
        for _ in range(2):
            stand.create()
        message = stand.left_behind()
        assert message.startswith(f"2 users of run {stand.mark} could not be confirmed as deleted:")
        assert [line.split()[0] for line in message.split("\n")[1:-1]] == ["1", "2"]
        assert "  1  ada.1@" in message
        assert message.endswith(f"python -m support.cleanup --yes --mark {stand.mark}")
        assert set(stand.states().values()) == {"left"}

    def test_a_user_whom_a_scenario_deleted_is_gone(self, stand: Stand) -> None:
        stand.create()
        stand.client.execute(stand.api.delete("1"))
        stand.prove()
        assert stand.states() == {}

    def test_a_profile_says_what_gone_means(self, stand: Stand) -> None:
        stand.api = replace(stand.api, profile=Profile(answers=Answers(gone=(404, 410, 500))))
        stand.registry = stand.new_registry(stand.mark)
        stand.create()
        stand.users.intercept = lambda call: (
            answered(500) if call.method == "GET" and stand.users.id_in(call) and not stand.users.users else None
        )
        stand.prove()

    def test_a_long_list_of_users_who_are_left_is_cut(self, stand: Stand) -> None:
        stand.users.intercept = lambda _: answered(404, {})
        for number in range(23):
            stand.registry.ledger.intend(f"{number}@{stand.mark}.example.com")
        message = stand.left_behind().split("\n")
        assert len(message) == 23
        assert message[-2] == "  … and 3 more"


class TestRoom:
    def test_more_users_than_may_be_alive_are_not_created(self, tmp_path: Path, loop: LoopThread) -> None:
        stand = Stand(tmp_path, loop, most=3)
        for _ in range(3):
            stand.create()
        with pytest.raises(SettingsError, match="MAX_USERS_ALIVE") as caught:
            stand.registry.make_room(1)
        assert "\n" not in str(caught.value)
        stand.registry.make_room(3, delete_current=True)
        assert stand.users.users == {}
        stand.journal.close()

    def test_no_create_is_sent_if_there_is_no_room(self, tmp_path: Path, loop: LoopThread) -> None:
        stand = Stand(tmp_path, loop, most=1)
        stand.create()
        with pytest.raises(SettingsError):
            stand.create()
        assert len(stand.users.asked("POST")) == 1
        stand.journal.close()

    def test_a_refused_user_takes_no_room(self, tmp_path: Path, loop: LoopThread) -> None:
        stand = Stand(tmp_path, loop, most=1)
        stand.create(stand.new_user(email=""))
        assert stand.registry.ledger.counts().alive == 0
        stand.create()
        stand.journal.close()


class TestDeadline:
    @pytest.fixture
    def hanging(self, tmp_path: Path, loop: LoopThread) -> Iterator[Stand]:
        """A registry whose first deletion hangs for as long as the test lasts."""
        stand = Stand(tmp_path, loop)
        stand.create()
        held = threading.Event()
        given_up: list[bool] = []

        async def hang(*_: object) -> None:
            given_up.append(await asyncio.get_running_loop().run_in_executor(None, held.wait, 15))

        stand.client.run = hang  # type: ignore[method-assign, assignment]
        yield stand
        assert given_up == [], "cleanup waited for the end of the deletion"
        held.set()
        stand.journal.close()

    def test_cleanup_ends_though_a_deletion_hangs(self, hanging: Stand) -> None:
        message = hanging.left_behind()
        assert "  1  ada.1@" in message
        assert "not confirmed before the cleanup deadline" in message
        (row,) = hanging.journal.unfinished(hanging.mark)
        assert row.reason == "not confirmed before the cleanup deadline"

    def test_users_who_are_left_are_named_though_the_loop_itself_hangs(
        self, stand: Stand, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(loop_module, "FINISHED_WITHIN_S", 0.05)
        stand.create()

        async def hang() -> None:
            time.sleep(2 * DEADLINE_S)

        hanging = stand.loop.submit(hang())
        assert "  1  ada.1@" in stand.left_behind()
        hanging.result()

    def test_a_target_that_never_shows_deletions_is_waited_for_once(self, tmp_path: Path, loop: LoopThread) -> None:
        """Later batches do not each wait for the whole deadline again."""
        stand = Stand(tmp_path, loop, policy=PollPolicy(0.001, 0.01, 0.1))
        stand.users.shown_after_deletion = 10**9
        looks = []
        for _ in range(4):
            stand.create()
            before = len(stand.users.asked("GET"))
            with contextlib.suppress(ContractViolation):  # the first time
                stand.registry.confirm_gone()
            looks.append(len(stand.users.asked("GET")) - before)
        assert looks[0] > 4
        assert looks[1:] == [looks[1]] * 3
        assert looks[1] <= 3
        stand.journal.close()


class TestAdopting:
    """What a dead run left is taken over by the next one."""

    def test_its_users_are_found_by_their_ids_emails_and_mark(self, tmp_path: Path, loop: LoopThread) -> None:
        users = FakeUsers()
        dead = Stand(tmp_path / "state", loop, users)
        dead.create()
        users.lost = {"POST": 1}
        users.intercept = lambda call: answered(404, {}) if call.method == "GET" else None
        dead.create()
        users.intercept = lambda _: None
        users.add("Ada", f"unheard-of@{dead.mark}.example.com")
        foreign = users.add("Guest", "guest@elsewhere.example")
        living = Stand(tmp_path / "state", loop, users)
        next_run = living.new_registry(dead.mark)
        next_run.ledger.adopt(living.journal.unfinished(dead.mark))
        next_run.prove_nothing_is_left(DEADLINE_S)
        assert set(users.users) == {foreign}
        assert living.journal.unfinished(dead.mark) == []
        for stand in (dead, living):
            stand.journal.close()

    def test_a_possible_user_without_an_email_is_named(self, tmp_path: Path, loop: LoopThread) -> None:
        dead = Stand(tmp_path / "state", loop)
        dead.registry.ledger.intend(None)
        next_run = dead.new_registry(dead.mark)
        next_run.ledger.adopt(dead.journal.unfinished(dead.mark))
        with pytest.raises(LeftBehind, match="its create may have created a user") as caught:
            next_run.prove_nothing_is_left(DEADLINE_S)
        assert "look for them by hand" in str(caught.value)
        assert "support.cleanup" not in str(caught.value)
        dead.journal.close()

    def test_a_foreign_user_who_got_an_id_since_is_not_touched(self, tmp_path: Path, loop: LoopThread) -> None:
        users = FakeUsers()
        dead = Stand(tmp_path / "state", loop, users)
        dead.create()
        users.users.clear()
        users.add("Guest", "guest@elsewhere.example", "1")
        living = Stand(tmp_path / "state", loop, users)
        next_run = living.new_registry(dead.mark)
        next_run.ledger.adopt(living.journal.unfinished(dead.mark))
        with contextlib.suppress(LeftBehind):
            next_run.prove_nothing_is_left(DEADLINE_S)
        assert set(users.users) == {"1"}
        assert users.asked("DELETE") == []
        for stand in (dead, living):
            stand.journal.close()


def test_a_survey_limits_its_simultaneous_requests(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    """A burst of thousands that a dead run may have created does not mean thousands of connections."""
    monkeypatch.setattr("support.cleanup.deleter.AT_ONCE", 3)
    for number in range(10):
        stand.registry.ledger.intend(f"{number}@{stand.mark}.example.com")
    present = peak = 0

    async def run(operation: Operation[object], _: object = None) -> object:
        nonlocal present, peak
        present += 1
        peak = max(peak, present)
        await asyncio.sleep(0.001)
        present -= 1
        return stand.client.execute(operation)

    monkeypatch.setattr(stand.client, "run", run)
    assert stand.registry.survey() == ([], [])
    assert peak == 3


def test_the_heartbeat_goes_on_after_a_failure_and_logs_it_once(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("support.cleanup.ledger.HEARTBEAT_S", 0.001)
    logged: list[str] = []
    monkeypatch.setattr("support.cleanup.ledger.log.warning", lambda text, *of: logged.append(text % of))
    beats: list[str] = []
    goes_on = threading.Event()

    def beat(mark: str) -> None:
        beats.append(mark)
        if len(beats) < 3:
            raise sqlite3.OperationalError("database or disk is full")
        goes_on.set()

    monkeypatch.setattr(stand.journal, "beat", beat)
    stand.loop.submit(stand.registry.ledger.keep_lease())
    assert goes_on.wait(5)
    assert logged == [
        "the journal cannot note that this run goes on, so others may take it for dead: database or disk is full"
    ]


def test_a_deletion_without_an_answer_is_named(stand: Stand) -> None:
    stand.create()
    stand.users.intercept = lambda call: Failure("connection refused", False, 0.0) if call.method == "DELETE" else None
    assert "DELETE got no answer: connection refused" in stand.left_behind()


def test_every_state_of_the_journal_is_known() -> None:
    assert {str(state) for state in State} == {"intended", "created", "refused", "deleting", "gone", "left"}
