"""The embedded API as a child process of the run."""

from __future__ import annotations

from contextlib import closing

import pytest

from support.errors import TargetDown
from support.target.embedded import EmbeddedApi


def test_one_that_does_not_start_names_the_command_that_shows_why() -> None:
    with (
        closing(EmbeddedApi(["--no-such-option"])) as api,
        pytest.raises(TargetDown, match=r"did not start \(exit code 2\); to see why, run: python -m support\.sandbox"),
    ):
        _ = api.target


def test_one_that_is_restarted_has_the_same_url() -> None:
    with closing(EmbeddedApi()) as api:
        before = api.target
        api.restart()
        assert api.target == before
