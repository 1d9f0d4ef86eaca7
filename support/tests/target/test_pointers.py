"""Places in documents by JSON pointer, and fields of users that lie inside other fields."""

from __future__ import annotations

from typing import Any

import pytest

from support.contract.normalizers import normal_user
from support.pointers import at, placed, steps_of
from support.profile_answers import Names

NESTED = Names(
    id="/id", name="/attributes/full~1name", email="/emails/0/value", created_at="/meta/created", body_pointer="/data"
)
OURS = {"id": "7", "name": "Ada", "email": "ada@example.com", "createdAt": "now"}
THEIRS = {
    "id": "7",
    "attributes": {"full/name": "Ada"},
    "emails": [{"value": "ada@example.com"}],
    "meta": {"created": "now"},
}


@pytest.mark.parametrize(
    ("pointer", "found"),
    [("", {"a": [{"b": 1}]}), ("/a/0/b", 1), ("/a/1/b", None), ("/a/b", None), ("/c", None), ("/a/0/b/c", None)],
)
def test_a_pointer_leads_to_what_is_there(pointer: str, found: Any) -> None:
    assert at({"a": [{"b": 1}]}, steps_of(pointer)) == found


def test_a_value_is_placed_beside_what_is_there() -> None:
    document = placed({"a": {"b": 1}}, steps_of("/a/c"), 2)
    assert placed(document, steps_of("/list/1/d"), 3) == {"a": {"b": 1, "c": 2}, "list": [{}, {"d": 3}]}


def test_fields_inside_others_are_named_both_ways() -> None:
    assert NESTED.to_target(OURS) == {"data": THEIRS}
    assert NESTED.to_contract(THEIRS) == OURS


def test_what_is_beside_a_field_inside_another_comes_along() -> None:
    shown = NESTED.to_contract({**THEIRS, "attributes": {"full/name": "Ada", "isAdmin": True}, "role": "x"})
    assert shown == {**OURS, "isAdmin": True, "role": "x"}


def test_a_user_is_read_from_fields_inside_others() -> None:
    user = normal_user(THEIRS, NESTED)
    assert user is not None
    assert (user.id, user.name, user.email, user.created_at) == ("7", "Ada", "ada@example.com", "now")


@pytest.mark.parametrize("damaged", [{"attributes": 3}, {"emails": []}, {"emails": [None]}, {"emails": "none"}])
def test_a_field_that_is_not_where_it_belongs_is_missing(damaged: dict[str, Any]) -> None:
    user = normal_user({**THEIRS, **damaged}, NESTED)
    assert user is not None
    assert user.name is None or user.email == ""
