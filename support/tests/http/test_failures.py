"""Why no answer came, and whether the request can have arrived."""

from __future__ import annotations

import pytest
import requests
import urllib3

from support.http.failures import failure_of
from support.tests.http.clients import TOKEN, api_at

HOST = "refused.example"


def test_a_timeout_of_a_host_with_an_odd_name_is_no_refusal() -> None:
    pool = urllib3.HTTPConnectionPool(HOST, 80)
    late = urllib3.exceptions.ReadTimeoutError(pool, "/refused", "Read timed out. (read timeout=1)")
    failure = failure_of(requests.ReadTimeout(late), 1.0)
    assert (failure.cause, failure.sent) == ("no complete answer within 1.0 s", True)


def test_a_broken_connection_to_an_odd_url_is_no_refusal() -> None:
    failure = failure_of(requests.ConnectionError(f"http://{HOST}/refused", ConnectionResetError(104, "reset")), 1.0)
    assert failure.sent


def test_every_ip_of_a_host_refuses() -> None:
    both = ExceptionGroup("all failed", [ConnectionRefusedError(111, "::1"), ConnectionRefusedError(111, "127.0.0.1")])
    error = OSError("All connection attempts failed")
    error.__cause__ = both
    failure = failure_of(error, 0.0)
    assert (failure.cause, failure.sent) == ("connection refused", False)


def test_an_unknown_host_is_named_as_the_cause() -> None:
    with pytest.raises(requests.ConnectionError) as caught:
        requests.get("http://no-such-host.invalid/users", timeout=5)
    failure = failure_of(caught.value, 0.0)
    assert failure.cause.startswith("cannot connect (")
    assert not failure.sent
    assert not failure.fatal


@pytest.mark.parametrize(
    "error",
    [
        requests.ConnectionError(f"http://{HOST}/users?token={TOKEN}"),
        OSError(5, f"broken by {TOKEN}"),
        requests.exceptions.InvalidHeader(f"Authorization: Bearer {TOKEN}"),
        urllib3.exceptions.ProtocolError("Connection aborted.", OSError(5, TOKEN)),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_cause_holds_neither_token_nor_url(error: BaseException) -> None:
    api_at(f"http://{HOST}/users")
    cause = failure_of(error, 0.0).cause
    assert TOKEN not in cause
    assert HOST not in cause


def test_an_error_without_text_is_named_by_its_type() -> None:
    assert failure_of(requests.ConnectionError(), 0.0).cause == "connection broken (ConnectionError)"


def test_a_cyclic_chain_of_causes_ends() -> None:
    one, other = OSError("one"), OSError("other")
    one.__cause__, other.__cause__ = other, one
    assert failure_of(one, 0.0).sent
