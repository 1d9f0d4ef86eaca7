"""Each variant keeps the contract in the whole lifecycle of a user."""

import asyncio
import time
from urllib.parse import urljoin

import httpx
import pytest

from support.sandbox.catalogue import VARIANTS
from support.tests.sandbox import (  # noqa: F401  they register their rules
    expectations_of_bursts,
    expectations_of_conditions,
    expectations_of_oddities,
)
from support.tests.sandbox.conftest import Running, running
from support.tests.sandbox.drivers import direct_driver
from support.tests.sandbox.expectations import CHECKS

_PATIENCE_S = 3.0


# These may need repeated requests, or show a deletion late.
_SLOW_OR_FAULTY = {
    "delete-later",
    "lists-lag-behind-deletions",
    "late-deletion",
    "latency",
    "uneven-latency",
    "rate-limit",
    "replicas-in-turns",
    "busy-with-others",
    "deletions-accepted-again",
    "slow-bodies",
    "slow-lists",
    "wrong-tokens-limited",
    "chunks-with-trailers",
} | {name for name in VARIANTS if name.startswith("some-")}
_LARGE = {"ten-thousand-others"}


@pytest.mark.sampled
@pytest.mark.parametrize("name", sorted(VARIANTS.keys() - _SLOW_OR_FAULTY - _LARGE))
def test_it_keeps_the_whole_contract(name: str) -> None:
    for rule, check in CHECKS.items():
        try:
            asyncio.run(check(direct_driver([VARIANTS[name]])))
        except AssertionError as error:
            raise AssertionError(f"{name} breaks {rule}") from error


def test_there_are_enough() -> None:
    assert len(VARIANTS) >= 130


# These are about the connection itself, which the tests in one process do not have.
_ON_THE_WIRE = {
    name for name, twist in VARIANTS.items() if twist.function.__module__.endswith(("connections", "servers"))
}


@pytest.mark.sampled
@pytest.mark.parametrize("name", sorted(_SLOW_OR_FAULTY | _LARGE | _ON_THE_WIRE))
def test_a_user_is_created_changed_and_deleted(name: str) -> None:
    with running("--variant", name) as sandbox:
        new_user = sandbox.new_user(name='李 O\'Brien <b> & "Ä"')
        created = _send_until(sandbox, "POST", sandbox.url, {201}, new_user)
        user = created.json() if created.status_code == 201 else _find(sandbox, new_user["email"])[0]
        url = urljoin(sandbox.url, created.headers.get("location", f"{sandbox.url}/{user['id']}"))

        read = _send_until(sandbox, "GET", url, {200}).json()
        changed = _send_until(sandbox, "PATCH", url, {200}, {"name": "Grace"}).json()

        assert read["name"] == new_user["name"]
        assert read["email"].lower() == new_user["email"].lower()
        assert changed == {**read, "name": "Grace"}
        assert _find(sandbox, new_user["email"].upper()) == [changed]
        assert not _send_until(sandbox, "HEAD", url, {200}).content
        _send_until(sandbox, "DELETE", url, {200, 202, 204, 404})
        _wait_until_gone(sandbox, url, new_user["email"])


def _send_until(sandbox: Running, method: str, url: str, wanted: set[int], body: object = None) -> httpx.Response:
    """Send until the answer is more than a transient error; a repeated create may be a 409."""
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline:
        try:
            response = sandbox.client.request(method, url, json=body)
        except httpx.TransportError:
            wanted = wanted | ({409} if method == "POST" else set())
            continue
        if response.status_code in wanted:
            return response
        assert response.status_code in (429, 502, 503, 504), response.text
        wanted = wanted | ({409} if method == "POST" else set())
    raise AssertionError("there was no answer in time")


def _find(sandbox: Running, email: str) -> list[dict[str, str]]:
    url = httpx.URL(sandbox.url, params={"email": email})
    found: list[dict[str, str]] = _send_until(sandbox, "GET", str(url), {200}).json()
    return found


def _wait_until_gone(sandbox: Running, url: str, email: str) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while _send_until(sandbox, "GET", url, {200, 404}).status_code == 200 or _find(sandbox, email):
        assert time.monotonic() < deadline
        time.sleep(0.05)
