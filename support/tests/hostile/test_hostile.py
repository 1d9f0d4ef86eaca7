"""Whatever the target answers, a run harms nobody, leaves nobody, and comes to the right word."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.tests.hostile import bounds, gone, ids, ownership, talk
from support.tests.hostile.playing import play, wrong_with
from support.tests.hostile.rows import CREATING, LIFE, LISTING, PASSED, READING, WRITING, Row
from support.tests.hostile.server import HostileServer, Stage


def nothing_hostile(_stage: Stage) -> None:
    """Leave the API as it is: the contract is kept."""


NOTHING = Row("nothing hostile", nothing_hostile, CREATING + LISTING + READING + WRITING + LIFE, frozenset({PASSED}))
ROWS = (NOTHING, *ownership.ROWS, *gone.ROWS, *bounds.ROWS, *ids.ROWS, *talk.ROWS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_run_against_a_hostile_target(row: Row, tmp_path: Path) -> None:
    with HostileServer(row.hostile) as server:
        run = play(row, server, tmp_path)
        wrong = wrong_with(row, run, server)
    assert not wrong, "\n".join([*wrong, "", run.said[-2500:]])
