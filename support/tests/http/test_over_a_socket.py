"""Both clients make the same attempts over a real socket."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
from collections.abc import Sequence

import pytest

from support.http.async_client import AsyncClient
from support.http.route import DIRECT, Route
from support.models import Answer, Exchange, Failure
from support.tests import scripted
from support.tests.conftest import Script
from support.tests.http.clients import KINDS, Client, api_at, client_of, outcomes_of, reading
from support.tests.scripted import Act, answer

ADA = {"id": "7", "name": "Ada", "email": "ada@example.com", "createdAt": "2024-01-01T00:00:00Z"}
BROKEN = (True, "connection broken")
TOO_LATE = (True, "no complete answer")
BUSY = answer(503, {"title": "busy"})
FINE = answer(200, [ADA])


@pytest.mark.parametrize(
    ("acts", "attempts"),
    [
        pytest.param([FINE], [200], id="an answer"),
        pytest.param([BUSY, FINE], [503, 200], id="503, then an answer"),
        pytest.param([BUSY, BUSY, BUSY], [503, 503, 503], id="503 to the end"),
        pytest.param([answer(500), FINE], [500, 200], id="500 without a body"),
        pytest.param([answer(429, headers={"Retry-After": "0"}), FINE], [429, 200], id="429 with Retry-After"),
        pytest.param([answer(503, headers={"Retry-After": "1"}), FINE], [503, 200], id="a Retry-After above the cap"),
        pytest.param([answer(404, {"title": "no"})], [404], id="404"),
        pytest.param([scripted.drop, FINE], [BROKEN, 200], id="reset, then an answer"),
        pytest.param([scripted.hang_up, FINE], [BROKEN, 200], id="closed without a word, then an answer"),
        pytest.param([FINE, scripted.drop], [200], id="what comes after the answer does not matter"),
        pytest.param([scripted.cut(), FINE], [BROKEN, 200], id="a body that is cut off"),
        pytest.param([scripted.cut_chunks, FINE], [BROKEN, 200], id="chunks that are cut off"),
        pytest.param([scripted.raw(b"HTTP/1.1 2"), FINE], [BROKEN, 200], id="a status line that is cut off"),
        pytest.param([scripted.raw(b"SSH-2.0-OpenSSH\r\n\r\n"), FINE], [BROKEN, 200], id="another protocol"),
        pytest.param([answer(302, headers={"Location": "/elsewhere"})], [302], id="a redirect is an answer"),
        pytest.param([answer(302, headers={"Location": "http://["})], [302], id="a redirect to nowhere is one too"),
    ],
)
def test_reading_takes_the_same_attempts(
    client: Client, script: Script, acts: Sequence[Act], attempts: list[object]
) -> None:
    server = script(*acts)
    exchange = client.run(reading(api_at(server.url)))
    assert outcomes_of(exchange) == attempts
    assert len(server.arrived) == len(attempts)


@pytest.mark.parametrize(
    ("acts", "attempts", "adopted", "methods"),
    [
        pytest.param([answer(201, ADA)], [201], False, ["POST"], id="an answer"),
        pytest.param([answer(409, {})], [409], False, ["POST"], id="refused"),
        pytest.param(
            [answer(429, {}), answer(200, []), answer(201, ADA)],
            [429, 201],
            False,
            ["POST", "GET", "POST"],
            id="too many, no user is found, then an answer",
        ),
        pytest.param([BUSY, FINE], [503, 201], True, ["POST", "GET"], id="done, and answered by 503"),
        pytest.param([scripted.drop, FINE], [BROKEN, 201], True, ["POST", "GET"], id="done, and the answer dropped"),
        pytest.param([scripted.cut(201), FINE], [BROKEN, 201], True, ["POST", "GET"], id="done, and the answer cut"),
        pytest.param(
            [scripted.drop, *[answer(200, [])] * 20],
            [BROKEN, 200],
            False,
            ["POST", "GET", "POST"],
            id="dropped before it was done",
        ),
        pytest.param([scripted.drop, *[answer(404, {})] * 2], [BROKEN], False, ["POST", "GET"], id="no search works"),
    ],
)
def test_creating_takes_the_same_attempts(
    client: Client, script: Script, acts: Sequence[Act], attempts: list[object], adopted: bool, methods: list[str]
) -> None:
    server = script(*acts)
    api = api_at(server.url)
    exchange = client.run(
        api.create(api.create_call({"name": "Ada", "email": ADA["email"]}), api.found_by(ADA["email"]))
    )
    assert outcomes_of(exchange) == attempts
    assert exchange.adopted == adopted
    sent = [request.method for request in server.arrived]
    assert [
        method for number, method in enumerate(sent) if sent[number - 1 : number] != ["GET"] or method != "GET"
    ] == (methods)
    keys = {request.header("Idempotency-Key") for request in server.arrived if request.method == "POST"}
    assert len(keys) == 1


@pytest.mark.parametrize(
    "act",
    [
        pytest.param(scripted.chunked(200, b'[{"id": ', b'"7"', b"}]"), id="in chunks"),
        pytest.param(scripted.packed(200, b'[{"id": "7"}]'), id="compressed"),
        pytest.param(scripted.chunked(200, b'[{"id": "7"}]', packed=True), id="compressed in chunks"),
        pytest.param(scripted.until_closed(200, b'[{"id": "7"}]'), id="as HTTP/1.0, ended by the connection"),
        pytest.param(answer(200, [{"id": "7"}], http="1.0"), id="as HTTP/1.0, with a length"),
        pytest.param(
            scripted.dripping(scripted.head(200, {"Content-Length": "13"}), b"", 3, b'[{"id": "7"}]'),
            id="slowly",
        ),
        pytest.param(
            scripted.raw(b'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n[{"id": "7"}]'),
            id="after a 100",
        ),
        pytest.param(
            scripted.raw(
                b"HTTP/1.1 102 Processing\r\n\r\n"
                b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n"
                b'HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n[{"id": "7"}]'
            ),
            id="after a 102 and a 103",
        ),
        pytest.param(
            answer(
                200,
                body=gzip.compress(b'[{"id": "7"}]', mtime=0),
                headers={"Content-Encoding": " gzip\t ", "Content-Type": "\tapplication/json  "},
            ),
            id="with spaces around header values",
        ),
    ],
)
def test_an_answer_is_read_whole_however_it_is_sent(client: Client, script: Script, act: Act) -> None:
    server = script(act)
    exchange = client.run(reading(api_at(server.url)))
    assert outcomes_of(exchange) == [200]
    assert exchange.answer is not None
    assert exchange.answer.json() == [{"id": "7"}]
    assert all(value == value.strip() for value in exchange.answer.headers.values())


def test_a_large_answer_is_read_whole(client: Client, script: Script) -> None:
    users = [{"id": str(number), "name": "x" * 100} for number in range(20_000)]
    exchange = client.run(reading(api_at(script(answer(200, users)).url)))
    assert exchange.answer is not None
    assert exchange.answer.json() == users


@pytest.mark.parametrize(
    "body", [gzip.compress(b"[]", mtime=0)[:10] + b"\xff" * 20, b"not packed at all"], ids=["corrupt", "plain"]
)
def test_a_body_that_cannot_be_decoded_is_a_failure(client: Client, script: Script, body: bytes) -> None:
    corrupt = answer(200, body=body, headers={"Content-Encoding": "gzip"})
    assert outcomes_of(client.run(reading(api_at(script(corrupt, FINE).url)))) == [BROKEN, 200]


class TestKeptConnections:
    def test_one_connection_serves_many_calls(self, client: Client, script: Script) -> None:
        server = script(*[FINE] * 5)
        for _ in range(5):
            client.run(reading(api_at(server.url)))
        assert server.connections == 1

    def test_a_connection_that_the_server_closed_is_not_used(self, client: Client, script: Script) -> None:
        server = script(answer(200, [], closes=True), FINE)
        api = api_at(server.url)
        client.run(reading(api))
        server.wait_until_closed(1)
        assert outcomes_of(client.run(reading(api))) == [200]
        assert server.connections == 2

    def test_a_connection_that_breaks_during_a_request_makes_the_attempt_ambiguous(
        self, client: Client, script: Script
    ) -> None:
        server = script(FINE, scripted.hang_up, FINE)
        api = api_at(server.url)
        client.run(reading(api))
        exchange = client.run(reading(api))
        assert outcomes_of(exchange) == [BROKEN, 200]
        assert exchange.repeated_in_doubt


class TestTimeouts:
    @pytest.mark.parametrize("kind", KINDS)
    @pytest.mark.parametrize("act", [scripted.silent, scripted.begin_and_stall], ids=["silent", "half an answer"])
    def test_a_missing_answer_times_out(self, script: Script, kind: str, act: Act) -> None:
        server = script(act, FINE)
        with client_of(kind, timeout_s=0.2) as client:
            assert outcomes_of(client.run(reading(api_at(server.url)))) == [TOO_LATE, 200]

    @pytest.mark.parametrize("kind", KINDS)
    @pytest.mark.parametrize(
        "before",
        [b"HTTP/1.1 200 OK\r\nX-Slow: ", scripted.head(200, {"Content-Length": "201"})],
        ids=["headers", "a body"],
    )
    def test_an_answer_that_drips_beyond_the_deadline_times_out(self, script: Script, kind: str, before: bytes) -> None:
        server = script(scripted.dripping(before, b"x", 200, b"\r\nContent-Length: 0\r\n\r\n"))
        with client_of(kind) as client:
            exchange = client.run(reading(api_at(server.url, deadline_s=0.4)))
        assert outcomes_of(exchange) == [TOO_LATE]

    @pytest.mark.parametrize("kind", KINDS)
    def test_nothing_was_sent_to_a_target_that_accepts_no_connection(self, kind: str) -> None:
        with socket.socket() as full, client_of(kind, timeout_s=0.2) as client:
            full.bind(("127.0.0.1", 0))
            full.listen(0)
            waiting = [socket.socket() for _ in range(4)]
            for one in waiting:
                one.setblocking(False)
                one.connect_ex(full.getsockname())
            api = api_at(f"http://127.0.0.1:{full.getsockname()[1]}/users", attempts=1)
            assert outcomes_of(client.run(reading(api))) == [(False, "timed out while connecting")]
            for one in waiting:
                one.close()


def test_nothing_was_sent_over_a_refused_connection(client: Client, unused_port: int) -> None:
    api = api_at(f"http://127.0.0.1:{unused_port}/users")
    assert outcomes_of(client.run(reading(api))) == [(False, "connection refused")] * 3


def test_nothing_was_sent_to_an_unknown_host(client: Client) -> None:
    exchange = client.run(reading(api_at("http://no-such-host.invalid/users", attempts=1)))
    assert outcomes_of(exchange) == [(False, "cannot connect")]


def test_the_request_is_sent_as_the_call_says(client: Client, script: Script) -> None:
    server = script(answer(201, ADA))
    fields = {"name": "李小龍 O'Brien <b>", "email": "ada+news@example.com"}
    api = api_at(server.url)
    client.run(api.send(api.call("POST", query={"a": "x y&z", "b": "+%"}, fields=fields, headers={"X-Extra": "1"})))
    (request,) = server.arrived
    assert (request.method, request.target) == ("POST", "/users?a=x%20y%26z&b=%2B%25")
    assert json.loads(request.body) == fields
    assert request.header("Content-Type") == "application/json"
    assert request.header("Accept") == "application/json"
    assert request.header("X-Extra") == "1"
    assert request.header("Content-Length") == str(len(request.body))
    assert request.header("Authorization") == "Bearer pear-tree-4711-blossom"


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"])
def test_every_method_sends_the_token_once(client: Client, script: Script, method: str) -> None:
    server = script(answer(200))
    api = api_at(server.url)
    client.run(api.send(api.call(method, api.url_of("1"))))
    sent = [value for name, value in server.arrived[0].headers if name.lower() == "authorization"]
    assert sent == ["Bearer pear-tree-4711-blossom"]
    assert server.arrived[0].method == method


@pytest.mark.parametrize("method", ["GET", "POST", "HEAD"])
def test_without_a_credential_no_authorization_is_sent(client: Client, script: Script, method: str) -> None:
    server = script(answer(200))
    api = api_at(server.url, token=None)
    client.run(api.send(api.call(method)))
    assert server.arrived[0].header("Authorization") is None


def test_an_id_cannot_lead_to_another_url(client: Client, script: Script) -> None:
    server = script(*[answer(404, {})] * 3)
    api = api_at(server.url)
    for user_id in ("a/admin", "7?all=1", "7#x"):
        client.run(api.read(user_id))
    assert [request.target for request in server.arrived] == ["/users/a%2Fadmin", "/users/7%3Fall%3D1", "/users/7%23x"]


@pytest.mark.parametrize("kind", KINDS)
def test_an_exchange_holds_the_answer_and_its_duration(script: Script, kind: str) -> None:
    server = script(BUSY, answer(200, [], headers={"X-Seen": "yes"}))
    api = api_at(server.url)
    with client_of(kind) as client:
        exchange = client.run(reading(api))
    assert exchange.answer is not None
    assert exchange.answer.header("x-seen") == "yes"
    assert all(isinstance(attempt.outcome, Answer | Failure) for attempt in exchange.attempts)
    assert exchange.seconds == pytest.approx(
        sum(attempt.outcome.seconds for attempt in exchange.attempts) + exchange.attempts[0].wait_s
    )
    assert api.recorder.metrics.retry_causes == {"503": 1}


@pytest.mark.parametrize("proxied", [False, True], ids=["directly", "by a proxy"])
def test_a_call_that_was_cancelled_twice_does_not_affect_later_calls(script: Script, proxied: bool) -> None:
    """As at an interruption: the waiting task is cancelled, and then all running work."""
    server = script(scripted.silent, FINE)

    async def broken_off_and_asked_again() -> Exchange:
        route = Route(f"http://127.0.0.1:{server.port}") if proxied else DIRECT
        client, api = AsyncClient(5, route), api_at(server.url)
        task = asyncio.ensure_future(client.run(reading(api)))
        while not server.arrived:
            await asyncio.sleep(0.001)
        task.cancel()
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        try:
            return await client.run(reading(api))
        finally:
            await client.close()

    assert asyncio.run(broken_off_and_asked_again()).status == 200


@pytest.mark.parametrize("size", ["-5", "zz", "f" * 5000], ids=["negative", "no number", "huge"])
def test_a_chunk_of_invalid_size_is_a_failure(client: Client, script: Script, size: str) -> None:
    head = scripted.head(200, {"Transfer-Encoding": "chunked"})
    api = api_at(script(scripted.raw(head + f"{size}\r\n{{}}".encode())).url, attempts=1)
    exchange = client.run(reading(api))
    assert isinstance(exchange.attempts[-1].outcome, Failure)
