"""The embedded API behind TLS, over HTTP/2 or HTTP/1.1: hypercorn serves it in a process of its own."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import uvloop
from hypercorn.asyncio import serve
from hypercorn.config import Config
from starlette.responses import Response

from support.sandbox.faults import Faults
from support.sandbox.lifetime import exit_on_signals, exit_with_parent
from support.sandbox.listening import listen
from support.sandbox.options import read_options
from support.sandbox.serving import _build
from support.sandbox.wire import Wire
from support.settings import ROOT
from support.target.embedded import EmbeddedApi, Target

READ_AT = "X-Read-At"
"""When the API began to answer a request that it had read, in seconds of the clock of `time.perf_counter`."""


class TlsFront(EmbeddedApi):
    """Runs the embedded API behind TLS, as a target that is reached like any other."""

    def __init__(
        self, certificate: Path, options: Sequence[str] = (), protocol: str = "h2", most_streams: int = 100
    ) -> None:
        self._own = [str(certificate), protocol, str(most_streams)]
        super().__init__(options)

    @cached_property
    def target(self) -> Target:
        url = self._announced()["url"]
        return Target(url, self.token, url)

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "support.tests.tls_front", *self._own, *self._options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env={**os.environ, "SANDBOX_TOKEN": self.token},
            start_new_session=True,
        )


async def _answer(wire: Wire, response: Response) -> None:
    """Answer through ASGI alone; the embedded API itself reaches into uvicorn."""
    await response(wire.scope, wire.receive, wire.send)


def main() -> None:
    """Serve until standard input closes."""
    parser = argparse.ArgumentParser("python -m support.tests.tls_front")
    parser.add_argument("certificate", type=Path)
    parser.add_argument("protocol", choices=("h2", "http/1.1"))
    parser.add_argument("most_streams", type=int)
    own, rest = parser.parse_known_args()
    options = read_options(rest)
    exit_on_signals()
    exit_with_parent()
    sandbox = _build(options, os.environ["SANDBOX_TOKEN"], Faults([]))
    Wire.answer = _answer  # type: ignore[method-assign, assignment]
    handle = sandbox.app.api.handle

    async def handled(call: object) -> Response:
        read_at = time.perf_counter()
        response = await handle(call)  # type: ignore[arg-type]
        response.headers[READ_AT] = repr(read_at)
        return response

    sandbox.app.api.handle = handled  # type: ignore[method-assign]
    sock = listen("127.0.0.1", options.port)
    url = f"https://127.0.0.1:{sock.getsockname()[1]}{options.path}"
    print(json.dumps({"url": url}), flush=True)  # noqa: T201 - the parent reads it
    config = Config()
    config.bind = [f"fd://{sock.fileno()}"]
    config.certfile, config.keyfile = str(own.certificate / "certificate.pem"), str(own.certificate / "key.pem")
    config.alpn_protocols, config.h2_max_concurrent_streams = [own.protocol], own.most_streams
    config.loglevel, config.include_server_header = "CRITICAL", False
    uvloop.install()
    asyncio.run(serve(sandbox.app, config))  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
