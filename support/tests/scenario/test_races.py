"""The requests of a race are sent when they are released, without reads before them; what counts as wrong after it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from support.concurrency.races import RaceRequest
from support.scenario import accounts, directory, overtaken_reads, races
from support.target.embedded import Target
from support.tests.conftest import NewSession


def test_deletions_of_one_user_share_the_proof_of_whose_user_it_is(new_session: NewSession, embedded: Target) -> None:
    session = new_session(embedded)
    session.begin("race-delete")
    scenario = session.scenario
    ada = accounts.become_user(scenario, scenario.actor("Ada"))
    call = scenario.api.delete_call(ada.known_id)
    requests = [RaceRequest(str(number), scenario.api.send_once(call), (204,), (404,)) for number in range(3)]
    session.recorder.begin()
    races._release(scenario, requests)
    assert [exchange.call.method for exchange in session.recorder.exchanges] == ["DELETE"] * 3
    assert not scenario.registry.ownership.is_proven(ada.known_id)


@pytest.mark.parametrize(
    ("status", "said"), [(200, "was confirmed, but the list shows them"), (500, "the list was answered by 500")]
)
def test_a_list_after_deletions_shows_none_of_them_and_is_a_list(
    new_session: NewSession, embedded: Target, monkeypatch: pytest.MonkeyPatch, status: int, said: str
) -> None:
    session = new_session(embedded)
    session.begin("list")
    scenario = session.scenario
    ada = accounts.become_user(scenario, scenario.actor("Ada"))
    listed = directory.read_list(scenario)
    assert listed.answer is not None
    shown = replace(listed.attempts[-1], outcome=replace(listed.answer, status=status))
    monkeypatch.setattr(directory, "read_list", lambda _: replace(listed, attempts=(shown,)))
    [wrong] = overtaken_reads._still_listed(scenario, {ada.known_id})
    assert said in wrong
