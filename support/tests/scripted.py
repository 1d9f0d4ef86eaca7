"""A server of one connection a thread that answers as its script says, byte by byte, and keeps what arrived."""

from __future__ import annotations

import contextlib
import gzip
import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

PATIENCE_S = 10.0


@dataclass(frozen=True)
class Arrived:
    """One request as it came: header names as they were written, in their order."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    connection: int

    def header(self, name: str) -> str | None:
        """Return a header whatever the letter case of its name."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


@dataclass
class Wire:
    """The connection that an act answers on; `over` is set when the server is closed."""

    socket: socket.socket
    request: Arrived
    over: threading.Event
    sent: bytearray = field(default_factory=bytearray)

    def write(self, octets: bytes) -> None:
        self.socket.sendall(octets)
        self.sent += octets


Act = Callable[[Wire], bool]
"""Answers one request; returns whether the connection stays open."""


def answer(
    status: int = 200,
    shown: Any = None,
    *,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    http: str = "1.1",
    closes: bool = False,
) -> Act:
    """Answer by a status and a body: `shown` as JSON, or `body` as it is."""
    octets = body if body is not None else b"" if shown is None else json.dumps(shown).encode()

    def act(wire: Wire) -> bool:
        fields = {"Content-Type": "application/json", "Content-Length": str(len(octets)), **(headers or {})}
        wire.write(head(status, fields, http) + octets)
        return http == "1.1" and not closes

    return act


def chunked(status: int, *parts: bytes, packed: bool = False) -> Act:
    """Answer in chunks; `packed` compresses what they make together."""
    whole = (gzip.compress(b"".join(parts)),) if packed else parts

    def act(wire: Wire) -> bool:
        fields = {"Content-Type": "application/json", "Transfer-Encoding": "chunked"}
        wire.write(head(status, {**fields, **({"Content-Encoding": "gzip"} if packed else {})}))
        for octets in whole:
            for part in _split(octets) if packed else [octets]:
                wire.write(f"{len(part):x}\r\n".encode() + part + b"\r\n")
        wire.write(b"0\r\n\r\n")
        return True

    return act


def _split(octets: bytes) -> Iterator[bytes]:
    """Yield the header of a gzip stream by itself, then the rest: a reader that stops at nothing decoded loses it."""
    yield octets[:10]
    yield octets[10:]


def packed(status: int, octets: bytes) -> Act:
    """Answer compressed with gzip."""
    return answer(status, body=gzip.compress(octets), headers={"Content-Encoding": "gzip"})


def until_closed(status: int, octets: bytes) -> Act:
    """Answer as HTTP/1.0 does: without a length, the end of the connection ends the body."""

    def act(wire: Wire) -> bool:
        wire.write(head(status, {"Content-Type": "application/json"}, "1.0") + octets)
        return False

    return act


def drop(wire: Wire) -> bool:
    """Reset the connection without a word."""
    wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return False


def hang_up(_: Wire) -> bool:
    """Close the connection without a word."""
    return False


def cut(status: int = 200, *, announced: int = 100, part: bytes = b'{"id": ') -> Act:
    """Announce more octets than come, and close."""

    def act(wire: Wire) -> bool:
        wire.write(head(status, {"Content-Type": "application/json", "Content-Length": str(announced)}) + part)
        return False

    return act


def cut_chunks(wire: Wire) -> bool:
    """Begin a chunked body, and close before its end."""
    wire.write(head(200, {"Content-Type": "application/json", "Transfer-Encoding": "chunked"}) + b'7\r\n{"id": \r\n')
    return False


def silent(wire: Wire) -> bool:
    """Never answer: wait until the client is gone."""
    _wait_for_the_client_to_go(wire)
    return False


def begin_and_stall(wire: Wire) -> bool:
    """Send the header section and a part of the body, and nothing more."""
    wire.write(head(200, {"Content-Type": "application/json", "Content-Length": "100"}) + b'{"id": ')
    _wait_for_the_client_to_go(wire)
    return False


def dripping(before: bytes, drop_of: bytes, times: int, after: bytes, every_s: float = 0.02) -> Act:
    """Send the same few octets again and again, for `times` * `every_s` seconds or until the client is gone."""

    def act(wire: Wire) -> bool:
        with contextlib.suppress(OSError):
            wire.write(before)
            for _ in range(times):
                if wire.over.wait(every_s):
                    return False
                wire.write(drop_of)
            wire.write(after)
        return False

    return act


def raw(octets: bytes, goes_on: bool = False) -> Act:
    """Send these octets."""

    def act(wire: Wire) -> bool:
        wire.write(octets)
        return goes_on

    return act


def after(notice: Callable[[Arrived], object], act: Act) -> Act:
    """Look at something the moment a request has arrived, before it is answered."""

    def noticed(wire: Wire) -> bool:
        notice(wire.request)
        return act(wire)

    return noticed


def head(status: int, headers: Mapping[str, str], http: str = "1.1") -> bytes:
    """Return a status line and a header section."""
    lines = [f"HTTP/{http} {status} Scripted", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def _wait_for_the_client_to_go(wire: Wire) -> None:
    wire.socket.settimeout(PATIENCE_S)
    with contextlib.suppress(OSError):
        wire.socket.recv(1)


def stop_listening(listener: socket.socket, accepting: threading.Thread) -> None:
    """Close a listener after the thread that accepts its connections has ended.

    If the thread were about to accept, it would accept from the next socket of the same number: another server's.
    """
    with contextlib.suppress(OSError):
        listener.shutdown(socket.SHUT_RDWR)
    accepting.join(PATIENCE_S)
    listener.close()


class ScriptedServer:
    """Answers the requests of all connections by the acts of one script, in the order in which they arrive.

    A request beyond the script is answered by 599, so that a test sees it.
    """

    def __init__(self, *script: Act, tls: ssl.SSLContext | None = None) -> None:
        self.arrived: list[Arrived] = []
        self._script = list(script)
        self._tls = tls
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._open: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.connections = 0
        self._closed: dict[int, threading.Event] = {}
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}/users"

    def then(self, *acts: Act) -> None:
        """Add to the script."""
        with self._lock:
            self._script += acts

    def wait_until_closed(self, connection: int) -> None:
        """Wait until this connection, counted from 1, was closed from here."""
        assert self._closed[connection].wait(PATIENCE_S), f"connection {connection} is still open"

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._closed[self.connections] = threading.Event()
            threading.Thread(target=self._converse, args=(connection, self.connections), daemon=True).start()

    def _converse(self, connection: socket.socket, number: int) -> None:
        with contextlib.suppress(OSError), contextlib.ExitStack() as stack:
            stack.callback(self._closed[number].set)
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True)
            with self._lock:
                self._open.append(connection)
            stack.callback(self._end, connection)
            reader = connection.makefile("rb")
            stack.callback(reader.close)
            while (request := _read(reader, number)) is not None:
                if not self._next(request)(Wire(connection, request, self._over)):
                    return

    def _next(self, request: Arrived) -> Act:
        with self._lock:
            self.arrived.append(request)
            return self._script.pop(0) if self._script else answer(599, {"title": "the script is over"})

    def _end(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.remove(connection)
            connection.close()

    def close(self) -> None:
        self._over.set()
        stop_listening(self._listener, self._accepting)
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> ScriptedServer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _read(reader: Any, connection: int) -> Arrived | None:
    words = reader.readline().decode("latin-1").split(" ", 2)
    if len(words) < 3:
        return None
    method, target, _ = words
    headers = []
    while (line := reader.readline()) not in (b"\r\n", b""):
        name, _, value = line.decode("latin-1").rstrip("\r\n").partition(":")
        headers.append((name, value.strip()))
    length = next((int(value) for name, value in headers if name.lower() == "content-length"), 0)
    return Arrived(method, target, tuple(headers), reader.read(length), connection)
