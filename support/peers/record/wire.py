"""Send one request as it is written and keep the whole answer; nothing is added, followed or retried."""

import http.client
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

TIMEOUT_S = 20.0
JSON = "application/json"

Body = object
"""A JSON value, or a `Raw` body, or None for no body."""


@dataclass(frozen=True)
class Raw:
    """Hold a body that is sent as it is, under its own media type; `\\udcff` in its text is the byte ff."""

    text: str
    media_type: str | None = JSON


NULL = Raw("null")


@dataclass(frozen=True)
class Call:
    """Hold one request to a path below the server's root."""

    method: str
    path: str
    body: Body = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def encoded(self) -> tuple[bytes | None, dict[str, str]]:
        """Return the bytes of the body and all headers."""
        if self.body is None:
            return None, dict(self.headers)
        if isinstance(self.body, Raw):
            media_type = {"Content-Type": self.body.media_type} if self.body.media_type else {}
            return self.body.text.encode("utf-8", "surrogateescape"), {**self.headers, **media_type}
        return json.dumps(self.body).encode(), {**self.headers, "Content-Type": JSON}


@dataclass(frozen=True)
class Answer:
    """Hold an answer: header names in lower case, and the body as JSON or, if it is not, as text."""

    status: int
    headers: Mapping[str, str]
    body: object


def connection_to(url: str) -> http.client.HTTPConnection:
    """Open a connection to the server of this address."""
    return http.client.HTTPConnection(urlsplit(url).netloc, timeout=TIMEOUT_S)


def send(connection: http.client.HTTPConnection, call: Call) -> Answer:
    """Send a call over a connection and read its answer to the end."""
    body, headers = call.encoded()
    connection.request(call.method, call.path, body=body, headers=headers)
    return receive(connection)


def receive(connection: http.client.HTTPConnection) -> Answer:
    """Read an answer to the end."""
    response = connection.getresponse()
    text = response.read().decode("utf-8", errors="replace")
    headers = {name.lower(): value for name, value in response.getheaders()}
    return Answer(response.status, headers, _parsed(text))


def _parsed(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return text


def held(connection: http.client.HTTPConnection, call: Call) -> Callable[[], Answer]:
    """Send a call but for its end; what is returned sends the end and reads the answer.

    The end is the last byte of the body, or, where there is no body, all of the request.
    """
    body, headers = call.encoded()
    connection.connect()
    connection.putrequest(call.method, call.path)
    for name, value in headers.items():
        connection.putheader(name, value)
    if body is not None:
        connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body[:-1])

    def release() -> Answer:
        if body is None:
            connection.endheaders()
        else:
            connection.send(body[-1:])
        return receive(connection)

    return release
