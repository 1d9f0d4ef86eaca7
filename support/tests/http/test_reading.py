"""Answers are read as the profile says: wrapped users, creates and changes that show no user, statuses in bodies."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from support.contract.normalizers import user_of
from support.http.operations import Operation
from support.http.session_client import SessionClient
from support.http.users_api import UsersApi
from support.models import Exchange
from support.profile import Profile
from support.profile_answers import Answers, Names, Shape, StatusInBody
from support.tests.conftest import Script
from support.tests.http.clients import api_at
from support.tests.scripted import Act, ScriptedServer, answer

ADA = {"id": "7", "name": "Ada", "email": "ada@example.com", "createdAt": "2026-01-01T00:00:00Z"}
NEW = {"name": "Ada", "email": "ada@example.com"}


def ask(server: ScriptedServer, profile: Profile, method: str = "GET", user_id: str | None = "7") -> Exchange:
    """Send one call; without an id it is a create."""
    api = replace(api_at(server.url), profile=profile)
    with SessionClient(5.0) as client:
        return client.run(_operation(api, method, user_id))


def _operation(api: UsersApi, method: str, user_id: str | None) -> Operation[Exchange]:
    if user_id is None:
        return api.create(api.create_call(NEW), api.found_by("ada@example.com"))
    return api.read(user_id) if method == "GET" else api.send(api.call(method, api.url_of(user_id), fields=NEW))


@pytest.mark.parametrize(
    ("names", "body", "method", "user_id"),
    [
        (Names(user_pointer="/data"), {"data": ADA}, "GET", "7"),
        (Names(user_pointer="/data"), {"data": ADA}, "PATCH", "7"),
        (Names(user_pointer="/data", updated_pointer=""), ADA, "PUT", "7"),
        (Names(user_pointer="/data", updated_pointer="/changed/user"), {"changed": {"user": ADA}}, "PATCH", "7"),
        (Names(created_pointer="/users/0"), {"users": [ADA]}, "POST", None),
    ],
)
def test_a_user_is_found_in_their_wrapper(
    script: Script, names: Names, body: Any, method: str, user_id: str | None
) -> None:
    exchange = ask(script(answer(201 if user_id is None else 200, body)), Profile(names=names), method, user_id)
    user = user_of(exchange.answer, Profile(names=names))
    assert user is not None
    assert (user.id, user.email) == ("7", "ada@example.com")
    assert exchange.answer is not None
    assert exchange.answer.document == body


def test_an_answer_without_the_wrapper_shows_no_user(script: Script) -> None:
    profile = Profile(names=Names(user_pointer="/data"))
    exchange = ask(script(answer(200, ADA)), profile)
    assert user_of(exchange.answer, profile) is None


@pytest.mark.parametrize(
    ("shape", "created"),
    [
        (Shape(created="id"), answer(201, 7)),
        (Shape(created="id"), answer(201, {"id": "7", "queued": True})),
        (Shape(created="location"), answer(201, headers={"Location": "/users/7"})),
        (Shape(created="location"), answer(201, headers={"Location": "https://inside.example.com/users/7"})),
    ],
)
def test_a_user_whom_a_create_does_not_show_is_read(script: Script, shape: Shape, created: Act) -> None:
    server = script(created, answer(200, ADA))
    exchange = ask(server, Profile(shape=shape), "POST", None)
    user = user_of(exchange.answer, Profile(shape=shape))
    assert user is not None
    assert (user.id, user.name, exchange.status) == ("7", "Ada", 201)
    assert [(one.method, one.target) for one in server.arrived] == [("POST", "/users"), ("GET", "/users/7")]


@pytest.mark.parametrize("read", [answer(404, {}), answer(200, {**ADA, "id": "8"})])
def test_a_read_of_another_user_does_not_complete_a_create(script: Script, read: Act) -> None:
    exchange = ask(script(answer(201, {"id": "7"}), read), Profile(shape=Shape(created="id")), "POST", None)
    user = user_of(exchange.answer, Profile())
    assert user is not None
    assert (user.id, user.email) == ("7", "")


def test_a_change_that_shows_nothing_counts_as_done_and_the_user_is_read(script: Script) -> None:
    profile = Profile(shape=Shape(updated="nothing"), answers=Answers(updated=(204,)))
    exchange = ask(script(answer(204), answer(200, ADA)), profile, "PATCH")
    user = user_of(exchange.answer, profile)
    assert user is not None
    assert exchange.answer is not None
    assert (user.name, exchange.status, exchange.answer.sent_status) == ("Ada", 200, 204)


@pytest.mark.parametrize(
    ("error", "body", "status"),
    [
        (StatusInBody("/code"), {"code": 404}, 404),
        (StatusInBody("/code"), {"code": "409"}, 409),
        (StatusInBody("/code"), {"code": 0}, 200),
        (StatusInBody("/code"), {"code": 200}, 200),
        (StatusInBody("/code"), ADA, 200),
        (StatusInBody("/error/code", "USER_*", 404), {"error": {"code": "USER_UNKNOWN"}}, 404),
        (StatusInBody("/error/code", "USER_*", 404), {"error": {"code": "EMAIL"}}, 200),
        (StatusInBody("/success", "false", 422), {"success": False}, 422),
        (StatusInBody("/success", "false", 422), {"success": True}, 200),
        (StatusInBody("/error", "*", 422), {"error": None}, 200),
    ],
)
def test_an_error_that_comes_with_200_counts_as_its_status(
    script: Script, error: StatusInBody, body: Any, status: int
) -> None:
    exchange = ask(script(answer(200, body)), Profile(errors=(error,)))
    assert exchange.status == status


def test_a_status_that_is_no_success_is_never_taken_for_another(script: Script) -> None:
    exchange = ask(script(answer(404, {"code": 409})), Profile(errors=(StatusInBody("/code"),)))
    assert exchange.status == 404


def test_an_overload_that_a_body_tells_is_waited_for(script: Script) -> None:
    server = script(answer(200, {"code": 503}), answer(200, {"code": 0, **ADA}))
    exchange = ask(server, Profile(errors=(StatusInBody("/code"),)))
    assert (exchange.status, len(exchange.attempts)) == (200, 2)


def test_an_ambiguous_create_finds_its_user_in_other_names(script: Script) -> None:
    names = Names(email="/attributes/email", name="/attributes/name", list_pointer="/data", user_pointer="/data")
    shown = {"id": "7", "attributes": {"email": "ada@example.com", "name": "Ada"}}
    server = script(answer(200, {"code": 504}), answer(200, {"data": [shown]}))
    profile = Profile(names=names, errors=(StatusInBody("/code"),))
    exchange = ask(server, profile, "POST", None)
    user = user_of(exchange.answer, profile)
    assert user is not None
    assert (exchange.adopted, user.id, user.name) == (True, "7", "Ada")
    assert json.loads(server.arrived[0].body) == {"attributes": {"name": "Ada", "email": "ada@example.com"}}
