"""What a limit is learned to be by counting what was accepted."""

from __future__ import annotations

import pytest

from support.http.limits import LONG, MOST_LOWERED, Learner, Limit


def stretch(learner: Learner, began: float, accepted: int, opens: float) -> None:
    """Let so many requests be accepted at one moment, and further ones refused until another."""
    for _ in range(accepted):
        learner.accept(began)
    learner.refuse(opens)


def test_nothing_is_learned_from_requests_that_are_accepted() -> None:
    learner = Learner()
    learner.accept(0)
    assert learner.limit is None


def test_what_was_accepted_until_a_refusal_is_the_limit() -> None:
    learner = Learner()
    stretch(learner, 0, 60, 60)
    assert learner.limit == Limit(60, 60)


def test_several_refusals_at_once_are_one() -> None:
    learner = Learner()
    stretch(learner, 0, 60, 59)
    learner.accept(1)
    learner.refuse(60)
    assert learner.limit == Limit(61, 60)


def test_a_quota_that_others_have_used_is_not_taken_for_the_limit() -> None:
    learner = Learner()
    stretch(learner, 0, 3, 40)
    assert learner.limit is None
    stretch(learner, 40, 60, 100)
    assert learner.limit == Limit(60, 60)


def test_a_small_limit_is_learned_in_the_second_stretch() -> None:
    learner = Learner()
    stretch(learner, 0, 3, 1)
    stretch(learner, 1, 3, 2)
    assert learner.limit == Limit(3, 1)


def test_a_limit_that_is_too_high_is_lowered_to_what_is_seen() -> None:
    """A bucket of 60 that is refilled by one a second: the first stretch shows its size, the second one its rate."""
    learner = Learner()
    stretch(learner, 0, 60, 2)
    stretch(learner, 2, 1, 3)
    assert learner.limit == Limit(60, 60)


def test_a_limit_that_is_a_little_too_high_is_lowered_all_the_same() -> None:
    learner = Learner(Limit(10, 1))
    stretch(learner, 0, 99, 10)
    assert learner.limit is not None
    assert learner.limit.rate == pytest.approx(7)


def test_refusals_that_come_however_few_are_sent_teach_nothing() -> None:
    learner = Learner()
    for number in range(MOST_LOWERED + 1):
        stretch(learner, number * 100, 20, number * 100 + 1)
    assert learner.limit is None
    stretch(learner, 1000, 20, 1001)
    assert learner.limit is None


def test_a_limit_that_was_right_for_long_may_be_lowered_again_and_again() -> None:
    learner = Learner()
    for number in range(3 * MOST_LOWERED):
        stretch(learner, number * 100, 20 * LONG + 1 if number else 20, number * 100 + 100)
    assert learner.limit is not None
