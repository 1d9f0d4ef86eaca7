"""The slow imports, and the server."""

import contextlib
import json
import os
import shutil
import socket
import tempfile
from collections.abc import Generator
from pathlib import Path

import uvicorn

from support.sandbox.api import Api
from support.sandbox.app import App
from support.sandbox.control import Control
from support.sandbox.existing_users import existing_users
from support.sandbox.faults import Faults, read_faults
from support.sandbox.lifetime import before_exit
from support.sandbox.listening import BACKLOG
from support.sandbox.options import Options
from support.sandbox.stats import Stats
from support.sandbox.store import Store
from support.sandbox.twists import Sandbox


class _Server(uvicorn.Server):
    """uvicorn, without its own signal handlers: ours end the process at once."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


def serve(sock: socket.socket, options: Options, token: str) -> None:
    """Serve on a listening socket until the process ends."""
    faults = Faults(read_faults(json.loads(options.faults or "[]")))
    keep_alive_s = 75.0
    if not (options.personality or "").startswith("mockapi"):
        sandbox = _build(options, token, faults)
        app, keep_alive_s = sandbox.app, sandbox.keep_alive_s
    else:
        app = _imitate(options, token, faults)
    config = uvicorn.Config(
        app,
        lifespan="off",
        ws="none",
        access_log=False,
        log_level="error",
        backlog=BACKLOG,
        timeout_keep_alive=keep_alive_s,  # type: ignore[arg-type]  # a fraction is as good: it goes to call_later
        server_header=False,
    )
    server = _Server(config)
    app.stats.in_flight = lambda: len(server.server_state.tasks)
    server.run(sockets=[sock])


def _build(options: Options, token: str, faults: Faults) -> Sandbox:
    """Build the parts, then apply the variants and defects."""
    store = _open_store(options.database)
    users = list(existing_users(options.seed_users))
    if options.personality is not None:  # the ids of a personality are numbers
        users = [user._replace(id=str(number)) for number, user in enumerate(users, start=1)]
    store.add_existing(users)
    stats = Stats(store)
    api = Api(store, token, options.path)
    app = App(api, faults, stats, Control(faults, stats, token) if options.control else None)
    sandbox = Sandbox(app, api, store, faults, stats, window_s=options.window / 1000)
    if options.variant or options.defect:
        from support.sandbox.catalogue import DEFECTS, VARIANTS  # late: an ordinary start needs none of them

        for twist in [VARIANTS[name] for name in options.variant] + [DEFECTS[name] for name in options.defect]:
            twist.apply(sandbox)
    if options.personality is not None:
        from support.sandbox.catalogue import VARIANTS  # late, as above
        from support.sandbox.personalities.reshaped import DIALECTS

        VARIANTS["integer-ids"].apply(sandbox)
        app.api = DIALECTS[options.personality](api)
    return sandbox


def _imitate(options: Options, token: str, faults: Faults) -> App:
    from support.sandbox.personalities.mockapi import MockApi  # late: an ordinary start does not need it

    api = MockApi(options.path, 500 if options.personality == "mockapi-500" else 404)
    for user in existing_users(options.seed_users):
        api.records.add({"name": user.name, "email": user.email, "createdAt": user.created_at})
    stats = Stats(api.records)
    return App(api, faults, stats, Control(faults, stats, token) if options.control else None)


def _open_store(path: str | None) -> Store:
    if path is not None:
        return Store(path)
    folder = Path(tempfile.mkdtemp(prefix="users-sandbox-"))
    store = Store(str(folder / "users.sqlite3"))
    if os.name == "posix":
        shutil.rmtree(folder)  # open files live on without a name, and nothing is left even after kill -9
    else:
        before_exit(lambda: shutil.rmtree(folder, ignore_errors=True))
    return store
