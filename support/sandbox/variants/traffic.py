"""Faults and delays that an API, or a proxy before it, may have at any time."""

import time
from typing import Any

from support.sandbox.exchange import Call, Refusal
from support.sandbox.faults import Fault
from support.sandbox.store import Key
from support.sandbox.twists import Decision, Sandbox, variant

_RATE = 200.0  # requests per second
_CAPACITY = 200.0  # requests at once


def _inject(sandbox: Sandbox, kind: str, **how: Any) -> None:
    sandbox.faults.present.append(Fault(kind, **how))


@variant()
def some_503_before(sandbox: Sandbox) -> None:
    """One in twenty requests gets 503 and is not carried out."""
    _inject(sandbox, "status", share=0.05)


@variant()
def some_503_after(sandbox: Sandbox) -> None:
    """One in twenty requests gets 503 although it was carried out."""
    _inject(sandbox, "status", share=0.05, when="after")


@variant()
def some_gateway_errors(sandbox: Sandbox) -> None:
    """A few requests get 502 and are not carried out, a few get 504 after they were."""
    _inject(sandbox, "status", status=502, share=0.03, seed=1)
    _inject(sandbox, "status", status=504, share=0.03, seed=2, when="after")


@variant()
def some_429(sandbox: Sandbox) -> None:
    """One in twenty requests gets 429 with Retry-After 0, as an HTTP date of now."""
    _inject(sandbox, "status", status=429, share=0.05, retry_after="date:0")


@variant()
def some_429_after(sandbox: Sandbox) -> None:
    """One in twenty requests gets 429 although it was carried out, and Idempotency-Key is not known."""
    _inject(sandbox, "status", status=429, share=0.05, retry_after="0", when="after")
    sandbox.around("idempotency_key", lambda *_: None)


@variant()
def some_drops(sandbox: Sandbox) -> None:
    """One in fifty requests ends with a dropped connection and is not carried out."""
    _inject(sandbox, "drop", share=0.02)


@variant()
def some_drops_after(sandbox: Sandbox) -> None:
    """One in fifty requests ends with a dropped connection although it was carried out."""
    _inject(sandbox, "drop", share=0.02, when="after")


@variant()
def latency(sandbox: Sandbox) -> None:
    """Every answer takes 30 ms."""
    _inject(sandbox, "slow", seconds=0.03)


@variant()
def uneven_latency(sandbox: Sandbox) -> None:
    """One answer in ten takes a quarter of a second."""
    _inject(sandbox, "slow", seconds=0.25, share=0.1)


@variant()
def rate_limit(sandbox: Sandbox) -> None:
    """More than 200 requests in a second get 429 with Retry-After."""
    tokens, seen = _CAPACITY, time.monotonic()

    def authenticate(_sandbox: Sandbox, authenticate: Decision, call: Call) -> None:
        nonlocal tokens, seen
        authenticate(call)
        now = time.monotonic()
        tokens, seen = min(_CAPACITY, tokens + (now - seen) * _RATE), now
        if tokens < 1:
            raise Refusal(429, "Too Many Requests", "Slow down.", {"retry-after": "1"})
        tokens -= 1

    sandbox.around("authenticate", authenticate)


@variant(at="idempotency_key")
def no_idempotency_keys(_sandbox: Sandbox, _idempotency_key: Decision, _call: Call) -> Key | None:
    """Idempotency-Key is not known: a create that is sent again gets 409."""
    return None
