"""The preflight: a redirect is reported with its target, whatever that is."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar, cast

import pytest

from support.errors import SettingsError, TargetDown
from support.http.operations import Operation
from support.http.session_client import SessionClient
from support.models import Answer
from support.target.opening import check_open
from support.tests.cleanup.fake import URL, FakeClient, FakeUsers
from support.tests.conftest import Script
from support.tests.http.clients import api_at, client_of
from support.tests.scripted import raw

T = TypeVar("T")
HOST = URL.removesuffix("/users")


class Redirecting:
    """A client of an API that redirects every call."""

    def __init__(self, location: str) -> None:
        self._client = FakeClient(FakeUsers(intercept=lambda _: Answer(302, {"Location": location}, b"", 0.0)))

    def run(self, operation: Operation[T]) -> T:
        return self._client.execute(operation)


@pytest.mark.parametrize(
    ("location", "line"),
    [
        (
            "/login",
            f"redirects to {HOST}/login. If the users collection is at {HOST}/login, put that URL into BASE_URL",
        ),
        ("https://a.example/users?page=1&limit=1", "is at https://a.example/users, put that URL into BASE_URL"),
        ("/a\n::error::\x1b[2J", f"redirects to {HOST}/a::error::%1B[2J. If"),
        ("http://[", "gives 302 and a Location that is no URL: http://[. Correct BASE_URL."),
        ("", "gives 302 and no Location. Correct BASE_URL."),
        (f"{URL}/", f"redirects to {URL}/: the URL of the list ends with a slash there. Set collection_slash = true"),
        ("/users/?page=1", f"redirects to {URL}/: the URL of the list ends with a slash there. Set collection_slash"),
    ],
)
def test_a_redirect_is_reported(location: str, line: str) -> None:
    with pytest.raises((SettingsError, TargetDown)) as caught:
        check_open(cast(SessionClient, Redirecting(location)), api_at(URL))
    assert line in str(caught.value)


@pytest.mark.parametrize(
    ("location", "line"),
    [
        (
            f"{URL}/0/",
            f"{URL}/0 redirects to {URL}/0/: URLs of single users end with a slash there. Set item_slash = true",
        ),
        (
            "https://a.example/users/0",
            "If the users collection is at https://a.example/users, put that URL into BASE_URL",
        ),
    ],
)
def test_a_redirect_of_a_user_is_reported_where_there_is_no_list(location: str, line: str) -> None:
    api = api_at(URL)
    api = replace(api, profile=replace(api.profile, capabilities=replace(api.profile.capabilities, list=False)))
    with pytest.raises((SettingsError, TargetDown)) as caught:
        check_open(cast(SessionClient, Redirecting(location)), api)
    assert line in str(caught.value)


def test_only_a_certificate_that_does_not_verify_gets_advice_about_certificates(script: Script) -> None:
    server = script(*[raw(b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 200_000 + b"\r\n\r\n")] * 3)
    with client_of("session") as client, pytest.raises(TargetDown, match="header section") as caught:
        check_open(cast(SessionClient, client), api_at(server.url, attempts=1))
    assert "REQUESTS_CA_BUNDLE" not in str(caught.value)
