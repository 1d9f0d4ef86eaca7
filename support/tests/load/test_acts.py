"""What users of a load do is checked, told to the statistics, and leaves nobody."""

from __future__ import annotations

import threading

import pytest

from support.cleanup.journal import State
from support.load import acts
from support.load.population import Population
from support.load.telling import Told
from support.tests.load.conftest import NewApi, NewPopulation
from support.tests.sandbox.conftest import Running

ACTS = {"live": acts.live, "burst": acts.sign_up_in_a_burst, "race": acts.race_for_one_email}
BROKEN = [
    ("live", "create-answers-200", "create-201"),
    ("live", "create-stores-another-name", "create-201"),
    ("live", "filter-ignored", "filter-email"),
    ("live", "look-ups-kept-through-changes", "filter-email"),
    ("live", "put-after-patch-keeps-patched-name", "put"),
    ("live", "deleted-still-readable", "delete"),
    ("live", "filter-finds-former-email", "filter-email"),
    ("burst", "burst-ids-read-then-written", "burst"),
    ("burst", "every-third-create-lost", "burst"),
    ("race", "race-loser-gets-201", "race-email"),
    ("race", "race-ends-in-500", "race-email"),
    ("race", "race-without-winner", "race-email"),
]


def play(population: Population, act: str) -> list[Told]:
    told: list[Told] = []
    ACTS[act](population, told.append)
    return told


def left(api: Running) -> int:
    return len(api.client.get(api.url).json()) - 3


def unfinished(population: Population) -> list[State]:
    return [row.state for row in population.connection.journal.unfinished(population.mark)]


@pytest.mark.parametrize("act", ACTS)
def test_nothing_fails_on_a_right_api_and_nobody_is_left(
    act: str, new_api: NewApi, new_population: NewPopulation
) -> None:
    api = new_api()
    population = new_population(api)
    told = play(population, act)
    assert [one for one in told if one.failure] == []
    assert {one.name for one in told} <= {"/users", "/users/{id}", "/users?email="}
    assert {one.method for one in told} >= {"POST", "DELETE", "GET"}
    assert (left(api), unfinished(population)) == (0, [])


def test_a_life_changes_by_patch_and_put(new_api: NewApi, new_population: NewPopulation) -> None:
    told = play(new_population(new_api()), "live")
    assert [one.method for one in told if one.method != "GET"] == ["POST", "PATCH", "PUT", "DELETE"]


def test_no_act_begins_the_event_loop(new_api: NewApi, new_population: NewPopulation) -> None:
    """Under gevent its thread would be none, and would hold up all users of the process for good."""
    population = new_population(new_api())
    for act in ACTS:
        play(population, act)
    assert not population.connection.loop.has_begun


@pytest.mark.parametrize(("act", "defect", "rule"), BROKEN)
def test_a_broken_rule_is_told_by_its_id(
    act: str, defect: str, rule: str, new_api: NewApi, new_population: NewPopulation
) -> None:
    told = play(new_population(new_api("--defect", defect, "--window", "300")), act)
    rules = {one.violation.rule for one in told if one.violation is not None}
    assert rules == {rule}
    assert all(one.failure.startswith(f"{rule}: ") for one in told if one.violation is not None)


def test_whom_a_broken_act_leaves_is_deleted(new_api: NewApi, new_population: NewPopulation) -> None:
    api = new_api("--defect", "filter-ignored")
    population = new_population(api)
    for _ in range(3):
        assert any(one.violation for one in play(population, "live"))
    assert (left(api), unfinished(population)) == (0, [])


def test_a_dropped_connection_is_a_failure_of_its_own_kind(new_api: NewApi, new_population: NewPopulation) -> None:
    api = new_api()
    population = new_population(api, retry_attempts=2, consistency_window_s=0.1)
    api.inject({"kind": "drop", "when": "after", "methods": ["POST"]})
    told = play(population, "live")
    api.inject()
    assert [one.failure.partition(" (")[0] for one in told if one.failure] == ["no answer: connection broken"]
    assert all(one.violation is None for one in told)
    assert (left(api), unfinished(population)) == (0, [])


def test_a_busy_api_breaks_no_rule(new_api: NewApi, new_population: NewPopulation) -> None:
    api = new_api()
    population = new_population(api, retry_attempts=2, consistency_window_s=0.1)
    api.inject({"kind": "status", "status": 503})
    told = play(population, "live")
    api.inject()
    assert {one.failure for one in told} == {"status 503"}
    assert all(one.violation is None for one in told)


def test_an_act_waits_until_there_is_room_for_its_users(new_api: NewApi, new_population: NewPopulation) -> None:
    population = new_population(new_api(), max_users_alive=4)
    told: list[Told] = []
    waiting = threading.Thread(target=acts.live, args=(population, told.append), daemon=True)
    with population.room_for(4):
        waiting.start()
        waiting.join(0.3)
        assert told == []
    waiting.join(20)
    assert told
    assert population.at_once(25) == 1


def test_who_is_left_keeps_their_room(new_api: NewApi, new_population: NewPopulation) -> None:
    population = new_population(new_api(), max_users_alive=2)
    with population.room_for(2) as registry:
        registry.ledger.intend("somebody@example.com")
    assert population._taken == 1
