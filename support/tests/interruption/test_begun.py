"""A run that is interrupted while it opens the target ends as interrupted, whatever it has opened so far."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.scenario import session
from support.target.embedded import Target
from support.tests.conftest import settings_for


def test_an_interruption_while_a_dead_run_is_finished_is_passed_on(
    tmp_path: Path, embedded: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(session, "finish_dead_runs", interrupted)
    with pytest.raises(KeyboardInterrupt):
        session.Session(settings_for(tmp_path), embedded)
