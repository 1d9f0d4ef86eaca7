"""Why no answer came, and whether the request may have reached the API.

The text of a failure names no header, and no URL except that of a proxy.
"""

from __future__ import annotations

import http.client
import re
import socket
import ssl
from collections.abc import Sequence

import httpx
import requests
import urllib3

from support.bounds import TooMuch
from support.errors import SuiteError
from support.http.route import DIRECT, Route
from support.models import Failure
from support.redaction import redacted

NOT_CONNECTED = (
    ConnectionRefusedError,
    socket.gaierror,
    urllib3.exceptions.NewConnectionError,
    urllib3.exceptions.ConnectTimeoutError,
    requests.ConnectTimeout,
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
)
TUNNEL = "Tunnel connection failed: "
REFUSAL = re.compile(rf"(?:^|{TUNNEL})(\d{{3}})\b")
NOT_A_TIMEOUT = urllib3.exceptions.NewConnectionError  # urllib3 derives it from a timeout for old callers
ILLEGAL = (httpx.LocalProtocolError,)
TOO_LARGE = (TooMuch, http.client.LineTooLong)
HEADERS_TOO_LARGE = ("got more than", "Receive buffer too long")
TIMED_OUT = (requests.Timeout, urllib3.exceptions.TimeoutError, httpx.TimeoutException, TimeoutError)


def failure_of(error: BaseException, seconds: float, route: Route = DIRECT, status: int | None = None) -> Failure:
    """Classify an exception of requests, urllib3, httpx or a socket on this route.

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
            f"the certificate cannot be verified ({_certificate_problem(certificate)})", False, seconds, fatal=True
        )
    if route.proxy is not None and (what := _wrong_with_the_proxy(chain, route.proxy_in_brief)):
        return Failure(what, False, seconds, of_the_proxy=True)
    sent = status is not None or _sent(chain)
    return Failure(_cause(chain, sent, seconds), sent, seconds, status=status, hung=sent and _timed_out(chain))


def _wrong_with_the_proxy(chain: Sequence[BaseException], proxy: str) -> str | None:
    """Return what went wrong with the proxy; None if the request got past it, as an error of TLS shows."""
    texts = (str(link) for link in chain if isinstance(link, httpx.ProxyError) or TUNNEL in str(link))
    refused = next((status for text in texts if (status := REFUSAL.search(text))), None)
    if refused is not None:
        return f"{proxy} refuses to connect (status {refused[1]})"
    reached = any(isinstance(link, ssl.SSLError) for link in chain) or _sent(chain)
    return None if reached else f"cannot reach {proxy}: {_cause(chain, False, 0.0)}"


def _sent(chain: Sequence[BaseException]) -> bool:
    return not any(isinstance(link, NOT_CONNECTED) for link in chain)


def _timed_out(chain: Sequence[BaseException]) -> bool:
    return any(isinstance(link, TIMED_OUT) and not isinstance(link, NOT_A_TIMEOUT) for link in chain)


def _cause(chain: Sequence[BaseException], sent: bool, seconds: float) -> str:
    if any(isinstance(link, ConnectionRefusedError) for link in chain):
        return "connection refused"
    if _timed_out(chain):
        return f"no complete answer within {seconds:.1f} s" if sent else "timed out while connecting"
    reason = redacted(getattr(chain[-1], "strerror", None) or type(chain[-1]).__name__)
    return f"connection broken ({reason})" if sent else f"cannot connect ({reason})"


def _chain(error: BaseException) -> list[BaseException]:
    """Return the error and its causes, the innermost last."""
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
