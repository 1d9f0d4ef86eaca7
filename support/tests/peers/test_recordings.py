"""Peers still answer as recorded."""

import pytest

from support.peers import PeerUnavailable
from support.peers.catalogue import RECIPES, RECORDED
from support.peers.recipe import pinned_version
from support.peers.record import interactions_of, record, recorded, runtime
from support.peers.record.comparing import differences


@pytest.mark.peers
@pytest.mark.parametrize("name", RECORDED)
def test_a_fresh_recording_does_not_differ(name: str) -> None:
    try:
        fresh = record(name)
    except PeerUnavailable as reason:
        pytest.skip(str(reason))
    committed = recorded(name)
    if committed["runtime"] != runtime(name):
        pytest.skip(f"recorded under {committed['runtime']}, this is {runtime(name)}")
    assert differences(committed, fresh) == []


@pytest.mark.parametrize("name", RECORDED)
def test_a_recording_is_of_the_pinned_version(name: str) -> None:
    assert recorded(name)["version"] == pinned_version(RECIPES[name])


@pytest.mark.parametrize("name", RECORDED)
def test_no_recorded_request_could_wipe_a_collection(name: str) -> None:
    requests = [each["request"] for each in interactions_of(name).values() if "request" in each]
    assert requests
    assert not [
        request
        for request in requests
        if request["method"] in ("PUT", "PATCH", "DELETE") and request["path"] in ("/users", "/users/")
    ]
