"""An id that nobody has is one that was seen to be nobody's: a write to a stranger's would harm her."""

from __future__ import annotations

import pytest

from support.errors import ContractViolation
from support.factory import Factory
from support.targets.embedded import EmbeddedApi, Target
from support.tests.conftest import NewWorld, Script
from support.tests.scripted import answer

ADA = {"id": "7", "name": "Ada", "email": "ada@example.com", "createdAt": "2026-01-02T03:04:05Z"}


@pytest.mark.parametrize(
    "like", ["41", "k7", "401🦉🦉🦉🦉🦉🦉🦉🦉", "user-5:~~~~~~~~", "~~~~", "1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed"]
)
def test_it_is_never_the_one_that_it_is_like(like: str) -> None:
    factory = Factory(1, "uat-abcdefghijkl")
    drawn = [factory.stranger_id(like, longer_by) for longer_by in (0, 0, 0, 1, 2)]
    assert like not in drawn
    assert len(drawn[-1]) >= len(drawn[0])


def test_where_most_ids_are_given_nobody_is_harmed(new_world: NewWorld) -> None:
    api = EmbeddedApi(["--variant", "short-ids-of-many"])
    try:
        world = new_world(api.target)
        before = world.run(world.api.list()).answer
        for _ in range(40):
            world.begin("update-404")
            world.accounts.change_unknown("never existed", "an update")
            world.accounts.delete_id(world.people.stranger_id())
        world.registry.confirm_gone()
        after = world.run(world.api.list()).answer
        assert before is not None
        assert after is not None
        assert sorted(after.json(), key=str) == sorted(before.json(), key=str)
    finally:
        api.close()


def test_where_everybody_is_found_under_any_id_that_is_told(new_world: NewWorld, script: Script) -> None:
    server = script(*[answer(200, ADA)] * 20)
    world = new_world(Target(server.url, "t", "scripted"))
    world.scene.member("Ada").id = "7"
    with pytest.raises(ContractViolation, match="read-404"):
        world.people.stranger_id()
