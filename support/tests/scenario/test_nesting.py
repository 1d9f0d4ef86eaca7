"""A target that keeps whatever it gets is sent no JSON that it may be unable to show or delete afterwards."""

from __future__ import annotations

import json

import pytest

from support.bounds import parsed
from support.models import NewUser
from support.scenario import nesting
from support.scenario.odd_bodies import NESTED, STORABLE
from support.target.embedded import Target
from support.tests.conftest import NewSession, Script
from support.tests.scripted import answer

KIND = "deeply nested JSON"
ADA = NewUser("Ada", "ada@example.com")
USER = {"id": "7", "name": "Ada", "email": "ada@example.com", "createdAt": "2024-05-06T07:08:09Z"}


def test_a_target_that_drops_unknown_fields_gets_deep_ones(new_session: NewSession, embedded: Target) -> None:
    session = new_session(embedded)
    session.begin("robust")
    assert nesting.classes_for(session.scenario)[KIND] is NESTED


@pytest.mark.parametrize("kept", [{**USER, "x": [[[[]]]]}, {**USER, "name": [[[["Ada"]]]]}], ids=["field", "name"])
def test_a_target_that_keeps_them_gets_few_levels(new_session: NewSession, script: Script, kept: object) -> None:
    empty = answer(200, [])
    server = script(*[empty] * 2, answer(201, kept), answer(422, {}), *[answer(404, {})] * 20)
    session = new_session(Target(server.url, "t", server.url))
    session.begin("robust")
    assert nesting.classes_for(session.scenario)[KIND] is STORABLE
    posts = sum(request.method == "POST" for request in server.arrived)
    assert nesting.classes_for(session.scenario)[KIND] is STORABLE
    assert sum(request.method == "POST" for request in server.arrived) == posts, "it is found out once"


@pytest.mark.parametrize("what", [what for what in STORABLE if "never close" not in what])
def test_what_a_store_keeps_can_be_read_back(what: str) -> None:
    body = STORABLE[what](json.dumps(ADA.as_json()).encode(), ADA)
    assert parsed(body, ADA)
