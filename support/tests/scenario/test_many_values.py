"""Pages that are read while other users are deleted are read again before a user counts as missing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.models import Exchange
from support.scenario import accounts, paging
from support.scenario.context import ScenarioContext
from support.target.embedded import Target
from support.tests.conftest import NewSession


def test_a_user_who_moved_to_another_page_is_looked_for_again(
    new_session: NewSession, embedded: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = new_session(embedded)
    session.begin("exact-text")
    ada = accounts.become_user(session.scenario, session.scenario.actor("Ada"))
    read, times = paging._largest_pages, list[int]()

    def pages_in_motion(scenario: ScenarioContext) -> Iterator[Exchange]:
        times.append(1)
        yield from read(scenario) if len(times) > 1 else []

    monkeypatch.setattr(paging, "_largest_pages", pages_in_motion)
    assert paging.read_pages_with(session.scenario, {ada.known_id})
    assert len(times) == 2
    assert paging.read_pages_with(session.scenario, {"nobody"})
    assert len(times) == 2 + paging.TRIES
