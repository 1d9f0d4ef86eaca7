"""The rules about unusual requests, and about answers on one connection, as checks."""

import asyncio
import gzip
import json
from typing import Any

from support.tests.sandbox.drivers import Driver, new_user
from support.tests.sandbox.expectations import checks, is_user, unchanged

_LATER_S = 0.3
_REFUSALS = 70
_ODD_HEADERS: tuple[dict[str, Any], ...] = (
    {"accept_language": "\xe9"},
    {"if_modified_since": "yesterday"},
    {"x_http_method_override": "DELETE"},
    {"x_http_method_override": "PATCH"},
)


def _odd_bodies() -> list[bytes]:
    """Return JSON that few send, each with a user of its own."""
    texts = ("[" * 5_000 + "]" * 5_000, '{"x":' * 2_000 + "0" + "}" * 2_000, "1e400", "-0", '"\\ud800"', '"\\u0000"')
    bodies = [json.dumps(new_user())[:-1] + f', "x": {text}}}' for text in texts]
    bodies += [json.dumps(new_user())[:-1] + ', "name": ""}', json.dumps(new_user(name="x" * 100_000))]
    return [body.encode() for body in bodies]


@checks("robust")
async def _robust(api: Driver) -> None:
    user, other = await api.create(), await api.create()
    for raw in _odd_bodies():
        created = await api.ask("POST", raw=raw)
        assert created.status < 500
        if created.status == 201:
            is_user(created.json())
            assert created.json()["name"].strip()
        assert (await api.ask("PATCH", user["id"], raw=raw[:-1])).status in (400, 413)
    for where in ("a\0b", "..", "9" * 400, "?email=%FF", "?email=a%40b.org&email=c%40d.org"):
        assert (await api.ask("GET", where)).status < 500
    for headers in _ODD_HEADERS:
        assert (await api.ask("GET", user["id"], **headers)).status < 500
    zipped = gzip.compress(json.dumps({"name": "Zoe"}).encode())
    for body, encoding in ((zipped, "gzip"), (b"{}", "gzip"), (b"{}", "x")):
        assert (await api.ask("PATCH", other["id"], raw=body, content_encoding=encoding)).status < 500
    unknown = "application/json; charset=x-no-such"
    assert (await api.ask("PATCH", other["id"], {"name": "Zoe"}, media_type=unknown)).status < 500
    other = (await api.ask("GET", other["id"])).json()
    await _methods(api, user["id"])
    await unchanged(api, user, other)
    await _refusals(api, user)
    await unchanged(api, user, other)


async def _methods(api: Driver, user_id: str) -> None:
    for method in ("OPTIONS", "TRACE", "PROPFIND"):
        assert (await api.ask(method, user_id)).status in (*range(200, 500), 501)
    assert (await api.ask("GET", f"{api.url}/{user_id}?_method=DELETE")).status < 500


async def _refusals(api: Driver, user: dict[str, Any]) -> None:
    before = {shown["id"]: shown for shown in await api.all_users()}
    for method, where in (("POST", ""), ("PATCH", user["id"]), ("PUT", user["id"])):
        assert (await api.ask(method, where, new_user(), media_type="text/plain")).status == 415
    assert (await api.ask("DELETE", user["id"], authorization=None)).status == 401
    await asyncio.sleep(_LATER_S)
    assert {shown["id"]: shown for shown in await api.all_users()} == before
    for _ in range(_REFUSALS):
        assert (await api.ask("POST", body={})).status in (400, 422)
    await api.create()


@checks("own-answer")
async def _own_answer(api: Driver) -> None:
    user = await api.create(name="Zoë 李小龍")
    read = await api.ask("GET", user["id"])
    replies = [
        read,
        await api.ask("HEAD", user["id"]),
        await api.ask("GET", user["id"], raw=b"{}"),
        await api.ask("GET", user["id"], if_none_match=read.headers.get("etag", '""')),
        await api.ask("POST", body=new_user(), media_type="text/plain"),
        await api.ask("POST", body=new_user(), authorization=None),
        await api.ask("DELETE", (await api.create())["id"]),
    ]
    assert not any(reply.surplus for reply in replies)
    assert read.json() == user
    declared: dict[str, Any] = {"content_type": "application/json"}
    assert (await api.ask("DELETE", (await api.create())["id"], **declared)).status in (200, 202, 204)
    for media_type in ("APPLICATION/JSON", 'application/json; charset="UTF-8"'):
        assert (await api.ask("POST", body=new_user(), media_type=media_type)).status == 201
    clients: tuple[dict[str, Any], ...] = (
        {"accept_language": "tlh"},
        {"cookie": "sessionid=1"},
        {"user_agent": "Mozilla/5.0"},
    )
    for headers in clients:
        assert (await api.ask("GET", user["id"], **headers)).json() == user
    person = new_user()
    chunked = await api.ask("POST", body=person, transfer_encoding="chunked")
    assert chunked.status == 411 or chunked.json()["name"] == person["name"]
