"""The published OpenAPI document is that of the code, names every rule of a single request, and tells the truth."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from urllib.parse import urlsplit

import pytest
from jsonschema import Draft202012Validator

from support.contract.openapi import document
from support.rules import RULES
from support.settings import ROOT
from support.tests.sandbox import expectations_of_conditions  # noqa: F401  it registers its rule
from support.tests.sandbox.drivers import Driver, Reply, Transport, direct_driver
from support.tests.sandbox.expectations import CHECKS

DOCUMENT = document()
RULES_OF_OPERATIONS = {
    rule: (path, method)
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
    if method != "parameters"
    for rule in operation["x-rules"]
}
OF_EVERY_ANSWER = {"user-shape", "no-secrets", "json-media-type", "exact-text", "problem", "auth-401"}
OF_SEVERAL_REQUESTS = {"isolation", "burst", "burst-workflow", "race-email", "race-delete", "lost-update"}
OF_ODD_REQUESTS = {"robust", "own-answer", "method-405"}


class Compared:
    """Carries requests, and compares each answer with the document."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self.wrong: list[str] = []
        self.compared = 0

    async def send(self, method: str, url: str, headers: dict[str, str], body: bytes) -> Reply:
        reply = await self._transport.send(method, url, headers, body)
        self.compared += 1
        self.wrong += undocumented(method, url, reply)
        return reply


def undocumented(method: str, url: str, reply: Reply) -> list[str]:
    """Return what an answer has that the document does not allow, and what it lacks."""
    path = "/users" if urlsplit(url).path.endswith("/users") else "/users/{id}"
    answers = DOCUMENT["paths"][path][method.lower()]["responses"]
    if str(reply.status) not in answers:
        return [f"{method} {path}: no status {reply.status}"]
    answer = answers[str(reply.status)]
    lacks = [f"{method} {path}: no {name}" for name in answer.get("headers", ()) if name not in reply.headers]
    media_type = reply.headers.get("content-type", "").partition(";")[0]
    if method == "HEAD" or not answer.get("content"):
        return lacks
    if media_type not in answer["content"]:
        return [*lacks, f"{method} {path}: {media_type!r} for {reply.status}"]
    validator = Draft202012Validator({**answer["content"][media_type]["schema"], "components": DOCUMENT["components"]})
    return [*lacks, *(f"{method} {path}: {error.message}" for error in validator.iter_errors(reply.json()))]


def play(rule: str) -> Compared:
    driver = direct_driver([])
    compared = Compared(driver._transport)
    asyncio.run(CHECKS[rule](Driver(compared, driver.url)))
    return compared


def test_it_is_that_of_the_code() -> None:
    """If it is not: python -m support.contract.openapi > docs/openapi.json."""
    assert json.loads((ROOT / "docs" / "openapi.json").read_text(encoding="utf-8")) == DOCUMENT


def test_every_rule_of_one_request_has_an_operation() -> None:
    assert RULES_OF_OPERATIONS.keys() == RULES.keys() - OF_EVERY_ANSWER - OF_SEVERAL_REQUESTS - OF_ODD_REQUESTS
    assert DOCUMENT["x-rules"].keys() == RULES.keys()


@pytest.mark.parametrize("rule", sorted(RULES_OF_OPERATIONS))
def test_the_embedded_api_answers_as_it_says(rule: str) -> None:
    compared = play(rule)
    assert compared.compared
    assert not compared.wrong


@pytest.mark.parametrize(
    ("method", "where", "reply", "wrong"),
    [
        ("POST", "", {"status": 200}, "POST /users: no status 200"),
        ("POST", "", {"status": 201}, "POST /users: no Location"),
        ("GET", "/7", {"status": 200, "body": b'{"id": 7}'}, "GET /users/{id}: 7 is not of type 'string'"),
        ("GET", "/7", {"status": 200, "type": "text/html"}, "GET /users/{id}: 'text/html' for 200"),
    ],
)
def test_another_answer_is_noticed(method: str, where: str, reply: dict[str, Any], wrong: str) -> None:
    headers = {"content-type": reply.get("type", "application/json")}
    answered = Reply(reply["status"], headers, reply.get("body", b"{}"))  # type: ignore[arg-type]
    assert wrong in undocumented(method, f"http://127.0.0.1/users{where}", answered)
