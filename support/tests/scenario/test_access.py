"""Requests without the right token."""

from __future__ import annotations

import contextlib
import json
from dataclasses import replace

import pytest

from support.errors import ContractViolation
from support.models import Exchange
from support.scenario import access, accounts
from support.scenario.access import CREDENTIALS
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


@pytest.mark.parametrize(("status", "is_right"), [(401, True), (405, True), (501, True), (200, False), (404, False)])
def test_an_api_without_head_is_not_told_as_one_without_a_token(
    new_session: NewSession, embedded: Target, status: int, is_right: bool
) -> None:
    session = new_session(embedded)
    session.begin("auth-401")
    scenario = session.scenario
    owner = accounts.become_user(scenario, scenario.actor("Ada"))
    access.try_everything(scenario, CREDENTIALS["no token"](session.api.credential), owner, scenario.actor("Mallory"))
    answered = [_answered_by(one, status) if one.call.method == "HEAD" else one for one in scenario.exchanges]
    assert answered != scenario.exchanges or status == 401
    scenario.exchanges = answered
    with (
        contextlib.nullcontext()
        if is_right
        else pytest.raises(ContractViolation, match=f"HEAD: the status was {status}")
    ):
        access.all_are_refused(scenario)


def _answered_by(exchange: Exchange, status: int) -> Exchange:
    assert exchange.answer is not None
    answer = replace(exchange.answer, status=status)
    return replace(exchange, attempts=(replace(exchange.attempts[-1], outcome=answer),))
