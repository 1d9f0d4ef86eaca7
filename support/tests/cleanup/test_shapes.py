"""Ownership and cleanup where users come wrapped, a create shows only an id, and every answer has 200."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from support.models import Answer, Call, Failure
from support.profile import Profile
from support.profile_answers import Answers, Names, Shape, StatusInBody
from support.tests.cleanup.fake import FakeUsers, Stand, answered

PROFILE = Profile(
    names=Names(email="/contact/email", list_pointer="/result", user_pointer="/result", created_pointer="/result"),
    shape=Shape(created="id"),
    answers=Answers(created=(200,)),
    errors=(StatusInBody("/code"),),
)


class Enveloped(FakeUsers):
    """Answers everything with 200, a code and a result."""

    def answer(self, call: Call) -> Answer | Failure:
        document = json.loads(call.body) if call.body else None
        if document:
            fields = {"name": document.get("name"), "email": document["contact"]["email"]}
            call = replace(call, body=json.dumps(fields).encode())
        outcome = super().answer(call)
        if isinstance(outcome, Failure):
            return outcome
        shown: Any = json.loads(outcome.body or b"null")
        if outcome.status >= 400:
            return answered(200, {"code": outcome.status})
        if call.method == "POST":
            return answered(200, {"code": 0, "result": shown["id"]})
        users = [_nested(user) for user in shown] if isinstance(shown, list) else shown and _nested(shown)
        return answered(200, {"code": 0, "result": users})


def _nested(user: dict[str, str]) -> dict[str, object]:
    return {"id": user["id"], "name": user["name"], "contact": {"email": user["email"]}}


@pytest.fixture
def shaped(stand: Stand) -> Stand:
    stand.users = stand.client.users = Enveloped()
    stand.api = replace(stand.api, profile=PROFILE)
    stand.registry.switch_api(stand.api)
    return stand


def test_users_are_deleted_and_confirmed_gone(shaped: Stand) -> None:
    shaped.create()
    shaped.create()
    shaped.prove()
    assert (shaped.users.users, shaped.states()) == ({}, {})


def test_a_refused_create_leaves_nothing_to_delete(shaped: Stand) -> None:
    new_user = shaped.new_user()
    shaped.create(new_user)
    assert shaped.create(new_user).status == 409
    shaped.prove()
    assert shaped.users.asked("DELETE") == ["1"]


def test_a_create_whose_answer_was_lost_is_found_in_the_wrapped_list(shaped: Stand) -> None:
    shaped.users.lost["POST"] = 1
    assert shaped.create().adopted
    shaped.prove()
    assert shaped.users.users == {}


def test_the_id_of_another_user_in_the_answer_to_a_create_is_not_deleted(shaped: Stand) -> None:
    guest = shaped.users.add("Guest", "guest@elsewhere.example")
    shaped.users.intercept = lambda call: answered(201, {"id": guest}) if call.method == "POST" else None
    shaped.create()
    shaped.prove_or_not()
    assert list(shaped.users.users) == [guest]
    assert shaped.users.asked("DELETE") == []


def test_a_read_without_the_wrapper_proves_nothing(shaped: Stand) -> None:
    shaped.create()
    shaped.registry.switch_api(replace(shaped.api, profile=replace(PROFILE, names=Names(user_pointer="/elsewhere"))))
    shaped.registry.ledger.ids.clear()
    shaped.prove_or_not()
    assert shaped.users.asked("DELETE") == []
