"""The registry: written down before, deleted after, seen to be gone; nobody else is touched, whatever the API says."""

from __future__ import annotations

import asyncio
import contextlib
import json
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
from support.errors import ContractViolation, LeftBehind, SettingsError, SuiteError
from support.http import loop as loop_module
from support.http.async_client import AsyncClient
from support.http.loop import LoopThread
from support.http.operations import Operation
from support.http.session_client import SessionClient
from support.http.users_api import permit_none
from support.models import Answer, Call, Failure, NewUser
from support.profile import Answers, Profile
from support.tests import scripted
from support.tests.cleanup.fake import SOON, URL, FakeUsers, Stand, came
from support.tests.conftest import Script
from support.tests.http.clients import api_at
from support.tests.http.fake import LOST
from support.tests.scripted import Arrived, answer

DEADLINE_S = 0.3
MANY = 99


def prove(stand: Stand) -> None:
    stand.registry.prove_nothing_is_left(DEADLINE_S)


def left_behind(stand: Stand) -> str:
    with pytest.raises(LeftBehind) as caught:
        prove(stand)
    return str(caught.value)


def prove_or_not(stand: Stand) -> None:
    with contextlib.suppress(LeftBehind):
        prove(stand)


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

    def test_a_change_that_names_an_address_is_written_down_too(self, stand: Stand) -> None:
        user_id = stand.users.add("Ada", f"old@{stand.mark}.example.com")
        wanted = f"new@{stand.mark}.example.com"
        at_the_server: list[object] = []
        stand.users.twist = lambda call: (
            at_the_server.append(stand.states().get(wanted)) if call.method == "PATCH" else None
        )
        stand.client.carry_out(stand.registry.change(stand.api.patch_call(user_id, {"email": wanted}), wanted))
        assert at_the_server == ["intended"]
        assert stand.states()[wanted] == "refused"

    def test_the_id_is_on_disk_when_the_answer_has_come(self, stand: Stand) -> None:
        stand.create()
        with sqlite3.connect(stand.journal.folder / "journal.sqlite3") as other:
            assert other.execute("SELECT id, state FROM users").fetchall() == [("1", "created")]

    def test_a_crowd_is_written_down_before_the_first_is_sent(self, stand: Stand) -> None:
        for number in range(20):
            stand.registry.ledger.intend(f"{number}@{stand.mark}.example.com", "Ada")
        assert len(stand.states()) == 20
        assert stand.users.calls == []


class TestGoing:
    def test_who_was_made_is_deleted_and_seen_gone(self, stand: Stand) -> None:
        ids = [stand.create().answer for _ in range(5)]
        assert all(ids)
        stand.registry.confirm_gone()
        prove(stand)
        assert stand.users.users == {}
        assert stand.states() == {}
        assert stand.registry.ledger.counts() == Counts(created=5, deleted=5, gone=5, alive=0)

    def test_of_many_who_asked_for_one_address_one_is_looked_up_and_one_deleted(self, stand: Stand) -> None:
        newcomer = stand.newcomer()
        for _ in range(8):
            stand.create(newcomer)
        stand.users.calls.clear()
        stand.registry.confirm_gone()
        assert len(stand.users.asked("DELETE")) == 1
        assert stand.users.asked("GET").count("") == 1
        prove(stand)
        assert stand.states() == {}

    @pytest.mark.parametrize("kept", [1, 2], ids=["one twin", "two"])
    def test_who_came_although_many_were_refused_is_deleted_too(self, stand: Stand, kept: int) -> None:
        newcomer = stand.newcomer()
        stand.create(newcomer)
        stand.users.twist = lambda call: came(409, {}) if call.method == "POST" else None
        for _ in range(3):
            stand.create(newcomer)
        twins = [stand.users.add("Twin", newcomer.email) for _ in range(kept)]
        stand.registry.confirm_gone()
        assert stand.users.users == {}
        assert set(twins) < set(stand.users.asked("DELETE"))
        assert stand.states() == {}

    @pytest.mark.parametrize("status", [404, 409, 422])
    def test_who_was_refused_and_cannot_be_looked_up_was_not_made(self, stand: Stand, status: int) -> None:
        stand.users.twist = lambda call: came(status if call.method == "POST" else 404, {})
        for _ in range(3):
            stand.create()
        stand.registry.confirm_gone()
        prove(stand)
        assert stand.states() == {}

    @pytest.mark.parametrize("answer", [came(201, {"data": {}}), came(201), came(500), LOST], ids=lambda _: "")
    def test_who_may_have_been_made_and_cannot_be_looked_up_is_left_behind_once(
        self, stand: Stand, answer: Answer | Failure
    ) -> None:
        stand.users.twist = lambda call: answer if call.method == "POST" else came(200, {"data": []})
        newcomer = stand.newcomer()
        for _ in range(3):
            stand.create(newcomer)
        told = left_behind(stand)
        assert told.startswith("1 user(s)")
        assert told.count(newcomer.email) == 1

    def test_who_is_still_listed_is_not_gone(self, stand: Stand) -> None:
        shown = stand.create().answer
        assert shown is not None
        stand.users.twist = lambda call: came(200, [shown.json()]) if call.url == URL and call.method == "GET" else None
        told = left_behind(stand)
        assert told.startswith("1 user(s)")
        assert "still shown by the list" in told

    def test_nor_is_who_a_look_up_still_shows(self, stand: Stand) -> None:
        shown = [answer.json() for answer in (stand.create().answer for _ in range(9)) if answer]
        by_email = {user["email"]: came(200, [user]) for user in shown}
        stand.users.twist = lambda call: next(
            (found for email, found in by_email.items() if quote(email) in call.url), None
        )
        told = left_behind(stand)
        assert told.startswith("9 user(s)")
        assert "still shown by a look-up" in told

    def test_who_is_listed_for_a_while_is_waited_for(self, stand: Stand) -> None:
        shown = stand.create().answer
        assert shown is not None
        lists = iter([came(200, [shown.json()])] * 2)
        stand.users.twist = lambda call: next(lists, None) if call.url == URL and call.method == "GET" else None
        prove(stand)
        assert stand.states() == {}

    def test_others_are_left_as_they_are(self, stand: Stand) -> None:
        before = {stand.users.add(f"Guest {n}", f"guest{n}@elsewhere.example") for n in range(5)}
        stand.create()
        prove(stand)
        assert set(stand.users.users) == before
        assert not set(stand.users.asked("DELETE")) & before

    def test_of_other_runs_nobody_is_touched(self, stand: Stand) -> None:
        other = stand.users.add("Grace", f"grace@{new_mark()}.example.com")
        stand.create()
        prove(stand)
        assert set(stand.users.users) == {other}

    def test_the_collection_is_never_deleted_nor_changed(self, stand: Stand) -> None:
        for _ in range(3):
            stand.create()
        stand.create(stand.newcomer(email=""))
        prove(stand)
        assert "" not in {user_id for method, user_id in stand.users.calls if method in ("DELETE", "PUT", "PATCH")}

    def test_it_goes_on_after_a_failure(self, stand: Stand) -> None:
        """One deletion is answered by 500 to the end, one breaks in the client: the others go, and both are named."""
        for _ in range(6):
            stand.create()

        def twist(call: Call) -> Answer | None:
            user_id = stand.users.id_in(call)
            if call.method == "DELETE" and user_id == "2":
                return came(500)
            if call.method == "DELETE" and user_id == "4":
                raise RuntimeError("the client broke")
            return None

        stand.users.twist = twist
        told = left_behind(stand)
        assert set(stand.users.users) == {"2", "4"}
        assert {line.split()[0] for line in told.split("\n")[1:-1] if line.startswith("  ")} - {"…"} == {"2", "4"}

    def test_whose_deletion_shows_late_is_waited_for(self, stand: Stand) -> None:
        stand.users.shown_after_deletion = 3
        for _ in range(3):
            stand.create()
        prove(stand)
        assert stand.users.users == {}

    def test_whose_deletion_never_shows_is_left_behind(self, stand: Stand) -> None:
        stand.users.shown_after_deletion = 10**9
        stand.create()
        told = left_behind(stand)
        assert "  1  ada.1@" in told
        assert told.endswith(f"python -m support.cleanup --yes --mark {stand.mark}")
        assert "left" in stand.states().values()

    def test_whoever_is_left_behind_is_named_once(self, stand: Stand) -> None:
        stand.users.shown_after_deletion = 10**9
        for _ in range(2):
            stand.create()
        told = left_behind(stand)
        assert told.startswith("2 user(s) of this run could not be confirmed as deleted:")
        assert [line.split()[0] for line in told.split("\n")[1:-1]] == ["1", "2"]
        assert set(stand.states().values()) == {"left"}

    def test_what_a_scenario_deleted_itself_is_no_loss(self, stand: Stand) -> None:
        stand.create()
        stand.client.carry_out(stand.api.delete("1"))
        prove(stand)
        assert stand.states() == {}

    def test_a_profile_says_what_gone_means(self, stand: Stand) -> None:
        stand.api = replace(stand.api, profile=Profile(answers=Answers(gone=(404, 410, 500))))
        stand.registry = stand.new_registry(stand.mark)
        stand.create()
        stand.users.twist = lambda call: (
            came(500) if call.method == "GET" and stand.users.id_in(call) and not stand.users.users else None
        )
        prove(stand)

    def test_a_long_list_of_who_is_left_is_cut(self, stand: Stand) -> None:
        stand.users.twist = lambda _: came(404, {})
        for number in range(23):
            stand.registry.ledger.intend(f"{number}@{stand.mark}.example.com")
        told = left_behind(stand).split("\n")
        assert len(told) == 23
        assert told[-2] == "  … and 3 more"


class TestIdsGivenAgain:
    """A target that counts up from its highest id gives the id of whoever left to the next newcomer."""

    def test_a_user_who_moved_and_is_not_deleted_is_no_other_one(self, stand: Stand) -> None:
        stand.create()
        moved = f"moved@{stand.mark}.example.com"
        stand.client.carry_out(stand.registry.change(stand.api.patch_call("1", {"email": moved}), moved))
        stand.users.shown_after_deletion = 10**9
        told = left_behind(stand)
        assert told.startswith("1 user(s)")
        assert "still there" in told

    def test_the_next_user_stays_while_they_are_needed(self, tmp_path: Path, loop: LoopThread) -> None:
        stand = Stand(tmp_path / "full", loop, most=2)
        stand.create()
        stand.client.carry_out(stand.api.delete("1"))
        next_one = stand.newcomer()
        stand.users.twist = lambda call: (
            came(201, stand.users.users[stand.users.add(next_one.name, next_one.email, "1")])
            if call.method == "POST"
            else None
        )
        stand.registry.start_deleting(at_least=MANY)
        stand.create(next_one)
        stand.registry.make_room(1)
        assert stand.registry.ledger.counts().gone == 1
        assert set(stand.users.users) == {"1"}
        prove(stand)
        assert stand.users.users == {}
        stand.journal.close()

    @pytest.mark.parametrize("lost", [0, 1, 3], ids=["answered at once", "at the second attempt", "never"])
    def test_a_stranger_who_was_given_the_id_stays(self, stand: Stand, lost: int) -> None:
        stand.create()
        stand.client.carry_out(stand.api.read("1"))
        stand.users.lost = {"DELETE": lost}
        stand.client.carry_out(stand.api.delete("1"))
        stand.users.lost = {}
        deleted = len(stand.users.asked("DELETE"))
        stand.users.add("Guest", "guest@elsewhere.example", "1")
        prove(stand)
        assert set(stand.users.users) == {"1"}
        assert len(stand.users.asked("DELETE")) == deleted
        assert stand.states() == {}

    @pytest.mark.parametrize("outcome", [LOST, came(503), came(429)], ids=["lost", "503", "429"])
    def test_a_stranger_who_was_given_the_id_between_two_attempts_stays(
        self, stand: Stand, outcome: Answer | Failure
    ) -> None:
        stand.create()
        stand.client.carry_out(stand.registry.api.read("1"))

        def twist(call: Call) -> Answer | Failure | None:
            if call.method != "DELETE":
                return None
            stand.users.add("Guest", "guest@elsewhere.example", "1")
            return outcome

        stand.users.twist = twist
        exchange = stand.client.carry_out(stand.registry.api.delete("1"))
        assert exchange.undecided
        assert stand.users.asked("DELETE") == ["1"]
        prove(stand)
        assert stand.users.asked("DELETE") == ["1"]
        assert set(stand.users.users) == {"1"}

    @pytest.mark.parametrize("method", ["PATCH", "PUT", "DELETE"])
    def test_a_stranger_who_was_given_an_unknown_id_between_two_calls_stays(self, stand: Stand, method: str) -> None:
        call = stand.registry.api.call(method, stand.registry.api.url_of("1"))
        assert stand.client.carry_out(stand.registry.api.send(call)).status == 404
        stand.users.add("Guest", "guest@elsewhere.example", "1")
        with pytest.raises(ContractViolation):
            stand.client.carry_out(stand.registry.api.send(call))
        assert stand.users.asked(method) == ["1"]

    @pytest.mark.parametrize("looks", [0, 2])
    def test_one_of_ours_who_moves_to_the_id_of_another_is_deleted_there(self, stand: Stand, looks: int) -> None:
        """As where an update may change an id to one that is taken."""
        grace, mallory = stand.newcomer(), stand.newcomer()
        stand.create(grace)
        stand.create(mallory)
        stand.users.shown_after_deletion = looks

        def twist(_: Call) -> None:
            if "1" not in stand.users.users and "2" in stand.users.users:
                stand.users.users["1"] = {**stand.users.users.pop("2"), "id": "1"}

        stand.users.twist = twist
        prove(stand)
        assert stand.users.users == {}
        assert stand.states() == {}


class TestInDoubt:
    def test_a_create_whose_answer_was_lost_goes_too(self, stand: Stand) -> None:
        """The API made her, could not be searched, and so nothing was known but what was intended."""
        stand.users.lost = {"POST": 1}
        stand.users.twist = lambda call: came(404, {}) if call.method == "GET" else None
        assert stand.create().answer is None
        stand.users.twist = lambda _: None
        assert len(stand.users.users) == 1
        prove(stand)
        assert stand.users.users == {}
        assert stand.states() == {}

    def test_one_that_was_refused_and_kept_all_the_same_goes_too(self, stand: Stand) -> None:
        newcomer = stand.newcomer()
        stand.users.twist = lambda call: (
            came(422, {"x": stand.users.add(newcomer.name, newcomer.email)}) if call.method == "POST" else None
        )
        stand.create(newcomer)
        assert len(stand.users.users) == 1
        prove(stand)
        assert stand.users.users == {}

    def test_one_made_by_a_change_goes_too(self, stand: Stand) -> None:
        wanted = f"new@{stand.mark}.example.com"
        stand.users.twist = lambda call: (
            came(404, {"x": stand.users.add("Ada", wanted)}) if call.method == "PUT" else None
        )
        stand.client.carry_out(stand.registry.change(stand.api.put_call("77", {"email": wanted}), wanted))
        prove(stand)
        assert stand.users.users == {}

    def test_one_who_appears_under_an_address_that_nobody_asked_for_is_found_by_the_mark(self, stand: Stand) -> None:
        newcomer = stand.newcomer()
        stand.create(newcomer)
        stand.users.add("Ada", f"twin.{newcomer.email}")
        prove(stand)
        assert stand.users.users == {}

    def test_twins_behind_one_address_go_both(self, stand: Stand) -> None:
        newcomer = stand.newcomer()
        stand.create(newcomer)
        stand.users.add(newcomer.name, newcomer.email)
        prove(stand)
        assert stand.users.users == {}

    def test_where_nobody_can_be_looked_up_it_is_told(self, stand: Stand) -> None:
        stand.users.lost = {"POST": 1}
        stand.users.twist = lambda call: came(404, {}) if call.method == "GET" else None
        stand.create()
        told = left_behind(stand)
        assert "id unknown  ada.1@" in told
        assert "the email cannot be looked up" in told


class TestWithoutAnAddress:
    """A create that names no address cannot be looked up by it: the list tells whether it made anybody."""

    @staticmethod
    def create_in_doubt(stand: Stand, appears: str | None, name: str = "", appears_as: str = "Somebody") -> list[str]:
        """Let a create be answered by 503 once, somebody appear meanwhile, and return the POSTs that came."""
        stand.users.add("Guest", "guest@elsewhere.example")
        answers = iter([came(503), came(422, {})])

        def twist(call: Call) -> Answer | None:
            if call.method != "POST":
                return None
            if appears and len(stand.users.asked("POST")) == 1:
                stand.users.add(appears_as, appears)
            return next(answers)

        stand.users.twist = twist
        stand.create(NewUser(name, ""))
        return stand.users.asked("POST")

    def test_it_is_sent_again_where_nobody_is_new(self, stand: Stand) -> None:
        assert len(self.create_in_doubt(stand, appears=None)) == 2

    def test_one_of_ours_who_is_new_does_not_matter(self, stand: Stand) -> None:
        assert len(self.create_in_doubt(stand, appears=f"other@{stand.mark}.example.com")) == 2

    def test_it_is_not_where_somebody_is(self, stand: Stand) -> None:
        assert len(self.create_in_doubt(stand, appears="new@elsewhere.example")) == 1

    def test_who_has_another_name_was_made_by_somebody_else(self, stand: Stand) -> None:
        assert len(self.create_in_doubt(stand, "new@elsewhere.example", name="Ada", appears_as="Grace")) == 2

    @pytest.mark.parametrize("name", ["Ada", " ADA ", ""])
    def test_who_has_the_same_name_or_none_may_be_ours(self, stand: Stand, name: str) -> None:
        assert len(self.create_in_doubt(stand, "new@elsewhere.example", name="Ada", appears_as=name)) == 1

    def test_who_may_be_anybody_is_left_alone_and_told_of(self, stand: Stand) -> None:
        self.create_in_doubt(stand, appears="new@elsewhere.example")
        stand.registry.confirm_gone()
        assert "id unknown  (no email): its create may have created a user" in left_behind(stand)
        assert len(stand.users.users) == 2
        assert stand.users.asked("DELETE") == []

    def test_so_is_who_may_have_come_where_the_list_cannot_be_read(self, stand: Stand) -> None:
        stand.users.twist = lambda call: came(504) if call.method == "POST" else came(403, {})
        stand.create(NewUser("", ""))
        assert "id unknown  (no email): its create may have created a user" in left_behind(stand)

    def test_so_is_who_may_have_come_although_a_later_attempt_was_refused(self, stand: Stand) -> None:
        answers = iter([came(504), came(422, {})])

        def twist(call: Call) -> Answer | None:
            if call.method != "POST":
                return None
            if len(stand.users.asked("POST")) == 2:
                stand.users.add("Somebody", "new@elsewhere.example")
            return next(answers)

        stand.users.twist = twist
        assert stand.create(NewUser("", "")).status == 422
        assert "id unknown  (no email)" in left_behind(stand)

    @pytest.mark.parametrize(
        "outcome", [came(500), Failure("connection refused", False, 0.0)], ids=["a fault", "not connected"]
    )
    def test_nobody_is_missed_where_nobody_is_new(self, stand: Stand, outcome: Answer | Failure) -> None:
        stand.users.twist = lambda call: outcome if call.method == "POST" else None
        stand.create(NewUser("", ""))
        prove(stand)
        assert stand.states() == {}

    def test_who_moved_to_an_address_is_not_taken_for_who_signs_up_with_it(self, stand: Stand) -> None:
        stand.create()
        moved = stand.newcomer(email=f"moved@{stand.mark}.example.com")
        stand.client.carry_out(stand.registry.change(stand.api.patch_call("1", moved.as_json()), moved.email))
        answers = iter([came(504), came(409, {})])
        stand.users.twist = lambda call: next(answers) if call.method == "POST" else None
        assert stand.create(moved).status == 409


class TestTooManyRequests:
    """A 429 may come after the work as well: what was asked for is looked up before it is asked for again."""

    def test_what_was_made_all_the_same_is_not_made_twice(self, stand: Stand) -> None:
        newcomer = stand.newcomer()

        def twist(call: Call) -> Answer | None:
            if call.method != "POST":
                return None
            stand.users.add(newcomer.name, newcomer.email)
            return came(429)

        stand.users.twist = twist
        assert stand.create(newcomer).adopted
        assert len(stand.users.asked("POST")) == 1

    def test_what_shows_after_the_last_one_is_found_in_the_end(self, stand: Stand) -> None:
        newcomer = stand.newcomer()
        stand.users.twist = lambda call: came(429) if call.method == "POST" else None
        assert stand.create(newcomer).status == 429
        user_id = stand.users.add(newcomer.name, newcomer.email)
        prove(stand)
        assert user_id not in stand.users.users


class TestLyingServer:
    """An API that answers a create with somebody else's id must not make the suite delete that user."""

    @staticmethod
    def lie(stand: Stand, victim: str) -> None:
        """Answer every create by the id of a user who was there before, under the newcomer's name."""

        def twist(call: Call) -> Answer | None:
            if call.method != "POST":
                return None
            return came(201, {**json.loads(call.body or b"{}"), "id": victim, "createdAt": "2024-05-06T07:08:09Z"})

        stand.users.twist = twist

    @staticmethod
    def invent(
        stand: Stand, listed: set[str] | None = None, readable: bool = True, name: str = "", email: str = ""
    ) -> None:
        """Let a create of `{}` be welcomed by a user whom the API made up."""

        def twist(call: Call) -> Answer | None:
            if call.method == "POST":
                return came(201, stand.users.users[stand.users.add(name, email)])
            return None if readable or stand.users.id_in(call) else came(403, {})

        stand.users.twist = twist
        stand.create(NewUser("", ""), listed=listed)

    def test_who_shows_neither_our_mark_nor_our_name_is_not_deleted(self, stand: Stand) -> None:
        guest = stand.users.add("Guest", "guest@elsewhere.example")
        self.lie(stand, guest)
        stand.create()
        stand.registry.confirm_gone()
        assert f"an answer gave {guest} for this user" in left_behind(stand)
        assert guest in stand.users.users
        assert stand.users.asked("DELETE") == []

    def test_nor_is_who_cannot_be_looked_at(self, stand: Stand) -> None:
        guest = stand.users.add("Guest", "guest@elsewhere.example")
        self.lie(stand, guest)
        stand.create()
        stand.users.twist = lambda call: came(500) if call.method == "GET" and stand.users.id_in(call) else None
        left_behind(stand)
        assert guest in stand.users.users
        assert stand.users.asked("DELETE") == []

    @pytest.mark.parametrize("named", ["an address", "a name", "nothing"])
    def test_nor_is_who_was_in_the_list_before(self, stand: Stand, named: str) -> None:
        guest = stand.users.add("Guest", "guest@elsewhere.example")
        self.lie(stand, guest)
        newcomer = NewUser(
            "Guest" if named == "a name" else "", f"ada@{stand.mark}.example.com" if named == "an address" else ""
        )
        stand.create(newcomer, listed={guest})
        prove(stand)
        assert guest in stand.users.users

    def test_who_is_new_and_has_neither_name_nor_email_is_ours(self, stand: Stand) -> None:
        """A create of `{}` that a faulty API welcomes: only the list from before shows whose user it is."""
        self.invent(stand, listed=set())
        prove(stand)
        assert stand.users.users == {}

    @pytest.mark.parametrize(("name", "email"), [("Invented", ""), ("", "invented@elsewhere.example")])
    def test_who_has_one_may_be_anybody_and_is_named(self, stand: Stand, name: str, email: str) -> None:
        self.invent(stand, listed=set(), name=name, email=email)
        assert "1  (no email)" in left_behind(stand).replace("id unknown", "1")
        assert set(stand.users.users) == {"1"}

    def test_a_record_without_an_email_is_ours_by_the_mark_in_its_name(self, stand: Stand) -> None:
        self.invent(stand, name=f"Mallory {stand.mark}")
        prove(stand)
        assert stand.users.users == {}

    @pytest.mark.parametrize("view", ["the list", "a look-up"])
    def test_who_a_view_shows_under_our_email_is_left_alone(self, stand: Stand, view: str) -> None:
        guest = stand.users.add("Guest", "guest@elsewhere.example")
        ours = stand.newcomer()

        def twist(call: Call) -> Answer | None:
            lies = call.method == "GET" and (call.url == URL if view == "the list" else "?" in call.url)
            return came(200, [{**stand.users.users[guest], "email": ours.email}]) if lies else None

        stand.users.lost = {"POST": 1}
        stand.users.twist = twist
        stand.create(ours)
        prove_or_not(stand)
        assert guest in stand.users.users
        assert guest not in stand.users.asked("DELETE")
        with pytest.raises(ContractViolation) as told:
            stand.registry.ownership.check_answers()
        assert told.value.rule == ("list" if view == "the list" else "filter-email")

    def test_who_a_create_named_wrongly_is_not_changed(self, stand: Stand) -> None:
        guest = stand.users.add("Guest", "guest@elsewhere.example")
        before = dict(stand.users.users[guest])
        self.lie(stand, guest)
        stand.create()
        for call in (stand.api.patch_call(guest, {}), stand.api.put_call(guest, {}), stand.api.delete_call(guest)):
            with pytest.raises(ContractViolation) as told:
                stand.client.carry_out(stand.registry.api.send(call))
            assert told.value.rule == "create-201"
        assert stand.users.users[guest] == before
        assert not {"PATCH", "PUT", "DELETE"} & {method for method, _ in stand.users.calls}

    @pytest.mark.parametrize("shown", [None, "ours"], ids=["as they are", "under our email"])
    def test_who_was_there_before_the_run_is_never_changed(self, stand: Stand, shown: str | None) -> None:
        email = stand.newcomer().email if shown else "guest@elsewhere.example"
        guest = stand.users.add("Guest", email)
        stand.registry.ledger.existing |= {guest}
        self.lie(stand, guest)
        stand.create()
        with pytest.raises(ContractViolation, match="was there before this run began"):
            stand.client.carry_out(stand.registry.api.patch(guest, {"name": "Mallory"}))
        prove_or_not(stand)
        assert stand.users.users[guest]["name"] == "Guest"

    def test_who_cannot_be_read_is_ours_by_the_answer_to_the_create(self, stand: Stand) -> None:
        stand.create()
        stand.users.twist = lambda call: came(403, {}) if call.method == "GET" and stand.users.id_in(call) else None
        prove_or_not(stand)
        assert stand.users.users == {}

    def test_an_id_that_a_read_has_shown_to_be_nobodys_may_be_named(self, stand: Stand) -> None:
        assert stand.client.carry_out(stand.registry.api.patch("77", {"name": "Nobody"})).status == 404

    def test_nor_is_anybody_changed_outside_a_run(self, stand: Stand) -> None:
        with pytest.raises(SuiteError, match="is not sent"):
            stand.client.carry_out(replace(stand.api, permit=permit_none).delete("1"))

    def test_the_list_is_read_where_nobody_had_read_it(self, stand: Stand) -> None:
        self.invent(stand)
        prove(stand)
        assert stand.users.users == {}

    def test_who_bears_no_mark_and_may_have_been_there_is_left_alone(self, stand: Stand) -> None:
        self.invent(stand, readable=False)
        prove_or_not(stand)
        assert set(stand.users.users) == {"1"}

    def test_and_named(self, stand: Stand) -> None:
        self.invent(stand, readable=False)
        assert "(no email)" in left_behind(stand)

    def test_a_list_that_shows_everybody_under_our_address_takes_nobody_along(self, stand: Stand) -> None:
        """A filter that is ignored shows guests, whose addresses are not the one that was asked for."""
        guests = {stand.users.add(f"Guest {n}", f"guest{n}@elsewhere.example") for n in range(3)}
        stand.users.lost = {"POST": 1}
        stand.users.twist = lambda call: (
            came(200, list(stand.users.users.values())) if call.method == "GET" and "?" in call.url else None
        )
        stand.create()
        prove(stand)
        assert set(stand.users.users) == guests


class TestRoom:
    def test_more_than_may_be_alive_are_not_made(self, tmp_path: Path, loop: LoopThread) -> None:
        stand = Stand(tmp_path, loop, most=3)
        for _ in range(3):
            stand.create()
        with pytest.raises(SettingsError, match="MAX_USERS_ALIVE") as caught:
            stand.registry.make_room(1)
        assert "\n" not in str(caught.value)
        stand.registry.make_room(3, delete_current=True)
        assert stand.users.users == {}
        stand.journal.close()

    def test_nobody_is_sent_where_there_is_no_room(self, tmp_path: Path, loop: LoopThread) -> None:
        stand = Stand(tmp_path, loop, most=1)
        stand.create()
        with pytest.raises(SettingsError):
            stand.create()
        assert len(stand.users.asked("POST")) == 1
        stand.journal.close()

    def test_who_was_refused_takes_none(self, tmp_path: Path, loop: LoopThread) -> None:
        stand = Stand(tmp_path, loop, most=1)
        stand.create(stand.newcomer(email=""))
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
        assert given_up == [], "it was waited for until it was over"
        held.set()
        stand.journal.close()

    def test_cleaning_up_ends_though_a_deletion_hangs(self, hanging: Stand) -> None:
        assert "  1  ada.1@" in left_behind(hanging)
        (line,) = hanging.journal.unfinished(hanging.mark)
        assert line.reason == "not confirmed before the cleanup deadline"

    def test_whoever_has_no_reason_of_her_own_is_told_by_the_deadline(self, hanging: Stand) -> None:
        assert "not confirmed before the cleanup deadline" in left_behind(hanging)

    def test_whoever_is_left_is_named_though_the_loop_itself_hangs(
        self, stand: Stand, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(loop_module, "FINISHED_WITHIN_S", 0.05)
        stand.create()

        async def hang() -> None:
            time.sleep(2 * DEADLINE_S)

        hanging = stand.loop.submit(hang())
        assert "  1  ada.1@" in left_behind(stand)
        hanging.result()

    def test_a_target_that_never_shows_deletions_is_waited_for_once(self, tmp_path: Path, loop: LoopThread) -> None:
        """Later batches do not each wait for the whole deadline again."""
        stand = Stand(tmp_path, loop, policy=PollPolicy(0.001, 0.01, 0.1))
        stand.users.shown_after_deletion = 10**9
        looks = []
        for _ in range(4):
            stand.create()
            before = len(stand.users.asked("GET"))
            stand.registry.confirm_gone()
            looks.append(len(stand.users.asked("GET")) - before)
        assert looks[0] > 4
        assert looks[1:] == [looks[1]] * 3
        assert looks[1] <= 3
        stand.journal.close()


class TestAdopting:
    def test_what_a_dead_run_left_goes_by_its_ids_addresses_and_mark(self, tmp_path: Path, loop: LoopThread) -> None:
        users = FakeUsers()
        dead = Stand(tmp_path / "state", loop, users)
        dead.create()
        users.lost = {"POST": 1}
        users.twist = lambda call: came(404, {}) if call.method == "GET" else None
        dead.create()
        users.twist = lambda _: None
        users.add("Ada", f"unheard-of@{dead.mark}.example.com")
        guest = users.add("Guest", "guest@elsewhere.example")
        living = Stand(tmp_path / "state", loop, users)
        heir = living.new_registry(dead.mark)
        heir.ledger.adopt(living.journal.unfinished(dead.mark))
        heir.prove_nothing_is_left(DEADLINE_S)
        assert set(users.users) == {guest}
        assert living.journal.unfinished(dead.mark) == []
        for stand in (dead, living):
            stand.journal.close()

    def test_who_may_have_been_made_without_an_address_is_told_of(self, tmp_path: Path, loop: LoopThread) -> None:
        dead = Stand(tmp_path / "state", loop)
        dead.registry.ledger.intend(None)
        heir = dead.new_registry(dead.mark)
        heir.ledger.adopt(dead.journal.unfinished(dead.mark))
        with pytest.raises(LeftBehind, match="its create may have created a user"):
            heir.prove_nothing_is_left(DEADLINE_S)
        dead.journal.close()

    def test_an_id_that_was_given_to_somebody_else_since_is_left_alone(self, tmp_path: Path, loop: LoopThread) -> None:
        users = FakeUsers()
        dead = Stand(tmp_path / "state", loop, users)
        dead.create()
        users.users.clear()
        users.add("Guest", "guest@elsewhere.example", "1")
        living = Stand(tmp_path / "state", loop, users)
        heir = living.new_registry(dead.mark)
        heir.ledger.adopt(living.journal.unfinished(dead.mark))
        with contextlib.suppress(LeftBehind):
            heir.prove_nothing_is_left(DEADLINE_S)
        assert set(users.users) == {"1"}
        assert users.asked("DELETE") == []
        for stand in (dead, living):
            stand.journal.close()


def test_a_survey_looks_for_so_many_at_a_time(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever a dead run may have made: a burst of thousands does not mean thousands of connections."""
    monkeypatch.setattr("support.cleanup.deleter.AT_ONCE", 3)
    for number in range(10):
        stand.registry.ledger.intend(f"{number}@{stand.mark}.example.com")
    present = peak = 0

    async def run(flow: Operation[object], _: object = None) -> object:
        nonlocal present, peak
        present += 1
        peak = max(peak, present)
        await asyncio.sleep(0.001)
        present -= 1
        return stand.client.carry_out(flow)

    monkeypatch.setattr(stand.client, "run", run)
    assert stand.registry.survey() == []
    assert peak == 3


def test_the_heart_beats_on_after_a_failure_and_tells_of_it_once(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("support.cleanup.ledger.HEARTBEAT_S", 0.001)
    told: list[str] = []
    monkeypatch.setattr("support.cleanup.ledger.log.warning", lambda text, *of: told.append(text % of))
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
    assert told == ["the lease of this run cannot be renewed: database or disk is full"]


def test_a_failure_that_is_no_answer_is_told(stand: Stand) -> None:
    stand.create()
    stand.users.twist = lambda call: Failure("connection refused", False, 0.0) if call.method == "DELETE" else None
    assert "DELETE got no answer: connection refused" in left_behind(stand)


def test_every_state_of_the_journal_is_known() -> None:
    assert {str(state) for state in State} == {"intended", "created", "refused", "deleting", "gone", "left"}
