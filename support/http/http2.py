"""HTTP/2 connections on which the end of a request can be held back, and the ends of many sent in one write.

What ends a request (RFC 9113 §8.1) is its last DATA frame; without a body it is the HEADERS frame, which is held back
as a whole, as servers start to process such a request when its header section has come.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import re
import ssl
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import DataReceived, Event, RemoteSettingsChanged, ResponseReceived, StreamEnded, StreamReset
from h2.exceptions import DenialOfServiceError, ProtocolError
from h2.settings import SettingCodes, Settings

from support.bounds import TooMuch

GOAWAY, FRAME_HEADER = 7, 9
LARGE_WINDOW = 2**30
IDLE_S, CLOSED_WITHIN_S = 5.0, 1.0
LAST_STREAM = 1000  # the 500th request: after 1000, nginx and others end a connection and requests just begun on it
STATUS = re.compile(rb"[1-9]\d\d")
NOT_IN_HTTP2 = {b"host", b"connection", b"keep-alive", b"proxy-connection", b"transfer-encoding", b"upgrade"}


class Http2Connection(asyncio.Protocol):
    """A connection to a server that speaks HTTP/2, and the requests that it carries."""

    def __init__(self) -> None:
        self.state = H2Connection(H2Configuration(header_encoding=None, validate_inbound_headers=False))
        self.requests: set[Http2Request] = set()
        self.changed = asyncio.Event()
        self.error: Exception | None = None
        self._transport: Any = None
        self._received = bytearray()
        self._used_s = time.monotonic()
        self._is_ready = self._is_leaving = False

    @classmethod
    async def open(cls, url: httpx.URL, context: ssl.SSLContext) -> Http2Connection | None:
        """Connect, and exchange settings with the server; return None if the server does not choose HTTP/2."""
        host = url.raw_host.decode("ascii")
        loop, port = asyncio.get_running_loop(), url.port or 443
        transport, connection = await loop.create_connection(cls, host, port, ssl=context, server_hostname=host)
        try:
            if transport.get_extra_info("ssl_object").selected_alpn_protocol() == "h2":
                await connection.begin()
                return connection
        except BaseException:
            transport.abort()
            raise
        await connection.close()
        return None

    async def begin(self) -> None:
        """Exchange settings with the server."""
        self.state.local_settings = Settings(client=True, initial_values={SettingCodes.ENABLE_PUSH: 0})
        self.state.initiate_connection()
        self.state.increment_flow_control_window(LARGE_WINDOW)  # an answer that nobody reads does not stop the others
        self.flush()
        while not self._is_ready:
            await self.changed.wait()
            if self.error is not None:
                raise self.error

    @property
    def is_usable(self) -> bool:
        """Whether the connection seems to take new requests; a server may soon end an idle or much used one."""
        is_fresh = time.monotonic() - self._used_s < IDLE_S and self.state.highest_outbound_stream_id < LAST_STREAM
        return (is_fresh or bool(self.requests)) and self.error is None and not self._is_leaving

    @property
    def has_room(self) -> bool:
        """Whether the server takes one more stream (SETTINGS_MAX_CONCURRENT_STREAMS)."""
        return self.is_usable and len(self.requests) < self.state.remote_settings.max_concurrent_streams

    def carry(self, request: httpx.Request) -> Http2Request:
        """Take a request, of which nothing is sent yet."""
        self.requests.add(carried := Http2Request(self, request))
        return carried

    def forget(self, request: Http2Request) -> None:
        """Carry this request no longer."""
        self.requests.discard(request)
        self._used_s = time.monotonic()
        if self._is_leaving:
            self.retire()
        self._note_change()

    def flush(self) -> None:
        """Write, at once, all frames that wait to be sent."""
        octets = self.state.data_to_send()
        if octets and not self._transport.is_closing():
            self._transport.write(octets)

    def retire(self) -> None:
        """Take no more requests, and close the connection after the last one."""
        self._is_leaving = True
        if not self.requests:
            self._transport.close()

    async def close(self) -> None:
        """End all requests, and wait for the end of the connection, but not for long."""
        self._transport.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSED_WITHIN_S):
                while self.error is None:
                    await self.changed.wait()
        self._transport.abort()

    # What the event loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, octets: bytes) -> None:
        try:
            for frame in self._frames_in(octets):
                if frame[3] == GOAWAY:
                    self._leave(int.from_bytes(frame[FRAME_HEADER : FRAME_HEADER + 4], "big"))
                else:
                    for event in self.state.receive_data(frame):
                        self._note(event)
        except ProtocolError as error:
            is_large = isinstance(error, DenialOfServiceError)
            self._end(TooMuch("the header section is too large") if is_large else _broken(f"no HTTP/2: {error}"))
            self._transport.close()
        self.flush()
        self._note_change()

    def connection_lost(self, error: Exception | None) -> None:
        self._end(error or _broken("the server closed the connection"))
        self._note_change()

    # What has come

    def _frames_in(self, octets: bytes) -> Iterator[bytes]:
        """Yield each whole frame (RFC 9113 §4.1): h2 takes no other frame after a GOAWAY, so h2 must not see one."""
        self._received += octets
        while len(self._received) >= (size := FRAME_HEADER + int.from_bytes(self._received[:3], "big")):
            yield bytes(self._received[:size])
            del self._received[:size]

    def _note(self, event: Event) -> None:
        self._is_ready = self._is_ready or isinstance(event, RemoteSettingsChanged)
        number = getattr(event, "stream_id", None)
        for request in [one for one in self.requests if number and one.number == number]:
            request.note(event)

    def _leave(self, last: int) -> None:
        """Open no more streams; the server does not process those after the `last` one (RFC 9113 §6.8)."""
        self.retire()
        for request in [one for one in self.requests if one.number is None or one.number > last]:
            request.fail(_broken("the server takes no more requests on this connection"))

    def _end(self, error: Exception) -> None:
        self.error = self.error or error
        for request in self.requests:
            request.fail(self.error)

    def _note_change(self) -> None:
        self.changed.set()
        self.changed.clear()


class Http2Request(httpx.AsyncByteStream):
    """One request on a connection, and the body of its answer."""

    def __init__(self, connection: Http2Connection, request: httpx.Request) -> None:
        self.number: int | None = None
        self._connection, self._state = connection, connection.state
        self._headers, self._body = _headers_of(request), request.read()
        self._timeout_s: float | None = request.extensions["timeout"]["read"]
        self._received: asyncio.Queue[Event | Exception] = asyncio.Queue()
        self.is_sent = self._is_answered = self._is_over = False

    # Sending

    async def send_all_but_the_end(self) -> None:
        """Send all but the last byte of the body; without a body, send nothing."""
        rest = self._body[:-1]
        while self._body and not self._is_over and (rest or self.number is None):
            if self.number is None and self._can_open():
                self._open(end_stream=False)
            elif self.number is not None and (room := self._room(self.number)) > 0:
                self._state.send_data(self.number, rest[:room])
                rest = rest[room:]
            else:
                await self._change()
            self._connection.flush()

    def stage(self) -> Callable[[], None] | None:
        """Queue the end for the connection's next write; return the function that writes, or None if it has to wait."""
        if not self._is_over and not self.is_sent:
            if not self._body and self._can_open():
                self._open(end_stream=True)
            elif self.number is not None and self._state.local_flow_control_window(self.number) > 0:
                self._state.send_data(self.number, self._body[-1:], end_stream=True)
            else:
                return None
            self.is_sent = True
        return self._connection.flush

    async def send_end(self) -> None:
        """Send the end as soon as the server takes it."""
        while (write := self.stage()) is None:
            await self._change()
        write()

    async def _change(self) -> None:
        async with asyncio.timeout(self._timeout_s):
            await self._connection.changed.wait()

    def _can_open(self) -> bool:
        return self._state.open_outbound_streams < self._state.remote_settings.max_concurrent_streams

    def _open(self, end_stream: bool) -> None:
        self.number = self._state.get_next_available_stream_id()
        self._state.send_headers(self.number, self._headers, end_stream=end_stream)

    def _room(self, number: int) -> int:
        """Return how many bytes of a body may be sent if the windows keep room for the last byte of each request."""
        owed = sum(one.number is not None and not one.is_sent for one in self._connection.requests)
        in_all, of_stream = self._state.outbound_flow_control_window, self._state.local_flow_control_window(number)
        return min(in_all - owed, of_stream - 1, self._state.max_outbound_frame_size)

    # The answer

    def is_answered(self) -> bool:
        """Whether an answer has begun, beyond interim ones."""
        return self._is_answered

    def note(self, event: Event) -> None:
        """Take an event of the stream."""
        if isinstance(event, StreamReset):
            code = event.error_code
            self.fail(_broken(f"stream reset: {code.name if isinstance(code, ErrorCodes) else code}"))
        elif isinstance(event, ResponseReceived | DataReceived | StreamEnded):
            self._is_answered = True
            self._received.put_nowait(event)

    def fail(self, error: Exception) -> None:
        """Send nothing more; the rest of the answer will not come."""
        self._is_over = True
        self._received.put_nowait(error)

    async def answer(self) -> httpx.Response:
        """Wait for the answer, whose body is then read from here."""
        event = await self._next()
        fields = [(bytes(name), bytes(value)) for name, value in getattr(event, "headers", None) or ()]
        status = dict(fields).get(b":status", b"")
        if not STATUS.fullmatch(status):
            raise httpx.RemoteProtocolError("the answer has no status")
        return httpx.Response(int(status), headers=[one for one in fields if one[0][:1] != b":"], stream=self)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while isinstance(event := await self._next(), DataReceived):
            yield event.data
            with contextlib.suppress(ProtocolError):  # the last answers are read even if the connection is over
                self._state.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            self._connection.flush()
        self._is_over = self.is_sent

    async def _next(self) -> Event:
        async with asyncio.timeout(self._timeout_s):
            event = await self._received.get()
        if isinstance(event, Exception):
            raise event
        return event

    async def aclose(self) -> None:
        """Free the stream; a request that is not over is cancelled."""
        if self.number is not None and not self._is_over:
            self._is_over = True
            with contextlib.suppress(ProtocolError):
                self._state.reset_stream(self.number, ErrorCodes.CANCEL)
            self._connection.flush()
        self._connection.forget(self)


def _headers_of(request: httpx.Request) -> list[tuple[bytes, bytes]]:
    """Return the header fields as HTTP/2 has them (RFC 9113 §8.2, §8.3)."""
    method, host = request.method.encode("ascii"), request.headers["Host"].encode("ascii")
    pseudo = [(b":method", method), (b":scheme", b"https"), (b":authority", host), (b":path", request.url.raw_path)]
    fields = ((name.lower(), value) for name, value in request.headers.raw)
    return pseudo + [(name, value) for name, value in fields if name not in NOT_IN_HTTP2]


def _broken(why: str) -> ConnectionResetError:
    return ConnectionResetError(errno.ECONNRESET, why)
