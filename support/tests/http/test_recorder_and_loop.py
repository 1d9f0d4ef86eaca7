"""The recorder, the run's event loop, and how many calls are in flight at once."""

from __future__ import annotations

import asyncio
import threading

import pytest

from support.exchange_text import in_brief, said
from support.http.async_client import AsyncClient
from support.http.loop import LoopThread
from support.http.recorder import KEPT, Recorder
from support.models import Answer, Attempt, Call, Credential, Exchange, Failure
from support.tests.conftest import Script
from support.tests.http.clients import api_at, client_of, reading
from support.tests.http.fake import LOST, came
from support.tests.scripted import Wire, answer

READ = Call("GET", "http://127.0.0.1:1/users/7", Credential("$TOKEN"))


def exchange(*outcomes: Answer | Failure, adopted: bool = False) -> Exchange:
    return Exchange(READ, tuple(Attempt(outcome) for outcome in outcomes), adopted)


class TestRecorder:
    def test_it_counts_the_run_and_keeps_the_exchanges_of_the_scenario(self) -> None:
        kept = Recorder()
        kept.note(exchange(came(503), came(429), came(200)))
        kept.begin()
        kept.note(exchange(came(200)))
        assert len(kept.exchanges) == 1
        assert (kept.metrics.calls, kept.metrics.retried_calls) == (2, 1)
        assert kept.metrics.retry_causes == {"503": 1, "429": 1}

    @pytest.mark.parametrize("last", [came(500), came(503), LOST])
    def test_a_call_that_fails_to_the_end_was_not_rescued(self, last: Answer | Failure) -> None:
        kept = Recorder()
        kept.note(exchange(came(500), came(500), last))
        assert kept.metrics.retried_calls == 0
        assert not kept.metrics.retry_causes

    def test_an_adopted_answer_rescues_a_call(self) -> None:
        kept = Recorder()
        kept.note(Exchange(READ, (Attempt(LOST), Attempt(came(201))), adopted=True))
        assert kept.metrics.retry_causes == {LOST.cause: 1}

    def test_the_slowest_answer_is_named(self) -> None:
        kept = Recorder()
        for seconds in (0.2, 0.7, 0.3):
            kept.note(exchange(came(200, seconds=seconds)))
        assert (kept.metrics.slowest_s, kept.metrics.slowest) == (0.7, "GET http://127.0.0.1:1/users/7")

    def test_what_happens_beside_the_scenarios_is_counted_and_not_kept(self) -> None:
        kept = Recorder()
        Recorder(kept.metrics).note(exchange(came(500), came(404)))
        assert kept.exchanges == []
        assert (kept.metrics.calls, kept.metrics.retry_causes) == (1, {"500": 1})

    def test_its_size_is_bounded(self) -> None:
        kept = Recorder()
        for _ in range(KEPT + 7):
            kept.note(exchange(came(200)))
        assert len(kept.exchanges) == KEPT
        assert kept.metrics.calls == KEPT + 7

    def test_observers_see_each_exchange(self) -> None:
        kept = Recorder()
        seen: list[Exchange] = []
        kept.observers.append(seen.append)
        kept.note(exchange(came(200)))
        assert seen == kept.exchanges

    def test_no_count_is_lost_between_threads(self) -> None:
        kept = Recorder()

        def note_many() -> None:
            for _ in range(300):
                kept.note(exchange(came(503), came(200)))

        threads = [threading.Thread(target=note_many) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert (kept.metrics.calls, kept.metrics.retry_causes["503"]) == (2400, 2400)


class TestExchangeText:
    def test_one_line_has_method_url_status_and_attempts(self) -> None:
        assert in_brief(exchange(came(503), came(200))).startswith(
            "GET http://127.0.0.1:1/users/7 -> 200 after 2 tries in "
        )
        assert " -> no answer in " in in_brief(Exchange(READ, (Attempt(LOST),)))

    @pytest.mark.parametrize(
        ("answered", "text"),
        [
            (None, "(no answer)"),
            (came(204), "(no body)"),
            (came(200, b'{"a":"\xc3\xa9"}'), '{\n  "a": "é"\n}'),
            (came(200, b"no JSON \xff"), "no JSON \\xff"),
        ],
    )
    def test_a_body_is_shown_for_readers(self, answered: Answer | None, text: str) -> None:
        assert said(answered) == text

    def test_a_long_body_is_cut_and_says_so(self) -> None:
        shown = said(came(200, b"x" * 5000))
        assert shown == "x" * 2000 + " … (5000 characters)"


class TestLoop:
    def test_what_work_raises_is_raised(self) -> None:
        async def fail() -> None:
            raise KeyError("lost")

        loop = LoopThread()
        with pytest.raises(KeyError, match="lost"):
            loop.run(fail())
        loop.close()

    def test_closing_cancels_running_work(self) -> None:
        cancelled = threading.Event()
        begun = threading.Event()

        async def endless() -> None:
            begun.set()
            try:
                await asyncio.Event().wait()
            finally:
                cancelled.set()

        loop = LoopThread()
        loop.submit(endless())
        assert begun.wait(5)
        loop.close()
        assert cancelled.is_set()

    def test_closing_twice_is_no_error(self) -> None:
        loop = LoopThread()
        loop.close()
        loop.close()


class TestConcurrency:
    @pytest.mark.parametrize("calls", [1, 8, 9, 60])
    def test_all_calls_are_in_flight_at_once(self, script: Script, calls: int) -> None:
        """No call is answered before all have arrived, so fewer connections would deadlock."""
        together = threading.Barrier(calls)

        def when_all_are_there(wire: Wire) -> bool:
            together.wait(10)
            return answer(200, [])(wire)

        server = script(*[when_all_are_there] * calls)
        api = api_at(server.url, attempts=1)
        loop = LoopThread()

        async def all_at_once() -> list[Exchange]:
            client = AsyncClient(10.0)
            exchanges = await client.gather([reading(api) for _ in range(calls)])
            await client.close()
            return exchanges

        assert [one.status for one in loop.run(all_at_once())] == [200] * calls
        loop.close()
        assert server.connections == calls

    def test_no_more_calls_than_the_cap_are_in_flight(self, script: Script) -> None:
        server = script(*[answer(200, [])] * 30)
        api = api_at(server.url)
        loop = LoopThread()

        async def all_at_once() -> list[Exchange]:
            client = AsyncClient(10.0, most_at_once=3)
            exchanges = await client.gather([reading(api) for _ in range(30)])
            await client.close()
            return exchanges

        assert [one.status for one in loop.run(all_at_once())] == [200] * 30
        loop.close()
        assert server.connections <= 3

    def test_threads_share_a_session_client(self, script: Script) -> None:
        server = script(*[answer(200, [])] * 100)
        api = api_at(server.url)
        statuses: list[int | None] = []
        with client_of("session") as client:
            threads = [
                threading.Thread(
                    target=lambda: statuses.extend(client.run(reading(api)).status for _ in range(10)), daemon=True
                )
                for _ in range(10)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        assert statuses == [200] * 100
