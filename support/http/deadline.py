"""Connections for `requests` whose answers are read until a deadline, however slowly their bytes drip in.

A timeout of urllib3 begins anew with every byte: a server that sends one now and then would be waited for without end.
"""

from __future__ import annotations

import http.client
import io
import socket
import threading
import time
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

from support.bounds import TooMuch
from support.statuses import is_interim

LEAST_TIMEOUT_S = 0.001
MOST_INTERIM = 100


class _Patience(threading.local):
    """What the call that is under way in a thread may take: `ends` is a moment of `time.monotonic`."""

    timeout_s = float("inf")
    ends = float("inf")
    octets = 0


_patience = _Patience()


class TooManyOctets(OSError, TooMuch):
    """A server sends more than any answer may have; an OSError, as that is what readers of sockets expect."""


def wait_until(ends: float, timeout_s: float, octets: int) -> None:
    """Let the next call of this thread be over at a moment of `time.monotonic`, or after so many bytes.

    Each of these bytes is waited for `timeout_s` seconds.
    """
    _patience.ends, _patience.timeout_s, _patience.octets = ends, timeout_s, octets


class _Reader(io.RawIOBase):
    """Reads from a socket; raises TimeoutError at the deadline."""

    def __init__(self, connection: socket.socket, inner: io.RawIOBase) -> None:
        self._connection, self._inner = connection, inner

    def readable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._inner.fileno()

    def readinto(self, buffer: Any) -> Any:
        left = _patience.ends - time.monotonic()
        if left <= 0:
            raise TimeoutError("the answer was not complete at the deadline")
        if _patience.octets < 0:
            raise TooManyOctets("the answer is larger than MAX_ANSWER_MB allows")
        self._connection.settimeout(max(LEAST_TIMEOUT_S, min(_patience.timeout_s, left)))
        received = self._inner.readinto(buffer)
        _patience.octets -= received or 0
        return received

    def close(self) -> None:
        self._inner.close()
        super().close()


class _Response(http.client.HTTPResponse):
    """The final answer: those before it are passed over (RFC 9110, 15.2), where Python knows of 100 alone."""

    def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        self.fp = io.BufferedReader(_Reader(sock, self.fp.detach()))

    def _read_status(self) -> tuple[str, int, str]:
        for _ in range(MOST_INTERIM):
            if not is_interim((found := super()._read_status())[1]):  # type: ignore[misc]  # it is there, if not public
                return found  # type: ignore[no-any-return]
            http.client.parse_headers(self.fp)
        raise http.client.HTTPException(f"got more than {MOST_INTERIM} interim answers")

    def begin(self) -> None:
        """Read the header section; the spaces around a value are no part of it (RFC 9110, 5.5)."""
        super().begin()
        fields = self.headers.items()
        if any(value[-1:].isspace() for _, value in fields):
            for name in set(self.headers):
                del self.headers[name]
            for name, value in fields:
                self.headers[name] = value.strip()


class _Connection(HTTPConnection):
    response_class = _Response


class _TlsConnection(HTTPSConnection):
    response_class = _Response


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


class DeadlineAdapter(HTTPAdapter):
    """Carries the requests of a session over connections that keep to the deadline.

    Trust and proxies are the same for all calls of a session, so what leads to an origin is found out once.
    """

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}
        self._pools: dict[tuple[str, str], Any] = {}

    def get_connection_with_tls_context(self, request: Any, *args: Any, **options: Any) -> Any:
        scheme, _, host, *_ = request.url.split("/", 3)
        if (scheme, host) not in self._pools:
            self._pools[scheme, host] = super().get_connection_with_tls_context(request, *args, **options)
        return self._pools[scheme, host]

    def close(self) -> None:
        super().close()
        self._pools.clear()
