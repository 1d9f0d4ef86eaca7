"""A proxy that gives away what it was told: every answer repeats the Authorization header of its request."""

from __future__ import annotations

import contextlib
import html
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote

import httpx


@contextlib.contextmanager
def echoing(url: str) -> Iterator[str]:
    """Run the proxy before an API for as long as the context lasts; yield where it is."""
    origin = str(httpx.URL(url).copy_with(path="/"))[:-1]
    with httpx.Client(timeout=20) as client:

        class Echo(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _serve(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                kept = {name: value for name, value in self.headers.items() if name.lower() != "host"}
                answer = client.request(self.command, f"{origin}{self.path}", content=body, headers=kept)
                told = self.headers.get("Authorization", "")
                shown = _giving_away(told) if answer.status_code >= 400 else answer.content
                self.send_response(answer.status_code)
                for name in ("Content-Type", "Location", "WWW-Authenticate", "Allow"):
                    if name in answer.headers:
                        self.send_header(name, answer.headers[name])
                self.send_header("X-You-Are", told)
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


def _giving_away(told: str) -> bytes:
    """Return an error that repeats a header in every way of writing it."""
    ways = {"plain": told, "html": html.escape(told), "address": f"/login?as={quote(told)}", "text": repr(told)}
    trace = f'Traceback (most recent call last):\n  File "/srv/app.py", line 7\nPermissionError: {told!r}'
    return json.dumps({"title": "Refused", "detail": f"not with {told}", "trace": trace, **ways}).encode()
