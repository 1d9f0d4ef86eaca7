"""Unstable answers made stable; nothing that is broken is hidden from the judge."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.contract.matchers import schema_mismatches
from support.contract.normalizers import listed, normal_user, problem_of, user_of, users_of
from support.models import Answer, User
from support.profile import Names, Profile
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
    def test_a_right_user_stays_as_she_is(self) -> None:
        assert normal_user(ADA) == User("7", "Ada Lovelace", "ada@example.com", "2024-05-06T07:08:09Z", {})

    @pytest.mark.parametrize(("came", "kept"), [(7, "7"), ("7", "7"), (0, "0"), (1.5, "1.5")])
    def test_an_id_is_text(self, came: Any, kept: str) -> None:
        user = normal_user({**ADA, "id": came})
        assert user is not None
        assert user.id == kept

    @pytest.mark.parametrize(("came", "kept"), [(" Ada@Example.COM ", "ada@example.com"), (None, ""), (7, "7")])
    def test_an_address_is_in_small_letters(self, came: Any, kept: str) -> None:
        user = normal_user({**ADA, "email": came})
        assert user is not None
        assert user.email == kept

    def test_an_id_and_an_address_can_be_written_down(self) -> None:
        user = normal_user({"id": "7\ud83d", "email": "ada\ud83d@example.com"})
        assert user is not None
        assert (user.id, user.email) == ("7\\ud83d", "ada\\ud83d@example.com")

    def test_fields_that_the_contract_does_not_name_are_kept_aside(self) -> None:
        user = normal_user({**ADA, "avatar": "x", "age": 36})
        assert user is not None
        assert user.extra == {"avatar": "x", "age": 36}

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
    def test_first_and_last_name_stand_in_for_a_missing_one(self, fields: dict[str, Any], name: str | None) -> None:
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
    def test_what_mockapi_filled_in_is_no_name(self, user_id: Any, came: str, name: str | None) -> None:
        user = normal_user({**ADA, "id": user_id, "name": came})
        assert user is not None
        assert user.name == name

    def test_an_id_with_signs_of_a_pattern_is_taken_as_it_is(self) -> None:
        user = normal_user({**ADA, "id": "(", "name": "name ("})
        assert user is not None
        assert user.name is None

    @pytest.mark.parametrize("value", [None, [], "Ada", 7, True, {}, {"name": "Ada"}, {"id": None}, {"id": ""}])
    def test_what_has_no_id_is_nobody(self, value: Any) -> None:
        assert normal_user(value) is None

    def test_a_profile_names_the_fields(self) -> None:
        names = Names(id="_id", name="fullName", email="mail", created_at="created")
        assert normal_user({"_id": 7, "fullName": "Ada", "mail": "A@b.c", "created": "now"}, names) == User(
            "7", "Ada", "a@b.c", "now", {}
        )

    @given(FIELDS)
    def test_nothing_that_an_api_answers_breaks_it(self, fields: dict[str, Any]) -> None:
        user = normal_user(fields)
        assert user is None or (user.id and isinstance(user.email, str))

    def test_it_hides_nothing_from_the_judge(self) -> None:
        """What is made right for later steps is wrong in the answer as it came."""
        for broken in ({**ADA, "id": 7}, {**ADA, "email": " Ada@Example.com"}, {**ADA, "name": None}):
            assert normal_user(broken) is not None
            assert schema_mismatches("user", broken) != []


class TestLists:
    WRAPPED = Profile(names=Names(list_pointer="/data/items"))

    def test_a_list_is_unwrapped_as_the_profile_says(self) -> None:
        assert listed(answer([ADA]), Profile()) == [ADA]
        assert listed(answer({"data": {"items": [ADA]}}), self.WRAPPED) == [ADA]

    @pytest.mark.parametrize("shown", [None, {}, {"data": []}, {"data": {"items": {}}}, "x", 7, [ADA]])
    def test_what_is_no_list_is_none(self, shown: Any) -> None:
        assert listed(answer(shown), self.WRAPPED) is None

    def test_no_answer_shows_nobody(self) -> None:
        assert listed(None, Profile()) is None
        assert users_of(None, Profile()) == []
        assert user_of(None, Profile()) is None

    def test_what_is_no_user_is_left_out(self) -> None:
        shown = answer([ADA, None, 7, {}, {"id": ""}, {**ADA, "id": 8}])
        assert [user.id for user in users_of(shown, Profile())] == ["7", "8"]

    def test_what_is_no_json_shows_nobody(self) -> None:
        page = answered(200, body=b"<html>").answer
        assert user_of(page, Profile()) is None
        assert users_of(page, Profile()) == []

    @given(JSON)
    def test_nothing_that_an_api_answers_breaks_it(self, shown: Any) -> None:
        for profile in (Profile(), self.WRAPPED):
            assert isinstance(users_of(answer(shown), profile), list)
            listed(answer(shown), profile)
            user_of(answer(shown), profile)


class TestProblem:
    @pytest.mark.parametrize(
        ("shown", "title"),
        [
            ({"title": "Taken", "detail": "no"}, "Taken"),
            ({"detail": "no"}, "no"),
            ({"message": "no"}, "no"),
            ({"error": "no"}, "no"),
            ({"code": 7, "reason": "no"}, "no"),
            ({"code": 7}, ""),
            ("no", "no"),
            (["no"], ""),
            (None, ""),
        ],
    )
    def test_its_title_is_what_it_says_first(self, shown: Any, title: str) -> None:
        problem = problem_of(answer(shown))
        assert (problem.title, problem.status) == (title, 200)
