"""Why no answer came, in words without addresses or headers, and whether the request can have reached the API."""

from __future__ import annotations

import http.client

import httpx
import requests
import urllib3

from support.bounds import TooMuch
from support.errors import SuiteError
from support.models import Failure
from support.transport.transcript import redacted

NOT_CONNECTED = (
    urllib3.exceptions.NewConnectionError,
    urllib3.exceptions.ConnectTimeoutError,
    requests.ConnectTimeout,
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
)
NOT_A_TIMEOUT = urllib3.exceptions.NewConnectionError  # made one by urllib3, for the sake of old callers
ILLEGAL = (httpx.LocalProtocolError,)
TOO_LARGE = (TooMuch, http.client.LineTooLong)
HEADERS_TOO_LARGE = ("got more than", "Receive buffer too long")
TIMED_OUT = (requests.Timeout, urllib3.exceptions.TimeoutError, httpx.TimeoutException, TimeoutError)


def failure_of(error: BaseException, seconds: float, status: int | None = None) -> Failure:
    """Tell from an exception of requests, urllib3, httpx or a socket what kept the answer away.

    `status` is that of an answer whose header section came. Raises SuiteError for a request that HTTP does not allow.
    """
    chain = _chain(error)
    if any(isinstance(link, ILLEGAL) for link in chain):
        raise SuiteError(f"a request that HTTP does not allow was not sent: {redacted(str(error))}")
    if any(isinstance(link, TOO_LARGE) or str(link).startswith(HEADERS_TOO_LARGE) for link in chain):
        return Failure("the header section of the answer is too large", True, seconds, fatal=True)
    certificate = next((str(link) for link in chain if "CERTIFICATE_VERIFY_FAILED" in str(link)), None)
    if certificate is not None:
        return Failure(
            f"the certificate does not verify ({_certificate_problem(certificate)})", False, seconds, fatal=True
        )
    sent = status is not None or not any(isinstance(link, NOT_CONNECTED) for link in chain)
    if any(isinstance(link, ConnectionRefusedError) for link in chain):
        return Failure("connection refused", False, seconds)
    if any(isinstance(link, TIMED_OUT) and not isinstance(link, NOT_A_TIMEOUT) for link in chain):
        return Failure(
            f"no complete answer within {seconds:.1f} s" if sent else "timed out while connecting",
            sent,
            seconds,
            status=status,
        )
    innermost = chain[-1]
    reason = redacted(getattr(innermost, "strerror", None) or type(innermost).__name__)
    cause = f"connection broken ({reason})" if sent else f"cannot connect ({reason})"
    return Failure(cause, sent, seconds, status=status)


def _chain(error: BaseException) -> list[BaseException]:
    """Return the error and what it was made from, the innermost last."""
    chain: list[BaseException] = []
    link: object = error
    while isinstance(link, BaseException) and link not in chain:
        chain.append(link)
        parts = [getattr(link, "reason", None), *link.args, *getattr(link, "exceptions", ())]
        inner = next((part for part in parts if isinstance(part, BaseException)), None)
        link = inner or link.__cause__ or link.__context__
    return chain


def _certificate_problem(text: str) -> str:
    return text.split("certificate verify failed: ", 1)[-1].split(" (_ssl", 1)[0][:120]
