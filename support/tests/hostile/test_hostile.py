"""Whatever the target answers, a run changes no foreign user, leaves none of its own, and has the right outcome."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.tests.hostile import bounds, commands, contradictions, ids, ownership
from support.tests.hostile.playing import play, wrong_with
from support.tests.hostile.rows import CREATING, LIFE, LISTING, PASSED, READING, WRITING, Row
from support.tests.hostile.server import HostileServer, Setup


def nothing_hostile(_setup: Setup) -> None:
    """Change nothing: the API keeps the contract."""


NOTHING = Row("nothing hostile", nothing_hostile, CREATING + LISTING + READING + WRITING + LIFE, frozenset({PASSED}))
ROWS = (NOTHING, *ownership.ROWS, *contradictions.ROWS, *bounds.ROWS, *ids.ROWS, *commands.ROWS)


@pytest.mark.sampled
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_run_against_a_hostile_target(row: Row, tmp_path: Path) -> None:
    with HostileServer(row.hostile) as server:
        run = play(row, server, tmp_path)
        wrong = wrong_with(row, run, server)
    assert not wrong, "\n".join([*wrong, "", run.said[-2500:]])
