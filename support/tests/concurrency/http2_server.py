"""A server that speaks HTTP/2 by a script, and keeps what came in each write of the client."""

from __future__ import annotations

import contextlib
import itertools
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, Event, RequestReceived, StreamEnded
from h2.exceptions import ProtocolError
from h2.settings import SettingCodes

from support.tests.certificates import tls_context
from support.tests.scripted import stop_listening

RECORD = 32 * 1024
OK = [(":status", "201"), ("content-type", "application/json")]


@dataclass
class Peer:
    """One connection: the events of each TLS record, which is one write of a client, and the bodies by stream."""

    state: H2Connection
    socket: ssl.SSLSocket
    number: int
    writes: list[list[Event]] = field(default_factory=list)
    bodies: dict[int, bytes] = field(default_factory=dict)
    requests: dict[int, dict[str, str]] = field(default_factory=dict)
    ended: list[int] = field(default_factory=list)

    def answer(self, stream: int, body: bytes = b"{}") -> None:
        self.state.send_headers(stream, OK)
        self.state.send_data(stream, body, end_stream=True)

    def flush(self) -> None:
        self.socket.sendall(self.state.data_to_send())

    @property
    def writes_with_ends(self) -> list[list[int]]:
        """Return which streams each write ended, without writes that ended none."""
        ends = ([one.stream_id for one in events if isinstance(one, StreamEnded)] for events in self.writes)
        return [numbers for numbers in ends if numbers]


On = Callable[[Peer, Event], None]


def answers(peer: Peer, event: Event) -> None:
    """Answer each complete request."""
    if isinstance(event, StreamEnded):
        peer.answer(event.stream_id)


class Http2Server:
    """Lets `on` act on each event of each connection."""

    def __init__(
        self, certificate: Path, on: On = answers, *, most_streams: int = 100, window: int = 65535, grants: bool = True
    ) -> None:
        self.peers: list[Peer] = []
        self._on, self._grants = on, grants
        self._settings: dict[SettingCodes | int, int] = {
            SettingCodes.MAX_CONCURRENT_STREAMS: most_streams,
            SettingCodes.INITIAL_WINDOW_SIZE: window,
        }
        self._tls = tls_context(certificate, "h2")
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"https://127.0.0.1:{self._listener.getsockname()[1]}/users"
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            for number in itertools.count():
                connection, _ = self._listener.accept()
                threading.Thread(target=self._converse, args=(connection, number), daemon=True).start()

    def _converse(self, connection: socket.socket, number: int) -> None:
        with contextlib.suppress(OSError, ProtocolError), self._tls.wrap_socket(connection, server_side=True) as tls:
            peer = Peer(H2Connection(H2Configuration(client_side=False, header_encoding="utf-8")), tls, number)
            self.peers.append(peer)
            peer.state.initiate_connection()
            peer.state.update_settings(self._settings)
            peer.flush()
            while octets := tls.recv(RECORD):
                events = peer.state.receive_data(octets)
                peer.writes.append(events)
                for event in events:
                    self._note(peer, event)
                    self._on(peer, event)
                peer.flush()

    def _note(self, peer: Peer, event: Event) -> None:
        if isinstance(event, RequestReceived):
            peer.requests[event.stream_id] = {str(name): str(value) for name, value in event.headers}
            peer.bodies[event.stream_id] = b""
        elif isinstance(event, DataReceived):
            peer.bodies[event.stream_id] += event.data
            if self._grants and event.flow_controlled_length:
                peer.state.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, StreamEnded):
            peer.ended.append(event.stream_id)

    def close(self) -> None:
        stop_listening(self._listener, self._accepting)
        for peer in self.peers:
            with contextlib.suppress(OSError):
                peer.socket.shutdown(socket.SHUT_RDWR)
