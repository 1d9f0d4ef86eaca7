"""A user with secrets is deleted before the next scenario reads the list: an API that keeps them fails once."""

from __future__ import annotations

from support.target.embedded import Target
from support.tests.conftest import NewSession


def test_no_user_with_secrets_is_left_for_the_next_scenario(new_session: NewSession, embedded: Target) -> None:
    session = new_session(embedded)
    session.begin("no-secrets")
    session.protocol.go_through("sends a password")
    assert session.registry.ledger.counts().created >= 1
    assert session.registry.ledger.counts().alive == 0
