"""Whoever brought secrets along is gone before somebody else looks: an API that keeps them is accused once."""

from __future__ import annotations

from support.targets.embedded import Target
from support.tests.conftest import NewWorld


def test_nobody_with_secrets_is_there_any_more_when_the_next_scenario_looks(
    new_world: NewWorld, embedded: Target
) -> None:
    world = new_world(embedded)
    world.begin("no-secrets")
    world.protocol.go_through("sends a password")
    assert world.registry.created >= 1
    assert world.registry.alive == 0
