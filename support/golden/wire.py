"""What the suite sends to the embedded API for one seed, so that a refactoring can be shown to change nothing."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "golden-token-1234567890"
SEED = "20260101"
TAGS = "@contract and not @concurrency"
COMPARED = ("authorization", "content-type", "accept")
MARK = re.compile(r"uat-[a-z2-7]{12}", re.IGNORECASE)
IDS = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-z]{12,}", re.IGNORECASE)
EMAILS = re.compile(r"[\w.]+\.\d{4,}")
ESCAPED = re.compile(r"(?:\\u[0-9a-f]{4}){12,}")
NAMES = re.compile(r'"name": "(Ada|Grace|Mallory|Alan|Barbara|Edsger|Radia) \w+"')


def recorded() -> list[str]:
    """Play the contract without its races once, in one process, and return each request as a line."""
    with subprocess.Popen(
        [sys.executable, "-m", "support.sandbox", "--until-stdin-closes", "--seed-users", "3"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env={**os.environ, "SANDBOX_TOKEN": TOKEN},
    ) as api:
        assert api.stdout is not None
        assert api.stdin is not None
        port = int(json.loads(api.stdout.readline())["url"].split(":")[2].split("/")[0])
        requests = _played_through(port)
        api.stdin.close()
    return requests


def _played_through(port: int) -> list[str]:
    requests: list[str] = []
    server = _Front(("127.0.0.1", 0), _forwarding_to(port, requests))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as folder:
        settings = {
            "BASE_URL": f"http://127.0.0.1:{server.server_port}/users",
            "TOKEN": TOKEN,
            "DATA_SEED": SEED,
            "WORKERS": "1",
            "STATE_DIR": f"{folder}/state",
            "REPORTS_DIR": f"{folder}/reports",
        }
        command = [sys.executable, "-m", "behave", f"--tags={TAGS}", "--no-color"]
        ended = subprocess.run(command, cwd=ROOT, env={**os.environ, **settings}, capture_output=True, check=False)
    server.shutdown()
    if ended.returncode:
        raise SystemExit(ended.stdout.decode()[-3000:])
    return requests


class _Front(ThreadingHTTPServer):
    request_queue_size = 512
    daemon_threads = True


def _forwarding_to(port: int, requests: list[str]) -> type[BaseHTTPRequestHandler]:
    class Forwarding(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # an answer goes out in one piece: in two it waits for the delayed acknowledgement of the first

        def handle_one_request(self) -> None:
            self.raw_requestline = self.rfile.readline()
            if not self.raw_requestline or not self.parse_request():
                self.close_connection = True
                return
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            requests.append(_line(self.command, self.path, self.headers.items(), body))
            onward = HTTPConnection("127.0.0.1", port)
            onward.request(self.command, self.path, body or None, dict(self.headers.items()))
            answer = onward.getresponse()
            content = answer.read()
            self.send_response_only(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in ("transfer-encoding", "connection"):
                    self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)
            self.wfile.flush()
            onward.close()

    return Forwarding


def _line(method: str, path: str, headers: Sequence[tuple[str, str]], body: bytes) -> str:
    shown = sorted(f"{name.lower()}: {_known(value)}" for name, value in headers if name.lower() in COMPARED)
    text = " ".join([method, path, *shown, body.decode("utf-8", "backslashreplace")])
    for pattern, placeholder in (
        (MARK, "<mark>"),
        (IDS, "<id>"),
        (EMAILS, "<local>"),
        (ESCAPED, "<escaped>"),
        (NAMES, r'"name": "\1 <family>"'),
    ):
        text = pattern.sub(placeholder, text)
    return text.replace(TOKEN, "<token>").replace("\n", "\\n")


def _known(value: str) -> str:
    """Return a header's value, without what is drawn anew each time: tokens that are none."""
    drawn = value.startswith("Bearer ") and value.lower() != f"bearer {TOKEN}" and TOKEN[1:-1] not in value.lower()
    return "Bearer <another>" if drawn else value


def differences(before: Sequence[str], after: Sequence[str]) -> Iterator[str]:
    """Yield what is sent more or less often than before; what runs in the background has no order of its own."""
    was, now = Counter(before), Counter(after)
    for line in sorted(was.keys() | now.keys()):
        if was[line] != now[line]:
            yield f"{was[line]} -> {now[line]}  {line[:200]}"
