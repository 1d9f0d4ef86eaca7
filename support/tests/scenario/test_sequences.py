"""Drawn sequences: what the violation of a scenario is, and what is none."""

from __future__ import annotations

import pytest
from hypothesis.errors import FlakyFailure

from support.errors import Inconclusive
from support.scenario import sequences
from support.target.embedded import Target
from support.tests.conftest import NewSession


def test_a_fault_that_comes_once_is_no_violation(
    new_session: NewSession, embedded: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    def once(*_: object, **__: object) -> None:
        raise FlakyFailure("it came once", [Inconclusive("the API was busy")])

    monkeypatch.setattr(sequences, "run_state_machine_as_test", once)
    session = new_session(embedded)
    session.begin("isolation")
    with pytest.raises(FlakyFailure):
        sequences.play(session.scenario, 1)
    assert session.scenario.violation is None
