"""Users in normal form; nothing that is wrong is hidden from the matchers."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.contract.matchers import schema_mismatches
from support.contract.normalizers import listed, normal_user, user_of, users_of
from support.models import Answer, User
from support.profile import Profile
from support.profile_answers import Names
from support.tests.contract.exchanges import ADA, answered

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
FIELDS = st.dictionaries(st.sampled_from(["id", "name", "email", "createdAt", "firstName", "x"]), JSON, max_size=6)


def answer(shown: Any) -> Answer:
    came = answered(200, shown).answer
    assert came is not None
    return came


class TestNormalUser:
    def test_a_right_user_stays_unchanged(self) -> None:
        assert normal_user(ADA) == User("7", "Ada Lovelace", "ada@example.com", "2024-05-06T07:08:09Z")

    @pytest.mark.parametrize(("came", "kept"), [(7, "7"), ("7", "7"), (0, "0"), (1.5, "1.5")])
    def test_an_id_is_text(self, came: Any, kept: str) -> None:
        user = normal_user({**ADA, "id": came})
        assert user is not None
        assert user.id == kept

    @pytest.mark.parametrize(("came", "kept"), [(" Ada@Example.COM ", "ada@example.com"), (None, ""), (7, "7")])
    def test_an_email_is_in_lower_case(self, came: Any, kept: str) -> None:
        user = normal_user({**ADA, "email": came})
        assert user is not None
        assert user.email == kept

    def test_an_id_and_an_email_can_be_encoded(self) -> None:
        user = normal_user({"id": "7\ud83d", "email": "ada\ud83d@example.com"})
        assert user is not None
        assert (user.id, user.email) == ("7\\ud83d", "ada\\ud83d@example.com")

    @pytest.mark.parametrize(
        ("fields", "name"),
        [
            ({"firstName": "Ada", "lastName": "Lovelace"}, "Ada Lovelace"),
            ({"firstName": " Ada "}, "Ada"),
            ({"lastName": "Lovelace"}, "Lovelace"),
            ({"name": "Grace", "firstName": "Ada"}, "Grace"),
            ({}, None),
            ({"name": ""}, None),
        ],
    )
    def test_first_and_last_name_replace_a_missing_name(self, fields: dict[str, Any], name: str | None) -> None:
        user = normal_user({"id": "7", **fields})
        assert user is not None
        assert user.name == name

    @pytest.mark.parametrize(
        ("user_id", "came", "name"),
        [
            (14, "name 14", None),
            ("14", "name 14", None),
            ("14", "name 15", "name 15"),
            ("14", "name 14 jr", "name 14 jr"),
        ],
    )
    def test_a_placeholder_of_mockapi_is_no_name(self, user_id: Any, came: str, name: str | None) -> None:
        user = normal_user({**ADA, "id": user_id, "name": came})
        assert user is not None
        assert user.name == name

    def test_an_id_is_no_pattern(self) -> None:
        user = normal_user({**ADA, "id": "(", "name": "name ("})
        assert user is not None
        assert user.name is None

    @pytest.mark.parametrize("value", [None, [], "Ada", 7, True, {}, {"name": "Ada"}, {"id": None}, {"id": ""}])
    def test_a_value_without_an_id_is_no_user(self, value: Any) -> None:
        assert normal_user(value) is None

    def test_a_profile_names_the_fields(self) -> None:
        names = Names(id="_id", name="fullName", email="mail", created_at="created")
        assert normal_user({"_id": 7, "fullName": "Ada", "mail": "A@b.c", "created": "now"}, names) == User(
            "7", "Ada", "a@b.c", "now"
        )

    @given(FIELDS)
    def test_no_answer_raises_an_error(self, fields: dict[str, Any]) -> None:
        user = normal_user(fields)
        assert user is None or (user.id and isinstance(user.email, str))

    def test_it_hides_nothing_from_the_matchers(self) -> None:
        """A user that is normalised for later steps is still wrong in the raw answer."""
        for broken in ({**ADA, "id": 7}, {**ADA, "email": " Ada@Example.com"}, {**ADA, "name": None}):
            assert normal_user(broken) is not None
            assert schema_mismatches("user", broken) != []


class TestLists:
    WRAPPED = Profile(names=Names(list_pointer="/data/items"))

    def test_a_list_is_unwrapped_as_the_profile_says(self) -> None:
        assert listed(answer([ADA]), Profile()) == [ADA]
        assert listed(answer({"data": {"items": [ADA]}}), self.WRAPPED) == [ADA]

    @pytest.mark.parametrize("shown", [None, {}, {"data": []}, {"data": {"items": {}}}, "x", 7, [ADA]])
    def test_any_other_value_is_no_list(self, shown: Any) -> None:
        assert listed(answer(shown), self.WRAPPED) is None

    def test_a_missing_answer_shows_no_user(self) -> None:
        assert listed(None, Profile()) is None
        assert users_of(None, Profile()) == []
        assert user_of(None, Profile()) is None

    def test_entries_that_are_no_users_are_skipped(self) -> None:
        shown = answer([ADA, None, 7, {}, {"id": ""}, {**ADA, "id": 8}])
        assert [user.id for user in users_of(shown, Profile())] == ["7", "8"]

    def test_a_body_that_is_no_json_shows_no_user(self) -> None:
        page = answered(200, body=b"<html>").answer
        assert user_of(page, Profile()) is None
        assert users_of(page, Profile()) == []

    @given(JSON)
    def test_no_answer_raises_an_error(self, shown: Any) -> None:
        for profile in (Profile(), self.WRAPPED):
            assert isinstance(users_of(answer(shown), profile), list)
            listed(answer(shown), profile)
            user_of(answer(shown), profile)
