"""A list of very many users is read only where it is what a scenario is about, or the only view there is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from support.scenario import accounts, directory, outcomes, session
from support.target.embedded import Target
from support.tests.conftest import NewSession


@pytest.mark.parametrize(
    ("rule", "has_search", "views"),
    [("patch", True, ["filter-email"]), ("list", True, ["list", "filter-email"]), ("patch", False, ["list"])],
)
def test_a_long_list_is_a_view_where_it_matters(
    new_session: NewSession,
    embedded: Target,
    monkeypatch: pytest.MonkeyPatch,
    rule: str,
    has_search: bool,
    views: list[str],
) -> None:
    monkeypatch.setattr(session, "LONG", -1)
    opened = new_session(embedded)
    opened.profile = replace(opened.profile, capabilities=replace(opened.profile.capabilities, email_filter=has_search))
    opened.begin(rule)
    ada = accounts.become_user(opened.scenario, opened.scenario.actor("Ada"))
    assert list(directory.views_of(opened.scenario, ada)) == views
    read_before = opened.last_list
    outcomes.no_user_is_created(opened.scenario)
    assert (opened.last_list is not read_before) is ("list" in views)
    opened.registry.prove_nothing_is_left(20)


def test_a_short_list_is_always_a_view(new_session: NewSession, embedded: Target) -> None:
    opened = new_session(embedded)
    opened.begin("patch")
    assert directory.reads_list(opened.scenario)
