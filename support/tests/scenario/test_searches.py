"""A wrong search is reported under the rule that it breaks: its own, or the one that let two users in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from support.errors import ContractViolation
from support.models import NewUser
from support.prove.checks import api
from support.scenario import accounts, directory, outcomes
from support.scenario.context import Actor, ScenarioContext
from support.target.embedded import Target
from support.tests.conftest import NewSession, Script
from support.tests.house.test_steps import definitions
from support.tests.http.clients import permit_all
from support.tests.scripted import Act, answer

GONE = answer(404, {"title": "Not Found"})


def shown(user_id: str, email: str) -> dict[str, Any]:
    return {"id": user_id, "name": "Ada", "email": email, "createdAt": "2026-01-02T03:04:05Z"}


ADA, DUPLICATE = shown("7", "ada@example.com"), shown("8", "ADA@example.com")
OTHER = shown("9", "grace@example.com")


def searching(
    new_session: NewSession, script: Script, answers: Sequence[Act], email_filter: bool = True
) -> tuple[ScenarioContext, Actor]:
    """Begin a scenario with Ada as a user; its API answers like this after the run was opened."""
    session = new_session(Target(script(*[answer(200, [])] * 2, *answers).url, "t", "scripted"))
    capabilities = replace(session.profile.capabilities, email_filter=email_filter)
    session.profile = replace(session.profile, capabilities=capabilities)
    session.api = replace(session.api, permit=permit_all)
    session.begin("email-unique")
    ada = session.scenario.actor("Ada")
    ada.id, ada.shown, ada.new_user = "7", ADA, NewUser("Ada", "ada@example.com")
    return session.scenario, ada


@pytest.mark.parametrize(
    ("answers", "rule"),
    [
        ([answer(200, [ADA, DUPLICATE])], "email-unique"),
        ([answer(200, [DUPLICATE])], "email-unique"),
        ([answer(200, [ADA, OTHER])], "filter-email"),
        ([answer(200, [OTHER])], "filter-email"),
        ([GONE, answer(200, [ADA])], "filter-email"),
        ([GONE, GONE], "list"),
        ([answer(200, []), answer(200, ADA)], "filter-email"),
        ([answer(200, []), GONE], "email-unique"),
    ],
)
def test_which_rule_is_broken(new_session: NewSession, script: Script, answers: list[Act], rule: str) -> None:
    scenario, ada = searching(new_session, script, answers)
    with pytest.raises(ContractViolation) as caught:
        directory.is_found_by_email(scenario, ada)
    assert caught.value.rule == rule


def test_without_a_filter_the_list_is_read(new_session: NewSession, script: Script) -> None:
    scenario, ada = searching(new_session, script, [answer(200, [OTHER, ADA])], email_filter=False)
    directory.is_found_by_email(scenario, ada)
    assert [exchange.call.url for exchange in scenario.session.recorder.exchanges] == [scenario.api.url]


def test_duplicates_in_the_list_are_reported(new_session: NewSession, script: Script) -> None:
    scenario, ada = searching(new_session, script, [answer(200, [OTHER, ADA, DUPLICATE])], email_filter=False)
    with pytest.raises(ContractViolation, match="2 users shown: 7, 8"):
        directory.is_found_by_email(scenario, ada)


def test_no_deletion_of_ours_clears_a_cache_that_a_given_has_filled(new_session: NewSession) -> None:
    """Deletions of earlier scenarios end first: one of them could hide a stale cache."""
    step = next(one for one in definitions()["given"] if one.match("support has read the list"))
    with api("--variant", "latency") as target:
        session = new_session(target)
        session.begin("list")
        accounts.become_user(session.scenario, session.scenario.actor("Grace"))
        session.registry.start_deleting()
        assert session.registry.ledger.counts().alive == 1
        step.func(SimpleNamespace(session=session))
        assert session.registry.ledger.counts().alive == 0


def test_a_change_that_every_view_shows_still_needs_its_status(new_session: NewSession, script: Script) -> None:
    scenario, ada = searching(new_session, script, [answer(201, ADA), *[answer(200, ADA)] * 9])
    scenario.last_actor = ada
    scenario.keep(scenario.run(scenario.api.patch("7", {"name": "Ada"})))
    with pytest.raises(ContractViolation, match="status 200"):
        outcomes.every_view_shows(scenario, "name")
