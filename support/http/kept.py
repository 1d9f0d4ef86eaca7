"""Requests one after another on one connection, to see whether each answer ends where it says: libraries hide that.

h11 reads the answers, and holds each to HTTP/1.1 to the letter.
"""

from __future__ import annotations

import contextlib
import http.client
import socket
import time
import zlib
from urllib.parse import urlsplit

import h11

from support.bounds import Body, TooMuch
from support.http.failures import failure_of
from support.http.operations import SendRequest
from support.http.raw import connected
from support.http.route import Route
from support.models import ALWAYS_SENT, Answer, Call, Failure

LARGEST_HEAD = 256 * 1024
CHUNK = 16
"""Octets of a chunk: so few that some chunks end inside a character if a text has several beyond ASCII in a row."""
APART_S = 0.003


class KeptConnection:
    """A connection that is used for one request after another, and opened anew where the API has closed it.

    `wrong` says which answers were not valid or did not end where they should, `hung` how many did not come in time.
    """

    def __init__(self, timeout_s: float, route: Route) -> None:
        self._timeout_s, self._route = timeout_s, route
        self._socket: socket.socket | None = None
        self._http = h11.Connection(h11.CLIENT)
        self._answered = ""
        self.wrong: list[str] = []
        self.hung = 0

    def exchange(self, send: SendRequest) -> Answer | Failure:
        """Send a call once, on the same connection as the last one if that is still open."""
        started = time.monotonic()
        ends = started + min(self._timeout_s, send.timeout_s)
        try:
            self._send(send.call)
            return self._receive(send.call, started, ends)
        except (OSError, zlib.error, http.client.HTTPException) as error:
            self.close()
            failure = failure_of(error, time.monotonic() - started, self._route)
            self.hung += failure.hung
            return failure
        except h11.RemoteProtocolError as error:
            before = f"after {self._answered}" if self._answered else "the first on its connection"
            self.wrong.append(f"the answer to {_in_brief(send.call)} ({before}) is not valid HTTP/1.1: {error}")
            self.close()
            return Failure(f"the answer is not HTTP/1.1 ({error})", True, time.monotonic() - started)

    def hang_up(self, send: SendRequest) -> Answer | Failure:
        """Send a call, and close the connection before the answer."""
        started = time.monotonic()
        try:
            self._send(send.call)
        except OSError as error:
            return failure_of(error, time.monotonic() - started, self._route)
        finally:
            self.close()
        return Failure("the client has hung up", True, time.monotonic() - started)

    def close(self) -> None:
        """Close the connection, if it is open."""
        if self._socket is not None:
            self._socket.close()
        self._socket, self._answered = None, ""

    def _send(self, call: Call) -> None:
        if self._socket is None:
            self._socket = connected(call.url, self._timeout_s, self._route)
            self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=LARGEST_HEAD)
        parts = [self._http.send(event) or b"" for event in _events(call)]
        with contextlib.suppress(ConnectionError):  # a refusal may have come before the whole body was sent
            if not _is_chunked(call):
                self._socket.sendall(b"".join(parts))
                return
            for part in parts:
                self._socket.sendall(part)
                time.sleep(APART_S)  # so that the API does not read all chunks at once

    def _receive(self, call: Call, started: float, ends: float) -> Answer:
        status, headers, body, excess = 200, dict[str, str](), Body(None, call.lists), ""
        try:
            while not isinstance(event := self._next_event(ends), h11.EndOfMessage):
                if isinstance(event, h11.Response):
                    status = event.status_code
                    headers = {key.decode("latin-1"): text.decode("latin-1") for key, text in event.headers.raw_items()}
                    body = Body(dict(event.headers).get(b"content-encoding", b"").decode("latin-1"), call.lists)
                elif isinstance(event, h11.Data):
                    body.add(bytes(event.data))
            self._go_on(call, status)
        except TooMuch as beyond:
            excess = str(beyond)
            self.close()
        return Answer(status, headers, b"" if excess else body.whole(), time.monotonic() - started, excess)

    def _next_event(self, ends: float) -> h11.Event:
        assert self._socket is not None
        while (event := self._http.next_event()) is h11.NEED_DATA:
            if (left := ends - time.monotonic()) <= 0:
                raise TimeoutError("the answer was not complete at the deadline")
            self._socket.settimeout(left)
            self._http.receive_data(received := self._socket.recv(65536))
            if not received:
                return self._last_event()
        return event  # type: ignore[return-value]  # h11 pauses only after the end of an answer

    def _last_event(self) -> h11.Event:
        """Return the end of an answer that lasts until the connection is closed; any other was broken off."""
        try:
            event = self._http.next_event()
        except h11.RemoteProtocolError:
            event = h11.ConnectionClosed()
        if isinstance(event, h11.ConnectionClosed):
            raise ConnectionResetError("the connection was closed before the end of the answer")
        return event  # type: ignore[return-value]  # there is nothing left to wait for

    def _go_on(self, call: Call, status: int) -> None:
        """Keep the connection if both sides do; bytes after the end of an answer belong to no request."""
        surplus, is_closed = self._http.trailing_data
        self._answered = f"{_in_brief(call)} was answered by {status}"
        if surplus:
            self.wrong.append(f"{self._answered}, and {len(surplus)} more bytes follow its end")
        if surplus or is_closed or self._http.our_state is not h11.DONE or self._http.their_state is not h11.DONE:
            self.close()
        else:
            self._http.start_next_cycle()


def _in_brief(call: Call) -> str:
    return f"{call.method} {urlsplit(call.url).path}"


def _is_chunked(call: Call) -> bool:
    return call.sent_headers.get("Transfer-Encoding") == "chunked"


def _events(call: Call) -> list[h11.Event]:
    """Return the events that a request consists of; a body that is declared as chunked has small chunks."""
    parts, body = urlsplit(call.sent_url), call.body or b""
    headers = {"Host": parts.netloc, **ALWAYS_SENT, "Accept-Encoding": "identity", **call.sent_headers}
    if call.body is not None and not _is_chunked(call):
        headers["Content-Length"] = str(len(body))
    size = CHUNK if _is_chunked(call) else len(body)
    data = [h11.Data(data=body[start : start + size]) for start in range(0, len(body), size)] if body else []
    fields = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return [h11.Request(method=call.method, target=target, headers=fields), *data, h11.EndOfMessage()]
