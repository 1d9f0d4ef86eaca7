"""A proxy that leaks secrets: each answer repeats its URL, and the token in every encoding."""

from __future__ import annotations

import contextlib
import itertools
import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx

from support.tests.leaking import ENCODINGS


@contextlib.contextmanager
def echoing(url: str) -> Iterator[str]:
    """Run the proxy before an API while the context lasts; yield its URL."""
    turns = itertools.count()
    origin = str(httpx.URL(url).copy_with(path="/"))[:-1]
    with httpx.Client(timeout=20) as client:

        class Echo(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _serve(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                forwarded = {name: value for name, value in self.headers.items() if name.lower() != "host"}
                answer = client.request(self.command, f"{origin}{self.path}", content=body, headers=forwarded)
                authorization = self.headers.get("Authorization", "")
                secret = authorization.partition(" ")[2]
                shown = _leak(authorization) if answer.status_code >= 400 else answer.content
                if self.command == "POST" and answer.status_code < 300 and secret:
                    shown = _named_after(secret, answer.json(), next(turns))
                self.send_response(answer.status_code)
                for name in ("Content-Type", "Location", "WWW-Authenticate", "Allow"):
                    if name in answer.headers:
                        self.send_header(name, answer.headers[name])
                for number, encode in enumerate(ENCODINGS.values()):
                    self.send_header(f"X-You-Are-{number}", re.sub("[^ -~]", " ", encode(authorization)))
                self.send_header("X-You-Asked", f"http://{self.headers['Host']}{self.path}")
                self.send_header("Content-Length", str(len(shown)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(shown)

            do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815 - http.server's names

            def log_message(self, *_: object) -> None:
                """Print nothing."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}{httpx.URL(url).path}"
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


def _leak(authorization: str) -> bytes:
    """Return an error that repeats a header, and the token in it, in every encoding."""
    secret = authorization.partition(" ")[2]
    leaks = {name: f"{encode(authorization)} {encode(secret)}" for name, encode in ENCODINGS.items()}
    trace = f'Traceback (most recent call last):\n  File "/srv/app.py", line 7\nPermissionError: {authorization!r}'
    return json.dumps({"title": "Refused", "detail": f"not with {authorization}", "trace": trace, **leaks}).encode()


def _named_after(secret: str, user: dict[str, Any], turn: int) -> bytes:
    """Return a new user with the token in the id or in the name, in turns."""
    leak = list(ENCODINGS.values())[turn // 4 % len(ENCODINGS)](secret)
    changed = {0: {"id": f"{user['id']} {leak}"}, 2: {"name": leak}}.get(turn % 4, {})
    return json.dumps({**user, **changed}).encode()
