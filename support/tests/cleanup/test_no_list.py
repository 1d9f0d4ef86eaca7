"""Cleanup where the target has no list: by ids and searches, and it says what it cannot prove."""

from __future__ import annotations

import itertools
import json
import logging
from dataclasses import replace

import pytest

from support.models import Answer, Call, NewUser
from support.profile import Capabilities, Profile
from support.tests.cleanup.fake import Stand, answered


@pytest.fixture(params=[True, False], ids=["with a search", "without a search"])
def unlisted(stand: Stand, request: pytest.FixtureRequest) -> Stand:
    return without_list(stand, email_filter=request.param)


def without_list(stand: Stand, email_filter: bool) -> Stand:
    capabilities = Capabilities(list=False, pages=False, email_filter=email_filter)

    def refuse(call: Call) -> Answer | None:
        reads_all = call.method == "GET" and not stand.users.id_in(call) and "email=" not in call.url
        return answered(405, {"title": "no list"}) if reads_all else None

    stand.users.intercept = refuse
    stand.api = replace(stand.api, profile=Profile(capabilities=capabilities))
    stand.registry.switch_api(stand.api)
    return stand


def test_users_are_deleted_by_their_ids_and_nobody_asks_for_a_list(
    unlisted: Stand, caplog: pytest.LogCaptureFixture
) -> None:
    new_user = unlisted.new_user()
    unlisted.create(new_user)
    assert unlisted.create(new_user).status == 409
    with caplog.at_level(logging.WARNING):
        unlisted.prove()
    assert unlisted.users.users == {}
    assert "no list can be read: only ids and emails" in caplog.text
    has_search = unlisted.api.profile.capabilities.email_filter
    assert has_search or unlisted.users.asked("GET").count("") == 0


def test_a_create_whose_answer_was_lost_is_left_behind_where_nobody_can_be_found(stand: Stand) -> None:
    without_list(stand, email_filter=False)
    stand.users.lost["POST"] = 1
    assert stand.create().undecided
    assert "the email cannot be looked up, and one more POST was answered by 409" in stand.left_behind()
    assert len(stand.users.users) == 1


@pytest.mark.parametrize("answer", [answered(500), answered(504)])
def test_another_sign_up_shows_that_a_create_without_an_answer_has_created_nobody(stand: Stand, answer: Answer) -> None:
    without_list(stand, email_filter=False)
    fails = itertools.count()
    stand.users.intercept = lambda call: answer if call.method == "POST" and next(fails) == 0 else None
    assert stand.create().status == answer.status
    stand.prove()
    assert stand.users.users == {}
    assert stand.states() == {}


def test_the_second_sign_up_is_written_down_before_it_is_sent(stand: Stand) -> None:
    without_list(stand, email_filter=False)
    alive: list[int] = []

    def answer(call: Call) -> Answer | None:
        if call.method == "POST":
            alive.append(len(stand.registry.ledger.alive))
        return answered(500) if len(alive) == 1 else None

    stand.users.intercept = answer
    stand.create()
    stand.prove()
    assert alive == [1, 1, 2]
    assert stand.states() == {}


def test_another_sign_up_shows_nothing_where_emails_are_not_unique(stand: Stand) -> None:
    without_list(stand, email_filter=False)
    stand.users.lost["POST"] = 1

    def create(call: Call) -> Answer | None:
        if call.method != "POST":
            return None
        fields = json.loads(call.body or b"")
        return answered(201, stand.users.users[stand.users.add(fields["name"], fields["email"])])

    stand.users.intercept = create
    assert stand.create().undecided
    assert "the email cannot be looked up, and is not unique: POST was answered by 201" in stand.left_behind()
    assert list(stand.users.users) == ["1"]


def test_nobody_signs_up_again_with_an_email_without_the_mark(stand: Stand) -> None:
    without_list(stand, email_filter=False)
    stand.users.lost["POST"] = 1
    stand.create(NewUser("Ada", "ada@elsewhere.example"))
    assert "ada@elsewhere.example: the email cannot be looked up" in stand.left_behind()
    assert len(stand.users.asked("POST")) == 1


def test_a_create_whose_answer_was_lost_is_found_by_a_search(stand: Stand) -> None:
    without_list(stand, email_filter=True)
    stand.users.lost["POST"] = 1
    assert stand.create().adopted
    stand.prove()
    assert stand.users.users == {}


def test_a_user_without_an_email_who_was_created_all_the_same_is_not_touched(stand: Stand) -> None:
    """Without a list nothing shows that the id in the answer was nobody's before."""
    without_list(stand, email_filter=False)
    guest = stand.users.add("", "")
    refuse = stand.users.intercept
    stand.users.intercept = lambda call: (
        answered(201, stand.users.users[guest]) if call.method == "POST" else refuse(call)
    )
    call = stand.api.create_call({})
    stand.client.execute(stand.registry.create(call, None, None))
    assert guest in stand.left_behind()
    assert stand.users.asked("DELETE") == []


def test_a_survey_names_the_email_of_a_create_that_nothing_can_look_up(unlisted: Stand) -> None:
    unlisted.users.lost = {"POST": 1}
    unlisted.users.intercept = lambda call: answered(404, {}) if call.method == "GET" else None
    unlisted.create()
    successor = unlisted.new_registry(unlisted.mark)
    successor.ledger.adopt(unlisted.journal.unfinished(unlisted.mark))
    users, unclear = successor.survey()
    assert (users, unclear) == ([], [f"ada.1@{unlisted.mark}.example.com"])


def test_the_users_of_a_dead_run_are_found_by_the_journal(unlisted: Stand) -> None:
    unlisted.create()
    successor = unlisted.new_registry(unlisted.mark)
    successor.ledger.adopt(unlisted.journal.unfinished(unlisted.mark))
    users, unclear = successor.survey()
    assert ([user.id for user in users], unclear) == (["1"], [])
