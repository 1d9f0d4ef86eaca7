"""A look-up that goes wrong is told under the rule that it breaks: its own, or the one that let two in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from support.errors import ContractViolation
from support.models import NewUser
from support.prove.proofs import api
from support.targets.embedded import Target
from support.tests.conftest import NewWorld, Script
from support.tests.scripted import Act, answer
from support.tests.transport.clients import permit_all
from support.world import World

GONE = answer(404, {"title": "Not Found"})


def shown(user_id: str, email: str) -> dict[str, Any]:
    return {"id": user_id, "name": "Ada", "email": email, "createdAt": "2026-01-02T03:04:05Z"}


ADA, TWIN = shown("7", "ada@example.com"), shown("8", "ADA@example.com")
OTHER = shown("9", "grace@example.com")


def looking(new_world: NewWorld, script: Script, answers: Sequence[Act], filters: bool = True) -> World:
    """Return a world in which Ada was looked up; its API answers so, after the two looks of its opening."""
    world = new_world(Target(script(*[answer(200, [])] * 2, *answers).url, "t", "scripted"))
    world.begin("email-unique")
    world.profile = replace(world.profile, capabilities=replace(world.profile.capabilities, email_filter=filters))
    ada = world.scene.member("Ada")
    ada.id, ada.shown = "7", ADA
    ada.newcomer = NewUser("Ada", "ada@example.com")
    return world


@pytest.mark.parametrize(
    ("answers", "rule"),
    [
        ([answer(200, [ADA, TWIN])], "email-unique"),
        ([answer(200, [TWIN])], "email-unique"),
        ([answer(200, [ADA, OTHER])], "filter-email"),
        ([answer(200, [OTHER])], "filter-email"),
        ([answer(404, {"title": "Not Found"})], "filter-email"),
        ([answer(200, []), answer(200, ADA)], "filter-email"),
        ([answer(200, []), GONE], "email-unique"),
    ],
)
def test_whom_it_accuses(new_world: NewWorld, script: Script, answers: list[Act], rule: str) -> None:
    world = looking(new_world, script, answers)
    with pytest.raises(ContractViolation) as caught:
        world.directory.found_by_address(world.scene.member("Ada"))
    assert caught.value.rule == rule


def test_without_a_filter_the_list_is_read(new_world: NewWorld, script: Script) -> None:
    world = looking(new_world, script, [answer(200, [OTHER, ADA])], filters=False)
    world.directory.found_by_address(world.scene.member("Ada"))
    assert [exchange.call.url for exchange in world.transcript.exchanges] == [world.api.url]


def test_and_twins_in_it_are_told(new_world: NewWorld, script: Script) -> None:
    world = looking(new_world, script, [answer(200, [OTHER, ADA, TWIN])], filters=False)
    with pytest.raises(ContractViolation, match="2 users are shown: 7, 8"):
        world.directory.found_by_address(world.scene.member("Ada"))


def test_what_is_looked_at_beforehand_no_deletion_of_ours_makes_forgotten(new_world: NewWorld) -> None:
    """A cache that leaving clears would go unseen: who left in the scenario before leaves meanwhile."""
    with api("--variant", "latency") as target:
        world = new_world(target)
        world.begin("list")
        world.accounts.become("Grace")
        world.registry.start_deleting()
        assert world.registry.alive == 1
        world.directory.undisturbed().read_list()
        assert world.registry.alive == 0


def test_a_change_that_shows_her_right_has_the_status_of_a_change(new_world: NewWorld, script: Script) -> None:
    world = looking(new_world, script, [answer(201, ADA), *[answer(200, ADA)] * 9])
    world.scene.she = world.scene.member("Ada")
    world.api = replace(world.api, permit=permit_all)
    world.scene.keep(world.run(world.api.patch("7", {"name": "Ada"})))
    with pytest.raises(ContractViolation, match="status 200"):
        world.outcomes.shown_everywhere("name")
