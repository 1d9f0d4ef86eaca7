"""What the races are for: a racy API is caught, however short its window, and a right one is never accused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from support.errors import ContractViolation
from support.targets.embedded import EmbeddedApi, Target
from support.tests.conftest import NewWorld, settings_for
from support.world import World

WINDOWS_MS = ("5", "1", "0.2")
ROUNDS = 100

Deed = Callable[[World], None]


def race_for_one_address(world: World) -> None:
    world.races.for_one_address("one email")
    world.races.every_round_was_right()


def race_in_different_letter_case(world: World) -> None:
    world.races.for_one_address("one email in different letter cases")
    world.races.every_round_was_right()


def race_of_moves(world: World) -> None:
    world.races.move_to_one_address()
    world.races.every_round_was_right()


def race_of_join_and_leave(world: World) -> None:
    world.races.join_against_leave()
    world.races.every_round_was_right()


def race_of_changes(world: World) -> None:
    world.races.change_both_fields()
    world.races.every_round_was_right()


def burst(world: World) -> None:
    world.crowds.sign_up_at_once(50)
    world.crowds.were_under_way_together()
    world.crowds.each_welcomed()
    world.crowds.each_shown()


@contextmanager
def world_on(folder: Path, *options: str, **changes: object) -> Iterator[World]:
    """Open a world on an embedded API with these options."""
    api = EmbeddedApi(options)
    world = World(settings_for(folder, **changes), api.target)
    try:
        yield world
    finally:
        world.close()
        api.close()


@pytest.mark.slow
@pytest.mark.parametrize("window_ms", WINDOWS_MS)
@pytest.mark.parametrize(
    ("defect", "rule", "deed"),
    [
        ("race-check-then-insert", "race-email", race_for_one_address),
        ("lost-update-read-modify-write", "lost-update", race_of_changes),
        ("burst-ids-read-then-written", "burst", burst),
    ],
)
def test_a_racy_api_is_caught(tmp_path: Path, defect: str, rule: str, deed: Deed, window_ms: str) -> None:
    """A round that hits ends it; so many more are allowed that missing it by chance does not happen in a lifetime."""
    chances = {"race_miss_probability": 1e-9, "race_rounds": 200}
    with world_on(tmp_path, "--defect", defect, "--window", window_ms, **chances) as world:
        world.begin(rule)
        with pytest.raises(ContractViolation) as caught:
            again_and_again(deed, world)
    assert caught.value.rule == rule


def again_and_again(deed: Deed, world: World) -> None:
    for _ in range(20):
        deed(world)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("deed", "rule"),
    [
        (race_for_one_address, "race-email"),
        (race_in_different_letter_case, "race-email"),
        (race_of_moves, "race-email"),
        (race_of_join_and_leave, "race-email"),
        (race_of_changes, "lost-update"),
    ],
    ids=lambda given: getattr(given, "__name__", ""),
)
def test_a_right_one_is_never_accused(tmp_path: Path, deed: Deed, rule: str) -> None:
    """Five hundred rounds in all, and nothing is left after them."""
    with world_on(tmp_path, race_miss_probability=1e-300, race_rounds=ROUNDS) as world:
        world.begin(rule)
        deed(world)
        assert f"race: {ROUNDS} rounds" in world.crowd_notes[-1]
        world.registry.prove_nothing_is_left(60)


@pytest.mark.slow
def test_a_right_burst_is_never_accused(embedded: Target, new_world: NewWorld) -> None:
    world = new_world(embedded)
    for _ in range(5):
        world.begin("burst")
        burst(world)
    world.registry.prove_nothing_is_left(60)


def test_a_race_of_threads_is_judged_the_same_way(embedded: Target, new_world: NewWorld) -> None:
    world = new_world(embedded)
    world.begin("race-email")
    world.races.in_threads()
    race_for_one_address(world)
    world.registry.prove_nothing_is_left(60)


def test_an_accusation_shows_the_contenders_on_a_time_axis(tmp_path: Path) -> None:
    with world_on(tmp_path, "--defect", "race-check-then-insert", "--window", "5") as world:
        world.begin("race-email")
        world.scene.attempted = "many sign up at once with one address"
        with pytest.raises(ContractViolation) as caught:
            race_for_one_address(world)
    text = str(caught.value)
    assert "promise broken: race-email" in text
    assert "of 10 won: " in text
    assert text.count("|") >= 20
    assert "repeat it: curl" in text
