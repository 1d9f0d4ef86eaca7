"""The mark: recognised only if it is complete."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.cleanup.marks import ALPHABET, PREFIX, mark_in, new_mark


@pytest.fixture
def mark() -> str:
    return new_mark()


def test_it_is_drawn_anew_and_valid_in_a_host_name() -> None:
    marks = {new_mark() for _ in range(500)}
    assert len(marks) == 500
    assert all(re.fullmatch(r"uat-[a-z2-7]{12}", mark) for mark in marks)
    assert all(mark_in(mark) == mark for mark in marks)


@pytest.mark.parametrize(
    "around",
    ["{}", "ada.0001@{}.example.com", "{}@example.com", "ada+{}@x.org", "Ada ({})", "x_{}_x", "{} 7", "a.{}.b.{}"],
)
def test_it_is_found_wherever_it_stands(mark: str, around: str) -> None:
    assert mark_in(around.format(mark, mark)) == mark


def test_its_letter_case_does_not_matter(mark: str) -> None:
    assert mark_in(f"ADA@{mark.upper()}.EXAMPLE.COM") == mark
    assert mark_in(f"Ada@{mark.title()}.example.com") == mark


def test_it_is_found_in_whatever_holds_it(mark: str) -> None:
    assert mark_in({"email": f"ada@{mark}.example.com"}) == mark
    assert mark_in([mark]) == mark


@pytest.mark.parametrize(
    "text",
    [None, "", 7, "uat-", "uat-test@example.com", "ada@uat-server.example.com", "uat-aaaaaaaaaaaa", "uat-22222222222"],
)
def test_other_text_is_no_mark(text: object) -> None:
    assert mark_in(text) is None


@pytest.mark.parametrize(
    "change",
    [
        lambda mark: mark[:-1],
        lambda mark: mark[1:],
        lambda mark: mark + "a",
        lambda mark: mark + "7",
        lambda mark: "x" + mark,
        lambda mark: "0" + mark,
        lambda mark: mark.replace("-", ""),
        lambda mark: mark.replace("-", "_"),
        lambda mark: mark.replace("uat", "qat"),
        lambda mark: mark[:-2] + mark[-1] + mark[-2] if mark[-1] != mark[-2] else mark[:-1],
        lambda mark: mark[:8] + "-" + mark[9:],
        lambda mark: mark[:8] + "1" + mark[9:],
    ],
)
def test_a_changed_mark_is_no_mark(mark: str, change: object) -> None:
    assert callable(change)
    assert mark_in(change(mark)) is None


@given(st.text(ALPHABET, min_size=10, max_size=10), st.integers(0, 9), st.sampled_from(ALPHABET))
def test_one_changed_character_is_noticed(drawn: str, place: int, other: str) -> None:
    """Other uses of `uat-` and twelve characters are taken for a mark only once in a thousand cases."""
    from support.cleanup.marks import _check

    changed = drawn[:place] + other + drawn[place + 1 :]
    found = mark_in(PREFIX + changed + _check(drawn))
    assert found is None or _check(changed) == _check(drawn)


def test_of_foreign_marks_hardly_any_passes() -> None:
    import random

    chance = random.Random(4711)
    foreign = (PREFIX + "".join(chance.choice(ALPHABET) for _ in range(12)) for _ in range(20_000))
    assert sum(mark_in(text) is not None for text in foreign) < 60, "two signs that check let one in 1,024 through"


def test_a_real_one_is_found_behind_a_false_one(mark: str) -> None:
    assert mark_in(f"uat-aaaaaaaaaaaa {mark}") == mark
