"""The rule about conditional requests as a check."""

import asyncio
from typing import Any

from support.tests.sandbox.drivers import Driver, new_user
from support.tests.sandbox.expectations import checks


@checks("conditional")
async def _conditional(api: Driver) -> None:
    etag = (await api.ask("GET", (await api.create())["id"])).headers.get("etag", "")
    if not etag or etag.startswith("W/"):
        return
    for changes in (["PATCH", "PATCH"], ["PATCH", "PUT"]):
        user, old = await api.create(), []
        for method in changes:
            old.append((await api.ask("GET", user["id"])).headers["etag"])
            change = {"name": f"Ada {len(old)}"} if method == "PATCH" else new_user()
            changed = await api.ask(method, user["id"], change, if_match=f'"x", {old[-1]}')
            assert changed.status == 200
        for etag in old:
            assert (await api.ask("GET", user["id"], if_none_match=etag)).status == 200
            for method in ("PATCH", "PUT", "DELETE"):
                body = None if method == "DELETE" else new_user()
                assert (await api.ask(method, user["id"], body, if_match=etag)).status == 412
        assert (await api.ask("GET", user["id"])).json() == changed.json()
        await _race(api, user["id"])


async def _race(api: Driver, user_id: str) -> None:
    for number in range(8):
        etag = (await api.ask("GET", user_id)).headers["etag"]
        writes: list[Any] = [api.ask("PATCH", user_id, {"name": f"{number} {n}"}, if_match=etag) for n in range(4)]
        assert sorted(reply.status for reply in await asyncio.gather(*writes)) == [200, 412, 412, 412]
