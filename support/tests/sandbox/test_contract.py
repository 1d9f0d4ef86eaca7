"""The embedded API keeps the contract, rule by rule, over a real socket."""

import asyncio

import httpx
import pytest

from support.tests.sandbox import (  # noqa: F401  they register their rules
    expectations_of_bursts,
    expectations_of_conditions,
    expectations_of_oddities,
)
from support.tests.sandbox.conftest import Running
from support.tests.sandbox.drivers import TOKEN, Driver, Socket, new_user
from support.tests.sandbox.expectations import CHECKS


@pytest.mark.parametrize("rule", CHECKS)
def test_the_rule_holds(api: Running, rule: str) -> None:
    async def check() -> None:
        limits = httpx.Limits(max_connections=30)
        async with httpx.AsyncClient(limits=limits, timeout=5) as client:
            await CHECKS[rule](Driver(Socket(client), api.url))

    asyncio.run(check())


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS"])
def test_the_collection_cannot_be_changed_as_a_whole(api: Running, method: str) -> None:
    user = api.create()
    response = api.client.request(method, api.url, json=new_user())
    assert response.status_code == 405
    assert response.headers["allow"] == "GET, HEAD, POST"
    assert api.client.get(api.user(user["id"])).json() == user


def test_a_body_too_large_is_refused(api: Running) -> None:
    response = api.client.post(api.url, json=api.new_user(name="x" * 300_000))
    assert response.status_code == 413


def test_the_token_is_checked_first(api: Running) -> None:
    api.client.headers["Authorization"] = "Bearer wrong"
    try:
        for url in (api.url, api.url + "/unknown", api.url + "/a/b", api.url.replace("/users", "/elsewhere")):
            response = api.client.put(url, content=b"{")
            assert response.status_code == 401
            assert response.json()["status"] == 401
    finally:
        api.client.headers["Authorization"] = f"Bearer {TOKEN}"


def test_nothing_is_served_elsewhere(api: Running) -> None:
    for path in ("/", "/users/", "/users/a/b", "/elsewhere"):
        assert api.client.get(api.url.replace("/users", path)).status_code == 404, path


def test_emails_keep_their_letter_case(api: Running) -> None:
    assert api.create(email="McAda@Example.ORG")["email"] == "McAda@Example.ORG"


def test_a_repeated_idempotency_key_gets_the_first_answer_again(api: Running) -> None:
    person, key = api.new_user(), {"Idempotency-Key": "one"}
    first = api.client.post(api.url, json=person, headers=key)
    again = api.client.post(api.url, json=person, headers=key)
    other = api.client.post(api.url, json=api.new_user(), headers=key)
    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 422)
    assert again.json() == first.json()
    assert again.headers["location"] == first.headers["location"]
    assert api.client.post(api.url, json=person).status_code == 409


def test_a_repeated_key_gets_an_answer_that_was_lost(api: Running) -> None:
    person, key = api.new_user(), {"Idempotency-Key": "two"}
    api.inject({"kind": "drop", "when": "after", "times": 1})
    with pytest.raises(httpx.TransportError):
        api.client.post(api.url, json=person, headers=key)
    again = api.client.post(api.url, json=person, headers=key)
    assert again.status_code == 201
    assert api.client.get(api.url, params={"email": person["email"]}).json() == [again.json()]


def test_500_creates_at_once(api: Running) -> None:
    api.stats()  # it is up: what came before would be read whole, request by request
    host, port = api.url.split("/")[2].split(":")
    replies = asyncio.run(_create_many(host, int(port), 500))
    assert {reply.split()[1] for reply in replies} == {b"201"}
    assert api.stats()["peak_in_flight"] > 50
    assert api.stats()["duplicates"] == 0


async def _create_many(host: str, port: int, count: int) -> list[bytes]:
    requests = [_raw_create(number) for number in range(count)]
    connections = await asyncio.gather(*(asyncio.open_connection(host, port) for _ in requests))
    for (_, writer), request in zip(connections, requests, strict=True):
        writer.write(request[:-1])
    for (_, writer), request in zip(connections, requests, strict=True):
        writer.write(request[-1:])
    replies = await asyncio.gather(*(reader.readuntil(b"\r\n\r\n") for reader, _ in connections))
    for _, writer in connections:
        writer.close()
    return replies


def _raw_create(number: int) -> bytes:
    body = b'{"name":"Guest","email":"guest-%d@burst.example.org"}' % number
    head = (
        "POST /users HTTP/1.1",
        "Host: sandbox",
        f"Authorization: Bearer {TOKEN}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
    )
    return "\r\n".join([*head, "", ""]).encode() + body
