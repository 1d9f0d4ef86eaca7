"""Records the exchanges with a target for evidence, and counts the calls for the summary."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from support import statuses
from support.bounds import SMALL
from support.exchange_text import in_brief
from support.models import Answer, Exchange, Failure
from support.redaction import redacted

log = logging.getLogger("acceptance.transport")
KEPT = 400
KEPT_BYTES = 32 * 1024 * 1024


@dataclass
class Metrics:
    """Counts over the whole run; `retried_calls` are those that a retry rescued, `retry_causes` counts why."""

    calls: int = 0
    retried_calls: int = 0
    slowest_s: float = 0.0
    slowest: str = ""
    retry_causes: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)


class Recorder:
    """The exchanges of the present scenario, the metrics of the run, which recorders may share, and observers."""

    def __init__(self, metrics: Metrics | None = None) -> None:
        self.exchanges: list[Exchange] = []
        self.metrics = metrics or Metrics()
        self.observers: list[Callable[[Exchange], None]] = []
        self._bytes = 0
        self._lock = threading.Lock()

    def note(self, exchange: Exchange) -> None:
        """Record a finished exchange, from any thread."""
        with self._lock:
            self.exchanges.append(_as_received(exchange))
            self._bytes += _size(exchange)
            while len(self.exchanges) > 1 and (len(self.exchanges) > KEPT or self._bytes > KEPT_BYTES):
                self._bytes -= _size(self.exchanges.pop(0))
        with self.metrics.lock:
            self._count(exchange)
        if log.isEnabledFor(logging.DEBUG):
            log.debug("%s", redacted(in_brief(exchange)))
        for observer in self.observers:
            observer(exchange)

    def begin(self) -> None:
        """Forget the exchanges of the previous scenario."""
        with self._lock:
            self.exchanges.clear()
            self._bytes = 0

    def _count(self, exchange: Exchange) -> None:
        metrics = self.metrics
        metrics.calls += 1
        answer = exchange.answer
        if answer is not None and answer.status not in statuses.RETRIED:
            metrics.retried_calls += len(exchange.attempts) > 1
            earlier = [attempt.outcome for attempt in exchange.attempts[:-1]]
            metrics.retry_causes.update(one.cause if isinstance(one, Failure) else str(one.status) for one in earlier)
        if answer is not None and answer.seconds > metrics.slowest_s:
            metrics.slowest_s = answer.seconds
            metrics.slowest = f"{exchange.call.method} {exchange.call.url}"


def _as_received(exchange: Exchange) -> Exchange:
    """Return an exchange without the document that a large answer is parsed into, which is larger still."""
    last = exchange.attempts[-1]
    if not isinstance(last.outcome, Answer) or len(last.outcome.body) <= SMALL:
        return exchange
    unparsed = replace(last, outcome=last.outcome.unparsed())
    return replace(exchange, attempts=(*exchange.attempts[:-1], unparsed))


def _size(exchange: Exchange) -> int:
    return len(exchange.answer.body) if exchange.answer else 0
