"""One request on its own connection, read byte by byte: for what libraries hide, such as a body after HEAD."""

from __future__ import annotations

import contextlib
import http.client
import re
import socket
import ssl
import time
from urllib.parse import urlsplit

from support.bounds import MOST_HEADERS, TooMuch
from support.http.failures import failure_of
from support.http.route import DIRECT, Route
from support.http.urls import DEFAULT_PORTS
from support.models import Answer, Call, Failure
from support.statuses import is_interim

SILENCE_S = 0.3
MOST_OCTETS = 256 * 1024
STATUS = re.compile(rb"[1-9]\d\d")


def exchange_raw(call: Call, timeout_s: float, route: Route = DIRECT) -> Answer | Failure:
    """Send a call without a body and return everything that came after the header section as the body.

    The connection is read until it ends, until nothing came for 0.3 seconds after the header section, or until
    `timeout_s` is over. Raises Inconclusive for a proxy that itself speaks TLS.
    """
    if urlsplit(route.proxy or "").scheme == "https":
        route.require_direct_connection(call.method, "say capabilities.head = false in the profile")
    started = time.monotonic()
    try:
        with connected(call.url, timeout_s, route) as connection:
            connection.sendall(_request(call, route))
            head, rest = _read(connection, started + timeout_s)
    except (OSError, http.client.HTTPException, TooMuch) as error:
        return failure_of(error, time.monotonic() - started, route)
    status, lines = _status(head), head.decode("latin-1").split("\r\n")[1:]
    if status is None:
        return Failure("the answer is not HTTP", True, time.monotonic() - started)
    headers = dict(line.split(":", 1) for line in lines if ":" in line)
    headers = {name.strip(): value.strip() for name, value in headers.items()}
    return Answer(status, headers, rest, time.monotonic() - started)


def connected(url: str, timeout_s: float, route: Route) -> socket.socket:
    """Return a new connection to the host of a URL, through a tunnel or TLS as its route says."""
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


def _read(connection: socket.socket, ends: float) -> tuple[bytes, bytes]:
    head, rest = _read_head(connection, ends)
    while (status := _status(head)) is not None and is_interim(status):
        head, rest = _read_head(connection, ends, rest)
    with contextlib.suppress(TimeoutError, ssl.SSLError, ConnectionResetError):
        while len(rest) < MOST_OCTETS and (part := _receive(connection, min(ends, time.monotonic() + SILENCE_S))):
            rest += part
    return head, rest


def _read_head(connection: socket.socket, ends: float, received: bytes = b"") -> tuple[bytes, bytes]:
    while b"\r\n\r\n" not in received:
        part = _receive(connection, ends)
        if not part:
            raise ConnectionResetError("closed before the header section ended")
        received += part
        if len(received) > MOST_OCTETS or received.count(b"\r\n") > MOST_HEADERS:
            raise TooMuch("the header section is too large")
    head, _, rest = received.partition(b"\r\n\r\n")
    return head, rest


def _status(head: bytes) -> int | None:
    words = head.split(b"\r\n", 1)[0].split(b" ", 2)
    return int(words[1]) if len(words) > 1 and STATUS.fullmatch(words[1]) else None


def _receive(connection: socket.socket, ends: float) -> bytes:
    left = ends - time.monotonic()
    if left <= 0:
        raise TimeoutError("the answer was not complete at the deadline")
    connection.settimeout(left)
    return connection.recv(65536)
