"""The preflight: a redirect is reported with its target, whatever that is."""

from __future__ import annotations

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


class Redirecting:
    """A client of an API that redirects every call."""

    def __init__(self, location: str) -> None:
        self._client = FakeClient(FakeUsers(intercept=lambda _: Answer(302, {"Location": location}, b"", 0.0)))

    def run(self, operation: Operation[T]) -> T:
        return self._client.execute(operation)


@pytest.mark.parametrize(
    ("location", "line"),
    [
        ("/login", "redirects to /login. Put that URL into BASE_URL"),
        ("/a\n::error::\x1b[2J", "redirects to /a\\n::error::\\x1b[2J. Put that URL into BASE_URL"),
        ("http://[", "redirects to http://[. Put that URL into BASE_URL"),
        (f"{URL}/", f"redirects to {URL}/: URLs end with a slash there. Set trailing_slash"),
        ("/users/?page=1", "redirects to /users/?page=1: URLs end with a slash there. Set trailing_slash"),
    ],
)
def test_a_redirect_is_reported(location: str, line: str) -> None:
    with pytest.raises((SettingsError, TargetDown)) as caught:
        check_open(cast(SessionClient, Redirecting(location)), api_at(URL))
    assert line in str(caught.value)


def test_only_a_certificate_that_does_not_verify_gets_advice_about_certificates(script: Script) -> None:
    server = script(*[raw(b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 200_000 + b"\r\n\r\n")] * 3)
    with client_of("session") as client, pytest.raises(TargetDown, match="header section") as caught:
        check_open(cast(SessionClient, client), api_at(server.url, attempts=1))
    assert "REQUESTS_CA_BUNDLE" not in str(caught.value)
