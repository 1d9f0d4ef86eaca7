"""Last-byte sync: no request is complete before all are ready, and a request that fails early is not waited for."""

from __future__ import annotations

import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from support.concurrency.barrier import MIN_SETTLE_S, SETTLE_S, settle_s
from support.concurrency.burst import WARM_UPS, burst, burst_in_threads
from support.concurrency.results import BurstResult, Request, Timing
from support.http.async_client import AsyncClient
from support.http.loop import LoopThread
from support.http.operations import Operation, Sleep
from support.http.session_client import SessionClient
from support.http.users_api import UsersApi
from support.models import Answer, Call, Exchange
from support.tests import scripted
from support.tests.conftest import Script
from support.tests.http.clients import api_at, outcomes_of
from support.tests.scripted import Act, Arrived, Wire, answer

Play = Callable[..., BurstResult[Exchange]]


@pytest.fixture
def loop() -> Iterator[LoopThread]:
    running = LoopThread()
    yield running
    running.close()


@pytest.fixture
def play(loop: LoopThread) -> Iterator[Play]:
    """Run bursts over async clients; a client that is named is used again."""

    async def opened(timeout_s: float) -> AsyncClient:
        return AsyncClient(timeout_s)

    clients: dict[str, AsyncClient] = {}

    def play_burst(
        operations: Sequence[Operation[Exchange]],
        warm_up: Call | None = None,
        timeout_s: float = 5.0,
        client: str | None = None,
    ) -> BurstResult[Exchange]:
        name = client or f"client {len(clients)}"
        if name not in clients:
            clients[name] = loop.run(opened(timeout_s))
        requests = [Request(f"number {number}", operation) for number, operation in enumerate(operations)]
        return loop.run(burst(clients[name], requests, warm_up))

    yield play_burst
    for one in clients.values():
        loop.run(one.close())


def creates(api: UsersApi, count: int) -> list[Operation[Exchange]]:
    return [api.send_once(api.create_call({"name": f"Ada {number}"})) for number in range(count)]


def waits_for_all(count: int) -> tuple[Act, list[int]]:
    """Return an act that answers only when so many requests have arrived, and the list of their connections."""
    together = threading.Barrier(count)
    arrived: list[int] = []

    def act(wire: Wire) -> bool:
        arrived.append(wire.request.connection)
        together.wait(10)
        return answer(201, {"id": str(wire.request.connection)})(wire)

    return act, arrived


class FewConnections(ThreadingHTTPServer):
    """Answers 201; serves so many connections at once, and lets the others wait until one of them is closed."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, most: int) -> None:
        super().__init__(("127.0.0.1", 0), Creating)
        self._free = threading.Semaphore(most)

    def get_request(self) -> tuple[socket.socket, Any]:
        self._free.acquire()
        return super().get_request()

    def shutdown_request(self, request: Any) -> None:
        super().shutdown_request(request)
        self._free.release()


class Creating(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(201)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def few_connections() -> Iterator[str]:
    """The URL of an API that serves eight connections at once."""
    server = FewConnections(8)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/users"
    server.shutdown()
    server.server_close()


class TestBurst:
    def test_an_api_with_fewer_connections_answers_all(self, few_connections: str, play: Play) -> None:
        result = play(creates(api_at(few_connections), 12), timeout_s=3.0)
        assert [outcomes_of(exchange) for exchange in result.results] == [[201]] * 12

    def test_idle_connections_take_no_room(self, few_connections: str, loop: LoopThread) -> None:
        api = api_at(few_connections)

        async def one_by_one_then_at_once() -> BurstResult[Exchange]:
            client = AsyncClient(3.0)
            await client.gather(creates(api, 6))
            requests = [Request("a user", operation) for operation in creates(api, 6)]
            result = await burst(client, requests)
            await client.close()
            return result

        result = loop.run(one_by_one_then_at_once())
        assert [outcomes_of(exchange) for exchange in result.results] == [[201]] * 6

    @pytest.mark.parametrize("count", [1, 2, 20, 100])
    def test_all_requests_are_in_flight_at_once_each_on_its_own_connection(
        self, script: Script, play: Play, count: int
    ) -> None:
        act, arrived = waits_for_all(count)
        server = script(*[act] * count)
        result = play(creates(api_at(server.url), count))
        assert [outcomes_of(exchange) for exchange in result.results] == [[201]] * count
        assert len(set(arrived)) == count == result.peak
        assert not result.early

    def test_no_request_is_complete_before_all_are_ready(self, script: Script, play: Play) -> None:
        """The server has read no request to its end before the last one is ready."""
        arrived: list[float] = []

        def note(_: Arrived) -> None:
            arrived.append(time.perf_counter())

        server = script(*[scripted.after(note, answer(201, {}))] * 10)
        api = api_at(server.url)

        def late() -> Operation[Exchange]:
            yield Sleep(0.1, "it is slow to get ready")
            return (yield from api.send_once(api.create_call({"name": "Late"})))

        result = play([*creates(api, 9), late()])
        ready = [timing.ready for timing in result.timings if timing.ready is not None]
        released = [timing.released for timing in result.timings if timing.released is not None]
        assert len(ready) == len(released) == len(arrived) == 10
        assert max(ready) <= min(released)
        assert max(ready) <= min(arrived)
        assert result.skew_s == max(released) - min(released)

    @pytest.mark.parametrize("method", ["GET", "DELETE", "PATCH"])
    def test_requests_with_and_without_a_body_arrive_unchanged(self, script: Script, play: Play, method: str) -> None:
        server = script(*[answer(200, {})] * 3)
        api = api_at(server.url)
        fields = {"fields": {"name": "Ada"}} if method == "PATCH" else {}
        result = play([api.send_once(api.call(method, api.url_of("7"), **fields)) for _ in range(3)])  # type: ignore[arg-type]
        assert [outcomes_of(exchange) for exchange in result.results] == [[200]] * 3
        assert {(request.method, request.target) for request in server.arrived} == {(method, "/users/7")}
        assert {request.body for request in server.arrived} == ({b'{"name": "Ada"}'} if fields else {b""})

    def test_later_requests_of_an_operation_are_not_held_back(self, script: Script, play: Play) -> None:
        server = script(*[answer(200, {})] * 6)
        api = api_at(server.url)

        def lifecycle() -> Operation[Exchange]:
            yield from api.send_once(api.create_call({"name": "Ada"}))
            return (yield from api.read("7"))

        result = play([lifecycle() for _ in range(3)])
        assert [(one.call.method, outcomes_of(one)) for one in result.results] == [("GET", [200])] * 3
        assert Counter(request.method for request in server.arrived) == {"POST": 3, "GET": 3}

    def test_a_warm_up_opens_the_connections_of_the_burst(self, script: Script, play: Play) -> None:
        warm: list[int] = []
        raced: list[int] = []

        def act(wire: Wire) -> bool:
            (raced if wire.request.method == "POST" else warm).append(wire.request.connection)
            return answer(200, [])(wire)

        server = script(*[act] * 100)
        api = api_at(server.url)
        result = play(creates(api, 4), warm_up=api.call("GET"))
        assert len(set(raced)) == 4
        assert set(raced) == set(warm)
        assert all(timing.round_trip_s > 0 for timing in result.timings)

    def test_warm_connections_are_reused(self, script: Script, play: Play) -> None:
        server = script(*[answer(200, [])] * 100)
        api = api_at(server.url)
        for _ in range(2):
            play(creates(api, 4), warm_up=api.call("GET"), client="the same")
        assert Counter(request.method for request in server.arrived) == {"GET": 4 * WARM_UPS, "POST": 8}
        assert len({request.connection for request in server.arrived}) == 4

    def test_idle_connections_are_warmed_up_again(
        self, script: Script, play: Play, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("support.concurrency.burst.WARM_FOR_S", 0.0)
        server = script(*[answer(200, [])] * 100)
        api = api_at(server.url)
        for _ in range(2):
            play(creates(api, 4), warm_up=api.call("GET"), client="the same")
        assert Counter(request.method for request in server.arrived) == {"GET": 4 * (WARM_UPS + 2), "POST": 8}

    def test_all_are_in_flight_even_if_the_server_closes_each_connection(self, script: Script, play: Play) -> None:
        server = script(*[answer(201, {}, headers={"Connection": "close"}, closes=True)] * 100)
        api = api_at(server.url)
        for _ in range(2):
            result = play(creates(api, 4), warm_up=api.call("GET"), client="the same")
            assert [outcomes_of(exchange) for exchange in result.results] == [[201]] * 4
            assert result.peak == 4

    def test_a_request_that_cannot_connect_is_not_waited_for(
        self, play: Play, script: Script, unused_port: int
    ) -> None:
        server = script(*[answer(201, {})] * 3)
        unreachable = api_at(f"http://127.0.0.1:{unused_port}/users")
        result = play([*creates(api_at(server.url), 3), *creates(unreachable, 1)], timeout_s=30.0)
        assert [outcomes_of(exchange)[0] for exchange in result.results] == [201] * 3 + [(False, "connection refused")]
        assert result.peak == 3

    def test_a_dropped_connection_is_reported_and_the_others_go_on(self, play: Play, script: Script) -> None:
        server = script(answer(201, {}), scripted.drop, answer(201, {}))
        result = play(creates(api_at(server.url), 3))
        outcomes = sorted(str(outcomes_of(exchange)[0]) for exchange in result.results)
        assert outcomes == ["(True, 'connection broken')", "201", "201"]

    def test_an_answer_to_an_incomplete_request_is_early(self, play: Play) -> None:
        with _Hasty() as hasty:
            result = play(creates(api_at(hasty.url), 3))
        assert result.early

    @pytest.mark.parametrize(
        "interim",
        [scripted.head(100, {}), scripted.head(102, {}) + scripted.head(103, {"Link": "</a.css>; rel=preload"})],
        ids=["100 Continue", "102 and 103"],
    )
    def test_an_interim_response_is_not_early(self, play: Play, interim: bytes) -> None:
        with _Hasty(interim) as hasty:
            result = play(creates(api_at(hasty.url), 3))
        assert not result.early
        assert [outcomes_of(exchange) for exchange in result.results] == [[201]] * 3

    def test_an_answer_to_a_complete_request_is_not_early(self, play: Play, script: Script) -> None:
        assert not play(creates(api_at(script(*[answer(201, {})] * 3).url), 3)).early

    def test_an_exception_in_an_operation_ends_the_burst(self, play: Play, script: Script) -> None:
        def broken() -> Operation[Exchange]:
            yield from ()
            raise KeyError("the operation broke")

        server = script(*[answer(201, {})] * 3)
        with pytest.raises(KeyError, match="the operation broke"):
            play([*creates(api_at(server.url), 3), broken()], timeout_s=1.0)

    def test_the_summary_is_one_line(self, play: Play, script: Script) -> None:
        line = play(creates(api_at(script(*[answer(201, {})] * 5).url), 5)).summary()
        assert line.startswith("peak 5 in flight, released within ")
        assert "p95" in line
        assert "\n" not in line


class _Hasty:
    """Answer after the first byte: with a refusal, or with interim responses and, after the whole request, a 201."""

    def __init__(self, interim: bytes = b"") -> None:
        self._interim = interim
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/users"
        self._open: list[socket.socket] = []
        self._accepting = threading.Thread(target=self._serve, daemon=True)
        self._accepting.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(connection)
            connection.recv(1)
            if self._interim:
                threading.Thread(target=self._answer_after_the_body, args=[connection], daemon=True).start()
            else:
                connection.sendall(scripted.head(409, {"Content-Length": "2"}) + b"{}")

    def _answer_after_the_body(self, connection: socket.socket) -> None:
        connection.sendall(self._interim)
        received = b""
        while not received.endswith(b"}"):
            received += connection.recv(65536)
        connection.sendall(scripted.head(201, {"Content-Length": "2"}) + b"{}")

    def __enter__(self) -> _Hasty:
        return self

    def __exit__(self, *_: object) -> None:
        scripted.stop_listening(self._listener, self._accepting)
        for connection in self._open:
            connection.close()


class TestPeak:
    @pytest.mark.parametrize(
        ("spans", "peak"),
        [
            ([], 0),
            ([(1, 2)], 1),
            ([(1, 2), (2, 3)], 1),
            ([(1, 3), (2, 4)], 2),
            ([(1, 9), (2, 3), (4, 5), (4, 6)], 3),
            ([(1, None), (2, None), (3, 4)], 3),
            ([(None, None), (1, 2)], 1),
        ],
    )
    def test_it_is_the_highest_number_at_one_moment(
        self, spans: list[tuple[float | None, float | None]], peak: int
    ) -> None:
        assert BurstResult((), tuple(Timing("x", started=begun, answered=ended) for begun, ended in spans)).peak == peak

    def test_requests_that_are_served_one_after_the_other_have_a_peak_of_one(self) -> None:
        timings = [Timing(str(number), started=number, answered=number + 0.9) for number in range(5)]
        assert BurstResult((), tuple(timings)).peak == 1


def test_the_barrier_waits_half_the_longest_round_trip_before_it_opens() -> None:
    assert settle_s([0.001]) == MIN_SETTLE_S + 0.0005
    assert settle_s([0.001, 0.3]) == MIN_SETTLE_S + 0.15
    assert settle_s([0.001, 0.0]) == SETTLE_S  # a round trip that is not known


def test_the_skew_is_the_time_between_the_first_and_the_last_release() -> None:
    timings = (Timing("a", released=1.0), Timing("b", released=1.25), Timing("c"))
    assert BurstResult((), timings).skew_s == 0.25
    assert BurstResult((), (Timing("a"),)).skew_s == 0


class TestThreads:
    def test_all_are_released_together_and_results_keep_their_order(self, script: Script) -> None:
        act, arrived = waits_for_all(10)
        api = api_at(script(*[act] * 10).url)
        with SessionClient(5) as client:
            result = burst_in_threads(client, [Request(str(n), create) for n, create in enumerate(creates(api, 10))])
        assert [outcomes_of(exchange) for exchange in result.results] == [[201]] * 10
        assert len(arrived) == 10 == result.peak
        assert [timing.label for timing in result.timings] == [str(number) for number in range(10)]
        bodies = [exchange.call.body for exchange in result.results]
        assert bodies == [f'{{"name": "Ada {number}"}}'.encode() for number in range(10)]

    def test_no_thread_starts_before_all_are_ready(self, script: Script) -> None:
        present: list[int] = []
        api = api_at(script(*[answer(201, {})] * 10).url)

        def counting() -> Operation[Exchange]:
            present.append(sum(thread.name.startswith("contender") for thread in threading.enumerate()))
            return (yield from api.send_once(api.create_call({"name": "Ada"})))

        with SessionClient(5) as client:
            burst_in_threads(client, [Request(str(number), counting()) for number in range(10)])
        assert present == [10] * 10

    def test_an_exception_is_raised_and_no_thread_waits_forever(self, script: Script) -> None:
        def broken() -> Operation[Exchange]:
            yield from ()
            raise KeyError("the operation broke")

        api = api_at(script(*[answer(201, {})] * 3).url)
        with SessionClient(5) as client, pytest.raises(KeyError, match="the operation broke"):
            burst_in_threads(client, [Request("x", operation) for operation in [*creates(api, 3), broken()]])


def test_answers_are_whole(play: Play, script: Script) -> None:
    body = {"id": "7", "name": "x" * 50_000}
    result = play(creates(api_at(script(*[answer(201, body)] * 5).url), 5))
    assert all(isinstance(one.answer, Answer) and one.answer.json() == body for one in result.results)
