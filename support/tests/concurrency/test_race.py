"""The verdict on a race: how each contender ended, and whether the final state agrees."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import pytest

from support.concurrency.drawing import timeline_rows
from support.concurrency.races import (
    Contender,
    Outcome,
    RaceRequest,
    Verdict,
    chance_to_catch,
    check_single_winner,
    contenders_of,
    outcome_of,
    with_outcome,
)
from support.concurrency.results import BurstResult, Timing
from support.http.operations import Operation, Sleep
from support.models import Attempt, Exchange
from support.scenario.races import differs
from support.tests.concurrency.outcomes import CREATE, contender, ended
from support.tests.http.fake import LOST, REFUSED, came
from support.timeline import drawn


def race(outcomes: Sequence[Outcome]) -> list[Contender]:
    """Return contenders A, B, C … with these outcomes."""
    return [contender(outcome, chr(65 + n), 0.0, 0.001 * n) for n, outcome in enumerate(outcomes)]


class TestOutcome:
    @pytest.mark.parametrize(
        ("status", "outcome"),
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
    def test_of_a_status(self, status: int, outcome: Outcome) -> None:
        assert outcome_of(Exchange(CREATE, (Attempt(came(status)),)), [201], [409]) is outcome

    @pytest.mark.parametrize("failure", [LOST, REFUSED])
    def test_of_no_answer(self, failure: object) -> None:
        assert outcome_of(Exchange(CREATE, (Attempt(failure),)), [201], [409]) is Outcome.UNKNOWN  # type: ignore[arg-type]


W, R, B, U = Outcome.WON, Outcome.REFUSED, Outcome.BROKEN, Outcome.UNKNOWN
RIGHT, VOID = "right", "void"
TABLE = [
    # the outcomes, who has the email in the end, the verdict
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
    ([W, R, R], ["A", "B"], "2 users have the email in the end"),
    ([R, R, R], ["A", "B"], "2 users have the email in the end"),
    ([U, U, R], ["A", "B"], "2 users have the email in the end"),
    ([W, R, R], [], "A won, but no user has the email in the end"),
    ([W, U, R], [], "A won, but no user has the email in the end"),
    ([W, R, R], ["B"], "A won, but B has the email in the end"),
    ([W, U, R], ["B"], "A won, but B has the email in the end"),
    ([W, R, R], ["an unknown user"], "A won, but an unknown user has the email in the end"),
    ([R, R, R], ["A"], "A did not win, but has the email in the end"),
    ([R, U, R], ["A"], "A did not win, but has the email in the end"),
    ([R, R, R], [], "none won although no user had the email"),
    ([W, B, R], ["A"], "B was answered by 500"),
    ([B, B, B], [], "A was answered by 500"),
    ([U, B, R], ["A"], "B was answered by 500"),
]


@pytest.mark.parametrize(("outcomes", "holders", "said"), TABLE)
def test_the_final_state_decides(outcomes: list[Outcome], holders: list[str], said: str) -> None:
    verdict = check_single_winner(race(outcomes), holders)
    if said == RIGHT:
        assert verdict == Verdict()
    elif said == VOID:
        assert verdict.void
        assert not verdict.wrong
    else:
        assert said in verdict.wrong
        assert verdict.void is None


def test_all_outcomes_of_three_contenders_against_all_final_states() -> None:
    labels = ["A", "B", "C"]
    states = [list(held) for size in range(4) for held in itertools.combinations(labels, size)]
    for outcomes, holders in itertools.product(itertools.product(Outcome, repeat=3), states):
        contenders = race(outcomes)
        winners = [one.label for one in with_outcome(contenders, W)]
        unknown = [one.label for one in with_outcome(contenders, U)]
        right = (
            not with_outcome(contenders, B)
            and len(winners) <= 1
            and len(holders) == 1
            and holders[0] in (winners or unknown)
        )
        void = not with_outcome(contenders, B) and not winners and not holders and bool(unknown)
        verdict = check_single_winner(contenders, holders)
        assert (not verdict.wrong and verdict.void is None) == right, (outcomes, holders)
        assert (verdict.void is not None) == void, (outcomes, holders)


class TestTimeline:
    def test_contenders_are_in_the_order_of_their_answers(self) -> None:
        contenders = [
            contender(R, "Grace", 0.0, 0.004),
            contender(W, "Ada", 0.0, 0.002),
            contender(U, "Alan", 0.001, None),
        ]
        lines = list(drawn(timeline_rows(contenders), 80))
        assert [line.split()[0] for line in lines] == ["Ada", "Grace", "Alan"]
        assert lines[0].endswith("2.00 ms 201 accepted")
        assert lines[1].endswith("4.00 ms 409 refused")
        assert lines[2].endswith("-    no answer unknown")
        assert lines[0].index(">") == lines[1].index(">") < lines[0].index("#") < lines[1].index("#")
        assert "#" not in lines[2]

    def test_the_axes_are_aligned(self) -> None:
        lines = list(drawn(timeline_rows(race([W, R, U, R])), 80))
        assert len({line.index("|") for line in lines}) == len({line.rindex("|") for line in lines}) == 1

    def test_a_race_without_answers_can_be_drawn(self) -> None:
        assert list(drawn(timeline_rows([contender(U, "Ada", None, None)]), 80))


def unsent() -> Operation[Exchange]:
    yield Sleep(0, "it is never sent")
    return ended(U)


def test_moments_are_measured_from_the_first_release() -> None:
    timings = (Timing("A", released=10.5, answered=11.0), Timing("B", released=10.25, answered=10.75), Timing("C"))
    requests = [RaceRequest(timing.label, unsent(), (201,), (409,)) for timing in timings]
    found = contenders_of(requests, BurstResult((ended(W), ended(R), ended(U)), timings))
    assert [(one.label, one.outcome, one.released_s, one.answered_s) for one in found] == [
        ("A", W, 0.25, 0.75),
        ("B", R, 0.0, 0.5),
        ("C", U, None, None),
    ]


class TestChance:
    def test_it_is_never_certain(self) -> None:
        assert chance_to_catch(0.0, 1.0, 100) < 1
        assert chance_to_catch(0.00001, 1.0, 2) < 1

    def test_it_grows_with_the_window_and_the_contenders_and_falls_with_the_skew(self) -> None:
        windows = [chance_to_catch(0.01, window, 5) for window in (0.0001, 0.0005, 0.001)]
        contenders = [chance_to_catch(0.01, 0.0002, count) for count in (3, 5, 10, 20)]
        skews = [chance_to_catch(skew, 0.0002, 5) for skew in (0.1, 0.01, 0.001)]
        for chances in (windows, contenders, skews):
            assert chances == sorted(chances)
            assert len(set(chances)) == len(chances)

    def test_it_is_tiny_if_the_skew_is_far_longer_than_the_window(self) -> None:
        assert chance_to_catch(10.0, 0.0002, 10) < 0.001

    @pytest.mark.parametrize("skew_s", [0.0, 1e-9, 0.001, 5.0])
    @pytest.mark.parametrize("contenders", [2, 10, 100])
    def test_it_is_at_most_a_half(self, skew_s: float, contenders: int) -> None:
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
def test_a_user_is_unchanged_if_the_contract_sees_no_difference(shown: dict[str, str], different: bool) -> None:
    before = {"id": "7", "name": "Ada", "email": "ada@example.com", "createdAt": "2024-05-06T07:08:09Z"}
    assert differs({**before, **shown}, before) is different
    assert differs({}, before)
