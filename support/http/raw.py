"""One request on its own connection, whose answer is read to the last byte: libraries hide a body after HEAD."""

from __future__ import annotations

import contextlib
import http.client
import io
import socket
import ssl
import time
from urllib.parse import urlsplit

from support.bounds import TooMuch
from support.http.deadline import Response, limit_next_call
from support.http.failures import failure_of
from support.http.route import DIRECT, Route
from support.http.urls import DEFAULT_PORTS
from support.models import Answer, Call, Failure

SILENCE_S = 0.3
MOST_OCTETS = 256 * 1024


def exchange_raw(call: Call, timeout_s: float, route: Route = DIRECT) -> Answer | Failure:
    """Send a call without a body and return everything that came after the header section as the body.

    After the header section, the connection is read until it ends, for at most 0.3 seconds and 256 KiB, and never
    beyond `timeout_s`. Raises Inconclusive for a proxy that itself speaks TLS.
    """
    if urlsplit(route.proxy or "").scheme == "https":
        route.require_direct_connection(call.method, "say capabilities.head = false in the profile")
    started = time.monotonic()
    try:
        with connected(call.url, timeout_s, route) as connection:
            connection.sendall(_request(call, route))
            limit_next_call(started + timeout_s, timeout_s, MOST_OCTETS)
            response = Response(connection, method="HEAD")
            response.begin()
            limit_next_call(min(started + timeout_s, time.monotonic() + SILENCE_S), SILENCE_S, MOST_OCTETS)
            body = _rest(response.fp)
    except (OSError, http.client.HTTPException, TooMuch) as error:
        return failure_of(error, time.monotonic() - started, route)
    return Answer(response.status, dict(response.getheaders()), body, time.monotonic() - started)


def connected(url: str, timeout_s: float, route: Route) -> socket.socket:
    """Return a new connection to the host of a URL, through a tunnel or TLS as the route says."""
    target, first = urlsplit(url), urlsplit(route.proxy or url)
    host = target.hostname or ""
    connection = http.client.HTTPConnection(
        first.hostname or "", first.port or DEFAULT_PORTS.get(first.scheme), timeout_s
    )
    if route.proxy and target.scheme == "https":
        connection.set_tunnel(host, target.port or DEFAULT_PORTS["https"], route.proxy_headers)
    connection.connect()
    if target.scheme == "https":
        return route.context.wrap_socket(connection.sock, server_hostname=host)
    return connection.sock


def _request(call: Call, route: Route) -> bytes:
    parts = urlsplit(call.sent_url)
    headers = {"Host": parts.netloc, "Connection": "close", **call.sent_headers}
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if route.proxy is not None and parts.scheme == "http":
        target, headers = f"http://{parts.netloc}{target}", {**headers, **route.proxy_headers}
    lines = [f"{call.method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def _rest(stream: io.BufferedReader) -> bytes:
    """Return what follows the header section until nothing comes any more."""
    octets = b""
    with contextlib.suppress(TimeoutError, ssl.SSLError, ConnectionResetError, TooMuch):
        while part := stream.read1():
            octets += part
    return octets
