"""A crowd that is none is no verdict, and each of its newcomers is held to her own Location."""

from __future__ import annotations

from dataclasses import replace

import pytest

from support.errors import ContractViolation, Inconclusive
from support.targets.embedded import EmbeddedApi, Target
from support.targets.profile import Caps
from support.tests.conftest import NewWorld


def test_a_crowd_of_one_is_none(new_world: NewWorld, embedded: Target) -> None:
    world = new_world(embedded)
    world.profile = replace(world.profile, caps=Caps(concurrency=1))
    with pytest.raises(Inconclusive, match="a crowd of 20 is wanted, and the target has room for 1"):
        world.crowds.sign_up_at_once(20)


def test_the_location_of_another_is_told(new_world: NewWorld) -> None:
    api = EmbeddedApi(["--defect", "burst-locations-of-the-newest"])
    try:
        world = new_world(api.target)
        world.begin("burst")
        world.crowds.sign_up_at_once(20)
        with pytest.raises(ContractViolation, match="was given the Location of"):
            world.crowds.each_welcomed()
        world.registry.confirm_gone()
    finally:
        api.close()
