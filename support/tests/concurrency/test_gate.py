"""Last-byte release: nothing is complete before everybody stands ready, and who cannot come is not waited for."""

from __future__ import annotations

import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

import pytest

from support.concurrency.barrier import LEAST_SETTLE_S, SETTLE_S, Barrier, Sender, peak_in_flight, settle_s
from support.concurrency.burst import WARM_UPS, BurstResult, Request, burst
from support.concurrency.threads import burst_in_threads
from support.http.async_client import AsyncClient
from support.http.loop import LoopThread
from support.http.operations import Operation, Sleep
from support.http.session_client import SessionClient
from support.http.users_api import UsersApi
from support.models import Answer, Call, Exchange
from support.tests import scripted
from support.tests.conftest import Script
from support.tests.http.clients import api_at, told_of
from support.tests.scripted import Act, Arrived, Wire, answer

Play = Callable[..., BurstResult[Exchange]]


@pytest.fixture
def play() -> Iterator[Play]:
    """Play contests over one async client."""
    loop = LoopThread()

    async def opened(timeout_s: float) -> AsyncClient:
        return AsyncClient(timeout_s)

    clients: dict[str, AsyncClient] = {}

    def played(
        flows: Sequence[Operation[Exchange]],
        warm_up: Call | None = None,
        timeout_s: float = 5.0,
        client: str | None = None,
    ) -> BurstResult[Exchange]:
        name = client or f"client {len(clients)}"
        if name not in clients:
            clients[name] = loop.run(opened(timeout_s))
        entrants = [Request(f"number {number}", flow) for number, flow in enumerate(flows)]
        return loop.run(burst(clients[name], entrants, warm_up))

    yield played
    for one in clients.values():
        loop.run(one.close())
    loop.close()


def creates(api: UsersApi, count: int) -> list[Operation[Exchange]]:
    return [api.send_once(api.creating({"name": f"Ada {number}"})) for number in range(count)]


def waits_for_all(count: int) -> tuple[Act, list[int]]:
    """Return an act that answers only when so many requests have arrived whole, and where that is noted."""
    together = threading.Barrier(count)
    came: list[int] = []

    def act(wire: Wire) -> bool:
        came.append(wire.request.connection)
        together.wait(10)
        return answer(201, {"id": str(wire.request.connection)})(wire)

    return act, came


class TestContest:
    @pytest.mark.parametrize("count", [1, 2, 20, 100])
    def test_all_requests_are_in_flight_at_once_each_on_its_own_connection(
        self, script: Script, play: Play, count: int
    ) -> None:
        act, came = waits_for_all(count)
        server = script(*[act] * count)
        outcome = play(creates(api_at(server.url), count))
        assert [told_of(exchange) for exchange in outcome.results] == [[201]] * count
        assert len(set(came)) == count == outcome.peak
        assert not outcome.early

    def test_no_request_is_complete_before_all_stand_ready(self, script: Script, play: Play) -> None:
        """The moment at which the server has read a request whole lies after the last one stood ready."""
        arrived: list[float] = []

        def note(_: Arrived) -> None:
            arrived.append(time.perf_counter())

        server = script(*[scripted.after(note, answer(201, {}))] * 10)
        api = api_at(server.url)

        def late() -> Operation[Exchange]:
            yield Sleep(0.1, "she is slow to get ready")
            return (yield from api.send_once(api.creating({"name": "Late"})))

        outcome = play([*creates(api, 9), late()])
        ready = [sender.ready for sender in outcome.senders if sender.ready is not None]
        released = [sender.released for sender in outcome.senders if sender.released is not None]
        assert len(ready) == len(released) == len(arrived) == 10
        assert max(ready) <= min(released)
        assert max(ready) <= min(arrived)
        assert outcome.skew_s == max(released) - min(released)

    @pytest.mark.parametrize("method", ["GET", "DELETE", "PATCH"])
    def test_a_request_with_or_without_a_body_arrives_as_it_was_meant(
        self, script: Script, play: Play, method: str
    ) -> None:
        server = script(*[answer(200, {})] * 3)
        api = api_at(server.url)
        fields = {"fields": {"name": "Ada"}} if method == "PATCH" else {}
        outcome = play([api.send_once(api.call(method, api.url_of("7"), **fields)) for _ in range(3)])  # type: ignore[arg-type]
        assert [told_of(exchange) for exchange in outcome.results] == [[200]] * 3
        assert {(request.method, request.target) for request in server.arrived} == {(method, "/users/7")}
        assert {request.body for request in server.arrived} == ({b'{"name": "Ada"}'} if fields else {b""})

    def test_what_a_flow_sends_later_goes_its_own_way(self, script: Script, play: Play) -> None:
        server = script(*[answer(200, {})] * 6)
        api = api_at(server.url)

        def life() -> Operation[Exchange]:
            yield from api.send_once(api.creating({"name": "Ada"}))
            return (yield from api.read("7"))

        outcome = play([life() for _ in range(3)])
        assert [(one.call.method, told_of(one)) for one in outcome.results] == [("GET", [200])] * 3
        assert Counter(request.method for request in server.arrived) == {"POST": 3, "GET": 3}

    def test_warming_up_opens_the_connections_that_are_then_used(self, script: Script, play: Play) -> None:
        warmed: list[int] = []
        raced: list[int] = []

        def act(wire: Wire) -> bool:
            (raced if wire.request.method == "POST" else warmed).append(wire.request.connection)
            return answer(200, [])(wire)

        server = script(*[act] * 100)
        api = api_at(server.url)
        outcome = play(creates(api, 4), warm_up=api.call("GET"))
        assert len(set(raced)) == 4
        assert set(raced) == set(warmed)
        assert all(sender.round_trip_s > 0 for sender in outcome.senders)

    def test_what_is_warm_is_used_again_as_it_is(self, script: Script, play: Play) -> None:
        server = script(*[answer(200, [])] * 100)
        api = api_at(server.url)
        for _ in range(2):
            play(creates(api, 4), warm_up=api.call("GET"), client="the same")
        assert Counter(request.method for request in server.arrived) == {"GET": 4 * WARM_UPS, "POST": 8}
        assert len({request.connection for request in server.arrived}) == 4

    def test_what_has_cooled_down_is_warmed_again(
        self, script: Script, play: Play, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("support.concurrency.burst.WARM_FOR_S", 0.0)
        server = script(*[answer(200, [])] * 100)
        api = api_at(server.url)
        for _ in range(2):
            play(creates(api, 4), warm_up=api.call("GET"), client="the same")
        assert Counter(request.method for request in server.arrived) == {"GET": 4 * (WARM_UPS + 2), "POST": 8}

    def test_where_the_server_closes_after_each_answer_all_are_in_flight_at_once(
        self, script: Script, play: Play
    ) -> None:
        server = script(*[answer(201, {}, headers={"Connection": "close"}, closes=True)] * 100)
        api = api_at(server.url)
        for _ in range(2):
            outcome = play(creates(api, 4), warm_up=api.call("GET"), client="the same")
            assert [told_of(exchange) for exchange in outcome.results] == [[201]] * 4
            assert outcome.peak == 4

    def test_who_cannot_connect_is_not_waited_for(self, play: Play, script: Script, unused_port: int) -> None:
        server = script(*[answer(201, {})] * 3)
        away = api_at(f"http://127.0.0.1:{unused_port}/users")
        outcome = play([*creates(api_at(server.url), 3), *creates(away, 1)], timeout_s=30.0)
        assert [told_of(exchange)[0] for exchange in outcome.results] == [201] * 3 + [(False, "connection refused")]
        assert outcome.peak == 3

    def test_who_is_dropped_is_told_and_the_others_go_on(self, play: Play, script: Script) -> None:
        server = script(answer(201, {}), scripted.drop, answer(201, {}))
        outcome = play(creates(api_at(server.url), 3))
        told = sorted(str(told_of(exchange)[0]) for exchange in outcome.results)
        assert told == ["(True, 'connection broken')", "201", "201"]

    def test_an_answer_before_the_request_was_complete_makes_it_early(self, play: Play) -> None:
        """A server that answers as soon as it has seen the header section."""
        with _Hasty() as hasty:
            outcome = play(creates(api_at(hasty.url), 3))
        assert outcome.early

    @pytest.mark.parametrize(
        "words",
        [scripted.head(100, {}), scripted.head(102, {}) + scripted.head(103, {"Link": "</a.css>; rel=preload"})],
        ids=["to go on", "that it is worked on"],
    )
    def test_word_before_the_answer_makes_it_not(self, play: Play, words: bytes) -> None:
        with _Hasty(words) as hasty:
            outcome = play(creates(api_at(hasty.url), 3))
        assert not outcome.early
        assert [told_of(exchange) for exchange in outcome.results] == [[201]] * 3

    def test_a_request_that_is_answered_in_time_is_not(self, play: Play, script: Script) -> None:
        assert not play(creates(api_at(script(*[answer(201, {})] * 3).url), 3)).early

    def test_what_an_entrant_raises_ends_the_contest(self, play: Play, script: Script) -> None:
        def broken() -> Operation[Exchange]:
            yield from ()
            raise KeyError("the entrant broke")

        server = script(*[answer(201, {})] * 3)
        with pytest.raises(KeyError, match="the entrant broke"):
            play([*creates(api_at(server.url), 3), broken()], timeout_s=1.0)

    def test_it_is_told_in_one_line(self, play: Play, script: Script) -> None:
        line = play(creates(api_at(script(*[answer(201, {})] * 5).url), 5)).in_brief()
        assert line.startswith("peak 5 in flight, released within ")
        assert "p95" in line
        assert "\n" not in line


class _Hasty:
    """Answers a connection by its first bytes, with a refusal or with these words and, in time, a 201."""

    def __init__(self, words: bytes = b"") -> None:
        self._words = words
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/users"
        self._open: list[socket.socket] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(connection)
            connection.recv(1)
            if self._words:
                threading.Thread(target=self._answer_in_time, args=[connection], daemon=True).start()
            else:
                connection.sendall(scripted.head(409, {"Content-Length": "2"}) + b"{}")

    def _answer_in_time(self, connection: socket.socket) -> None:
        connection.sendall(self._words)
        came = b""
        while not came.endswith(b"}"):
            came += connection.recv(65536)
        connection.sendall(scripted.head(201, {"Content-Length": "2"}) + b"{}")

    def __enter__(self) -> _Hasty:
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()
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
    def test_it_is_the_most_at_one_moment(self, spans: list[tuple[float | None, float | None]], peak: int) -> None:
        assert peak_in_flight([Sender("x", started=begun, answered=ended) for begun, ended in spans]) == peak

    def test_a_crowd_that_was_served_one_by_one_was_none(self) -> None:
        """What `were_under_way_together` fails on: a target that takes one connection at a time."""
        senders = [Sender(str(number), started=number, answered=number + 0.9) for number in range(5)]
        assert peak_in_flight(senders) == 1

    def test_what_is_held_is_given_the_time_of_the_longest_way_to_arrive(self) -> None:
        near, far, unknown = (Sender(name, round_trip_s=took) for name, took in (("a", 0.001), ("b", 0.3), ("c", 0.0)))
        assert [settle_s(senders) for senders in ([near], [near, far])] == [
            LEAST_SETTLE_S + 0.0005,
            LEAST_SETTLE_S + 0.15,
        ]
        assert settle_s([near, unknown]) == SETTLE_S

    def test_skew_is_the_time_between_first_and_last_release(self) -> None:
        senders = [Sender("a", released=1.0), Sender("b", released=1.25), Sender("c")]
        assert Barrier(senders).skew_s == 0.25
        assert Barrier([Sender("a")]).skew_s == 0


class TestThreads:
    def test_all_are_let_go_together_and_answered_in_their_order(self, script: Script) -> None:
        act, came = waits_for_all(10)
        api = api_at(script(*[act] * 10).url)
        with SessionClient(5) as client:
            outcome = burst_in_threads(client, [Request(str(n), flow) for n, flow in enumerate(creates(api, 10))])
        assert [told_of(exchange) for exchange in outcome.results] == [[201]] * 10
        assert len(came) == 10 == outcome.peak
        assert [sender.label for sender in outcome.senders] == [str(number) for number in range(10)]
        bodies = [exchange.call.body for exchange in outcome.results]
        assert bodies == [f'{{"name": "Ada {number}"}}'.encode() for number in range(10)]

    def test_nobody_begins_before_everybody_is_there(self, script: Script) -> None:
        present: list[int] = []
        api = api_at(script(*[answer(201, {})] * 10).url)

        def counting() -> Operation[Exchange]:
            present.append(sum(thread.name.startswith("contender") for thread in threading.enumerate()))
            return (yield from api.send_once(api.creating({"name": "Ada"})))

        with SessionClient(5) as client:
            burst_in_threads(client, [Request(str(number), counting()) for number in range(10)])
        assert present == [10] * 10

    def test_what_one_raises_is_raised_and_nobody_waits_for_ever(self, script: Script) -> None:
        def broken() -> Operation[Exchange]:
            yield from ()
            raise KeyError("the entrant broke")

        api = api_at(script(*[answer(201, {})] * 3).url)
        with SessionClient(5) as client, pytest.raises(KeyError, match="the entrant broke"):
            burst_in_threads(client, [Request("x", flow) for flow in [*creates(api, 3), broken()]])


def test_answers_are_whole(play: Play, script: Script) -> None:
    body = {"id": "7", "name": "x" * 50_000}
    outcome = play(creates(api_at(script(*[answer(201, body)] * 5).url), 5))
    assert all(isinstance(one.answer, Answer) and one.answer.json() == body for one in outcome.results)
