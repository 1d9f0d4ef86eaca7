"""The part of the contract about many at once, as checks."""

import asyncio
from typing import Any
from urllib.parse import urljoin

from support.tests.sandbox.drivers import Driver, Reply, new_user
from support.tests.sandbox.expectations import checks

_BURST = 20
_ROUNDS = 5


@checks("burst")
async def _burst(api: Driver) -> None:
    people = [new_user(name=f"Guest {number}") for number in range(_BURST)]
    replies = await asyncio.gather(*(api.ask("POST", body=person) for person in people))
    assert [reply.status for reply in replies] == [201] * _BURST
    users = [reply.json() for reply in replies]
    assert len({user["id"] for user in users}) == _BURST
    for person, user in zip(people, users, strict=True):
        assert (person["name"], person["email"].lower()) == (user["name"], user["email"].lower())
        assert (await api.ask("GET", user["id"])).json() == user
    for reply in replies:
        assert (await api.ask("GET", urljoin(api.url, reply.headers["location"]))).json() == reply.json()


@checks("burst-workflow")
async def _burst_workflow(api: Driver) -> None:
    await asyncio.gather(*(_live(api, number) for number in range(_BURST)))
    burst = [await api.create() for _ in range(_BURST)]
    await asyncio.gather(*(api.ask("DELETE", user["id"]) for user in burst[::2]))
    for number, user in enumerate(burst):
        assert (await api.ask("GET", user["id"])).status == (200 if number % 2 else 404)


async def _live(api: Driver, number: int) -> None:
    user = await api.create(name=f"Guest {number}")
    renamed = {**user, "name": f"Renamed {number}"}
    assert (await api.ask("PATCH", user["id"], {"name": renamed["name"]})).json() == renamed
    assert (await api.ask("GET", user["id"])).json() == renamed
    assert (await api.ask("DELETE", user["id"])).status in (200, 202, 204)
    assert (await api.ask("GET", user["id"])).status == 404


@checks("race-email")
async def _race_email(api: Driver) -> None:
    for _ in range(_ROUNDS):
        email = new_user()["email"]
        await _race_of_creates(api, [email] * 10)
        low = new_user()["email"].lower()
        await _race_of_creates(api, [low, low.upper(), low.title(), low.swapcase()] * 2)
        await _race_of_changes(api, "PATCH")
        await _race_of_changes(api, "PUT")
        await _race_of_create_and_patch(api)
        await _race_of_create_and_delete(api)


async def _race_of_creates(api: Driver, emails: list[str]) -> None:
    people = [new_user(email=email, name=f"Racer {number}") for number, email in enumerate(emails)]
    replies = await asyncio.gather(*(api.ask("POST", body=person) for person in people))
    winner = _only_winner(replies, 201)
    assert await api.find(emails[0]) == [winner.json()]
    assert winner.json()["name"] == people[replies.index(winner)]["name"]


async def _race_of_create_and_patch(api: Driver) -> None:
    user, email = await api.create(), new_user()["email"]
    requests: list[Any] = [
        api.ask("POST", body=new_user(email=email)),
        api.ask("PATCH", user["id"], {"email": email}),
    ]
    statuses = [reply.status for reply in await asyncio.gather(*requests)]
    assert statuses in ([201, 409], [409, 200])
    assert len(await api.find(email)) == 1


async def _race_of_changes(api: Driver, method: str) -> None:
    users = [await api.create() for _ in range(4)]
    email = new_user()["email"]
    moves = [{"email": email} if method == "PATCH" else {"name": user["name"], "email": email} for user in users]
    replies = await asyncio.gather(
        *(api.ask(method, user["id"], move) for user, move in zip(users, moves, strict=True))
    )
    winner = _only_winner(replies, 200).json()
    assert await api.find(email) == [winner]
    for user in users:
        assert user["id"] == winner["id"] or await api.find(user["email"]) == [user]


def _only_winner(replies: list[Reply], status: int) -> Reply:
    winners = [reply for reply in replies if reply.status == status]
    assert len(winners) == 1
    assert all(reply.status == 409 for reply in replies if reply is not winners[0])
    return winners[0]


async def _race_of_create_and_delete(api: Driver) -> None:
    user = await api.create()
    requests: list[Any] = [
        api.ask("DELETE", user["id"]),
        api.ask("POST", body=new_user(email=user["email"], name="Next")),
    ]
    deleted, created = await asyncio.gather(*requests)
    assert deleted.status in (200, 202, 204)
    found = await api.find(user["email"])
    assert created.status in (201, 409)
    assert found == ([created.json()] if created.status == 201 else [])
    if created.status == 409:
        await api.create(email=user["email"])


@checks("lost-update")
async def _lost_update(api: Driver) -> None:
    for _ in range(_ROUNDS):
        user = await api.create()
        change = {"name": "Grace", "email": new_user()["email"].lower()}
        parts = ({field: value} for field, value in change.items())
        await asyncio.gather(*(api.ask("PATCH", user["id"], part) for part in parts))
        shown = (await api.ask("GET", user["id"])).json()
        assert {**shown, "email": shown["email"].lower()} == {**user, **change}


@checks("race-delete")
async def _race_delete(api: Driver) -> None:
    for method in ("PATCH", "PUT", "DELETE"):
        for _ in range(_ROUNDS):
            user, change = await api.create(), new_user()
            requests: list[Any] = [
                api.ask(method, user["id"], None if method == "DELETE" else change),
                api.ask("DELETE", user["id"]),
            ]
            replies = await asyncio.gather(*requests)
            assert all(reply.status in (200, 202, 204, 404) for reply in replies)
            assert any(reply.status in (200, 202, 204) for reply in replies)
            assert (await api.ask("GET", user["id"])).status == 404
            for email in (user["email"], change["email"]):
                await api.create(email=email)
