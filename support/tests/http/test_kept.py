"""Requests one after another on one connection, each answer by its own length."""

from __future__ import annotations

import contextlib
from dataclasses import replace

import pytest

from support.bounds import BOUNDS
from support.http.kept import KeptConnection
from support.http.operations import SendRequest
from support.http.route import DIRECT
from support.models import Answer, Call, Credential, Failure
from support.tests.conftest import Script
from support.tests.scripted import Act, Wire, answer, chunked, drop, until_closed

TIMEOUT_S = 2.0
NO_CONTENT = answer(204, body=b"", headers={"Content-Length": "0"})


def followed_by(act: Act, octets: bytes) -> Act:
    """Answer, and send more than the answer has."""

    def write(wire: Wire) -> bool:
        stays_open = act(wire)
        wire.write(octets)
        return stays_open

    return write


def send_all(url: str, *methods: str) -> tuple[KeptConnection, list[Answer | Failure]]:
    with contextlib.closing(KeptConnection(TIMEOUT_S, DIRECT)) as kept:
        calls = [Call(method, url, Credential(None), body=b"{}" if method == "POST" else None) for method in methods]
        return kept, [kept.exchange(SendRequest(call, TIMEOUT_S)) for call in calls]


def test_the_connection_is_kept(script: Script) -> None:
    server = script(answer(200, {"a": 1}), chunked(200, b"[1,", b"2]"), answer(404, {}))
    kept, outcomes = send_all(server.url, "POST", "GET", "GET")
    assert [outcome.body for outcome in outcomes if isinstance(outcome, Answer)] == [b'{"a": 1}', b"[1,2]", b"{}"]
    assert (kept.wrong, server.connections) == ([], 1)


@pytest.mark.parametrize("more", [b"{}", b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n"])
def test_what_follows_an_answer_is_told(script: Script, more: bytes) -> None:
    server = script(followed_by(NO_CONTENT, more), answer(200, []))
    kept, outcomes = send_all(server.url, "DELETE", "GET")
    assert len(kept.wrong) == 1 or outcomes[1].status == 400
    assert isinstance(outcomes[0], Answer)


def test_a_body_after_head_is_told(script: Script) -> None:
    kept, _ = send_all(script(answer(200, [1, 2])).url, "HEAD")
    assert kept.wrong == [f"HEAD {kept.wrong[0].split()[1]} was answered by 200, and 6 more bytes follow its end"]


def test_a_connection_that_is_closed_is_opened_anew(script: Script) -> None:
    server = script(
        answer(200, [], closes=True, headers={"Connection": "close"}), until_closed(200, b"[]"), answer(200)
    )
    kept, outcomes = send_all(server.url, "GET", "GET", "GET")
    assert [outcome.status for outcome in outcomes] == [200, 200, 200]
    assert (kept.wrong, kept.hung, server.connections) == ([], 0, 3)


def test_an_answer_that_breaks_off_is_a_lost_connection(script: Script) -> None:
    cut = answer(200, body=b"[1", headers={"Content-Length": "9"}, closes=True)
    kept, outcomes = send_all(script(cut, drop).url, "GET", "GET")
    assert all(isinstance(outcome, Failure) for outcome in outcomes)
    assert (kept.wrong, kept.hung) == ([], 0)


def test_an_answer_that_never_ends_hangs(script: Script) -> None:
    kept, outcomes = send_all(script(answer(200, body=b"[1", headers={"Content-Length": "9"})).url, "GET")
    assert (outcomes[0].status, kept.hung) == (None, 1)


def test_a_list_may_be_four_times_as_large_as_another_answer(script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BOUNDS, "largest", 10)
    url = script(answer(200, body=b"[" + b" " * 30 + b"]"), answer(200, body=b"[" + b" " * 30 + b"]")).url
    whole, beyond = (replace(Call("GET", url, Credential(None)), lists=lists) for lists in (True, False))
    with contextlib.closing(KeptConnection(TIMEOUT_S, DIRECT)) as kept:
        answers = [kept.exchange(SendRequest(call, TIMEOUT_S)) for call in (whole, beyond)]
    assert [isinstance(each, Answer) and each.excess.partition(" than")[0] for each in answers] == [
        "",
        "the body is larger",
    ]


def test_a_client_that_hangs_up_gets_no_answer_and_leaves_nothing_on_the_connection(script: Script) -> None:
    server = script(answer(200, {"a": 1}), answer(200, {"b": 2}))
    with contextlib.closing(KeptConnection(TIMEOUT_S, DIRECT)) as kept:
        send = SendRequest(Call("GET", server.url, Credential(None)), TIMEOUT_S)
        gone = kept.hang_up(send)
        came = kept.exchange(send)
    assert isinstance(gone, Failure)
    assert (gone.sent, gone.cause) == (True, "the client has hung up")
    assert isinstance(came, Answer)
    assert server.connections == 2


def test_a_client_that_cannot_connect_has_not_sent_anything(unused_port: int) -> None:
    kept = KeptConnection(TIMEOUT_S, DIRECT)
    gone = kept.hang_up(SendRequest(Call("GET", f"http://127.0.0.1:{unused_port}/users", Credential(None)), TIMEOUT_S))
    assert isinstance(gone, Failure)
    assert not gone.sent
