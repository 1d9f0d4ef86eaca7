"""An exchange as a page to read: the command that repeats it, its attempts, the request and the answer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import unquote, urlsplit

from support.escaping import on_one_line
from support.exchange_text import curl, said, status_of
from support.models import Answer, Exchange, Failure
from support.redaction import redacted

LONGEST = 20_000
LONG_WORD = re.compile(r"([^/?&=]{12})[^/?&=]{2,}")


def title(exchange: Exchange) -> str:
    """Return an exchange in a few words; long ids and emails are cut."""
    parts = urlsplit(exchange.call.url)
    where = LONG_WORD.sub(r"\1…", parts.path + (f"?{unquote(parts.query)}" if parts.query else ""))
    tries = f", {len(exchange.attempts)} attempts" if len(exchange.attempts) > 1 else ""
    return on_one_line(redacted(f"{exchange.call.method} {where} -> {status_of(exchange)}{tries}"))


def page(exchange: Exchange) -> str:
    """Return an exchange in full, without secrets; JSON bodies are pretty-printed."""
    return redacted("\n".join(_lines(exchange)))


def _lines(exchange: Exchange) -> Iterator[str]:
    yield from ("# Send it again", curl(exchange.call), "")
    if len(exchange.attempts) > 1 or exchange.answer is None:
        yield "# Attempts"
        yield from _attempts(exchange)
        yield ""
    yield from ("# Request", f"{exchange.call.method} {on_one_line(exchange.call.url)}")
    if exchange.call.credential.shown is not None:
        yield exchange.call.credential.in_print
    yield from _headers(exchange.call.headers)
    if exchange.call.body is not None:
        yield from ("", said(Answer(0, {}, exchange.call.body, 0.0), LONGEST))
    if exchange.answer is not None:
        yield from ("", "# Answer", f"{status_of(exchange)} after {exchange.answer.seconds * 1000:.0f} ms")
        yield from _headers(exchange.answer.headers)
        yield from ("", said(exchange.answer, LONGEST))


def _headers(headers: Mapping[str, str]) -> Iterator[str]:
    """Yield one line for each header, even if its value is folded over several lines."""
    return (on_one_line(f"{name}: {value}") for name, value in headers.items())


def _attempts(exchange: Exchange) -> Iterator[str]:
    for number, attempt in enumerate(exchange.attempts, start=1):
        outcome = attempt.outcome
        came = outcome.cause if isinstance(outcome, Failure) else f"status {outcome.status}"
        wait = f", then a wait of {attempt.wait_s:.2f} s" if attempt.wait_s else ""
        yield f"{number}. {came} after {outcome.seconds * 1000:.0f} ms{wait}"
    if exchange.adopted:
        yield "The answer to this create was lost; a search for the email found the user."
