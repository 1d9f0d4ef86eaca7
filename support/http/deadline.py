"""Connections for `requests` that read an answer until a deadline, however slowly its bytes arrive.

A timeout of urllib3 starts again with every byte: without a deadline, a server that sends a byte now and then would be
read forever.
"""

from __future__ import annotations

import io
import socket
import threading
import time
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

from support.bounds import TooMuch
from support.compat import FinalResponse

LEAST_TIMEOUT_S = 0.001


class _Limits(threading.local):
    """What the present call of a thread may take: `ends` is a moment of `time.monotonic`."""

    timeout_s = float("inf")
    ends = float("inf")
    octets = 0


_limits = _Limits()


class TooManyOctets(OSError, TooMuch):
    """A server sends more than any answer may have; an OSError, as readers of sockets expect."""


def limit_next_call(ends: float, timeout_s: float, octets: int) -> None:
    """Limit the next call of this thread: to a moment of `time.monotonic`, to seconds for each read, and to a size."""
    _limits.ends, _limits.timeout_s, _limits.octets = ends, timeout_s, octets


class _Reader(io.RawIOBase):
    """Reads from a socket; raises TimeoutError at the deadline."""

    def __init__(self, connection: socket.socket, inner: io.RawIOBase) -> None:
        self._connection, self._inner = connection, inner

    def readable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._inner.fileno()

    def readinto(self, buffer: Any) -> Any:
        left = _limits.ends - time.monotonic()
        if left <= 0:
            raise TimeoutError("the answer was not complete at the deadline")
        if _limits.octets < 0:
            raise TooManyOctets("the answer is larger than MAX_ANSWER_MB allows")
        self._connection.settimeout(max(LEAST_TIMEOUT_S, min(_limits.timeout_s, left)))
        received = self._inner.readinto(buffer)
        _limits.octets -= received or 0
        return received

    def close(self) -> None:
        self._inner.close()
        super().close()


class Response(FinalResponse):
    def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        self.fp = io.BufferedReader(_Reader(sock, self.fp.detach()))

    def begin(self) -> None:
        """Read the header section without the white space around values (RFC 9110, 5.5)."""
        super().begin()
        fields = self.headers.items()
        if any(value[-1:].isspace() for _, value in fields):
            for name in set(self.headers):
                del self.headers[name]
            for name, value in fields:
                self.headers[name] = value.strip()


class _Connection(HTTPConnection):
    response_class = Response


class _TlsConnection(HTTPSConnection):
    response_class = Response


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


class DeadlineAdapter(HTTPAdapter):
    """Sends requests over connections that keep to the deadline."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}
