"""The contract, rule by rule, as checks that raise AssertionError if the API breaks it.

Written for the sandbox's own tests and used by nothing else.
"""

import asyncio
import json
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

from support.tests.sandbox.drivers import TOKEN, Driver, Reply, new_user

Check = Callable[[Driver], Coroutine[Any, Any, None]]
CHECKS: dict[str, Check] = {}

SCRIPTS = "李小龍 Ñandú 🦉"
TRICKY = (
    SCRIPTS,
    'O\'Brien & <b>Söns</b> "x"',
    "  two  spaces ",
    "a\ttab\nand a line",
    "e\u0301 decomposed",
    "x" * 200,
    "ü" * 200,
    "mcDonald",
    "2001-02-03T10:00:00+01:00",
)
LONGEST = f"{'a' * 60}@{'.'.join(['b' * 60] * 3)}.{'c' * 10}"
BAD_NAMES: tuple[Any, ...] = (None, 7, "", "   ", "x" * 201)
BAD_EMAILS: tuple[Any, ...] = (
    None,
    7,
    "no-at.example.org",
    "with space@example.org",
    "space.behind@example.org ",
    "two@@example.org",
    "a@b@example.org",
    "no-domain@",
    f"a{LONGEST}",
)
_TICK_S = 0.002  # the clock has moved by then
UNKNOWN = "3f2b0c1e-0000-4000-8000-00000000dead"


def checks(rule: str) -> Callable[[Check], Check]:
    """Register a check for a rule."""

    def register(check: Check) -> Check:
        CHECKS[rule] = check
        return check

    return register


def is_user(shown: Any) -> None:
    """Check the shape of one user."""
    assert isinstance(shown, dict)
    assert isinstance(shown["id"], str)
    assert shown["id"]
    assert isinstance(shown["name"], str)
    assert 1 <= len(shown["name"]) <= 200
    assert "@" in shown["email"]
    assert datetime.fromisoformat(shown["createdAt"]).utcoffset() is not None


def longest_email() -> str:
    """Return a unique email of 254 characters."""
    local = new_user()["email"].partition("@")[0]
    return str(local + LONGEST[len(local) :])


async def unchanged(api: Driver, *users: dict[str, Any]) -> None:
    """Check that users read as they were shown before."""
    for user in users:
        assert (await api.ask("GET", user["id"])).json() == user


async def wait_for_another_time(user: dict[str, Any]) -> None:
    """Wait until the clock of the API shows another time than createdAt of a user."""
    await asyncio.sleep(_TICK_S if "." in user["createdAt"] else 1.0 + _TICK_S)


async def send_without_creating(api: Driver, method: str, body: Any = None, **how: Any) -> Reply:
    """Send a request that must not create a user."""
    before = await api.all_users()
    reply = await api.ask(method, body=body, **how)
    assert len(await api.all_users()) == len(before), "a user was created"
    return reply


@checks("user-shape")
async def _user_shape(api: Driver) -> None:
    user = await api.create()
    is_user(user)
    is_user((await api.ask("GET", user["id"])).json())
    is_user((await api.ask("PATCH", user["id"], {"name": "Grace"})).json())
    for shown in await api.all_users():
        is_user(shown)


def _fields(shown: Any) -> set[str]:
    if isinstance(shown, list):
        return set().union(*map(_fields, shown))
    return set(shown).union(*map(_fields, shown.values())) if isinstance(shown, dict) else set()


@checks("no-secrets")
async def _no_secrets(api: Driver) -> None:
    user = await api.create()
    shown = [
        user,
        await api.all_users(),
        (await api.ask("GET", user["id"])).json(),
        (await api.ask("PATCH", user["id"], {"name": "Grace"})).json(),
        (await api.ask("POST", body=user)).json(),
        (await api.ask("POST", body={})).json(),
        (await api.ask("GET", UNKNOWN)).json(),
    ]
    deletion = await api.ask("DELETE", user["id"])
    shown += [deletion.json()] if deletion.body else []
    assert not _fields(shown) & {"password", "passwordHash", "secret", "token"}


@checks("json-media-type")
async def _json_media_type(api: Driver) -> None:
    created = await api.ask("POST", body=new_user())
    user = created.json()
    replies = [
        created,
        await api.ask("GET"),
        await api.ask("GET", user["id"]),
        await api.ask("PATCH", user["id"], {"name": "Grace"}),
        await api.ask("GET", UNKNOWN),
        await api.ask("POST", body={}),
        await api.ask("GET", authorization=None),
    ]
    for reply in replies:
        essence = reply.headers.get("content-type", "").partition(";")[0].strip().lower()
        assert essence == "application/json" or essence.endswith("+json")


@checks("exact-text")
async def _exact_text(api: Driver) -> None:
    for name in TRICKY:
        reply = await api.ask("POST", body=new_user(name=name))
        if any(sign < " " for sign in name) and reply.status in (400, 422):
            continue
        user = reply.json()
        assert reply.status == 201
        assert user["name"] == name
        assert (await api.ask("GET", user["id"])).json()["name"] == name
        assert [shown["name"] for shown in await api.all_users() if shown["id"] == user["id"]] == [name]
        for renamed in (name[::-1], name):
            assert (await api.ask("PATCH", user["id"], {"name": renamed})).json()["name"] == renamed
            assert (await api.ask("PUT", user["id"], new_user(name=renamed))).json()["name"] == renamed
    assert (await api.ask("PATCH", user["id"], {"email": longest_email()})).status == 200
    for changed in ("+tag@", ".a.b@", ".o'brien@", "-08_x9@", ".IDA@"):
        email = new_user()["email"].replace("@", changed)
        assert (await api.create(email=email))["email"].casefold() == email.casefold()
        reply = await api.ask("PUT", user["id"], new_user(email=f"a.b.c.d.{email}"))
        assert reply.json()["email"].casefold() == f"a.b.c.d.{email}".casefold()
    longest = longest_email()
    assert (await api.create(email=longest))["email"].casefold() == longest.casefold()
    half = await api.ask("POST", raw=json.dumps(new_user(name="Ada \ud800")).encode())
    assert half.status in (400, 422) or half.json()["name"] == "Ada \ud800"


@checks("problem")
async def _problem(api: Driver) -> None:
    user = await api.create()
    refused = [
        await api.ask("GET", UNKNOWN),
        await api.ask("POST", body={}),
        await api.ask("POST", raw=b"{"),
        await api.ask("POST", raw=b"null"),
        await api.ask("POST", body=user),
        await api.ask("POST", body=new_user(), media_type="text/plain"),
        await api.ask("POST", user["id"], new_user()),
        await api.ask("GET", authorization=None),
        await api.ask("GET", "?page=0"),
    ]
    for reply in refused:
        document = reply.json()
        assert isinstance(document, dict)
        if "problem" in reply.headers["content-type"]:
            assert document["status"] == reply.status
    for reply in [*refused, await api.ask("POST", body=new_user())]:
        for leak in (b"Traceback", b"INSERT", b"SELECT", b"/srv/", b".js"):
            assert leak not in reply.body


@checks("create-201")
async def _create_201(api: Driver) -> None:
    await api.ask("DELETE", (await api.create())["id"])
    email = new_user()["email"]
    people = [
        new_user(),
        new_user(name=SCRIPTS),
        new_user(name="x" * 200),
        new_user(name="ü" * 200),
        new_user(email=longest_email()),
        new_user(email=email.replace("@", "+a@")),
        new_user(email=email.replace("@", "+b@")),
        new_user(email=f"{email[0]}_{email[2:]}"),
        new_user(email=email),
        new_user(email=f"{email[0]}_{email[2:]}".replace("_", "-")),
        new_user(email=f"{email[:2]}_{email[3:]}"),
        new_user(email=email.replace(".", "", 1)),
    ]
    for person in people:
        user = await api.create(**person)
        await unchanged(api, user)
        assert user["name"] == person["name"]


@checks("create-location")
async def _create_location(api: Driver) -> None:
    for _ in range(2):
        reply = await api.ask("POST", body=new_user())
        url = urljoin(api.url, reply.headers["location"])
        assert urlsplit(url).netloc == urlsplit(api.url).netloc
        assert (await api.ask("GET", url)).json() == reply.json()


@checks("create-invalid")
async def _create_invalid(api: Driver) -> None:
    no_name, no_email = new_user(), new_user()
    del no_name["name"], no_email["email"]
    wrong: list[Any] = [{}, [], 7, "text", no_name, no_email]
    wrong += [new_user(name=name) for name in BAD_NAMES] + [new_user(email=email) for email in BAD_EMAILS]
    for body in wrong:
        assert (await send_without_creating(api, "POST", body)).status in (400, 422), body


@checks("malformed-json")
async def _malformed_json(api: Driver) -> None:
    person = json.dumps(new_user(name="Ada"))
    texts = (
        person[:-1],
        person[:-2],
        person + "}",
        "name=Ada",
        person.replace('"', "'"),
        person.replace("@", "\n@"),
        f"/* Ada */ {person}",
        person.replace('"name"', "name"),
        '{"name": NaN}',
    )
    bodies = [text.encode() for text in texts]
    latin_1 = person.replace("@", "\xc4@").encode("latin-1")
    for raw in bodies:
        assert (await send_without_creating(api, "POST", raw=raw)).status == 400, raw
    for raw in (b"", latin_1, person.replace("@", "\\ud800@").encode()):
        assert (await send_without_creating(api, "POST", raw=raw)).status in (400, 422, *([] if raw else [415])), raw
    user = await api.create()
    for method in ("PUT", "PATCH"):
        for raw in (bodies[0], person.replace('"', "'").encode(), f"{person} and so on".encode()):
            assert (await api.ask(method, user["id"], raw=raw)).status == 400
        assert (await api.ask(method, user["id"], raw=latin_1)).status in (400, 422)
    await unchanged(api, user)


@checks("media-type")
async def _media_type(api: Driver) -> None:
    user = await api.create()
    form = b"name=Ada&email=form%40example.org"
    for media_type in ("text/plain", "text/plain; note=json", "text/html", "application/x-www-form-urlencoded"):
        assert (await send_without_creating(api, "POST", new_user(), media_type=media_type)).status == 415
        assert (await send_without_creating(api, "POST", raw=form, media_type=media_type)).status in (400, 415)
        for method in ("PUT", "PATCH"):
            assert (await api.ask(method, user["id"], new_user(), media_type=media_type)).status == 415
    await unchanged(api, user)
    assert (await send_without_creating(api, "POST", raw=form, media_type=None)).status in (400, 415)
    assert (await api.ask("POST", body=new_user(), media_type="application/json; charset=utf-8")).status == 201


@checks("server-owned")
async def _server_owned(api: Driver) -> None:
    own = {"id": "mine", "createdAt": "1999-12-31T23:59:59+00:00", "isAdmin": True}
    reply = await api.ask("POST", body=new_user(**own))
    assert reply.status in (201, 400, 422)
    user = reply.json() if reply.status == 201 else await api.create()
    assert (await api.ask("PATCH", user["id"], own)).status in (200, 400, 422)
    after = (await api.ask("GET", user["id"])).json()
    assert after == user
    holder = await api.create()
    for method in ("PUT", "PATCH"):
        assert (await api.ask(method, user["id"], new_user(id=holder["id"]))).status in (200, 400, 422)
        await unchanged(api, holder)
    reply = await api.ask("PUT", user["id"], new_user(**own))
    assert reply.status in (200, 400, 422)
    assert (await api.ask("GET", user["id"])).status == 200
    after = (await api.ask("GET", user["id"])).json()
    for field, value in own.items():
        assert after.get(field) != value
    reply = await api.ask("POST", body=new_user(_id="mine", created_at=own["createdAt"]))
    if reply.status == 201:
        assert reply.json()["id"] != "mine"
        assert not any("_id" in shown for shown in await api.all_users())
        assert not reply.json()["createdAt"].startswith("1999")


@checks("email-unique")
async def _email_unique(api: Driver) -> None:
    first = await api.create()
    renamed = await api.create()
    renamed = (await api.ask("PATCH", renamed["id"], {"email": new_user()["email"]})).json()
    for holder in (first, renamed):
        for email in (holder["email"], holder["email"].upper(), holder["email"].lower()):
            assert (await send_without_creating(api, "POST", new_user(email=email, name="Mallory"))).status == 409
            assert await api.find(email) == [holder]
        await unchanged(api, holder)
    await api.ask("PATCH", first["id"], {"name": "Grace"})
    assert (await send_without_creating(api, "POST", new_user(email=first["email"]))).status == 409
    for method in ("PUT", "PATCH"):
        confirmed = {"name": "Grace", "email": first["email"]}
        assert (await api.ask(method, first["id"], confirmed)).status == 200
        assert (await send_without_creating(api, "POST", confirmed)).status == 409
    gone = await api.create()
    await api.ask("DELETE", gone["id"])
    await api.create(email=gone["email"])
    await api.ask("DELETE", gone["id"])
    assert (await send_without_creating(api, "POST", new_user(email=gone["email"]))).status == 409


@checks("read-200")
async def _read_200(api: Driver) -> None:
    users = [await api.create(name=SCRIPTS), await api.create()]
    for user in users * 3:
        reply = await api.ask("GET", user["id"])
        assert reply.status == 200
        assert reply.json() == user


@checks("read-404")
async def _read_404(api: Driver) -> None:
    assert (await api.ask("GET", UNKNOWN)).status == 404
    for odd in ("x" * 200, "constructor"):
        assert (await api.ask("GET", odd)).status == 404


@checks("head")
async def _head(api: Driver) -> None:
    user = await api.create()
    for where in ("", user["id"], UNKNOWN):
        reply = await api.ask("HEAD", where)
        assert reply.status == (await api.ask("GET", where)).status
        assert not reply.body
        assert not reply.surplus


@checks("list")
async def _list(api: Driver) -> None:
    before = await api.all_users()
    gone = await api.create()
    users = [await api.create(name=SCRIPTS)] + [await api.create() for _ in range(10)]
    await api.ask("DELETE", gone["id"])
    by_id = {user["id"]: user for user in [*before, *users]}
    after = await api.all_users()
    assert len(after) == len(by_id)
    assert {user["id"]: user for user in after} == by_id
    for user in users[:2]:
        renamed = (await api.ask("PATCH", user["id"], {"name": "Hopper"})).json()
        assert renamed in await api.all_users()
    assert len(await api.all_users()) == len(by_id)


@checks("filter-email")
async def _filter_email(api: Driver) -> None:
    low = new_user()["email"].lower()
    user = await api.create(email=low.replace("@", "_x+tag@").replace("ada", "Ada"))
    for other in (low.replace("@", "-x+tag@"), "x" + user["email"].lower(), user["email"].lower() + ".uk"):
        await api.create(email=other)
    for email in (user["email"], user["email"].upper(), user["email"].lower()):
        assert await api.find(email) == [user]
    assert await api.find(new_user()["email"]) == []
    for part in (user["email"][:-4], user["email"][1:], "%", "example.org"):
        reply = await api.ask("GET", f"?email={quote(part)}")
        assert reply.status in (400, 422) or reply.json() == []
    user = (await api.ask("PATCH", user["id"], {"name": "Hopper"})).json()
    assert await api.find(user["email"]) == [user]
    for page in ("&page=1&limit=1", "&page=1&limit=10"):
        for one in (user, await api.create()):
            assert (await api.ask("GET", f"?email={quote(one['email'])}{page}")).json() == [one]
    moved = (await api.ask("PATCH", user["id"], {"email": new_user()["email"]})).json()
    assert await api.find(user["email"]) == []
    assert await api.find(moved["email"].swapcase()) == [moved]
    await api.ask("DELETE", moved["id"])
    assert await api.find(moved["email"]) == []
    awaited = new_user()
    assert await api.find(awaited["email"]) == []
    await api.create(**awaited)
    assert len(await api.find(awaited["email"])) == 1


@checks("pages")
async def _pages(api: Driver) -> None:
    for _ in range(15):  # so many that no order by chance gives pages that fit together
        await api.create()
    all_users = {user["id"] for user in await api.all_users()}
    seen: list[str] = []
    for page in range(1, len(all_users) + 2):
        reply = await api.ask("GET", f"?page={page}&limit=3")
        assert reply.status == 200
        users = reply.json()
        assert len(users) == max(0, min(3, len(all_users) - 3 * (page - 1)))
        seen += [user["id"] for user in users]
    assert sorted(seen) == sorted(all_users)
    assert (await api.ask("GET", "?page=1000000000&limit=100")).json() == []
    first = (await api.ask("GET", "?page=1&limit=100")).json()[0]
    renamed = (await api.ask("PATCH", first["id"], {"name": "Hopper"})).json()
    assert renamed in (await api.ask("GET", "?page=1&limit=100")).json()
    for wrong in (
        "page=0",
        "page=-1",
        "page=x",
        "page=1.5",
        "limit=0",
        "limit=-1",
        "limit=1.5",
        "limit=101",
        "limit=1000",
        "limit=x",
        "limit=5x",
    ):
        for rest in ("", "&limit=1" if wrong.startswith("page") else "&page=1"):
            assert (await api.ask("GET", f"?{wrong}{rest}")).status in (400, 422), wrong
    for empty in ("limit=", "page="):
        assert (await api.ask("GET", f"?{empty}")).status in (200, 400, 422)


@checks("patch")
async def _patch(api: Driver) -> None:
    user = await api.create()
    await wait_for_another_time(user)
    own = user["email"]
    email = new_user()["email"]
    for change in (
        {"name": "Grace"},
        {"email": email},
        {"email": email},
        {"email": email.upper()},
        {"email": own},
    ):
        reply = await api.ask("PATCH", user["id"], change)
        assert reply.status == 200
        shown = reply.json()
        assert shown == {**user, **change, "email": shown["email"]}
        assert shown["email"].casefold() == change.get("email", user["email"]).casefold()
        await unchanged(api, shown)
        user = shown
    neighbour = await api.create(name=" O'Brien ")
    tagged = user["email"].replace("@", "+tag@")
    assert (await api.ask("PATCH", neighbour["id"], {"email": tagged})).status == 200
    assert (await api.ask("PATCH", neighbour["id"], {"email": longest_email()})).status == 200
    assert (await api.ask("GET", neighbour["id"])).json()["name"] == " O'Brien "
    reply = await api.ask("PATCH", user["id"], {"id": "mine", "name": "Hopper"})
    assert reply.status in (400, 422) or reply.json() == {**user, "name": "Hopper"}


@checks("put")
async def _put(api: Driver) -> None:
    user = await api.create()
    await wait_for_another_time(user)
    for person in (new_user(name="Grace"), last := new_user(name="Hopper"), last):
        reply = await api.ask("PUT", user["id"], person)
        assert reply.status == 200
        assert reply.json() == {**user, "name": person["name"], "email": reply.json()["email"]}
        assert reply.json()["email"].casefold() == person["email"].casefold()
        await unchanged(api, reply.json())
        user = reply.json()
    for part in ({"name": "Jean"}, {"email": new_user()["email"]}, {}):
        assert (await api.ask("PUT", user["id"], part)).status in (400, 422)
        await unchanged(api, user)


@checks("update-invalid")
async def _update_invalid(api: Driver) -> None:
    user = await api.create()
    wrong = [new_user(name=name) for name in BAD_NAMES] + [new_user(email=email) for email in BAD_EMAILS]
    for body in [*wrong, *[{**person, "name": "Valid"} for person in wrong[len(BAD_NAMES) :]]]:
        for method in ("PUT", "PATCH"):
            assert (await api.ask(method, user["id"], body)).status in (400, 422), body
            await unchanged(api, user)
    assert (await api.ask("PATCH", user["id"], raw=b"null")).status in (400, 422)
    assert (await api.ask("PATCH", user["id"], {"name": "Valid", "email": ""})).status in (400, 422)
    for method in ("PUT", "PATCH"):
        assert (await api.ask(method, user["id"], new_user(name=["Ada"]))).status in (400, 422)
    for method in ("PUT", "PATCH"):
        wanted = new_user(name="")
        assert (await api.ask(method, user["id"], wanted)).status in (400, 422)
        await api.create(email=wanted["email"])
        assert (await send_without_creating(api, "POST", new_user(email=user["email"]))).status == 409


@checks("update-404")
async def _update_404(api: Driver) -> None:
    for method in ("PUT", "PATCH"):
        before = await api.all_users()
        wanted = new_user()
        assert (await api.ask(method, UNKNOWN, wanted)).status == 404
        assert len(await api.all_users()) == len(before)
        user = await api.create(email=wanted["email"])
        for odd in ("nobody", f"{user['id']}x"):
            assert (await api.ask(method, odd, new_user())).status == 404
        await unchanged(api, user)


@checks("update-taken")
async def _update_taken(api: Driver) -> None:
    holder, user = await api.create(), await api.create()
    for method in ("PUT", "PATCH"):
        for email in (holder["email"], holder["email"].upper()):
            reply = await api.ask(method, user["id"], {"name": "Mallory", "email": email})
            assert reply.status == 409
            await unchanged(api, holder, user)
            for email in (user["email"], holder["email"]):
                assert (await send_without_creating(api, "POST", new_user(email=email))).status == 409
    given_up = holder["email"]
    assert (await api.ask("PATCH", holder["id"], {"email": new_user()["email"]})).status == 200
    assert (await api.ask("PATCH", user["id"], {"email": given_up})).status == 200
    assert (await api.ask("PATCH", user["id"], {"email": user["email"]})).status == 200
    capitals = await api.create(email=new_user()["email"].upper())
    assert (await api.ask("PATCH", capitals["id"], {"email": new_user()["email"]})).status == 200
    await api.create(email=capitals["email"].lower())


@checks("isolation")
async def _isolation(api: Driver) -> None:
    before = await api.create()
    namesake = await api.create()
    user = await api.create()
    after = await api.create()
    await api.create(name="Grace")
    await unchanged(api, before, namesake, user, after)
    await api.ask("PUT", user["id"], new_user(name="Barbara"))
    await unchanged(api, before, namesake, after)
    await api.ask("PATCH", user["id"], {"name": "Jean"})
    await api.ask("PUT", user["id"], new_user(name="Hopper"))
    await unchanged(api, before, namesake, after)
    for _ in range(2):
        await api.ask("DELETE", user["id"])
    await api.ask("DELETE", (await api.create(name=namesake["name"]))["id"])
    deleted = await api.create()
    longer = [await api.create(email=email) for email in (f"x{deleted['email']}", f"{deleted['email']}.example")]
    await api.ask("DELETE", deleted["id"])
    await unchanged(api, *longer)
    others = len(await api.all_users())
    await api.ask("DELETE", UNKNOWN)
    await unchanged(api, before, namesake, after)
    assert len(await api.all_users()) == others


@checks("delete")
async def _delete(api: Driver) -> None:
    for name in ("Ada", SCRIPTS, "Grace"):
        user = await api.create(name=name)
        assert (await api.ask("DELETE", user["id"])).status in (200, 202, 204)
        assert (await api.ask("GET", user["id"])).status == 404
        assert user["id"] not in {shown["id"] for shown in await api.all_users()}


@checks("delete-again")
async def _delete_again(api: Driver) -> None:
    user = await api.create()
    await api.ask("DELETE", user["id"])
    for user_id in (user["id"], UNKNOWN):
        assert (await api.ask("DELETE", user_id)).status in (204, 404)
    user = await api.create()
    for odd in ("nobody", f"{user['id']}x"):
        assert (await api.ask("DELETE", odd)).status in (204, 404)
    await unchanged(api, user)


@checks("delete-frees")
async def _delete_frees(api: Driver) -> None:
    user = await api.create()
    await api.ask("DELETE", user["id"])
    again = await api.create(email=user["email"])
    another = await api.create()
    assert user["id"] not in (again["id"], another["id"])
    await api.ask("DELETE", another["id"])
    assert (await api.create())["id"] != another["id"]
    capitals = await api.create(email=new_user()["email"].upper())
    await api.ask("DELETE", capitals["id"])
    await api.create(email=capitals["email"].lower())
    moved = await api.create()
    moved = (await api.ask("PATCH", moved["id"], {"email": new_user()["email"]})).json()
    await api.ask("DELETE", moved["id"])
    await api.create(email=moved["email"])
    for method in ("PUT", "PATCH"):
        another, deleted = await api.create(), await api.create()
        await api.ask("DELETE", deleted["id"])
        assert (await api.ask(method, another["id"], new_user(email=deleted["email"]))).status == 200
    many = [(await api.create())["id"] for _ in range(30)]
    for user_id in many:
        await api.ask("DELETE", user_id)
    assert not {(await api.create())["id"] for _ in range(3)} & {user["id"], capitals["id"], moved["id"], *many}


@checks("method-405")
async def _method_405(api: Driver) -> None:
    user = await api.create()
    reply = await send_without_creating(api, "POST", new_user(), where=user["id"])
    assert reply.status == 405
    allowed = {method.strip() for method in reply.headers["allow"].split(",")}
    assert allowed >= {"GET", "PUT", "PATCH", "DELETE"}
    assert "POST" not in allowed
    await unchanged(api, user)


@checks("auth-401")
async def _auth_401(api: Driver) -> None:
    user = await api.create()
    wrong = [None, "", "Bearer", f"Basic {TOKEN}", TOKEN, "Bearer wrong-token-abc"]
    wrong += [
        f"Bearer {TOKEN}x",
        f"Bearer {TOKEN[:-1]}",
        f"Bearer {TOKEN[1:]}",
        f"Bearer {TOKEN.upper()}",
        f"Bearer x{TOKEN}",
        f"Bearer {TOKEN[:-1]}x",
        f"Token {TOKEN}",
        f"Bearer {TOKEN} x",
    ]
    for authorization in wrong:
        before = len(await api.all_users())
        for method, where in [(m, user["id"]) for m in ("GET", "HEAD", "PUT", "PATCH", "DELETE")] + [
            ("GET", ""),
            ("HEAD", ""),
            ("POST", ""),
        ]:
            reply = await api.ask(method, where, new_user(), authorization=authorization)
            assert reply.status == 401, (method, authorization)
            assert reply.headers["www-authenticate"]
        for method in ("PUT", "PATCH", "DELETE"):
            assert (await api.ask(method, UNKNOWN, new_user(), authorization=authorization)).status == 401
        assert (await api.ask("POST", raw=b"{", authorization=authorization)).status in (400, 401)
        assert (await api.ask("GET", "?email=unknown%40example.org", authorization=authorization)).status == 401
        await unchanged(api, user)
        assert len(await api.all_users()) == before
        for _ in range(5):
            await api.ask("GET", authorization=authorization)
        await api.create()
