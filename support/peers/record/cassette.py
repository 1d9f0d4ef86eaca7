"""Send requests to a peer with the suite's clients, and record the answers."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from types import TracebackType
from urllib.parse import urlsplit

from support.concurrency.burst import burst
from support.concurrency.results import Request
from support.http.async_client import AsyncClient
from support.http.kept import KeptConnection
from support.http.loop import LoopThread
from support.http.operations import execute_once
from support.http.policy import Policy
from support.http.route import DIRECT
from support.http.session_client import SessionClient
from support.models import Answer, Call, Credential, Exchange
from support.peers.launching import Peer
from support.peers.recipe import Dialect
from support.peers.record.normalizer import Normalizer

BEARER = "Bearer {token}"
JSON = "application/json"
TIMEOUT_S = 20.0
LONGEST_RAW = 1_000
ONCE = Policy(1, 0.0, 0.0, TIMEOUT_S)


@dataclass(frozen=True)
class Raw:
    """A body that is sent as it is, with its own media type, at once or in chunks; `\\udcff` is the byte ff."""

    text: str
    media_type: str | None = JSON
    in_chunks: bool = False

    @property
    def octets(self) -> bytes:
        return self.text.encode("utf-8", "surrogateescape")


NULL = Raw("null")


class Cassette:
    """The interactions of one recorded suite; `given` and `everyone` send requests that are not recorded."""

    def __init__(self, peer: Peer, dialect: Dialect) -> None:
        self.peer = peer
        self.dialect = dialect
        self.interactions: list[dict[str, object]] = []
        self._normalizer = Normalizer(peer.url, peer.name, dialect)
        self._release = ExitStack()
        self._http = self._release.enter_context(SessionClient(TIMEOUT_S))
        self._loop = LoopThread()
        self._release.callback(self._loop.close)

    def __enter__(self) -> "Cassette":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._release.close()

    def record(
        self, name: str, method: str, below: str = "", body: object = None, authorization: str | None = BEARER
    ) -> Answer:
        """Send one request, and record it with its answer.

        `below` follows the collection's path. `authorization` may hold `{token}` and `{shorter}`, the token without
        its last character; None sends no header.
        """
        call = self.call(method, below, body, authorization)
        answer = self.send(call)
        normalizer = self._normalizer
        request: dict[str, object] = {"method": method, "path": normalizer.path(_path(call.url))}
        if authorization != BEARER:
            request["authorization"] = authorization
        if isinstance(body, Raw):
            raw = body.text.encode("utf-8", "backslashreplace").decode()
            request |= {"content-type": body.media_type, "raw": raw if len(raw) < LONGEST_RAW else normalizer.body(raw)}
            request |= {"transfer-encoding": "chunked"} if body.in_chunks else {}
        elif body is not None:
            request["body"] = normalizer.body(body)
        headers, shown = normalizer.headers(_headers(answer)), normalizer.body(content(answer))
        self.interactions.append(
            {"name": name, "request": request, "status": answer.status, "headers": headers, "body": shown}
        )
        return answer

    def record_burst(self, name: str, rounds: Iterable[Mapping[str, object]], answers: Iterable[Answer]) -> None:
        """Record how often each outcome came, and one answer of each status."""
        samples = [
            {"status": status, "content-type": answer.header("content-type"), "body": self._sample(answer)}
            for status, answer in sorted({answer.status: answer for answer in answers}.items())
        ]
        self.interactions.append({"name": name, "rounds": _counted(rounds), "samples": samples})

    def call(self, method: str, below: str = "", body: object = None, authorization: str | None = BEARER) -> Call:
        """Return a request with the peer's token."""
        token = self.peer.token
        credential = Credential(None)
        if authorization is not None:
            credential = Credential("$TOKEN", "{token}", authorization.format(token=token, shorter=token[:-1]))
        media_type = body.media_type if isinstance(body, Raw) else None if body is None else JSON
        octets = body.octets if isinstance(body, Raw) else None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": media_type} if media_type else {}
        headers |= {"Transfer-Encoding": "chunked"} if isinstance(body, Raw) and body.in_chunks else {}
        return Call(method, f"{self.peer.url}{below}", credential, headers, octets)

    def send(self, call: Call) -> Answer:
        """Send a request that is not recorded."""
        if "Transfer-Encoding" not in call.headers:
            return _answer(self._http.run(execute_once(call, ONCE)))
        with closing(KeptConnection(TIMEOUT_S, DIRECT)) as connection:
            return _answer(self._http.run(execute_once(call, ONCE), exchange=connection.exchange))

    def send_burst(self, calls: Sequence[Call]) -> list[Answer]:
        """Release all calls at the same moment, each on its own connection; return the answers in their order."""
        return [_answer(exchange) for exchange in self._loop.run(_burst(calls))]

    def keep_as_sent(self, text: str) -> None:
        """Record a value that a client chose as it is, wherever it comes back."""
        self._normalizer.keep_as_sent(text)

    def given(self, name: str) -> str:
        """Create a user with this name and email; return the path below the collection."""
        answer = self.send(self.call("POST", body=person(name)))
        if answer.status != 201:
            raise AssertionError(f"{self.peer.name} did not create {name}: {answer}")
        self._normalizer.body(content(answer))  # its id has a label from now on
        return self.below(answer)

    def below(self, answer: Answer) -> str:
        """Return the path, below the collection, of the user in an answer; of no user if it shows none."""
        user = content(answer)
        return f"/{user.get(self.dialect.id, 'nobody') if isinstance(user, dict) else 'nobody'}"

    def everyone(self) -> list[dict[str, object]]:
        """Return all users; a suite creates fewer than fit on one page."""
        answered = content(self.send(self.call("GET", self.dialect.everything)))
        users = self._unwrapped(answered)
        whole = answered if isinstance(answered, dict) else {}
        if len(users) < int(whole.get("total") or whole.get("count") or 0):
            raise AssertionError("a suite created more users than one page shows")
        return users

    def clear(self) -> None:
        """Delete every user that has an id."""
        for user in self.everyone():
            if isinstance(user, dict) and self.dialect.id in user:
                self.send(self.call("DELETE", f"/{user[self.dialect.id]}"))

    def listed(self, query: str) -> list[dict[str, object]]:
        """Return the users that a query lists."""
        return self._unwrapped(content(self.send(self.call("GET", query))))

    def _unwrapped(self, answered: object) -> list[dict[str, object]]:
        if self.dialect.items is not None and isinstance(answered, dict):
            answered = answered.get(self.dialect.items)
        if not isinstance(answered, list):
            raise TypeError(f"{self.peer.name} did not answer with a list: {answered}")
        return answered

    def _sample(self, answer: Answer) -> object:
        """Return the answer without the winner's values, as the winner differs from run to run."""
        if answer.status in (200, 201) and isinstance(content(answer), dict):
            return "a user"
        shown = json.dumps(self._normalizer.body(content(answer)), ensure_ascii=False)
        return json.loads(re.sub(r"<(string|integer) \d+>", r"<\1>", shown))


async def _burst(calls: Sequence[Call]) -> Sequence[Exchange]:
    client = AsyncClient(TIMEOUT_S)
    try:
        requests = [Request(str(number), execute_once(call, ONCE)) for number, call in enumerate(calls)]
        return (await burst(client, requests)).results
    finally:
        await client.close()


def _answer(exchange: Exchange) -> Answer:
    if exchange.answer is None:
        raise AssertionError(f"{exchange.call.method} {exchange.call.url} has no answer: {exchange.attempts}")
    return exchange.answer


def _path(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query or url.endswith("?") else parts.path


def _headers(answer: Answer) -> dict[str, str]:
    return {name.lower(): value for name, value in answer.headers.items()}


def content(answer: Answer) -> object:
    """Return the body as JSON, or as text if it is not JSON."""
    try:
        return answer.json()
    except ValueError:
        return answer.body.decode("utf-8", errors="replace")


def _counted(rounds: Iterable[Mapping[str, object]]) -> list[dict[str, object]]:
    """Merge equal rounds, so that their order does not change a recording."""
    times = Counter(json.dumps(outcome) for outcome in rounds)
    return [{"times": count, **json.loads(outcome)} for outcome, count in sorted(times.items())]


def person(called: str, /, **changed: object) -> dict[str, object]:
    """Return the body that creates a user whose email contains the name."""
    return {"name": called.title(), "email": f"{called.lower()}@example.com", **changed}
