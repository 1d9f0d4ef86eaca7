"""Where a Location may lead: the token goes nowhere else, and a text that is no URL is reported."""

from __future__ import annotations

from typing import Any

import pytest

from support.errors import ContractViolation
from support.http.urls import destination, origin_of
from support.scenario import accounts, protocol
from support.target.embedded import Target
from support.tests.conftest import NewSession, Script
from support.tests.scripted import answer


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://127.0.0.1:8000/users", "http://localhost:8000/users/7"),
        ("http://[::1]:8000/users", "http://localhost:8000/users/7"),
        ("https://api.example.com/users", "https://API.example.com:443/users/7"),
        ("http://api.example.com:80/users", "http://api.example.com./users/7"),
    ],
)
def test_the_same_origin_under_another_name(one: str, other: str) -> None:
    assert origin_of(one) == origin_of(other)


@pytest.mark.parametrize(
    "other",
    [
        "https://localhost:8000/users/7",
        "http://localhost:8001/users/7",
        "http://127.0.0.2:8000/users/7",
        "http://evil.example/users/7",
        "http://localhost:port/users/7",
        "http://localhost@evil.example:8000/users/7",
    ],
)
def test_another_origin(other: str) -> None:
    assert origin_of("http://127.0.0.1:8000/users") != origin_of(other)


MALFORMED = (
    "http://[::1/1",
    "//[",
    "http://127.0.0.1:port/users/7",
    "http://127.0.0.1:99999/users/7",
)
ADA = {"id": "7", "name": "Ada", "email": "ada@example.com", "createdAt": "2026-01-02T03:04:05Z"}


@pytest.mark.parametrize("reference", MALFORMED)
def test_a_malformed_url_leads_nowhere(reference: str) -> None:
    assert destination("http://127.0.0.1:8000/users", reference) is None


@pytest.mark.parametrize(
    ("reference", "there"),
    [
        ("7", "http://a.example/7"),
        ("/users/a b", "http://a.example/users/a%20b"),
        ("/users/a%20b", "http://a.example/users/a%20b"),
        ("/users/李\x1b[2J", "http://a.example/users/%E6%9D%8E%1B[2J"),
        ("/users/7#::error::", "http://a.example/users/7"),
        ("/users/7\r\n ::error::", "http://a.example/users/7%20::error::"),
        ("?x=1", "http://a.example/users?x=1"),
    ],
)
def test_it_is_percent_encoded(reference: str, there: str) -> None:
    assert destination("http://a.example/users", reference) == there


@pytest.mark.parametrize(
    "location", [*MALFORMED, "http://[v1.x]/7", "/" + "x" * 5000, "javascript:alert(1)", "\x1b[2J", ""]
)
def test_a_location_of_no_user_breaks_the_contract(new_session: NewSession, script: Script, location: str) -> None:
    headers: dict[str, Any] = {"headers": {"Location": location}}
    server = script(answer(200, []), answer(201, ADA, **headers), *[answer(404, {"title": "Not Found"})] * 9)
    session = new_session(Target(server.url, "t", "scripted"))
    session.begin("create-location")
    session.scenario.attempted = "Ada signs up"
    accounts.sign_up(session.scenario, session.scenario.actor("Ada"))
    with pytest.raises(ContractViolation) as caught:
        protocol.location_leads_to(session.scenario, session.scenario.actor("Ada"))
    assert caught.value.rule == "create-location"
    assert "Location" in str(caught.value)
    assert "\x1b" not in str(caught.value)
    assert len(str(caught.value)) < 12_000
