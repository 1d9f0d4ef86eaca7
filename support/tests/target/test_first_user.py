"""The preflight: each wrong set-up ends the run in one line that names the setting or the field of the profile."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from support.cleanup.journal import Journal
from support.errors import SettingsError, SuiteError, TargetDown
from support.models import Answer, Attempt, Call, Credential, Exchange
from support.profile import Capabilities, Deviation, Profile
from support.scenario.session import Session
from support.settings import Settings
from support.target.diagnosis import other_forms, why_refused
from support.target.embedded import Target
from support.target.first_user import FirstUser
from support.tests.conftest import settings_for
from support.tests.target.odd_server import DROPPED, Asked, OddServer, Reply, Twist

NewServer = Callable[..., OddServer]
TOKEN = "pear-tree-4711"
LIMIT_S = 60.0
"""Less than RETRY_DEADLINE_S, after which any line would come."""
A_PAGE = "<!DOCTYPE html><html><title>Not here</title></html>"
A_LOGIN_PAGE = '<html><form><input type="password"></form></html>'


@pytest.fixture
def new_server() -> Iterator[NewServer]:
    """Start servers that end with the test."""
    with ExitStack() as stack:

        def started(twist: Twist = lambda _server, _asked: None) -> OddServer:
            server = OddServer(twist)
            stack.callback(server.close)
            return server

        yield started


def preflight(folder: Path, base_url: str, profile: Profile | None = None, **changes: object) -> FirstUser:
    """Play the preflight as a run does; raises what would end the run."""
    session = opened(settings_for(folder, retry_base_s=0.01, delete_deadline_s=2.0, **changes), base_url, profile)
    first = FirstUser(session.http, session.registry)
    try:
        first.play(session.listed_at_first)
        session.registry.prove_nothing_is_left(5.0)
    except SuiteError as error:
        raise first.clean_up_after(error) from None
    finally:
        session.close()
    return first


def opened(settings: Settings, base_url: str, profile: Profile | None) -> Session:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("support.profile_files.load", lambda _target: profile or Profile())
        return Session(settings, Target(base_url, TOKEN, base_url))


def line_of(folder: Path, base_url: str, profile: Profile | None = None, **changes: object) -> str:
    """Return the one line with which the run ends, in time."""
    began = time.monotonic()
    with pytest.raises((SettingsError, TargetDown)) as caught:
        preflight(folder, base_url, profile, **changes)
    line = f"{caught.value.outcome}: {caught.value}"
    assert "\n" not in line
    assert TOKEN not in line
    assert time.monotonic() - began < LIMIT_S
    return line


# Twists


def when(condition: Callable[[Asked], bool], *reply: Any) -> Twist:
    """Answer requests of a kind in one way."""
    return lambda _server, asked: Reply(*reply) if condition(asked) else None


def always(*reply: Any) -> Twist:
    return when(lambda _asked: True, *reply)


def method(name: str) -> Callable[[Asked], bool]:
    return lambda asked: asked.method == name


def a_list(asked: Asked) -> bool:
    return asked.method == "GET" and asked.user_id is None


def wrapped_list(wrap: Callable[[Any], Any]) -> Twist:
    def twist(server: OddServer, asked: Asked) -> Reply | None:
        return Reply(200, wrap(server.usual(asked).content)) if a_list(asked) else None

    return twist


def wants(name: str, status: int, complaint: Any) -> Twist:
    """Refuse a create without a field."""
    return when(lambda asked: asked.method == "POST" and name not in asked.fields, status, complaint)


def rewritten(change: Callable[[dict[str, Any]], Any], deep: bool = True) -> Twist:
    """Show each user in another form; `deep` in lists too."""

    def twist(server: OddServer, asked: Asked) -> Reply | None:
        reply = server.usual(asked)
        if isinstance(reply.content, list):
            return replace(reply, content=[change(user) for user in reply.content]) if deep else reply
        is_user = isinstance(reply.content, dict) and "email" in reply.content
        return replace(reply, content=change(reply.content)) if is_user else reply

    return twist


def renamed(**names: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda user: {names.get(key, key): value for key, value in user.items()}


def known_elsewhere(name: str) -> Twist:
    """Know users by another field than `id` in their URLs."""

    def twist(server: OddServer, asked: Asked) -> Reply | None:
        by_name = {f"key-{user_id}": user_id for user_id in server.users}
        if asked.user_id is None:
            return rewritten(lambda user: {**user, name: f"key-{user['id']}"})(server, asked)
        if asked.user_id not in by_name:
            return Reply(404 if asked.user_id.startswith("key-") else 400, {"title": f"no {name}"})
        known = replace(asked, path=f"/users/{by_name[asked.user_id]}")
        return rewritten(lambda user: {**user, name: f"key-{user['id']}"})(server, known)

    return twist


def with_slash_at_users(_server: OddServer, asked: Asked) -> Reply | None:
    return Reply(404, {"title": "Not Found"}) if asked.user_id and not asked.path.endswith("/") else None


def at_another_path(server: OddServer, asked: Asked) -> Reply | None:
    """Know single users at /person/ID only, to which Location leads."""
    if asked.path.startswith("/person/"):
        return server.usual(replace(asked, path=asked.path.replace("/person/", "/users/")))
    if asked.user_id is not None:
        return Reply(404, {"title": "Not Found"})
    reply = server.usual(asked)
    there = {"Location": f"/person/{reply.content['id']}"} if asked.method == "POST" else {}
    return replace(reply, headers={**reply.headers, **there})


def as_resource(user: dict[str, Any]) -> dict[str, Any]:
    return {"type": "users", "id": user["id"], "attributes": {key: user[key] for key in user if key != "id"}}


FASTAPI = {"detail": [{"loc": ["body", "role"], "msg": "Field required", "type": "missing"}]}
FASTAPI_MAIL = {"detail": [{"loc": ["body", "mail"], "msg": "Field required", "type": "missing"}]}
TWO = {"role": ["This field is required."], "password": ["This field is required."]}
LIMITED = (429, {"title": "Too Many Requests"}, {"Retry-After": "3600"})

SET_UPS: dict[str, tuple[Twist, str]] = {
    "a path that is unknown": (
        always(404, {"title": "Not Found"}),
        "gives 404: there is no users collection. Correct the path in BASE_URL",
    ),
    "a path that a router does not know": (
        always(404, A_PAGE),
        "gives 404: there is no users collection. Correct the path in BASE_URL",
    ),
    "a page": (
        always(200, A_PAGE),
        "returns an HTML page, not JSON. Put the URL of the users collection of the API into BASE_URL",
    ),
    "a login page": (always(200, A_LOGIN_PAGE), "returns a login page, not JSON. Put the URL of the users collection"),
    "a redirect to a login page": (
        always(302, None, {"Location": "/login"}),
        "/login, put that URL into BASE_URL",
    ),
    "a redirect to a slash": (
        always(301, None, {"Location": "/users/"}),
        "the URL of the list ends with a slash there. Set collection_slash = true",
    ),
    "http on a port of https": (
        always(400, "<html>The plain HTTP request was sent to HTTPS port</html>"),
        "no API answers there. Correct BASE_URL",
    ),
    "a wrong token": (
        always(401, {"title": "Unauthorized"}, {"WWW-Authenticate": "Bearer"}),
        "refuses the token (status 401). Check TOKEN; if it is right, let `python -m support.probe http",
    ),
    "another scheme": (
        always(401, None, {"WWW-Authenticate": 'Basic realm="x"'}),
        "asks for Basic. Set scheme under [auth]",
    ),
    "the URL of one user": (
        always(200, {"id": "1", "name": "Ada"}),
        "returns one object, not a list of users. Put the URL of the collection into BASE_URL",
    ),
    "the root of an API": (
        always(200, {"message": "welcome"}),
        'does not return a list of users: {"message": "welcome"}. Put the URL of the collection into BASE_URL',
    ),
    "text": (always(200, "OK", {"Content-Type": "text/plain"}), "does not return JSON"),
    "a collection without GET": (
        when(a_list, 405, None, {"Allow": "POST"}),
        "gives 405 (Allow: POST): this collection cannot be read. Correct the path in BASE_URL",
    ),
    "a list in data": (
        wrapped_list(lambda users: {"data": users, "total": 1}),
        'the list is wrapped in /data. Set list_pointer = "/data" under [names]',
    ),
    "a list deep inside": (
        wrapped_list(lambda users: {"_embedded": {"users": users}}),
        'Set list_pointer = "/_embedded/users" under [names]',
    ),
    "a limit that is used up": (
        always(*LIMITED),
        "gives 429 (Retry-After: 3600): the limit of requests is used up. Wait, or set requests_per_minute under",
    ),
    "a limit of creates that is used up": (
        when(method("POST"), *LIMITED),
        "asks to wait 3600 s, longer than RETRY_DEADLINE_S",
    ),
    "a required field": (
        wants("role", 422, FASTAPI),
        "create is refused: POST {url} gives 422: it wants `role`. Add it under [create]",
    ),
    "two required fields": (wants("role", 400, TWO), "it wants `role`, `password`. Add them under [create]"),
    "another name of the email": (
        wants("mail", 422, FASTAPI_MAIL),
        'it wants `mail`. Set email = "mail" under [names]',
    ),
    "a refusal that names nothing": (
        when(method("POST"), 422, {"title": "No"}),
        'gives 422: {"title": "No"}. Say under [create], [names] or [headers] what it wants',
    ),
    "another media type": (when(method("POST"), 415, {"title": "Unsupported"}), "Set post under [media_types]"),
    "a read-only API": (
        when(method("POST"), 405, None, {"Allow": "GET"}),
        "gives 405 (Allow: GET): no user can be created there. Correct BASE_URL, or set create under [paths]",
    ),
    "create at another path": (
        when(method("POST"), 404, A_PAGE),
        "gives 404: no user can be created there. Correct BASE_URL, or set create under [paths]",
    ),
    "a token that may only read": (
        when(method("POST"), 403, {"title": "Forbidden"}),
        "Use a TOKEN that may create and delete users",
    ),
    "creates that break": (when(method("POST"), 500, {"title": "Oops"}), 'Oops"}; the request was sent 3 times'),
    "another name of the id": (rewritten(renamed(id="_id")), 'Set id = "_id" under [names]'),
    "other names": (rewritten(renamed(id="userId", email="mail")), 'Set id = "userId", email = "mail" under [names]'),
    "users in an envelope": (
        rewritten(lambda user: {"user": user}, deep=False),
        'Set user_pointer = "/user" under [names]',
    ),
    "resources": (rewritten(as_resource), 'Set email = "/attributes/email", name = "/attributes/name" under [names]'),
    "users without an email": (rewritten(lambda user: {key: user[key] for key in ("id", "name")}), "shows no email"),
    "URLs of users that end with a slash": (
        with_slash_at_users,
        "shows the user. Set item_slash = true under [paths]",
    ),
    "users at another path": (at_another_path, 'shows the user. Set item = "/person/{id}" under [paths]'),
    "users who are listed, and nobody by id": (
        when(lambda asked: asked.user_id is not None, 404, {"title": "Not Found"}),
        "gives 404, also 4 s later, for the user who was just created: no user can be read by id there.",
    ),
    "URLs by another id": (known_elsewhere("uuid"), 'Set id = "uuid" under [names]'),
    "users that cannot be read": (
        when(lambda asked: asked.method == "GET" and asked.user_id is not None, 405, None),
        "no user can be read by id there. Correct BASE_URL, or set item under [paths], or id under [names]",
    ),
    "an API without PATCH": (
        when(method("PATCH"), 405, {"title": "No"}),
        "if the API does not offer PATCH, set patch = false under [capabilities]",
    ),
    "an API without PUT": (
        when(method("PUT"), 404, A_PAGE),
        "if the API does not offer PUT, set put = false under [capabilities]",
    ),
    "PATCH of another media type": (when(method("PATCH"), 415, {"title": "No"}), "Set patch under [media_types]"),
    "PUT that wants more": (when(method("PUT"), 422, FASTAPI), "it wants `role`. Add it under [update]"),
    "a token that may not change": (when(method("PATCH"), 403, {"title": "No"}), "Use a TOKEN that may change users"),
    "a token that may not delete": (when(method("DELETE"), 403, {"title": "No"}), "Use a TOKEN that may delete users"),
    "an API that drops creates": (
        when(method("POST"), DROPPED),
        "gets no answer (connection broken (RemoteDisconnected)); the request was sent 10 times. Check",
    ),
    "an API that drops deletions": (
        when(method("DELETE"), DROPPED),
        "and the user stays; the request was sent 10 times. Check that the API is up.",
    ),
    "an API without DELETE": (when(method("DELETE"), 404, A_PAGE), "an API without DELETE cannot be tested"),
}
UNPROVABLE = ("users that cannot be read", "a limit of creates that is used up")
UNDELETABLE = (
    "a token that may not delete",
    "an API that drops deletions",
    "an API without DELETE",
    "users without an email",
    "users who are listed, and nobody by id",
)


@pytest.mark.parametrize("name", SET_UPS)
def test_a_wrong_set_up_ends_in_one_line_that_says_what_to_do(tmp_path: Path, new_server: NewServer, name: str) -> None:
    twist, wanted = SET_UPS[name]
    server = new_server(twist)
    line = line_of(tmp_path, server.url)
    assert wanted.replace("{url}", server.url) in line
    if name in UNDELETABLE:
        assert len(server.left) == 1
        assert "One user may stay until the next run deletes them, or you do: " in line
        assert not _is_over(tmp_path, server.url)
    else:
        assert server.left == []
        assert ("may stay until" in line) is (name in UNPROVABLE)


SILENT = {
    "name": (rewritten(lambda user: {key: user[key] for key in user if key != "full"}), "full"),
    "created_at": (lambda _server, _asked: None, "/meta/created"),
}


@pytest.mark.parametrize("key", SILENT)
def test_a_name_that_no_answer_has_is_refused_with_its_key(tmp_path: Path, new_server: NewServer, key: str) -> None:
    twist, name = SILENT[key]
    server = new_server(twist)
    named: dict[str, Any] = {key: name}
    line = line_of(tmp_path, server.url, replace(Profile(), names=replace(Profile().names, **named)))
    assert f"shows {name}, which the profile 'contract' names for " in line
    assert f"Correct {key} under [names]" in line
    assert server.left == []


def test_a_creation_date_that_is_known_not_to_be_shown_needs_no_right_name(
    tmp_path: Path, new_server: NewServer
) -> None:
    usual = Profile()
    names, shape = replace(usual.names, created_at="/meta/created"), replace(usual.shape, created_at=False)
    preflight(tmp_path, new_server().url, replace(usual, names=names, shape=shape))


def _is_over(folder: Path, target: str) -> bool:
    journal = Journal(folder / "state")
    try:
        return [run.mark for run in journal.finished_runs(target)] != []
    finally:
        journal.close()


class TestUnreachable:
    def test_a_port_without_a_listener(self, tmp_path: Path, unused_port: int) -> None:
        line = line_of(tmp_path, f"http://127.0.0.1:{unused_port}/users")
        assert line.endswith("cannot be reached: connection refused. Check BASE_URL, and that the API is up.")

    def test_a_host_that_does_not_exist(self, tmp_path: Path) -> None:
        assert "Check BASE_URL" in line_of(tmp_path, "http://no-such-host.invalid/users")

    def test_https_where_the_server_speaks_http(self, tmp_path: Path, new_server: NewServer) -> None:
        line = line_of(tmp_path, new_server().url.replace("http:", "https:"))
        assert "The server speaks http there: correct BASE_URL." in line


def test_a_right_set_up_takes_at_most_ten_requests_and_leaves_nobody(tmp_path: Path, new_server: NewServer) -> None:
    server = new_server()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("support.cleanup.registry.Registry.start_deleting", lambda *_: None)
        first = preflight(tmp_path, server.url)
    sent = [f"{asked.method} {asked.path.rpartition('/')[2][:1]}" for asked in server.asked]
    begun = next(place for place, one in enumerate(sent) if one.startswith("POST"))
    last = max(place for place, one in enumerate(sent) if one.startswith("DELETE"))
    assert last + 2 - begun <= 10
    assert server.left == []
    assert any("HEAD gives 200" in one for one in first.learned)


def test_a_search_that_finds_others_too_is_told(tmp_path: Path, new_server: NewServer) -> None:
    everybody = when(lambda asked: "email" in asked.query, 200, [])
    first = preflight(tmp_path, new_server(everybody).url)
    assert "?email= finds no user" in first.learned

    def unfiltered(server: OddServer, asked: Asked) -> Reply | None:
        return server.usual(replace(asked, query={})) if "email" in asked.query else None

    first = preflight(tmp_path / "again", new_server(unfiltered).url)
    assert "?email= finds the new user 1 time and 1 other user" in first.learned


@pytest.mark.parametrize(
    ("user", "told"),
    [
        ({"id": "7", "created_at": "2026-11-23T12:00:00Z"}, ['set created_at = "created_at" under [names]']),
        ({"id": 7, "createdAt": "2026-11-23T12:00:00Z"}, ['set id = "integer" under [shape]']),
        ({"id": "7", "createdAt": "2026-11-23T12:00:00Z", "created": "2026-11-23"}, []),
        ({"id": "7"}, []),
    ],
)
def test_another_form_of_a_user_is_told(user: dict[str, object], told: list[str]) -> None:
    lines = list(other_forms(user, Profile()))
    assert len(lines) == len(told)
    assert all(f"if that is right, {what}" in line for line, what in zip(lines, told, strict=True))


@pytest.mark.parametrize(
    ("status", "advice"),
    [(428, "Set the top-level if_match = "), (415, "Set patch under [media_types] "), (400, "Say under [patch], ")],
)
def test_a_refused_change_is_advised_on_the_collection_and_not_on_its_user(status: int, advice: str) -> None:
    call = Call("PATCH", "http://127.0.0.1:1/users/7", Credential(None))
    refused = Exchange(call, (Attempt(Answer(status, {}, b"", 0.0)),))
    why = why_refused(refused, "http://127.0.0.1:1/users", {"name": "name", "email": "email"}, "patch")
    assert advice in why
    assert why.endswith("let `python -m support.probe http://127.0.0.1:1/users` draft one.")


CONTRACT_FAULTS: dict[str, Twist] = {
    "creates give 200": lambda server, asked: (
        replace(server.usual(asked), status=200) if asked.method == "POST" else None
    ),
    "only the whole list is wrapped": lambda server, asked: (
        Reply(200, {"data": server.usual(asked).content}) if a_list(asked) and not asked.query else None
    ),
    "a read comes as a list": lambda server, asked: (
        Reply(200, [server.users[asked.user_id]]) if asked.method == "GET" and asked.user_id in server.users else None
    ),
    "only the answer to create has another name": lambda server, asked: (
        rewritten(renamed(id="_id"))(server, asked) if asked.method == "POST" else None
    ),
    "PATCH is refused as invalid": when(method("PATCH"), 400, {"email": ["This field is required."]}),
    "PATCH answers 204": lambda server, asked: Reply(204) if asked.method == "PATCH" and server.usual(asked) else None,
}


@pytest.mark.parametrize("name", CONTRACT_FAULTS)
def test_a_fault_of_the_api_is_left_to_the_scenarios(tmp_path: Path, new_server: NewServer, name: str) -> None:
    server = new_server(CONTRACT_FAULTS[name])
    preflight(tmp_path, server.url)
    assert server.left == []


class TestWhatTheProfileExcuses:
    def test_a_method_that_it_says_is_not_offered(self, tmp_path: Path, new_server: NewServer) -> None:
        server = new_server(when(lambda asked: asked.method in ("PATCH", "PUT"), 405, None))
        preflight(tmp_path, server.url, Profile(capabilities=Capabilities(patch=False, put=False)))
        assert not [one for one in server.asked if one.method in ("PATCH", "PUT")]

    def test_a_rule_that_it_says_is_broken(self, tmp_path: Path, new_server: NewServer) -> None:
        known = Deviation("patch", "not yet", "https://example.org/1", "2026-11-28")  # type: ignore[arg-type]
        preflight(tmp_path, new_server(when(method("PATCH"), 405, None)).url, Profile(deviations=(known,)))
