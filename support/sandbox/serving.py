"""Everything slow to import, and the server itself."""

import contextlib
import json
import shutil
import socket
import tempfile
from collections.abc import Generator
from pathlib import Path

import uvicorn

from support.sandbox.api import Api
from support.sandbox.app import App
from support.sandbox.bystanders import bystanders
from support.sandbox.control import Control
from support.sandbox.faults import Faults, read_faults
from support.sandbox.lifetime import before_leaving
from support.sandbox.listening import BACKLOG
from support.sandbox.options import Options
from support.sandbox.stats import Stats
from support.sandbox.store import Store


class _Server(uvicorn.Server):
    """uvicorn, without its own signal handlers: ours end the process at once."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


def serve(sock: socket.socket, options: Options, token: str) -> None:
    """Serve on a listening socket until the process ends."""
    store = _open_store(options.database)
    store.settle(bystanders(options.seed_users))
    faults = Faults(read_faults(json.loads(options.faults or "[]")))
    stats = Stats(store)
    control = Control(faults, stats, token) if options.control else None
    config = uvicorn.Config(
        App(Api(store, token, options.path), faults, stats, control),
        lifespan="off",
        ws="none",
        access_log=False,
        log_level="error",
        backlog=BACKLOG,
        timeout_keep_alive=75,
        server_header=False,
    )
    server = _Server(config)
    stats.in_flight = lambda: len(server.server_state.tasks)
    server.run(sockets=[sock])


def _open_store(path: str | None) -> Store:
    if path is not None:
        return Store(path)
    folder = Path(tempfile.mkdtemp(prefix="users-sandbox-"))
    before_leaving(lambda: shutil.rmtree(folder, ignore_errors=True))
    return Store(str(folder / "users.sqlite3"))
