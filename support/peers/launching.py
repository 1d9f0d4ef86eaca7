"""Start a peer with an empty data set on a free loopback port, and stop it at the end of a with block."""

import secrets
import socket
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import Request

from support.peers.catalogue import RECIPES
from support.peers.errors import PortTaken
from support.peers.installing import installed
from support.peers.recipe import HOST, Launch, Recipe
from support.peers.serving import Process, served

NO_TOKEN = "none"
STARTS = 3


@dataclass(frozen=True)
class Peer:
    """What a client needs; `token` is "none" without access control."""

    name: str
    url: str
    token: str
    pid: int


@contextmanager
def running(name: str, port: int = 0) -> Iterator[Peer]:
    """Keep a peer running; port 0 takes a free one.

    Raises PeerUnavailable, with the reason, if it cannot be installed here.
    """
    with launched(name, port) as (peer, _):
        yield peer


@contextmanager
def launched(name: str, port: int = 0) -> Iterator[tuple[Peer, Process]]:
    """Do the same as `running`, and yield the server's process, so that a caller can notice its end."""
    recipe = RECIPES[name]
    home = installed(recipe)
    with ExitStack() as ends:
        scratch = tempfile.TemporaryDirectory(prefix=f"peer-{name}-", ignore_cleanup_errors=True)
        folder = Path(ends.enter_context(scratch))
        yield _start(recipe, home, folder, port, ends)


def _start(recipe: Recipe, home: Path, folder: Path, port: int, ends: ExitStack) -> tuple[Peer, Process]:
    """Start the peer, and try another free port if another process took the port first."""
    for attempt in range(1, STARTS + 1):
        launch = _launch(recipe, home, folder / str(attempt), port or _free_port())
        base = f"http://{HOST}:{launch.port}"
        ready = Request(f"{base}{recipe.ready or recipe.path}", headers=recipe.headers(launch.token))
        try:
            process = ends.enter_context(served(recipe.plan(launch), launch, ready))
        except PortTaken:
            if port or attempt == STARTS:
                raise
        else:
            token = recipe.login(launch) if recipe.login else launch.token
            return Peer(recipe.name, f"{base}{recipe.path}", token, process.pid), process
    raise AssertionError("unreachable: the last start returns or raises")


def _launch(recipe: Recipe, home: Path, scratch: Path, port: int) -> Launch:
    scratch.mkdir()
    token = secrets.token_hex(20) if recipe.has_access_control else NO_TOKEN
    return Launch(home, scratch, port, token)


def _free_port() -> int:
    with socket.create_server((HOST, 0)) as probe:
        port: int = probe.getsockname()[1]
    return port
