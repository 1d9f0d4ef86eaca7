"""Whoever brought secrets along is gone before somebody else looks: an API that keeps them is accused once."""

from __future__ import annotations

from support.target.embedded import Target
from support.tests.conftest import NewSession


def test_nobody_with_secrets_is_there_any_more_when_the_next_scenario_looks(
    new_session: NewSession, embedded: Target
) -> None:
    session = new_session(embedded)
    session.begin("no-secrets")
    session.protocol.go_through("sends a password")
    assert session.registry.ledger.counts().created >= 1
    assert session.registry.ledger.counts().alive == 0
