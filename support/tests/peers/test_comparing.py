"""A difference between two recordings is told; what differs from run to run is not one."""

from collections.abc import Mapping
from typing import Any

from support.peers.record.comparing import differences

EXCHANGE = {"probe": "read", "request": {"method": "GET", "path": "/users/1"}, "status": 200, "body": {}}
ALL_REFUSED = {"times": 9, "statuses": {"201": 1, "400": 9}, "stored": 1}
SOME_BROKE = {"times": 1, "statuses": {"201": 1, "400": 4, "500": 5}, "stored": 1}


def recording(*tracks: Mapping[str, Any]) -> dict[str, Any]:
    return {"chapters": {"reading": list(tracks)}}


def race(*rounds: Mapping[str, Any]) -> dict[str, Any]:
    return {"probe": "race", "rounds": list(rounds), "samples": []}


def test_equal_recordings_do_not_differ() -> None:
    assert differences(recording(EXCHANGE, race(SOME_BROKE)), recording(EXCHANGE, race(SOME_BROKE))) == []


def test_another_answer_is_told() -> None:
    [told] = differences(recording(EXCHANGE), recording({**EXCHANGE, "status": 404}))
    assert "'read'" in told


def test_a_probe_that_is_gone_or_new_is_told() -> None:
    assert "only in the committed" in differences(recording(EXCHANGE), recording())[0]
    assert "only in the fresh" in differences(recording(), recording(EXCHANGE))[0]


def test_a_chapter_that_is_gone_is_told() -> None:
    assert differences(recording(EXCHANGE), {"chapters": {}})


def test_how_often_a_race_came_to_what_is_no_difference() -> None:
    milder = {"times": 10, "statuses": {"201": 1, "400": 8, "500": 1}, "stored": 1}
    assert differences(recording(race(ALL_REFUSED, SOME_BROKE)), recording(race(milder))) == []


def test_a_second_winner_is_told() -> None:
    two = {"times": 1, "statuses": {"201": 2, "400": 8}, "stored": 2}
    assert differences(recording(race(ALL_REFUSED)), recording(race(two)))


def test_a_refusal_never_seen_before_is_told() -> None:
    assert differences(recording(race(ALL_REFUSED)), recording(race(SOME_BROKE)))


def test_an_outcome_without_statuses_never_seen_before_is_told() -> None:
    gone = {"times": 9, "delete": 204, "patch": 404, "read afterwards": 404}
    back = {"times": 1, "delete": 204, "patch": 200, "read afterwards": 200}
    assert differences(recording(race(gone)), recording(race(gone))) == []
    assert differences(recording(race(gone)), recording(race(gone, back)))
