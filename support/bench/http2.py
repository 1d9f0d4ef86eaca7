"""Compare two ways to release requests together: last bytes over HTTP/1.1, and a single packet over HTTP/2.

Both ways use TLS and take turns, so that a noisy machine treats both alike. A bare server notes when each request is
complete; the embedded API, with a window between the check of an email and its write, shows how many rounds catch the
race.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import uvloop
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import StreamEnded

from support.bench.race import TIMEOUT_S, WINDOWS_MS, Score
from support.concurrency.burst import burst
from support.concurrency.results import BurstResult, Request
from support.http.async_client import AsyncClient
from support.http.loop import LoopThread
from support.http.policy import Policy
from support.http.recorder import Recorder
from support.http.route import Route
from support.http.users_api import UsersApi
from support.models import Credential, Exchange
from support.profile_files import load
from support.settings import ROOT
from support.target.embedded import Target
from support.tests.certificates import new_certificate, tls_context
from support.tests.tls_front import TlsFront

LAST_BYTE, SINGLE_PACKET = "http/1.1", "h2"
WAYS = {LAST_BYTE: "last bytes over HTTP/1.1", SINGLE_PACKET: "a single packet over HTTP/2"}
LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)


class Way:
    """One way to release requests together at one server, with its score and the skews that the server saw."""

    def __init__(self, target: Target, certificate: Path) -> None:
        route = Route(certificates=str(certificate / "certificate.pem"))
        self._client = AsyncClient(TIMEOUT_S, replace(route, context=route.new_context(LAST_BYTE)))
        policy = Policy(attempts=1, base_s=0.1, cap_s=0.1, deadline_s=TIMEOUT_S)
        credential = Credential("$TOKEN", value=target.token or "")
        self._api = UsersApi(target.base_url, credential, policy, load("contract"), Recorder(), window_s=0.0)
        self.score = Score()
        self.seen_s: list[float] = []

    async def play(self, number: int, contenders: int) -> BurstResult[Exchange]:
        email = f"contender{number}@example.com"
        new_users = [{"name": f"Contender {one}", "email": email} for one in range(contenders)]
        requests = [Request(one["name"], self._api.send_once(self._api.create_call(one))) for one in new_users]
        return await burst(self._client, requests, self._api.call("GET", query={"email": email}))

    async def close(self) -> None:
        await self._client.close()


class Noting(asyncio.Protocol):
    """Answers each request, over either protocol, with the time at which the request was complete."""

    def connection_made(self, transport: Any) -> None:
        self._transport, self._received, self._h2 = transport, b"", None
        if transport.get_extra_info("ssl_object").selected_alpn_protocol() == SINGLE_PACKET:
            self._h2 = H2Connection(H2Configuration(client_side=False))
            self._h2.initiate_connection()
            transport.write(self._h2.data_to_send())

    def data_received(self, octets: bytes) -> None:
        moment = repr(time.perf_counter()).encode()
        if self._h2 is None:
            self._received += octets
            head, _, body = self._received.partition(b"\r\n\r\n")
            length = LENGTH.search(head)
            if head != self._received and len(body) >= int(length[1] if length else 0):
                self._received = b""
                self._transport.write(b"HTTP/1.1 201 Created\r\nContent-Length: %d\r\n\r\n%s" % (len(moment), moment))
            return
        for event in self._h2.receive_data(octets):
            if isinstance(event, StreamEnded):
                self._h2.send_headers(event.stream_id, [(":status", "201")])
                self._h2.send_data(event.stream_id, moment, end_stream=True)
        self._transport.write(self._h2.data_to_send())


async def _note(certificate: Path, protocol: str) -> None:
    context = tls_context(certificate, protocol)
    server = await asyncio.get_running_loop().create_server(Noting, "127.0.0.1", 0, ssl=context)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@contextlib.contextmanager
def _noting(certificate: Path, protocol: str) -> Iterator[Target]:
    command = [sys.executable, "-m", "support.bench.http2", "--note", str(certificate), protocol]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdout is not None
        url = f"https://127.0.0.1:{int(process.stdout.readline())}/users"
        try:
            yield Target(url, "token", url)
        finally:
            process.terminate()


async def _measure(ways: dict[str, Way], rounds: int, contenders: int, is_noting: bool) -> None:
    for number in range(-1, rounds):
        for way in ways.values():
            begun = time.perf_counter()
            result = await way.play(number, contenders)
            if number < 0:  # a warm-up round opens connections and loads code
                continue
            way.score.add([exchange.status or 0 for exchange in result.results], time.perf_counter() - begun)
            way.score.skews_s.append(result.skew_s)
            if is_noting:
                moments = [float(exchange.answer.body) for exchange in result.results if exchange.answer]
                way.seen_s.append(max(moments) - min(moments))
    for way in ways.values():
        await way.close()


def _played(
    targets: dict[str, Target], certificate: Path, rounds: int, contenders: int, noting: bool
) -> dict[str, Way]:
    async def play() -> dict[str, Way]:
        ways = {name: Way(target, certificate) for name, target in targets.items()}
        await _measure(ways, rounds, contenders, noting)
        return ways

    with contextlib.closing(LoopThread()) as loop:
        return loop.run(play())


def main() -> None:
    """Print both ways side by side: the skews, as sent and as the server saw them, and the share of caught races."""
    parser = argparse.ArgumentParser(prog="python -m support.bench.http2", description=__doc__)
    add = parser.add_argument
    add("--rounds", type=int, default=100, help="of each way (100)")
    add("--contenders", type=int, default=10, help="in a round (10)")
    add("--windows", type=float, nargs="+", default=WINDOWS_MS, metavar="MS", help="how long the windows are")
    add("--note", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.note:
        uvloop.run(_note(Path(arguments.note[0]), arguments.note[1]))
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        certificate = new_certificate(Path(folder))
        print(f"{arguments.contenders} contenders, {arguments.rounds} rounds of each way, in alternation")
        targets = {name: stack.enter_context(_noting(certificate, name)) for name in WAYS}
        _print_skews(_played(targets, certificate, arguments.rounds, arguments.contenders, True))
        for window in arguments.windows:
            _print_caught(window, _against_defect(certificate, arguments, window))


def _against_defect(certificate: Path, arguments: argparse.Namespace, window: float) -> dict[str, Way]:
    options = ["--defect", "race-check-then-insert", "--window", str(window)]
    with contextlib.ExitStack() as stack:
        fronts = {name: stack.enter_context(contextlib.closing(TlsFront(certificate, options, name))) for name in WAYS}
        targets = {name: front.target for name, front in fronts.items()}
        return _played(targets, certificate, arguments.rounds, arguments.contenders, False)


def _print_skews(ways: dict[str, Way]) -> None:
    print(f"\n{'release skew in ms':<30} {'sent, median':>14} {'seen, median':>14} {'seen, p95':>12}")
    for name, way in ways.items():
        sent, seen = statistics.median(way.score.skews_s), statistics.median(way.seen_s)
        print(f"  {WAYS[name]:<28} {sent * 1000:>14.3f} {seen * 1000:>14.3f} {_p95(way.seen_s) * 1000:>12.3f}")


def _print_caught(window: float, ways: dict[str, Way]) -> None:
    print(f"\n{f'a window of {window:g} ms':<30} {'caught':>7} {'95 % interval':>16} {'a round':>11}")
    for name, way in ways.items():
        low, high = way.score.interval()
        a_round = way.score.seconds / way.score.rounds * 1000
        print(f"  {WAYS[name]:<28} {way.score.share:>7.1%}  {low:>7.1%}-{high:>6.1%} {a_round:>8.1f} ms")


def _p95(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=20)[-1] if len(values) > 1 else values[0]


if __name__ == "__main__":
    main()
