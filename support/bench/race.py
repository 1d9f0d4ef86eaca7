"""How reliably each way to send requests at once catches a server that checks an email and stores it later.

The ways take turns within each round, so that a noisy machine treats all alike. The server is the embedded API, first
with a window of a given length between the check and the write, and finally without a window.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import json
import math
import statistics
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import httpx
import requests

from support.concurrency.burst import burst
from support.concurrency.results import Request
from support.http.async_client import AsyncClient
from support.http.loop import LoopThread
from support.http.policy import Policy
from support.http.recorder import Recorder
from support.http.users_api import UsersApi
from support.models import Credential
from support.profile_files import load
from support.target.embedded import EmbeddedApi, Target

WINDOWS_MS = (5.0, 1.0, 0.2, 0.05)
TIMEOUT_S = 30.0
CONFIDENCE = 1.96

Race = Callable[[str], Awaitable[list[int]]]
"""A way to let all contenders sign up with one email; returns the status of each answer."""


@dataclass
class Score:
    """The result of a way: rounds, rounds in which more or fewer than one contender won, and the seconds they took."""

    rounds: int = 0
    caught: int = 0
    seconds: float = 0.0
    skews_s: list[float] = field(default_factory=list)

    def add(self, statuses: Sequence[int], seconds: float) -> None:
        self.rounds += 1
        self.caught += statuses.count(201) != 1
        self.seconds += seconds

    @property
    def share(self) -> float:
        return self.caught / self.rounds

    def interval(self) -> tuple[float, float]:
        """Return the 95 % confidence interval of the share (Wilson)."""
        spread = CONFIDENCE**2
        middle = (self.caught + spread / 2) / (self.rounds + spread)
        root = math.sqrt(self.caught * (self.rounds - self.caught) / self.rounds + spread / 4)
        half = CONFIDENCE / (self.rounds + spread) * root
        return max(0.0, middle - half), min(1.0, middle + half)

    def within_a_second(self) -> float:
        """Return the chance that one second of rounds catches the defect at least once."""
        return float(1 - (1 - self.share) ** (self.rounds / self.seconds))


class Ways:
    """The ways to send requests at once to one server."""

    def __init__(self, target: Target, contenders: int) -> None:
        self._url, self._contenders = target.base_url, contenders
        self._headers = {"Authorization": f"Bearer {target.token}", "Content-Type": "application/json"}
        self._stack = contextlib.AsyncExitStack()
        self._warm = self._client()
        self._generated = self._client()
        self._session = requests.Session()
        self._session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=contenders))
        self._threads = ThreadPoolExecutor(contenders)
        self._suite = AsyncClient(TIMEOUT_S)
        policy = Policy(attempts=1, base_s=0.1, cap_s=0.1, deadline_s=TIMEOUT_S)
        credential = Credential("$TOKEN", value=target.token or "")
        self._api = UsersApi(self._url, credential, policy, load("contract"), Recorder(), window_s=0.0)
        self.skews_s: list[float] = []
        self.all: dict[str, Race] = {
            "gather, warm httpx connections": self._gathered,
            "gather, cold httpx connections": self._gathered_cold,
            "threads and a barrier, requests": self._in_threads,
            "last byte from a generator, httpx": self._from_generators,
            "last byte, as in the suite": self._last_byte,
        }

    def _client(self) -> httpx.AsyncClient:
        limits = httpx.Limits(max_connections=self._contenders, max_keepalive_connections=self._contenders)
        return httpx.AsyncClient(headers=self._headers, timeout=TIMEOUT_S, limits=limits, trust_env=False)

    def _body(self, email: str, number: int) -> bytes:
        return json.dumps({"name": f"Contender {number}", "email": email}).encode()

    async def _gathered(self, email: str) -> list[int]:
        return await self._gather(self._warm, email)

    async def _gathered_cold(self, email: str) -> list[int]:
        async with self._client() as client:
            return await self._gather(client, email)

    async def _gather(self, client: httpx.AsyncClient, email: str) -> list[int]:
        sent = (client.post(self._url, content=self._body(email, number)) for number in range(self._contenders))
        return [answer.status_code for answer in await asyncio.gather(*sent)]

    async def _in_threads(self, email: str) -> list[int]:
        barrier = threading.Barrier(self._contenders)

        def sign_up(number: int) -> int:
            barrier.wait()
            body = self._body(email, number)
            return self._session.post(self._url, data=body, headers=self._headers, timeout=TIMEOUT_S).status_code

        loop = asyncio.get_running_loop()
        return list(
            await asyncio.gather(
                *(loop.run_in_executor(self._threads, sign_up, number) for number in range(self._contenders))
            )
        )

    async def _from_generators(self, email: str) -> list[int]:
        ready, opened = asyncio.Semaphore(0), asyncio.Event()

        async def body(content: bytes) -> AsyncIterator[bytes]:
            yield content[:-1]
            ready.release()
            await opened.wait()
            yield content[-1:]

        async def sign_up(number: int) -> int:
            content = self._body(email, number)
            length = {"Content-Length": str(len(content))}
            answer = await self._generated.post(self._url, content=body(content), headers=length)
            return answer.status_code

        running = [asyncio.ensure_future(sign_up(number)) for number in range(self._contenders)]
        for _ in running:
            await ready.acquire()
        opened.set()
        return list(await asyncio.gather(*running))

    async def _last_byte(self, email: str) -> list[int]:
        new_users = [{"name": f"Contender {number}", "email": email} for number in range(self._contenders)]
        contenders = [Request(one["name"], self._api.send_once(self._api.create_call(one))) for one in new_users]
        result = await burst(self._suite, contenders, self._api.call("GET", query={"email": email}))
        self.skews_s.append(result.skew_s)
        return [exchange.status or 0 for exchange in result.results]

    async def close(self) -> None:
        for client in (self._warm, self._generated):
            await client.aclose()
        await self._suite.close()
        self._threads.shutdown()
        self._session.close()


def main() -> None:
    """Print for each way and window the share of rounds that catch the defect; without a defect, the false alarms."""
    parser = argparse.ArgumentParser(prog="python -m support.bench.race", description=__doc__)
    add = parser.add_argument
    add("--rounds", type=int, default=100, help="of each way for each window (100)")
    add("--contenders", type=int, default=10, help="in a round (10)")
    add("--windows", type=float, nargs="+", default=WINDOWS_MS, metavar="MS", help="how long the windows are")
    arguments = parser.parse_args()
    print(f"{arguments.contenders} contenders, {arguments.rounds} rounds of each way for each window, taken in turns")
    for window in arguments.windows:
        scores = _scores(arguments, "--defect", "race-check-then-insert", "--window", str(window))
        _print(f"a window of {window:g} ms", scores)
    _print("no window: everything that is caught here is a false alarm", _scores(arguments))


def _scores(arguments: argparse.Namespace, *options: str) -> dict[str, Score]:
    with contextlib.closing(EmbeddedApi(options)) as api, contextlib.closing(LoopThread()) as loop:
        return loop.run(_play(api.target, arguments.rounds, arguments.contenders))


async def _play(target: Target, rounds: int, contenders: int) -> dict[str, Score]:
    ways = Ways(target, contenders)
    emails = _emails()
    scores = {name: Score() for name in ways.all}
    try:
        for race in ways.all.values():  # a warm-up opens connections and loads code
            await race(next(emails))
        for _, (name, race) in itertools.product(range(rounds), ways.all.items()):
            begun = time.perf_counter()
            statuses = await race(next(emails))
            scores[name].add(statuses, time.perf_counter() - begun)
    finally:
        await ways.close()
    scores["last byte, as in the suite"].skews_s = ways.skews_s
    return scores


def _emails() -> Iterator[str]:
    return (f"contender{number}@example.com" for number in itertools.count())


def _print(title: str, scores: dict[str, Score]) -> None:
    print(f"\n{title:<42} {'caught':>7}  {'95 % interval':>15} {'a round':>10} {'in a second':>12}")
    for name, score in scores.items():
        low, high = score.interval()
        print(
            f"  {name:<40} {score.share:>7.1%}  {low:>7.1%}-{high:>6.1%} {score.seconds / score.rounds * 1000:>7.1f} ms"
            f" {score.within_a_second():>12.4%}"
        )
        if score.skews_s:
            print(f"  {'':<40} median release skew {statistics.median(score.skews_s) * 1000:.3f} ms")


if __name__ == "__main__":
    main()
