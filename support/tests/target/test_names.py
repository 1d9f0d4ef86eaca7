"""Fields are renamed between the contract and the target, both ways, in one place."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from support.contract.normalizers import normal_user
from support.profile import Profile
from support.profile_answers import Names
from support.tests.http.clients import api_at

NAMES = Names(id="_id", name="fullName", email="mail", created_at="created")
OURS = {"id": "7", "name": "Ada", "email": "ada@example.com", "createdAt": "now", "role": "user"}
THEIRS = {"_id": "7", "fullName": "Ada", "mail": "ada@example.com", "created": "now", "role": "user"}


def test_fields_are_renamed_both_ways() -> None:
    assert NAMES.to_target(OURS) == THEIRS
    assert NAMES.to_contract(THEIRS) == OURS


def test_names_can_be_swapped() -> None:
    swapped = Names(name="email", email="name")
    assert swapped.to_target({"name": "Ada", "email": "a@b.c"}) == {"email": "Ada", "name": "a@b.c"}
    assert swapped.to_contract({"email": "Ada", "name": "a@b.c"}) == {"name": "Ada", "email": "a@b.c"}


@pytest.mark.parametrize("body", [None, 7, "Ada", [{"name": "Ada"}]])
def test_anything_but_an_object_stays_unchanged(body: Any) -> None:
    assert NAMES.to_target(body) == body


@pytest.mark.parametrize("fields", [{"fullName": "Ada", "name": "ada_l"}, {"name": "ada_l", "fullName": "Ada"}])
def test_a_field_of_another_meaning_is_dropped(fields: dict[str, Any]) -> None:
    assert NAMES.to_contract(fields) == {"name": "Ada"}


def test_a_field_of_another_meaning_does_not_stand_in_for_a_missing_one() -> None:
    assert NAMES.to_contract({"_id": "7", "name": "ada_l"}) == {"id": "7"}
    user = normal_user({"_id": "7", "name": "ada_l"}, NAMES)
    assert user is not None
    assert user.name is None


def test_a_call_sends_fields_under_the_names_of_the_target_and_other_bodies_unchanged() -> None:
    api = replace(api_at("http://127.0.0.1:1/users"), profile=Profile(names=NAMES))
    assert json.loads(api.call("POST", fields=OURS).body or b"") == THEIRS
    assert api.call("POST", body=b'{"name": "Ada"}').body == b'{"name": "Ada"}'
