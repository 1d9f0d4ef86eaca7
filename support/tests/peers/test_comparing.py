"""A difference between two recordings is reported, unless it differs from run to run."""

from collections.abc import Mapping
from typing import Any

from support.peers.record.comparing import differences

INTERACTION = {"name": "read", "request": {"method": "GET", "path": "/users/1"}, "status": 200, "body": {}}
ALL_REFUSED = {"times": 9, "statuses": {"201": 1, "400": 9}, "stored": 1}
SOME_BROKE = {"times": 1, "statuses": {"201": 1, "400": 4, "500": 5}, "stored": 1}


def recording(*interactions: Mapping[str, Any]) -> dict[str, Any]:
    return {"suites": {"reading": list(interactions)}}


def race(*rounds: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": "race", "rounds": list(rounds), "samples": []}


def test_equal_recordings_do_not_differ() -> None:
    assert differences(recording(INTERACTION, race(SOME_BROKE)), recording(INTERACTION, race(SOME_BROKE))) == []


def test_another_answer_is_reported() -> None:
    [line] = differences(recording(INTERACTION), recording({**INTERACTION, "status": 404}))
    assert "'read'" in line


def test_a_missing_or_new_interaction_is_reported() -> None:
    assert "only in the committed" in differences(recording(INTERACTION), recording())[0]
    assert "only in the fresh" in differences(recording(), recording(INTERACTION))[0]


def test_a_missing_suite_is_reported() -> None:
    assert differences(recording(INTERACTION), {"suites": {}})


def test_the_frequency_of_an_outcome_is_no_difference() -> None:
    milder = {"times": 10, "statuses": {"201": 1, "400": 8, "500": 1}, "stored": 1}
    assert differences(recording(race(ALL_REFUSED, SOME_BROKE)), recording(race(milder))) == []


def test_a_second_winner_is_reported() -> None:
    two = {"times": 1, "statuses": {"201": 2, "400": 8}, "stored": 2}
    assert differences(recording(race(ALL_REFUSED)), recording(race(two)))


def test_a_new_status_of_a_refusal_is_reported() -> None:
    assert differences(recording(race(ALL_REFUSED)), recording(race(SOME_BROKE)))


def test_a_new_outcome_without_statuses_is_reported() -> None:
    gone = {"times": 9, "delete": 204, "patch": 404, "read afterwards": 404}
    back = {"times": 1, "delete": 204, "patch": 200, "read afterwards": 200}
    assert differences(recording(race(gone)), recording(race(gone))) == []
    assert differences(recording(race(gone)), recording(race(gone, back)))
