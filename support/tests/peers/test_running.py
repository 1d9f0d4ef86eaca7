"""Peers start with an empty data set, listen on the loopback interface, and leave nothing behind."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import Request

import httpx
import pytest

from support.peers import Peer, PeerFailed, PeerUnavailable, running
from support.peers.catalogue import RECIPES
from support.peers.directory import Directory
from support.peers.recipe import Launch, Plan
from support.peers.serving import served

pytestmark = pytest.mark.peers

ROOT = Path(__file__).resolve().parents[3]
LAUNCHER = [sys.executable, "-m", "support.peers"]
DEADLINE_S = 10.0


@contextmanager
def running_or_skipped(name: str) -> Iterator[Peer]:
    """Skip with the reason if the peer cannot be installed."""
    try:
        up = running(name)
        peer = up.__enter__()
    except PeerUnavailable as reason:
        pytest.skip(str(reason))
    try:
        yield peer
    finally:
        up.__exit__(None, None, None)


def poll_until(condition: Callable[[], bool]) -> bool:
    """Wait until a condition is true, for at most the deadline."""
    deadline = time.monotonic() + DEADLINE_S
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return condition()


def answers(url: str) -> bool:
    try:
        return httpx.get(url, trust_env=False).status_code < 500
    except httpx.HTTPError:
        return False


@pytest.mark.parametrize("name", RECIPES)
def test_a_peer_starts_empty_and_ends_with_its_block(name: str) -> None:
    with running_or_skipped(name) as peer, Directory(peer) as directory:
        assert directory.by_id() == {}
        ada = directory.sign_up("ada")
        assert "ada@example.com" in directory.user(ada).values()
        assert directory.by_id().keys() == {ada}
    assert not answers(peer.url)
    assert not _processes_of_group(peer.pid)


@pytest.mark.parametrize("name", RECIPES)
def test_a_peer_listens_on_the_loopback_interface_only(name: str) -> None:
    with running_or_skipped(name) as peer:
        port = int(peer.url.split(":")[2].split("/")[0])
        assert _addresses_that_listen_on(port) == {"127.0.0.1"}


@pytest.mark.parametrize(("status", "error"), [(os.EX_UNAVAILABLE, PeerUnavailable), (1, PeerFailed)])
def test_a_server_that_ends_with_69_lacks_something(tmp_path: Path, status: int, error: type[Exception]) -> None:
    plan = Plan(command=("sh", "-c", f"echo PostgreSQL is not installed here; exit {status}"))
    with (
        pytest.raises(error, match="PostgreSQL is not installed here"),
        served(plan, Launch(tmp_path, tmp_path, 0, ""), Request("http://127.0.0.1:9/")),
    ):
        pass


def test_two_peers_of_one_kind_share_nothing() -> None:
    with running_or_skipped("json-server") as one, running_or_skipped("json-server") as other:
        with Directory(one) as directory:
            directory.sign_up("ada")
        with Directory(other) as directory:
            assert directory.by_id() == {}


@pytest.mark.parametrize("name", [name for name, recipe in RECIPES.items() if recipe.has_access_control])
def test_a_peer_with_access_control_wants_its_token(name: str) -> None:
    with running_or_skipped(name) as peer, Directory(peer) as directory:
        ada = f"{peer.url}/{directory.sign_up('ada')}"
        assert httpx.get(ada, trust_env=False).status_code == 401


@pytest.fixture
def launcher(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Start json-server by its command, and return it after its first line."""
    with running_or_skipped("json-server"):
        pass  # installed, or skipped
    command = [*LAUNCHER, "json-server", "--until-stdin-closes"]
    pipe = subprocess.PIPE
    environment = {**os.environ, "TMPDIR": str(tmp_path)}  # a command that is killed leaves its folder there
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=ROOT, env=environment) as process:
        yield process
        process.kill()


def _printed(launcher: subprocess.Popen[str]) -> dict[str, object]:
    assert launcher.stdout is not None
    printed: dict[str, object] = json.loads(launcher.stdout.readline())
    return printed


def test_the_command_prints_one_line_and_ends_when_its_input_closes(launcher: subprocess.Popen[str]) -> None:
    line = _printed(launcher)
    assert line.keys() == {"url", "token", "pid"}
    assert line["token"] == "none"
    assert answers(str(line["url"]))
    assert launcher.stdin is not None
    launcher.stdin.close()
    assert launcher.wait(DEADLINE_S) == 0
    assert not answers(str(line["url"]))


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_the_command_ends_its_peer_on_a_signal(launcher: subprocess.Popen[str], how: signal.Signals) -> None:
    line = _printed(launcher)
    launcher.send_signal(how)
    assert launcher.wait(DEADLINE_S) == 0
    assert not answers(str(line["url"]))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
def test_a_killed_command_takes_its_peer_along(launcher: subprocess.Popen[str]) -> None:
    line = _printed(launcher)
    launcher.kill()
    assert poll_until(lambda: not answers(str(line["url"])))


def test_the_command_says_so_when_its_peer_ends_by_itself(launcher: subprocess.Popen[str]) -> None:
    line = _printed(launcher)
    os.kill(int(str(line["pid"])), signal.SIGKILL)
    assert launcher.wait(DEADLINE_S) == 1


def _addresses_that_listen_on(port: int) -> set[str]:
    """Read them from the kernel's tables: 0A is listening, addresses are little-endian words in hex."""
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            address, number = line.split()[1].split(":")
            if line.split()[3] == "0A" and int(number, 16) == port:
                found.add(".".join(str(byte) for byte in reversed(bytes.fromhex(address[-8:]))))
    return found


def _processes_of_group(group: int) -> list[int]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if os.getpgid(int(process.name)) == group:
                found.append(int(process.name))
        except ProcessLookupError:
            continue
    return found
