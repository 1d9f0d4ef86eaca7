"""A deletion is waited for, agreed on by more than one answer, and told under the rule that it breaks."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import pytest

from support.acts.gone import PATIENT
from support.cleanup.polling import Pace
from support.errors import ContractViolation
from support.targets.embedded import Target
from support.tests.conftest import NewWorld, Script
from support.tests.scripted import Act, answer
from support.world import World

ADA = {"id": "7", "name": "Ada", "email": "ada@example.com", "createdAt": "2026-01-02T03:04:05Z"}
SHOWN = answer(200, ADA)
LISTED = answer(200, [ADA])
GONE = answer(404, {"title": "Not Found"})


def leaving(new_world: NewWorld, script: Script, answers: Sequence[Act], deadline_s: float = 0.3) -> World:
    """Return a world in which Ada, who has left, is looked for; its API answers so, after it was opened."""
    world = new_world(Target(script(*[answer(200, [])] * 2, *answers).url, "t", "scripted"))
    world.begin("list")
    world.pace = Pace(0.01, 0.01, deadline_s)
    world.scene.member("Ada").id = "7"
    world.scene.attempted = "Ada leaves"
    return world


def test_servers_that_take_turns_have_to_agree(new_world: NewWorld, script: Script) -> None:
    world = leaving(new_world, script, [GONE, SHOWN, GONE, GONE, SHOWN, GONE, GONE, GONE])
    world.gone.from_reading(world.scene.member("Ada"))
    assert [exchange.status for exchange in world.transcript.exchanges] == [404, 200, 404, 404, 200, 404, 404, 404]


def test_who_can_still_be_read_was_not_deleted(new_world: NewWorld, script: Script) -> None:
    world = leaving(new_world, script, [SHOWN] * 100)
    with pytest.raises(ContractViolation, match=r"(?s)delete .*status 404 for Ada within 0\.3 s") as caught:
        world.gone.from_reading(world.scene.member("Ada"))
    assert caught.value.rule == "delete"


def test_who_is_back_breaks_what_the_scenario_is_about(new_world: NewWorld, script: Script) -> None:
    world = leaving(new_world, script, [GONE] * 3 + [SHOWN] * 100)
    world.gone.from_reading(world.scene.member("Ada"))
    with pytest.raises(ContractViolation) as caught:
        world.gone.from_reading(world.scene.member("Ada"))
    assert caught.value.rule == "list"


def test_a_list_that_shows_who_is_gone_is_at_fault_itself(new_world: NewWorld, script: Script) -> None:
    world = leaving(new_world, script, [LISTED] + [GONE] * 3, deadline_s=0.0)
    with pytest.raises(ContractViolation) as caught:
        world.gone.from_list(world.scene.member("Ada"))
    assert caught.value.rule == "list"


@pytest.mark.parametrize("look", ["from_list", "from_look_up"])
def test_a_list_that_shows_who_can_be_read_is_not(new_world: NewWorld, script: Script, look: str) -> None:
    world = leaving(new_world, script, [LISTED, SHOWN], deadline_s=0.0)
    with pytest.raises(ContractViolation) as caught:
        getattr(world.gone, look)(world.scene.member("Ada"))
    assert caught.value.rule == "delete"


def test_a_run_is_not_held_up_for_ever(new_world: NewWorld, script: Script) -> None:
    world = leaving(new_world, script, [SHOWN] * 300)
    told = []
    for _ in range(PATIENT + 1):
        with pytest.raises(ContractViolation) as caught:
            world.gone.from_reading(world.scene.member("Ada"))
        told.append(str(caught.value))
    assert "within 0.3 s\n" in told[PATIENT - 1]
    assert f"within 0.03 s (no longer 0.3 s, which have passed in vain {PATIENT} times in a row)" in told[PATIENT]


def test_only_the_same_wait_in_vain_again_and_again_makes_it_shorter(new_world: NewWorld, script: Script) -> None:
    world = leaving(new_world, script, [SHOWN] * 300, deadline_s=0.1)
    for _ in range(PATIENT):
        world.gone.eventually("the address to be free", lambda: 409, lambda came: came != 409)
    with pytest.raises(ContractViolation, match=r"within 0\.1 s\n"):
        world.gone.from_reading(world.scene.member("Ada"))


def test_a_deletion_that_shows_gives_the_others_their_time_again(new_world: NewWorld, script: Script) -> None:
    world = leaving(new_world, script, [], deadline_s=0.1)
    for status in (*[404] * PATIENT, 200):
        world.gone.eventually("a reading", partial(int, status), lambda came: came == 200)
    assert world.gone.waits_s("a reading") == 0.1
