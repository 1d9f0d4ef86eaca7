"""Pages that are read while other users are deleted are read again before a user counts as missing."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator

import pytest

from support.contract.normalizers import ids_of
from support.models import Exchange
from support.scenario import accounts, paging
from support.scenario.context import ScenarioContext
from support.target.embedded import EmbeddedApi, Target
from support.tests.conftest import NewSession


def test_a_user_who_moved_to_another_page_is_looked_for_again(
    new_session: NewSession, embedded: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = new_session(embedded)
    session.begin("exact-text")
    ada = accounts.become_user(session.scenario, session.scenario.actor("Ada"))
    read, times = paging.read_until_empty, list[int]()

    def pages_in_motion(scenario: ScenarioContext, numbers: Iterable[int], size: int) -> Iterator[Exchange]:
        times.append(1)
        yield from read(scenario, numbers, size) if len(times) > 1 else []

    monkeypatch.setattr(paging, "read_until_empty", pages_in_motion)
    assert paging.read_pages_with(session.scenario, {ada.known_id})
    assert len(times) == 2
    assert paging.read_pages_with(session.scenario, {"nobody"})
    assert len(times) == 2 + paging.TRIES


@pytest.mark.parametrize("variant", [(), ("--variant", "list-in-any-order"), ("--variant", "newest-first")])
def test_a_user_among_very_many_is_found_on_their_page(
    new_session: NewSession, variant: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "MOST_PAGES", 3)
    monkeypatch.setattr(paging, "LARGEST_PAGE", 2)
    with contextlib.closing(EmbeddedApi(["--seed-users", "20", *variant])) as api:
        session = new_session(api.target)
        session.begin("exact-text")
        ada = accounts.become_user(session.scenario, session.scenario.actor("Ada"))
        pages = paging.read_pages_with(session.scenario, {ada.known_id})
        found = [user_id for page in pages for user_id in ids_of(page.answer, session.profile)]
        assert found.count(ada.known_id) == 1
        if not variant:
            assert len(pages) == 1
