"""What was said to the target and what came back: kept for evidence, counted for the summary, shown without secrets."""

from __future__ import annotations

import json
import logging
import shlex
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from support.http.escaping import on_one_line
from support.http.redaction import Redactor
from support.models import IDEMPOTENCY_KEY, Answer, Attempt, Call, Exchange, Failure

log = logging.getLogger("acceptance.transport")
KEPT = 400
KEPT_BYTES = 32 * 1024 * 1024
redacted = Redactor()


@dataclass
class Metrics:
    """Counts over the whole run."""

    calls: int = 0
    requests: int = 0
    retried_calls: int = 0
    slowest_s: float = 0.0
    slowest: str = ""
    covered: Counter[str] = field(default_factory=Counter)


class Recorder:
    """The exchanges of the present scenario, the tally of the run, and who else wants to see each exchange."""

    def __init__(self) -> None:
        self.exchanges: list[Exchange] = []
        self.metrics = Metrics()
        self.observers: list[Callable[[Exchange], None]] = []
        self._bytes = 0
        self._lock = threading.Lock()

    def note(self, exchange: Exchange) -> None:
        """Take in a finished exchange, from any thread."""
        with self._lock:
            self.exchanges.append(exchange)
            self._bytes += _size(exchange)
            while len(self.exchanges) > 1 and (len(self.exchanges) > KEPT or self._bytes > KEPT_BYTES):
                self._bytes -= _size(self.exchanges.pop(0))
            self._count(exchange)
        if log.isEnabledFor(logging.DEBUG):
            log.debug("%s", redacted(in_brief(exchange)))
        for observer in self.observers:
            observer(exchange)

    def begin(self) -> None:
        """Start the next scenario with an empty page."""
        with self._lock:
            self.exchanges.clear()
            self._bytes = 0

    def _count(self, exchange: Exchange) -> None:
        metrics = self.metrics
        metrics.calls += 1
        metrics.requests += len(exchange.attempts) - exchange.adopted
        if len(exchange.attempts) > 1:
            metrics.retried_calls += 1
        for attempt in exchange.attempts[:-1]:
            metrics.covered[_named(attempt)] += 1
        answer = exchange.answer
        if answer is not None and answer.seconds > metrics.slowest_s:
            metrics.slowest_s = answer.seconds
            metrics.slowest = f"{exchange.call.method} {exchange.call.url}"


def _size(exchange: Exchange) -> int:
    return len(exchange.answer.body) if exchange.answer else 0


def _named(attempt: Attempt) -> str:
    return attempt.outcome.cause if isinstance(attempt.outcome, Failure) else str(attempt.outcome.status)


def in_brief(exchange: Exchange) -> str:
    """Return an exchange in one line."""
    came = exchange.status or "no answer"
    tries = f" after {len(exchange.attempts)} tries" if len(exchange.attempts) > 1 else ""
    return (
        f"{exchange.call.method} {on_one_line(exchange.call.url)} -> {came}{tries} in {exchange.seconds * 1000:.0f} ms"
    )


def curl(call: Call) -> str:
    """Return the call as a curl command for a POSIX shell, with the token as `$TOKEN`, a hidden address as `$BASE_URL`.

    It has no Idempotency-Key: an API that remembers the key would tell again what it told then.
    """
    words = ["curl", "-i"]
    words += ["-I"] if call.method == "HEAD" else ["-X", call.method]
    lines = [" ".join([*words, _word(call.url), "--globoff", "--path-as-is"])]
    if call.credential.shown is not None:
        shown = redacted.without_secrets(call.credential.shown).replace('"', '\\"')
        lines.append(f'-H "Authorization: {f"{call.credential.scheme} {shown}".lstrip()}"')
    headers = {name: value for name, value in call.headers.items() if name != IDEMPOTENCY_KEY}
    lines += [f"-H {_word(f'{name}: {value}')}" for name, value in headers.items()]
    if call.body is not None:
        body = redacted.without_secrets(call.body.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
        is_a_word = stands_in_a_word(body)
        lines.append(f"--data-raw {_word(call.body.decode())}" if is_a_word else "--data-binary @-")
        lines[0] = ("" if is_a_word else _printed(body)) + lines[0]
    return " \\\n  ".join(lines)


def stands_in_a_word(body: bytes) -> bool:
    """Whether a body can be written as a word of a shell command, on one line and with nothing that cannot be seen."""
    text = body.decode("utf-8", "surrogateescape")
    return text == on_one_line(text)


def _word(text: str) -> str:
    """Return a word of a shell command, in which a variable stands for each secret."""
    quoted = ((shlex.quote(on_one_line(before)), f'"{shown}"') for before, shown in redacted.parts(text))
    return "".join(part for pair in quoted for part in pair if part not in ("''", '""')) or "''"


def _printed(body: bytes) -> str:
    """Return the beginning of a pipe that prints what cannot stand in a line of a shell command."""
    signs = (chr(octet) if chr(octet).isalpha() and octet < 128 else f"\\{octet:03o}" for octet in body)
    return f"printf '{''.join(signs)}' | "


def said(answer: Answer | None, longest: int = 2000) -> str:
    """Return the body of an answer for people: pretty-printed where it is JSON, cut at `longest` characters."""
    if answer is None:
        return "(no answer)"
    if not answer.body:
        return "(no body)"
    try:
        text = json.dumps(answer.json(), indent=2, ensure_ascii=False)
    except ValueError:
        text = answer.body.decode("utf-8", "backslashreplace").replace("\r\n", "\n")
    shown = redacted(text)  # before it is cut, as half a secret would not be known
    return shown if len(shown) <= longest else f"{shown[:longest]} … ({len(text)} characters)"
