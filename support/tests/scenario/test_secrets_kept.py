"""An API that keeps secrets fails once: the users who were sent with secrets are gone before the next scenario."""

from __future__ import annotations

from support.scenario import answers
from support.target.embedded import Target
from support.tests.conftest import NewSession


def test_users_with_secrets_are_gone_before_the_next_scenario(new_session: NewSession, embedded: Target) -> None:
    session = new_session(embedded)
    session.begin("no-secrets")
    answers.send(session.scenario, answers.REQUESTS["sends a password"])
    assert session.registry.ledger.counts().created >= 1
    assert session.registry.ledger.counts().alive == 0
