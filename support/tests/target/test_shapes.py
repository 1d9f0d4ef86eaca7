"""The suite passes against APIs of other shapes, with profiles that say what is different, and leaves nobody there."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.tests.target.conftest import NewTarget, Play

SHAPES = Path(__file__).parent / "shapes"


@pytest.mark.sampled
@pytest.mark.parametrize("personality", sorted(path.stem for path in SHAPES.glob("*.toml")))
def test_the_contract_holds_in_another_shape(play: Play, new_target: NewTarget, personality: str) -> None:
    target = new_target("--personality", personality, "--seed-users", "12")
    ended = play(target, str(SHAPES / f"{personality}.toml"), "--tags=not @slow", race_rounds="12")
    assert ended.code == 0, ended.said
    assert (ended.summary.outcome, ended.summary.users.left_behind) == ("passed", 0)
