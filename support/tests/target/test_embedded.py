"""The embedded API as a process of the run."""

from __future__ import annotations

from contextlib import closing

import pytest

from support.errors import TargetDown
from support.target.embedded import EmbeddedApi


def test_one_that_does_not_start_says_how_to_find_out() -> None:
    with (
        closing(EmbeddedApi(["--no-such-option"])) as api,
        pytest.raises(TargetDown, match=r"did not start \(exit code 2\); run: python -m support\.sandbox"),
    ):
        _ = api.target


def test_one_that_is_started_again_is_where_it_was() -> None:
    with closing(EmbeddedApi()) as api:
        before = api.target
        api.restart()
        assert api.target == before
