"""The verdict on a race: who ended how, and whether the final state agrees."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import pytest

from support.concurrency.barrier import Sender
from support.concurrency.burst import BurstResult
from support.concurrency.races import (
    Contender,
    Outcome,
    Verdict,
    chance_to_catch,
    contenders_of,
    fate_of,
    judge_single_winner,
    timeline,
    with_fate,
)
from support.models import Attempt, Call, Credential, Exchange
from support.scenario.races import differs
from support.tests.http.fake import LOST, REFUSED, came

CREATE = Call("POST", "http://127.0.0.1:1/users", Credential(None))
STATUS = {Outcome.WON: 201, Outcome.REFUSED: 409, Outcome.BROKEN: 500}


def ended(fate: Outcome) -> Exchange:
    return Exchange(CREATE, (Attempt(LOST if fate is Outcome.UNKNOWN else came(STATUS[fate])),))


def race(fates: Sequence[Outcome]) -> list[Contender]:
    """Return contenders called A, B, C … who ended so."""
    return [Contender(chr(65 + n), fate, ended(fate), 0.0, 0.001 * n) for n, fate in enumerate(fates)]


class TestFate:
    @pytest.mark.parametrize(
        ("status", "fate"),
        [
            (201, Outcome.WON),
            (409, Outcome.REFUSED),
            (200, Outcome.BROKEN),
            (400, Outcome.BROKEN),
            (404, Outcome.BROKEN),
            (500, Outcome.BROKEN),
            (501, Outcome.BROKEN),
            (429, Outcome.UNKNOWN),
            (502, Outcome.UNKNOWN),
            (503, Outcome.UNKNOWN),
            (504, Outcome.UNKNOWN),
        ],
    )
    def test_of_a_status(self, status: int, fate: Outcome) -> None:
        assert fate_of(Exchange(CREATE, (Attempt(came(status)),)), [201], [409]) is fate

    @pytest.mark.parametrize("failure", [LOST, REFUSED])
    def test_of_no_answer(self, failure: object) -> None:
        assert fate_of(Exchange(CREATE, (Attempt(failure),)), [201], [409]) is Outcome.UNKNOWN  # type: ignore[arg-type]


W, R, B, U = Outcome.WON, Outcome.REFUSED, Outcome.BROKEN, Outcome.UNKNOWN
RIGHT, VOID = "right", "void"
TABLE = [
    # who ended how, who holds the address in the end, the verdict
    ([W, R, R], ["A"], RIGHT),
    ([R, R, W], ["C"], RIGHT),
    ([W, U, R], ["A"], RIGHT),
    ([U, R, R], ["A"], RIGHT),
    ([U, U, R], ["B"], RIGHT),
    ([U, U, U], ["C"], RIGHT),
    ([U, U, U], [], VOID),
    ([U, R, R], [], VOID),
    ([W, W, R], ["A"], "2 of 3 won: A, B"),
    ([W, W, R], ["A", "B"], "2 of 3 won: A, B"),
    ([W, W, W], [], "3 of 3 won: A, B, C"),
    ([W, R, R], ["A", "B"], "2 users hold the address in the end"),
    ([R, R, R], ["A", "B"], "2 users hold the address in the end"),
    ([U, U, R], ["A", "B"], "2 users hold the address in the end"),
    ([W, R, R], [], "A won, but nobody holds the address in the end"),
    ([W, U, R], [], "A won, but nobody holds the address in the end"),
    ([W, R, R], ["B"], "A won, but B holds the address in the end"),
    ([W, U, R], ["B"], "A won, but B holds the address in the end"),
    ([W, R, R], ["a stranger"], "A won, but a stranger holds the address in the end"),
    ([R, R, R], ["A"], "A was refused, but holds the address in the end"),
    ([R, U, R], ["A"], "A was refused, but holds the address in the end"),
    ([R, R, R], [], "everybody was refused, though nobody held the address"),
    ([W, B, R], ["A"], "B was answered by 500"),
    ([B, B, B], [], "A was answered by 500"),
    ([U, B, R], ["A"], "B was answered by 500"),
]


@pytest.mark.parametrize(("fates", "holders", "said"), TABLE)
def test_the_final_state_decides(fates: list[Outcome], holders: list[str], said: str) -> None:
    verdict = judge_single_winner(race(fates), holders)
    if said == RIGHT:
        assert verdict == Verdict()
    elif said == VOID:
        assert verdict.void
        assert not verdict.wrong
    else:
        assert said in verdict.wrong
        assert verdict.void is None


def test_nothing_but_one_order_or_the_other_is_ever_right() -> None:
    """All outcomes of three contenders against all final states, by the contract's own words."""
    labels = ["A", "B", "C"]
    states = [list(held) for size in range(4) for held in itertools.combinations(labels, size)]
    for fates, holders in itertools.product(itertools.product(Outcome, repeat=3), states):
        contenders = race(fates)
        won = [one.label for one in with_fate(contenders, W)]
        unknown = [one.label for one in with_fate(contenders, U)]
        right = not with_fate(contenders, B) and len(won) <= 1 and len(holders) == 1 and holders[0] in (won or unknown)
        void = not with_fate(contenders, B) and not won and not holders and bool(unknown)
        verdict = judge_single_winner(contenders, holders)
        assert (not verdict.wrong and verdict.void is None) == right, (fates, holders)
        assert (verdict.void is not None) == void, (fates, holders)


class TestTimeline:
    def test_each_contender_is_a_line_in_the_order_of_the_answers(self) -> None:
        drawn = timeline(
            [
                Contender("Grace", R, ended(R), 0.0, 0.004),
                Contender("Ada", W, ended(W), 0.0, 0.002),
                Contender("Alan", U, ended(U), 0.001, None),
            ]
        ).split("\n")
        assert [line.split()[0] for line in drawn] == ["Ada", "Grace", "Alan"]
        assert drawn[0].endswith("2.00 ms 201 won")
        assert drawn[1].endswith("4.00 ms 409 refused")
        assert drawn[2].endswith("-    no answer unknown")
        assert drawn[0].index(">") == drawn[1].index(">") < drawn[0].index("#") < drawn[1].index("#")
        assert "#" not in drawn[2]

    def test_the_bars_stand_below_each_other(self) -> None:
        lines = timeline(race([W, R, U, R])).split("\n")
        assert len({line.index("|") for line in lines}) == len({line.rindex("|") for line in lines}) == 1

    def test_a_race_that_nobody_answered_can_be_drawn(self) -> None:
        assert timeline([Contender("Ada", U, ended(U), None, None)])


def test_moments_are_told_from_the_first_release() -> None:
    senders = (Sender("A", released=10.5, answered=11.0), Sender("B", released=10.25, answered=10.75), Sender("C"))
    found = contenders_of(BurstResult((ended(W), ended(R), ended(U)), senders, 0.25), [201], [409])
    assert [(one.label, one.fate, one.released_s, one.answered_s) for one in found] == [
        ("A", W, 0.25, 0.75),
        ("B", R, 0.0, 0.5),
        ("C", U, None, None),
    ]


class TestChance:
    def test_it_is_certain_of_nothing(self) -> None:
        assert chance_to_catch(0.0, 1.0, 100) < 1
        assert chance_to_catch(0.00001, 1.0, 2) < 1

    def test_a_longer_window_and_more_contenders_help_and_a_longer_skew_does_not(self) -> None:
        windows = [chance_to_catch(0.01, window, 5) for window in (0.0001, 0.0005, 0.001)]
        crowds = [chance_to_catch(0.01, 0.0002, crowd) for crowd in (3, 5, 10, 20)]
        skews = [chance_to_catch(skew, 0.0002, 5) for skew in (0.1, 0.01, 0.001)]
        for chances in (windows, crowds, skews):
            assert chances == sorted(chances)
            assert len(set(chances)) == len(chances)

    def test_where_the_skew_is_far_longer_there_is_hardly_one(self) -> None:
        assert chance_to_catch(10.0, 0.0002, 10) < 0.001

    @pytest.mark.parametrize("skew_s", [0.0, 1e-9, 0.001, 5.0])
    @pytest.mark.parametrize("contenders", [2, 10, 100])
    def test_it_is_a_chance(self, skew_s: float, contenders: int) -> None:
        assert 0 <= chance_to_catch(skew_s, 0.0002, contenders) <= 0.5


@pytest.mark.parametrize(
    ("shown", "different"),
    [
        ({"email": "ADA@example.com"}, False),
        ({"createdAt": "2024-05-06T09:08:09+02:00"}, False),
        ({"name": "ada"}, True),
        ({"email": "grace@example.com"}, True),
        ({"createdAt": "2024-05-06T07:08:10Z"}, True),
    ],
)
def test_who_lost_is_as_before_if_the_contract_sees_no_difference(shown: dict[str, str], different: bool) -> None:
    before = {"id": "7", "name": "Ada", "email": "ada@example.com", "createdAt": "2024-05-06T07:08:09Z"}
    assert differs({**before, **shown}, before) is different
    assert differs({}, before)
