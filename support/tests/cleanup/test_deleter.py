"""Delete many users at once: one read of the list replaces many look-ups, and only our own users are deleted."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import TypeVar

import pytest

from support.cleanup.marks import new_mark
from support.errors import LeftBehind
from support.http.async_client import AsyncClient
from support.http.loop import LoopThread
from support.http.operations import Operation, SendRequest
from support.models import Answer, Call, Failure
from support.profile import Profile
from support.profile_answers import Pages
from support.tests.cleanup.fake import URL, FakeUsers, Stand, answered
from support.tests.http.fake import LOST
from support.tests.interruption.target_process import poll_until

T = TypeVar("T")
MANY = 6
FEW = 2
DEADLINE_S = 0.3


def refusing(call: Call) -> Answer | None:
    return answered(422, {"title": "invalid"}) if call.method == "POST" else None


def refuse(stand: Stand, count: int) -> None:
    """Have so many creates refused."""
    stand.users.intercept = refusing
    for _ in range(count):
        stand.create()
    stand.users.calls.clear()


@pytest.fixture
def paged(tmp_path: Path, loop: LoopThread) -> Iterator[Stand]:
    """A registry on an API whose list only comes in pages."""
    made = Stand(tmp_path / "paged", loop)
    made.api = replace(made.api, profile=Profile(pages=Pages(size=100)))
    made.registry.switch_api(made.api)
    yield made
    made.journal.close()


class TestRefused:
    def test_many_are_looked_for_in_the_list_and_each_is_looked_up_in_the_end(self, stand: Stand) -> None:
        refuse(stand, MANY)
        stand.registry.confirm_gone()
        assert stand.users.calls == [("GET", "")]
        assert set(stand.states().values()) == {"refused"}
        stand.registry.prove_nothing_is_left(DEADLINE_S)
        assert stand.users.calls == [("GET", "")] * (1 + MANY + 1)
        assert stand.states() == {}

    def test_a_user_whom_the_list_hides_is_found_by_email(self, stand: Stand) -> None:
        refuse(stand, MANY)
        user_id = stand.users.add("Ada", next(email for email in stand.states() if email))
        stand.users.intercept = lambda call: answered(200, []) if call.url == URL else None
        stand.registry.confirm_gone()
        assert user_id in stand.users.users
        stand.registry.prove_nothing_is_left(DEADLINE_S)
        assert stand.users.users == {}

    @pytest.mark.parametrize("listed", [True, False])
    def test_those_for_whom_there_is_no_time_are_settled_by_the_list(
        self, stand: Stand, monkeypatch: pytest.MonkeyPatch, listed: bool
    ) -> None:
        refuse(stand, MANY)

        async def run_slowly(operation: Operation[T]) -> T:
            async def answer(send: SendRequest) -> Answer | Failure:
                if "?" in send.call.url:
                    await asyncio.sleep(600)
                return answered(200 if listed else 403, [])

            return await AsyncClient(DEADLINE_S).run(operation, answer)

        monkeypatch.setattr(stand.client, "run", run_slowly)
        if listed:
            stand.registry.prove_nothing_is_left(DEADLINE_S)
            assert stand.states() == {}
        else:
            with pytest.raises(LeftBehind, match="6 users"):
                stand.registry.prove_nothing_is_left(DEADLINE_S)

    def test_few_are_looked_up(self, stand: Stand) -> None:
        refuse(stand, FEW)
        stand.registry.confirm_gone()
        assert stand.users.calls == [("GET", "")] * FEW
        assert stand.states() == {}

    def test_they_are_looked_for_at_the_end_of_the_feature(self, stand: Stand) -> None:
        refuse(stand, MANY)
        stand.registry.start_deleting()
        stand.registry.wait_for_deletions()
        assert stand.users.calls == []
        assert set(stand.states().values()) == {"refused"}

    @pytest.mark.parametrize("count", [FEW, MANY])
    def test_a_user_who_was_created_despite_the_refusal_is_deleted(self, stand: Stand, count: int) -> None:
        refuse(stand, count)
        email = next(email for email in stand.states() if email)
        user_id = stand.users.add("Ada", email)
        stand.registry.confirm_gone()
        assert stand.users.asked("DELETE") == [user_id]
        assert stand.users.users == {}

    def test_a_list_that_cannot_be_read_is_not_asked_for_again(self, stand: Stand) -> None:
        for _ in range(2):
            refuse(stand, MANY)
            stand.users.intercept = lambda call: answered(403, {}) if call.url == URL and call.method == "GET" else None
            stand.registry.confirm_gone()
            listed = stand.users.calls.count(("GET", ""))
        assert listed == MANY, "each is looked up, and the list is not read once more"

    def test_if_the_list_cannot_be_read_each_is_looked_up(self, stand: Stand) -> None:
        refuse(stand, MANY)
        stand.users.intercept = lambda call: answered(403, {}) if "?" not in call.url else None
        stand.registry.confirm_gone()
        assert len(stand.users.calls) == 1 + MANY
        assert stand.states() == {}

    def test_if_it_comes_in_pages_each_is_looked_up(self, paged: Stand) -> None:
        refuse(paged, MANY)
        paged.registry.confirm_gone()
        assert len(paged.users.calls) == MANY
        assert paged.states() == {}


def test_a_deleted_user_whom_no_read_shows_is_not_said_to_be_still_there(stand: Stand) -> None:
    stand.create()

    def answer(call: Call) -> Answer | Failure | None:
        return LOST if call.method == "GET" and "1" not in stand.users.users else None

    stand.users.intercept = answer
    message = stand.left_behind()
    assert "not seen to be gone (GET got no answer" in message
    assert "still there" not in message


def test_users_who_stay_when_several_are_deleted_at_once_are_deleted_one_by_one(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_work = 0

    async def run(operation: Operation[T]) -> T:
        nonlocal at_work
        at_work += 1
        try:
            await asyncio.sleep(0)
            return stand.client.execute(operation)
        finally:
            at_work -= 1

    stand.users.intercept = lambda call: answered(204) if call.method == "DELETE" and at_work > 1 else None
    for _ in range(MANY):
        stand.create()
    monkeypatch.setattr(stand.client, "run", run)
    stand.prove()
    assert stand.users.users == {}


def test_entries_without_an_id_that_carry_the_mark_are_told_as_left(stand: Stand) -> None:
    other = new_mark()
    entries = [f"no JSON of {stand.mark}", {"user": {"email": f"ada@{stand.mark}.example.com"}}, f"of {other}", 7]
    stand.users.intercept = lambda call: answered(200, entries) if (call.method, call.url) == ("GET", URL) else None
    stand.create()
    message = stand.left_behind()
    assert message == f"The list has 2 entries with the mark {stand.mark} but without an id by which to delete them."
    assert stand.users.users == {}
    assert stand.registry.ledger.counts().alive == 2


class TestProof:
    def test_each_user_is_read_before_they_are_deleted(self, stand: Stand) -> None:
        for _ in range(MANY):
            stand.create()
        stand.users.calls.clear()
        stand.registry.start_deleting()
        stand.registry.wait_for_deletions()
        each = [[("GET", str(number)), ("DELETE", str(number))] for number in range(1, MANY + 1)]
        seen_gone = [("GET", str(number)) for number in range(1, MANY + 1)]
        assert stand.users.calls == [*chain(*each), *seen_gone]
        assert stand.states() == {}

    def test_an_answer_does_not_make_a_foreign_user_ours(self, stand: Stand) -> None:
        """The answer to one create names a user who existed before, with an email that is not ours."""
        foreign = stand.users.add("Guest", "guest@elsewhere.example")
        for _ in range(MANY):
            stand.create()
        new_user = stand.new_user()
        stand.users.intercept = lambda call: (
            answered(201, {**new_user.as_json(), "id": foreign}) if call.method == "POST" else None
        )
        stand.create(new_user)
        stand.registry.confirm_gone()
        assert set(stand.users.users) == {foreign}
        assert foreign not in stand.users.asked("DELETE")

    def test_a_user_whom_another_run_has_created_since_is_not_ours_despite_the_same_name(
        self, tmp_path: Path, loop: LoopThread
    ) -> None:
        """Two runs with one seed draw the same names; an API that gives ids again may give one to both."""
        users = FakeUsers()
        ours, theirs = (Stand(tmp_path / name, loop, users) for name in ("ours", "theirs"))
        ours.create()
        ours.registry.start_deleting()
        poll_until(lambda: not users.users)
        users.last_id = 0
        theirs.create()
        ours.registry.confirm_gone()
        ours.registry.prove_nothing_is_left(DEADLINE_S)
        assert [user["name"] for user in users.users.values()] == ["Ada 1"]
        assert ours.states() == {}
        for stand in (ours, theirs):
            stand.journal.close()


class TestMoments:
    def test_deletions_are_confirmed_when_they_are_waited_for(self, stand: Stand) -> None:
        stand.create()
        stand.registry.start_deleting()
        stand.registry.start_deleting()
        assert stand.registry.ledger.counts().gone == 0
        stand.registry.wait_for_deletions()
        assert stand.registry.ledger.counts().gone == 1
        assert stand.users.calls[-2:] == [("DELETE", "1"), ("GET", "1")]

    def test_too_few_for_a_batch_are_deleted_with_the_next(self, stand: Stand) -> None:
        stand.create()
        stand.registry.start_deleting(at_least=2)
        stand.registry.wait_for_deletions()
        assert stand.users.asked("DELETE") == []
        stand.create()
        stand.registry.start_deleting(at_least=2)
        stand.registry.wait_for_deletions()
        assert stand.users.asked("DELETE") == ["1", "2"]

    def test_the_end_of_a_feature_waits_for_no_batch(self, stand: Stand) -> None:
        stand.create()
        stand.registry.start_deleting(at_least=2)
        stand.registry.confirm_gone()
        assert stand.users.users == {}
        assert stand.registry.ledger.counts().gone == 1

    def test_in_the_end_the_list_replaces_no_read(self, stand: Stand) -> None:
        for _ in range(MANY):
            stand.create()
        stand.users.calls.clear()
        stand.registry.prove_nothing_is_left(DEADLINE_S)
        ids = [str(number) for number in range(1, MANY + 1)]
        assert [user_id for method, user_id in stand.users.calls if method == "GET"] == [*ids, *ids, "", *[""] * 5]

    def test_confirmed_deletions_make_room(self, tmp_path: Path, loop: LoopThread) -> None:
        full = Stand(tmp_path / "full", loop, most=2)
        full.create()
        full.create()
        full.registry.start_deleting()
        full.registry.make_room(2)
        assert full.registry.ledger.counts().alive == 0
        full.journal.close()

    @pytest.mark.parametrize("make_room", [True, False])
    def test_a_waiting_batch_is_deleted_if_there_is_no_room(
        self, tmp_path: Path, loop: LoopThread, make_room: bool
    ) -> None:
        full = Stand(tmp_path / "full", loop, most=4)

        async def answer(send: SendRequest) -> Answer | Failure:
            return full.users.answer(send.call)

        for _ in range(4):
            full.create()
            full.registry.start_deleting(at_least=16)
        assert full.registry.room == 4
        if make_room:
            full.registry.make_room(3)
            assert full.registry.ledger.counts().alive == 0
        else:
            call = full.api.create_call(full.new_user().as_json())
            operation = full.registry.create(call, "ada@elsewhere.example", "Ada")
            assert full.loop.run(AsyncClient(DEADLINE_S).run(operation, answer)).status == 201
        full.journal.close()
