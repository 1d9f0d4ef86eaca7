"""What a run says that it will do to a target: requests, users and time."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from behave.parser import parse_feature

from support.http.limits import Limit
from support.reporting.forecast import forecast

EVERYTHING: Any = SimpleNamespace(tag_expression=SimpleNamespace(check=lambda _: True), name=None)
FEATURES = [
    parse_feature(f"@{tag}\nFeature: {tag}\n  Scenario: one\n    When Ada signs up\n") for tag in ("contract", "race")
]
HUNDRED = [parse_feature("Feature: F\n" + "".join(f"  Scenario: {n}\n    When Ada signs up\n" for n in range(100)))]


@pytest.fixture(autouse=True)
def _two_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 2)


def test_a_race_sends_more_than_other_scenarios() -> None:
    assert forecast(FEATURES, EVERYTHING, [], [0.001], 1).startswith(
        "this run sends about 200 requests and creates about 22 users, whom it deletes; at 1 ms an answer, "
    )


def test_what_the_profile_leaves_out_is_not_counted() -> None:
    told = forecast(FEATURES, EVERYTHING, [], [0.001], 1, lambda one: "race" not in one.effective_tags)
    assert told.startswith("this run sends about 11 requests and creates about 1 user")


def test_what_is_repeated_counts_as_often_as_it_is_played() -> None:
    told = forecast(FEATURES[:1], EVERYTHING, [], [0.001], 1, repeat=5)
    assert told.startswith("this run sends about 55 requests and creates about 6 users")


@pytest.mark.parametrize(
    ("answer_s", "processes", "time"),
    [(0.0, 1, "2 s"), (0.06, 1, "19 s"), (0.05, 8, "3 s"), (0.0, 8, "1 s"), (1.0, 1, "5 minutes")],
)
def test_processes_wait_at_the_same_time_but_share_the_processors(answer_s: float, processes: int, time: str) -> None:
    takes = "it takes" if processes == 1 else f"{processes} processes take"
    assert f" ms an answer, {takes} about {time}" in forecast(HUNDRED, EVERYTHING, [], [answer_s], processes)


def test_a_long_run_says_what_more_processes_would_take() -> None:
    told = forecast(HUNDRED, EVERYTHING, [], [1.0], 1)
    assert told.endswith(
        "it takes about 5 minutes (with WORKERS=8 about 38 s), or 18 minutes if the API works on one request at a time"
    )
    assert "WORKERS" not in forecast(HUNDRED, EVERYTHING, [], [0.06], 1)
    assert "WORKERS" not in forecast(HUNDRED, EVERYTHING, [Limit(1000, 1.0)], [1.0], 1)


def test_an_api_that_works_on_one_request_at_a_time_may_take_as_long_as_all_answers_the_few_slow_ones_too() -> None:
    told = forecast(HUNDRED, EVERYTHING, [], [0.01, 0.01, 0.01, 0.37], 4)
    assert told.endswith(
        "; at 10 ms an answer, 4 processes take about 2 s, or 2 minutes if the API works on one request at a time"
    )
    assert "one request at a time" not in forecast(HUNDRED, EVERYTHING, [], [0.001], 1)


def test_the_lowest_limit_decides_if_it_makes_the_run_longer() -> None:
    limits = [Limit(100, 1.0), Limit(10, 1.0)]
    assert forecast(HUNDRED, EVERYTHING, limits, [0.0], 1).endswith("; at 10 requests in 1 s, it takes about 2 minutes")
    assert "at 1000 ms an answer" in forecast(HUNDRED, EVERYTHING, limits, [1.0], 1)
