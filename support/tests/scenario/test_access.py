"""Requests without the right token."""

from __future__ import annotations

import json

from support.scenario import access
from support.target.embedded import Target
from support.tests.conftest import NewSession


def test_sign_ups_that_are_sent_at_once_have_emails_of_their_own(new_session: NewSession, embedded: Target) -> None:
    """Where anybody may sign up, one of two with the same email would be refused, or get a 500."""
    session = new_session(embedded)
    session.begin("auth-401")
    owner, mallory = session.scenario.actor("Ada"), session.scenario.actor("Mallory")
    owner.id = "77"
    access.carry_elsewhere(session.scenario, owner, mallory)
    posts = [one.call for one in session.scenario.exchanges if one.call.method == "POST"]
    emails = [json.loads(one.body or b"")["email"] for one in posts]
    assert len(set(emails)) == len(emails) == len(access.MEMBERS)
