"""New users: the same from the same seed, all unique, each with the mark of the run."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.cleanup.marks import mark_in, new_mark
from support.contract.matchers import schema_mismatches
from support.models import LONGEST_EMAIL, LONGEST_NAME, NewUser
from support.scenario.factory import APART, LONGEST_LABEL, Factory, new_seed
from support.scenario.invalid_values import MALFORMED
from support.settings import ROOT

MARK = "uat-abcdefghij2b"


@pytest.fixture
def factory() -> Factory:
    return Factory(4711, new_mark())


def is_valid(new_user: NewUser) -> bool:
    """Whether the contract lets this user sign up."""
    return not schema_mismatches("user", {**new_user.as_json(), "id": "7", "createdAt": "2024-05-06T07:08:09Z"})


def test_the_same_seed_gives_the_same_users_in_the_same_order() -> None:
    one, other = Factory(4711, MARK), Factory(4711, MARK)
    assert one.new_users(200) == other.new_users(200)


def test_each_process_of_a_run_draws_other_users() -> None:
    one, other = Factory(4711, MARK), Factory(4711, MARK, 2)
    assert one.seed == other.seed
    assert not {new_user.email for new_user in one.new_users(50)} & {new_user.email for new_user in other.new_users(50)}


def test_a_new_name_is_another_one(factory: Factory) -> None:
    names = [factory.new_user("Ada").name for _ in range(2000)]
    assert all(len({*names[start : start + APART]}) == APART for start in range(0, len(names), APART))


def test_another_process_draws_the_same_users() -> None:
    code = (
        f"from support.scenario.factory import Factory; print([n.email for n in Factory(4711, {MARK!r}).new_users(50)])"
    )
    drawn = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert drawn.strip() == str([new_user.email for new_user in Factory(4711, MARK).new_users(50)])


def test_another_seed_gives_other_users() -> None:
    assert Factory(1, MARK).new_users(20) != Factory(2, MARK).new_users(20)


def test_concurrent_runs_with_one_seed_draw_different_users() -> None:
    """Two processes of a run have the seed in common, but not the mark."""
    one, other = Factory(1, new_mark()), Factory(1, new_mark())
    assert not {new_user.email for new_user in one.new_users(200)} & {
        new_user.email for new_user in other.new_users(200)
    }


def test_each_run_draws_another_seed() -> None:
    assert len({new_seed() for _ in range(20)}) > 1


def test_twenty_thousand_users_are_unique(factory: Factory) -> None:
    users = factory.new_users(20_000)
    assert len({new_user.email.lower() for new_user in users}) == 20_000
    assert all(mark_in(new_user.email) == factory.mark for new_user in users)
    assert all(is_valid(new_user) for new_user in users[::100])


def test_threads_draw_unique_users(factory: Factory) -> None:
    with ThreadPoolExecutor(8) as pool:
        users = [new_user for batch in pool.map(factory.new_users, [300] * 8) for new_user in batch]
    assert len({new_user.email for new_user in users}) == 2400


@given(called=st.text(min_size=1, max_size=40).filter(str.strip))
def test_every_first_name_gets_a_valid_email(called: str) -> None:
    new_user = Factory(1, MARK).new_user(called)
    assert new_user.name.startswith(called)
    assert new_user.email.isascii()
    assert not schema_mismatches("user", {**new_user.as_json(), "id": "7", "createdAt": "2024-05-06T07:08:09Z"})


def test_a_given_name_is_kept(factory: Factory) -> None:
    assert factory.named("李小龍 <b>").name == "李小龍 <b>"


@pytest.mark.parametrize("length", [*range(120, 256), 300, 1000])
def test_a_long_email_has_exactly_this_many_characters(length: int) -> None:
    factory = Factory(length, MARK)
    email = factory.long_email(length)
    local, domain = email.split("@")
    assert len(email) == length
    assert all(0 < len(label) <= LONGEST_LABEL for label in domain.split("."))
    assert len(local) <= 64
    assert mark_in(email) == MARK


def test_the_longest_email_has_254_characters(factory: Factory) -> None:
    assert len(factory.long_email()) == LONGEST_EMAIL == 254


def test_long_emails_differ(factory: Factory) -> None:
    assert len({factory.long_email() for _ in range(50)}) == 50


@pytest.mark.parametrize("form", MALFORMED)
def test_malformed_json_carries_the_mark_of_the_run(factory: Factory, form: str) -> None:
    new_user = factory.new_user("Mallory")
    body = MALFORMED[form](json.dumps(new_user.as_json()).encode())
    assert mark_in(body.replace(b"\0", b"").decode(errors="replace")) == factory.mark


@pytest.mark.parametrize("length", [*range(40, 90), 200, 201])
def test_a_long_name_has_exactly_this_many_characters(factory: Factory, length: int) -> None:
    name = factory.long_name(length)
    assert len(name) == length
    assert name == name.strip(), "a trailing space could be trimmed"
    assert "  " not in name


def test_the_longest_name_has_200_characters(factory: Factory) -> None:
    assert len(factory.long_name()) == LONGEST_NAME == 200


class TestUnusedIds:
    @pytest.mark.parametrize(
        "like",
        [
            "7",
            "4711",
            "4a5f7c00-5c0e-4d43-a9a8-6dd8f3f2d0d1",
            "4A5F7C00-5C0E-4D43-A9A8-6DD8F3F2D0D1",
            "507f1f77bcf86cd799439011",
            "V1StGXR8_Z5jdHi6B-myT",
            "usr_9",
            "x",
            "a1",
            "gggggggg",
        ],
    )
    def test_it_looks_like_an_existing_id(self, factory: Factory, like: str) -> None:
        for _ in range(50):
            unused = factory.unused_id(like)
            assert unused != like
            assert shape(unused, hexadecimal(like)) == shape(like, hexadecimal(like)) or like.isdigit()

    def test_a_number_stays_a_number_that_is_hardly_used(self, factory: Factory) -> None:
        assert int(factory.unused_id("7")) > 990_000_000

    def test_every_call_draws_another(self, factory: Factory) -> None:
        like = "4a5f7c00-5c0e-4d43-a9a8-6dd8f3f2d0d1"
        assert len({factory.unused_id(like) for _ in range(50)}) > 40


def hexadecimal(text: str) -> bool:
    return all(sign in "0123456789abcdefABCDEF-" for sign in text)


def shape(text: str, hexadecimal: bool) -> str:
    """Return a text with each sign replaced by its kind."""
    kinds: list[tuple[Callable[[str], bool], str]] = [(str.isdigit, "9"), (str.isupper, "A"), (str.islower, "a")]
    return "".join(
        next((sign for fits, sign in kinds if fits(character)), character)
        if not hexadecimal or character.lower() in "0123456789abcdef-"
        else "!"
        for character in text
    )
