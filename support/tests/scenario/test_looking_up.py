"""A look-up that goes wrong is told under the rule that it breaks: its own, or the one that let two in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from support.errors import ContractViolation
from support.models import NewUser
from support.prove.checks import api
from support.scenario.session import Session
from support.target.embedded import Target
from support.tests.conftest import NewSession, Script
from support.tests.http.clients import permit_all
from support.tests.scripted import Act, answer

GONE = answer(404, {"title": "Not Found"})


def shown(user_id: str, email: str) -> dict[str, Any]:
    return {"id": user_id, "name": "Ada", "email": email, "createdAt": "2026-01-02T03:04:05Z"}


ADA, TWIN = shown("7", "ada@example.com"), shown("8", "ADA@example.com")
OTHER = shown("9", "grace@example.com")


def looking(new_session: NewSession, script: Script, answers: Sequence[Act], filters: bool = True) -> Session:
    """Return a world in which Ada was looked up; its API answers so, after the two looks of its opening."""
    session = new_session(Target(script(*[answer(200, [])] * 2, *answers).url, "t", "scripted"))
    session.begin("email-unique")
    session.profile = replace(session.profile, capabilities=replace(session.profile.capabilities, email_filter=filters))
    ada = session.scenario.actor("Ada")
    ada.id, ada.shown = "7", ADA
    ada.new_user = NewUser("Ada", "ada@example.com")
    return session


@pytest.mark.parametrize(
    ("answers", "rule"),
    [
        ([answer(200, [ADA, TWIN])], "email-unique"),
        ([answer(200, [TWIN])], "email-unique"),
        ([answer(200, [ADA, OTHER])], "filter-email"),
        ([answer(200, [OTHER])], "filter-email"),
        ([answer(404, {"title": "Not Found"})], "filter-email"),
        ([answer(200, []), answer(200, ADA)], "filter-email"),
        ([answer(200, []), GONE], "email-unique"),
    ],
)
def test_whom_it_accuses(new_session: NewSession, script: Script, answers: list[Act], rule: str) -> None:
    session = looking(new_session, script, answers)
    with pytest.raises(ContractViolation) as caught:
        session.directory.found_by_address(session.scenario.actor("Ada"))
    assert caught.value.rule == rule


def test_without_a_filter_the_list_is_read(new_session: NewSession, script: Script) -> None:
    session = looking(new_session, script, [answer(200, [OTHER, ADA])], filters=False)
    session.directory.found_by_address(session.scenario.actor("Ada"))
    assert [exchange.call.url for exchange in session.recorder.exchanges] == [session.api.url]


def test_and_twins_in_it_are_told(new_session: NewSession, script: Script) -> None:
    session = looking(new_session, script, [answer(200, [OTHER, ADA, TWIN])], filters=False)
    with pytest.raises(ContractViolation, match="2 users are shown: 7, 8"):
        session.directory.found_by_address(session.scenario.actor("Ada"))


def test_what_is_looked_at_beforehand_no_deletion_of_ours_makes_forgotten(new_session: NewSession) -> None:
    """A cache that leaving clears would go unseen: who left in the scenario before leaves meanwhile."""
    with api("--variant", "latency") as target:
        session = new_session(target)
        session.begin("list")
        session.accounts.become("Grace")
        session.registry.start_deleting()
        assert session.registry.ledger.counts().alive == 1
        session.directory.undisturbed().read_list()
        assert session.registry.ledger.counts().alive == 0


def test_a_change_that_shows_her_right_has_the_status_of_a_change(new_session: NewSession, script: Script) -> None:
    session = looking(new_session, script, [answer(201, ADA), *[answer(200, ADA)] * 9])
    session.scenario.last_actor = session.scenario.actor("Ada")
    session.api = replace(session.api, permit=permit_all)
    session.scenario.keep(session.run(session.api.patch("7", {"name": "Ada"})))
    with pytest.raises(ContractViolation, match="status 200"):
        session.outcomes.shown_everywhere("name")
