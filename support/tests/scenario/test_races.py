"""The requests of a race are sent when they are released, none of them after a read of its own."""

from __future__ import annotations

from support.concurrency.races import RaceRequest
from support.scenario import accounts, races
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
