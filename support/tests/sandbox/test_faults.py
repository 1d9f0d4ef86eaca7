"""The sandbox injects the faults that it was asked for, and its control resource reports what happened."""

import time
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest

from support.tests.sandbox.conftest import Launch, Running, running

LATE_S = 2.0
"""After this the late deletion happens; long enough for three requests before it on a busy machine."""


def _is_stored(api: Running, person: dict[str, Any]) -> bool:
    api.inject()
    return bool(api.client.get(api.url, params={"email": person["email"]}).json())


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_status_in_place_of_the_answer(api: Running, when: str) -> None:
    person = api.new_user()
    api.inject({"kind": "status", "status": 504, "when": when})
    response = api.client.post(api.url, json=person)
    assert response.status_code == 504
    assert "retry-after" not in response.headers
    assert _is_stored(api, person) is (when == "after")


def test_retry_after_in_seconds_and_as_a_date(api: Running) -> None:
    api.inject({"kind": "status", "retry_after": "1"})
    assert api.client.get(api.url).headers["retry-after"] == "1"
    api.inject({"kind": "status", "retry_after": "date:2"})
    until = parsedate_to_datetime(api.client.get(api.url).headers["retry-after"])
    assert 0.5 < until.timestamp() - time.time() <= 2


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_dropped_connection(api: Running, when: str) -> None:
    person = api.new_user()
    api.inject({"kind": "drop", "when": when})
    with pytest.raises(httpx.TransportError):
        api.client.post(api.url, json=person)
    assert _is_stored(api, person) is (when == "after")


def test_a_slow_answer(api: Running) -> None:
    api.inject({"kind": "slow", "seconds": 0.2})
    started = time.monotonic()
    assert api.client.get(api.url).status_code == 200
    assert time.monotonic() - started >= 0.2


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_hanging_answer(api: Running, when: str) -> None:
    person = api.new_user()
    api.inject({"kind": "hang", "when": when})
    with pytest.raises(httpx.ReadTimeout):
        api.client.post(api.url, json=person, timeout=0.2)
    assert _is_stored(api, person) is (when == "after")


def test_an_answer_cut_in_the_middle(api: Running) -> None:
    person = api.new_user()
    api.inject({"kind": "cut"})
    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete"):
        api.client.post(api.url, json=person)
    assert _is_stored(api, person)


def test_an_answer_without_body_is_cut_in_its_head(api: Running) -> None:
    user = api.create()
    api.inject({"kind": "cut"})
    with pytest.raises(httpx.TransportError):
        api.client.delete(api.user(user["id"]))


def test_garbage_with_status_200(api: Running) -> None:
    api.inject({"kind": "garbage"})
    response = api.client.get(api.url)
    assert response.status_code == 200
    with pytest.raises(ValueError, match="Unterminated"):
        response.json()


def test_a_late_deletion(api: Running) -> None:
    user = api.create()
    api.inject({"kind": "late-deletion", "seconds": LATE_S})
    assert api.client.delete(api.user(user["id"])).status_code == 202
    assert api.client.delete(api.user(user["id"])).status_code == 204
    assert api.client.get(api.user(user["id"])).status_code == 200
    assert api.client.post(api.url, json={"name": "Ada", "email": user["email"]}).status_code == 409
    time.sleep(LATE_S)
    assert api.client.get(api.user(user["id"])).status_code == 404
    assert _is_stored(api, user) is False


def test_times_methods_and_share(api: Running) -> None:
    api.inject({"kind": "status", "methods": ["get"], "times": 2}, {"kind": "status", "status": 502, "share": 0.5})
    statuses = [api.client.get(api.url).status_code for _ in range(42)]
    assert statuses[:2] == [503, 503]
    assert 10 < statuses.count(502) < 30
    assert api.client.head(api.url).status_code in (200, 502)
    fired = [fault["fired"] for fault in api.client.get(f"{api.control}/faults").json()]
    assert fired[0] == 2


def test_the_same_seed_hits_the_same_requests(api: Running) -> None:
    def statuses() -> list[int]:
        api.inject({"kind": "status", "share": 0.3, "seed": 7})
        return [api.client.get(api.url, params={"limit": 1}).status_code for _ in range(20)]

    assert statuses() == statuses()


def test_delays_and_an_end_together(api: Running) -> None:
    api.inject({"kind": "slow", "seconds": 0.1}, {"kind": "status"}, {"kind": "drop"})
    started = time.monotonic()
    assert api.client.get(api.url).status_code == 503
    assert time.monotonic() - started >= 0.1


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"kind": "slow"},
        [1],
        [{"kind": "none"}],
        [{"kind": "slow", "second": 1}],
        [{"kind": "slow", "seconds": "x"}],
    ],
)
def test_an_invalid_fault_is_refused(api: Running, wrong: object) -> None:
    response = api.client.put(f"{api.control}/faults", json=wrong)
    assert response.status_code == 422
    assert response.json()["detail"]
    assert api.client.get(f"{api.control}/faults").json() == []


def test_faults_are_cleared(api: Running) -> None:
    api.inject({"kind": "status"})
    assert api.client.delete(f"{api.control}/faults").status_code == 204
    assert api.client.get(api.url).status_code == 200


def test_the_control_resource_needs_the_token(api: Running) -> None:
    for path in ("faults", "stats", "other"):
        response = httpx.get(f"{api.control}/{path}")
        assert response.status_code == 401
        assert response.headers["www-authenticate"] == "Bearer"
    assert api.client.get(f"{api.control}/other").status_code == 404


def test_without_the_option_there_is_no_control_resource(launch: Launch) -> None:
    sandbox = launch("--faults", '[{"kind": "status", "status": 502, "times": 1}]')
    assert sandbox.control is None
    assert sandbox.client.get(sandbox.url).status_code == 502
    assert sandbox.client.get(sandbox.url.replace("/users", "/_control/stats")).status_code == 404


def test_statistics() -> None:
    with running("--control", "--seed-users", "3") as sandbox:
        user = sandbox.create()
        sandbox.client.post(sandbox.url, json=user)
        sandbox.client.delete(sandbox.user(user["id"]))
        sandbox.create(email=user["email"].upper())
        stats = sandbox.stats()
    assert stats["requests"] == {"POST": 3, "DELETE": 1}
    assert stats["answers"] == {"POST 201": 2, "POST 409": 1, "DELETE 204": 1}
    assert (stats["users"], stats["duplicates"], stats["recreated"]) == (4, 0, 1)
    assert stats["peak_in_flight"] >= 1


def test_statistics_count_duplicates() -> None:
    with running("--control", "--defect", "duplicates-allowed") as sandbox:
        user = sandbox.create()
        sandbox.create(email=user["email"].upper())
        assert sandbox.stats()["duplicates"] == 1
