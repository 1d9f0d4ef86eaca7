"""Single packet: over HTTP/2 the ends of all requests leave in one write, after everything else was sent."""

from __future__ import annotations

import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from h2.errors import ErrorCodes
from h2.events import DataReceived, Event, RequestReceived, StreamEnded

from support.concurrency.burst import WARM_UPS, burst
from support.concurrency.results import BurstResult, Request
from support.concurrency.single_packet import Server
from support.http.async_client import AsyncClient
from support.http.loop import LoopThread
from support.http.operations import Operation, Sleep
from support.http.route import Route, route_to
from support.models import Call, Exchange
from support.tests.certificates import tls_context
from support.tests.concurrency.http2_server import Http2Server, Peer, answers
from support.tests.conftest import Script
from support.tests.http.clients import api_at, outcomes_of
from support.tests.scripted import answer


class Player:
    """Plays bursts with one client, on a loop of its own."""

    def __init__(self, route: Route, timeout_s: float) -> None:
        self._loop = LoopThread()
        self.client = self._loop.run(self._opened(route, timeout_s))

    async def _opened(self, route: Route, timeout_s: float) -> AsyncClient:
        return AsyncClient(timeout_s, route)

    def play(self, operations: Sequence[Operation[Exchange]], warm_up: Call | None = None) -> BurstResult[Exchange]:
        requests = [Request(f"number {number}", operation) for number, operation in enumerate(operations)]
        return self._loop.run(burst(self.client, requests, warm_up))

    def close(self) -> None:
        self._loop.finish(self.client.close())
        self._loop.close()


NewServer = Callable[..., Http2Server]
NewPlayer = Callable[..., Player]


@pytest.fixture
def stack(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ExitStack]:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate / "certificate.pem"))
    with ExitStack() as opened:
        yield opened


@pytest.fixture
def serve(stack: ExitStack, certificate: Path) -> NewServer:
    def started(*on: Callable[[Peer, Event], None], **options: Any) -> Http2Server:
        server = Http2Server(certificate, *on, **options)
        stack.callback(server.close)
        return server

    return started


@pytest.fixture
def player(stack: ExitStack) -> NewPlayer:
    def opened(url: str, timeout_s: float = 5.0) -> Player:
        one = Player(route_to(url), timeout_s)
        stack.callback(one.close)
        return one

    return opened


def creates(url: str, count: int, name: str = "Ada") -> list[Operation[Exchange]]:
    api = api_at(url)
    return [api.send_once(api.create_call({"name": f"{name} {number}"})) for number in range(count)]


def deletions(url: str, count: int) -> list[Operation[Exchange]]:
    api = api_at(url)
    return [api.send_once(api.call("DELETE", api.url_of(str(number)))) for number in range(count)]


def counted(result: BurstResult[Exchange]) -> Counter[object]:
    return Counter(outcome for exchange in result.results for outcome in outcomes_of(exchange))


class TestOneWrite:
    @pytest.mark.parametrize("count", [1, 2, 20, 100])
    def test_all_requests_end_in_one_write_on_one_connection(
        self, serve: NewServer, player: NewPlayer, count: int
    ) -> None:
        server = serve()
        result = player(server.url).play(creates(server.url, count))
        assert counted(result) == {201: count}
        (peer,) = server.peers
        assert [len(numbers) for numbers in peer.writes_with_ends] == [count]
        assert sorted(peer.bodies.values()) == sorted(f'{{"name": "Ada {number}"}}'.encode() for number in range(count))
        assert result.peak == count
        assert not result.early

    def test_the_write_holds_the_last_bytes_alone(self, serve: NewServer, player: NewPlayer) -> None:
        server = serve()
        player(server.url).play(creates(server.url, 10))
        *_, last = (events for events in server.peers[0].writes if any(isinstance(one, StreamEnded) for one in events))
        assert [one.data for one in last if isinstance(one, DataReceived)] == [b"}"] * 10
        assert not any(isinstance(one, RequestReceived) for one in last)

    def test_requests_without_a_body_are_held_back_as_a_whole(self, serve: NewServer, player: NewPlayer) -> None:
        server = serve()
        result = player(server.url).play([*creates(server.url, 3), *deletions(server.url, 3)])
        assert counted(result) == {201: 6}
        (peer,) = server.peers
        assert [len(numbers) for numbers in peer.writes_with_ends] == [6]
        arrived = {(one[":method"], one[":path"]) for one in peer.requests.values()}
        assert arrived == {("POST", "/users"), *(("DELETE", f"/users/{number}") for number in range(3))}

    def test_no_request_ends_before_all_are_ready(self, serve: NewServer, player: NewPlayer) -> None:
        ended: list[float] = []

        def noting(peer: Peer, event: Event) -> None:
            if isinstance(event, StreamEnded):
                ended.append(time.perf_counter())
            answers(peer, event)

        server = serve(noting)

        def late() -> Operation[Exchange]:
            yield Sleep(0.1, "it is slow to get ready")
            return (yield from creates(server.url, 1, "Late")[0])

        result = player(server.url).play([*creates(server.url, 9), late()])
        ready = [timing.ready for timing in result.timings if timing.ready is not None]
        assert len(ready) == len(ended) == 10
        assert max(ready) <= min(ended)

    def test_the_order_in_the_write_is_random(self, serve: NewServer, player: NewPlayer) -> None:
        server = serve()
        one = player(server.url)
        for _ in range(5):
            one.play(creates(server.url, 10))
        orders = [numbers for peer in server.peers for numbers in peer.writes_with_ends]
        assert len(orders) == 5
        assert any(numbers != sorted(numbers) for numbers in orders)

    def test_later_requests_of_an_operation_are_not_held_back(self, serve: NewServer, player: NewPlayer) -> None:
        server = serve()
        api = api_at(server.url)

        def lifecycle() -> Operation[Exchange]:
            yield from api.send_once(api.create_call({"name": "Ada"}))
            return (yield from api.send_once(api.call("GET", api.url_of("7"))))

        result = player(server.url).play([lifecycle() for _ in range(3)])
        assert counted(result) == {201: 3}
        assert Counter(one[":method"] for one in server.peers[0].requests.values()) == {"POST": 3, "GET": 3}

    @pytest.mark.parametrize(("warm_for_s", "again"), [(60.0, 0), (0.0, 2)], ids=["warm", "idle"])
    def test_a_warm_up_opens_one_connection_for_all_bursts(
        self, serve: NewServer, player: NewPlayer, monkeypatch: pytest.MonkeyPatch, warm_for_s: float, again: int
    ) -> None:
        monkeypatch.setattr("support.concurrency.burst.WARM_FOR_S", warm_for_s)
        server = serve()
        one, warm_up = player(server.url), api_at(server.url).call("GET")
        for _ in range(2):
            result = one.play(creates(server.url, 4), warm_up)
            assert len({timing.round_trip_s for timing in result.timings} - {0.0}) == 1
        (peer,) = server.peers
        assert Counter(one[":method"] for one in peer.requests.values()) == {"GET": WARM_UPS + again, "POST": 8}

    def test_header_fields_are_those_of_http2(self, serve: NewServer, player: NewPlayer) -> None:
        server = serve()
        player(server.url).play(creates(server.url, 1))
        (headers,) = server.peers[0].requests.values()
        assert headers[":authority"] in server.url
        assert headers["authorization"].startswith("Bearer ")
        assert headers["content-length"] == str(len(b'{"name": "Ada 0"}'))
        assert not {"host", "connection", "transfer-encoding"} & set(headers)


class TestLimits:
    def test_more_requests_than_streams_have_several_connections_with_a_write_each(
        self, serve: NewServer, player: NewPlayer
    ) -> None:
        server = serve(most_streams=4)
        result = player(server.url).play(creates(server.url, 10))
        assert counted(result) == {201: 10}
        assert sorted(map(len, (peer.writes_with_ends[0] for peer in server.peers))) == [2, 4, 4]
        assert all(len(peer.writes_with_ends) == 1 for peer in server.peers)
        assert result.peak == 10

    def test_a_server_that_takes_no_stream_is_spoken_to_over_http_1(self, serve: NewServer, player: NewPlayer) -> None:
        server = serve(most_streams=0)
        one = player(server.url, 1.0)
        one.play(creates(server.url, 2))
        assert [known.speaks_http2 for known in one.client.kept if isinstance(known, Server)] == [False]

    def test_bodies_wait_for_the_flow_control_window_and_leave_room_for_the_ends(
        self, serve: NewServer, player: NewPlayer
    ) -> None:
        """The windows open bit by bit, and hold all bodies only together with what the server grants."""
        server = serve(window=1000)
        result = player(server.url).play(creates(server.url, 20, "Ada" * 5000))
        assert counted(result) == {201: 20}
        assert [len(numbers) for numbers in server.peers[0].writes_with_ends] == [20]
        assert {len(body) for body in server.peers[0].bodies.values()} == {15014, 15015}

    def test_what_waits_for_the_window_leaves_room_for_the_ends_of_the_others(
        self, serve: NewServer, player: NewPlayer
    ) -> None:
        """Three of these bodies fit into the window of the connection, which never opens further."""
        server = serve(grants=False)
        result = player(server.url, 0.5).play(creates(server.url, 5, "A" * 20_000))
        assert counted(result) == {201: 3, (True, "no complete answer"): 2}


class TestTrouble:
    def test_a_stream_that_is_reset_is_a_lost_request_and_the_others_go_on(
        self, serve: NewServer, player: NewPlayer
    ) -> None:
        def refusing(peer: Peer, event: Event) -> None:
            if isinstance(event, StreamEnded) and event.stream_id == 3:
                peer.state.reset_stream(3, ErrorCodes.REFUSED_STREAM)
            else:
                answers(peer, event)

        server = serve(refusing)
        result = player(server.url).play(creates(server.url, 3))
        assert counted(result) == {201: 2, (True, "connection broken"): 1}
        (lost,) = (one.attempts[-1].outcome for one in result.results if one.status is None)
        assert "stream reset: REFUSED_STREAM" in lost.cause  # type: ignore[union-attr]

    def test_a_stream_that_is_reset_before_its_end_is_not_ended(self, serve: NewServer, player: NewPlayer) -> None:
        def refusing(peer: Peer, event: Event) -> None:
            if isinstance(event, RequestReceived) and event.stream_id == 3:
                peer.state.reset_stream(3, ErrorCodes.REFUSED_STREAM)
            elif getattr(event, "stream_id", None) != 3:
                answers(peer, event)

        ended = []
        for _ in range(5):  # on a busy machine, the end of 3 can leave before the reset arrives
            server = serve(refusing)
            assert counted(player(server.url).play(creates(server.url, 3))) == {201: 2, (True, "connection broken"): 1}
            ended.append(sorted(server.peers[0].ended))
        assert [1, 5] in ended

    def test_after_goaway_the_streams_that_are_processed_go_on_and_the_next_burst_has_a_new_connection(
        self, serve: NewServer, player: NewPlayer
    ) -> None:
        def leaving(peer: Peer, event: Event) -> None:
            if peer.number == 0 and isinstance(event, RequestReceived) and event.stream_id == 5:
                peer.flush()
                peer.socket.sendall(goaway(last=3))
            elif event.__class__ is not StreamEnded or peer.number or event.stream_id <= 3:
                answers(peer, event)

        server = serve(leaving)
        one = player(server.url)
        assert counted(one.play(creates(server.url, 3))) == {201: 2, (True, "connection broken"): 1}
        assert counted(one.play(creates(server.url, 3))) == {201: 3}
        left, opened = server.peers
        assert {1, 3} <= set(left.ended)  # the end of 5 may have left before GOAWAY arrived
        assert sorted(opened.ended) == [1, 3, 5]

    def test_a_connection_that_is_closed_loses_all_its_requests(self, serve: NewServer, player: NewPlayer) -> None:
        def closing(peer: Peer, event: Event) -> None:
            if isinstance(event, StreamEnded):
                peer.socket.close()

        server = serve(closing)
        assert counted(player(server.url).play(creates(server.url, 3))) == {(True, "connection broken"): 3}

    def test_what_is_not_http2_loses_all_its_requests(self, serve: NewServer, player: NewPlayer) -> None:
        def babbling(peer: Peer, event: Event) -> None:
            if isinstance(event, StreamEnded):
                peer.socket.sendall(bytes(9))

        server = serve(babbling)
        assert counted(player(server.url).play(creates(server.url, 3))) == {(True, "connection broken"): 3}

    def test_a_connection_that_was_closed_while_idle_is_opened_again(
        self, serve: NewServer, player: NewPlayer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("support.http.http2.IDLE_S", 1.0)
        server = serve()
        one = player(server.url)
        for _ in range(2):
            assert counted(one.play(creates(server.url, 3))) == {201: 3}
            time.sleep(1.2)
        assert len(server.peers) == 2

    def test_a_connection_that_has_had_many_requests_is_replaced_before_the_next_burst(
        self, serve: NewServer, player: NewPlayer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("support.http.http2.LAST_STREAM", 8)
        server = serve()
        one = player(server.url)
        for _ in range(3):
            assert counted(one.play(creates(server.url, 3))) == {201: 3}
        assert [len(peer.ended) for peer in server.peers] == [6, 3]

    def test_an_answer_to_an_incomplete_request_is_early(self, serve: NewServer, player: NewPlayer) -> None:
        def hasty(peer: Peer, event: Event) -> None:
            if isinstance(event, RequestReceived):
                peer.answer(event.stream_id)

        server = serve(hasty)
        result = player(server.url).play(creates(server.url, 3))
        assert result.early
        assert counted(result) == {201: 3}

    def test_an_interim_response_is_not_early(self, serve: NewServer, player: NewPlayer) -> None:
        def informing(peer: Peer, event: Event) -> None:
            if isinstance(event, RequestReceived):
                peer.state.send_headers(event.stream_id, [(":status", "103"), ("link", "</a.css>; rel=preload")])
            answers(peer, event)

        server = serve(informing)
        result = player(server.url).play(creates(server.url, 3))
        assert not result.early
        assert counted(result) == {201: 3}

    def test_no_answer_in_time_is_a_lost_request(self, serve: NewServer, player: NewPlayer) -> None:
        server = serve(lambda *_: None)
        result = player(server.url, 2.0).play(creates(server.url, 3))
        assert counted(result) == {(True, "no complete answer"): 3}

    def test_answers_larger_than_the_window_are_read_whole(self, serve: NewServer, player: NewPlayer) -> None:
        body = b'{"name": "' + b"a" * 200_000 + b'"}'
        left: dict[int, bytes] = {}

        def large(peer: Peer, event: Event) -> None:
            if isinstance(event, StreamEnded):
                peer.state.send_headers(event.stream_id, [(":status", "201")])
                left[event.stream_id] = body
            for stream in [stream for stream, rest in left.items() if rest]:
                while room := min(peer.state.local_flow_control_window(stream), 10_000, len(left[stream])):
                    part, left[stream] = left[stream][:room], left[stream][room:]
                    peer.state.send_data(stream, part, end_stream=not left[stream])

        server = serve(large)
        result = player(server.url).play(creates(server.url, 5))
        assert {exchange.answer.body for exchange in result.results if exchange.answer} == {body}


class TestWhoDoesNotSpeakIt:
    @pytest.mark.parametrize("protocols", [(), ("http/1.1",)], ids=["no ALPN", "http/1.1"])
    def test_it_is_asked_once_and_each_request_has_its_own_connection(
        self, script: Script, player: NewPlayer, certificate: Path, protocols: tuple[str, ...]
    ) -> None:
        server = script(*[answer(201, {})] * 100, tls=tls_context(certificate, *protocols))
        one = player(server.url)
        for _ in range(2):
            result = one.play(creates(server.url, 4), api_at(server.url).call("GET"))
            assert counted(result) == {201: 4}
        assert server.connections == 1 + 4
        assert len({request.connection for request in server.arrived}) == 4

    def test_one_that_cannot_be_reached_fails_each_request(self, player: NewPlayer, unused_port: int) -> None:
        url = f"https://127.0.0.1:{unused_port}/users"
        assert counted(player(url).play(creates(url, 3))) == {(False, "connection refused"): 3}

    def test_requests_wait_together_for_one_that_does_not_answer(self, player: NewPlayer) -> None:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            url = f"https://127.0.0.1:{silent.getsockname()[1]}/users"
            took = []
            for count in (1, 5):
                begun = time.monotonic()
                timed_out = {(False, "timed out while connecting"): count}
                assert counted(player(url, 0.5).play(creates(url, count))) == timed_out
                took.append(time.monotonic() - begun)
            assert took[1] < 3 * took[0]

    def test_one_whose_certificate_does_not_verify_fails_each_request(
        self, serve: NewServer, player: NewPlayer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        server = serve()
        monkeypatch.delenv("REQUESTS_CA_BUNDLE")
        assert counted(player(server.url).play(creates(server.url, 3))) == {
            (False, "the certificate cannot be verified"): 3
        }

    def test_one_without_tls_is_not_asked(self, script: Script, player: NewPlayer) -> None:
        server = script(*[answer(201, {})] * 4)
        player(server.url).play(creates(server.url, 4))
        assert server.connections == 4


def goaway(last: int) -> bytes:
    """Return a GOAWAY frame without an error (RFC 9113 §6.8), after which h2 itself would say nothing more."""
    return b"\x00\x00\x08\x07\x00\x00\x00\x00\x00" + last.to_bytes(4, "big") + bytes(4)
