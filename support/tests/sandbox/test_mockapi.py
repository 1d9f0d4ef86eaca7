"""The imitation of mockapi.io behaves as mockapi.io is known to."""

from collections.abc import Iterator
from datetime import datetime

import httpx
import pytest

from support.tests.sandbox.conftest import Running, running


@pytest.fixture
def mockapi() -> Iterator[Running]:
    with running("--personality", "mockapi", "--control") as sandbox:
        yield sandbox


def test_ids_count_up_even_if_the_client_sends_one(mockapi: Running) -> None:
    created = [mockapi.create(id="99")["id"] for _ in range(3)]
    assert created == ["1", "2", "3"]
    assert mockapi.client.delete(mockapi.user("3")).json()["id"] == "3"
    assert mockapi.create()["id"] == "4"


def test_nothing_is_checked_and_missing_fields_are_filled_in(mockapi: Running) -> None:
    for content in (b"", b"not json", b"[]", b"{}"):
        response = mockapi.client.post(mockapi.url, content=content)
        assert response.status_code == 201
    user = response.json()
    assert user["name"] == f"name {user['id']}"
    assert user["createdAt"].endswith("Z")
    assert datetime.fromisoformat(user["createdAt"])
    assert mockapi.create(name=None, email="nobody", isAdmin=True)["isAdmin"] is True


def test_emails_are_not_unique(mockapi: Running) -> None:
    user = mockapi.create()
    assert mockapi.create(email=user["email"])["email"] == user["email"]
    assert mockapi.stats()["duplicates"] == 1


def test_the_answer_for_an_unknown_id_is_a_string(mockapi: Running) -> None:
    for method in ("GET", "PUT", "DELETE"):
        response = mockapi.client.request(method, mockapi.user("77"), json={})
        assert (response.status_code, response.json()) == (404, "Not found")


def test_filters_match_partly_and_no_match_is_404(mockapi: Running) -> None:
    assert mockapi.client.get(mockapi.url).json() == []
    users = [mockapi.create(email=f"{name}@example.org") for name in ("ada", "adam", "grace")]
    assert mockapi.client.get(mockapi.url, params={"email": "ADA"}).json() == users[:2]
    assert mockapi.client.get(mockapi.url, params={"page": 2, "limit": 2}).json() == users[2:]
    for params in ({"email": "hopper"}, {"page": 9, "limit": 2}):
        response = mockapi.client.get(mockapi.url, params=params)
        assert (response.status_code, response.json()) == (404, "Not found")


def test_updates_keep_the_id(mockapi: Running) -> None:
    user = mockapi.create()
    changed = mockapi.client.put(mockapi.user(user["id"]), json={"name": "Grace", "id": "5"}).json()
    assert changed == {**user, "name": "Grace"}


def test_no_token_is_needed(mockapi: Running) -> None:
    assert httpx.post(mockapi.url, json={}).status_code == 201


def test_it_holds_at_most_a_hundred_users(mockapi: Running) -> None:
    for _ in range(100):
        mockapi.create()
    response = mockapi.client.post(mockapi.url, json={})
    assert response.status_code == 400
    assert response.json() == "Max number of elements reached for this resource!"


def test_an_unknown_id_is_a_500_in_some_projects() -> None:
    with running("--personality", "mockapi-500") as sandbox:
        assert sandbox.client.get(sandbox.user("7")).status_code == 500


def test_429_at_times(mockapi: Running) -> None:
    mockapi.inject({"kind": "status", "status": 429, "times": 1})
    assert [mockapi.client.get(mockapi.url).status_code for _ in range(2)] == [429, 200]
