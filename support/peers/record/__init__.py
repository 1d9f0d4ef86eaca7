"""Record the answers of a peer to a fixed list of requests.

A recording consists of suites. Each starts with an empty server, and holds interactions (one request, one answer) and
bursts (the statuses of each round, and what was stored afterwards).
"""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from support.peers.catalogue import RECIPES, RECORDED
from support.peers.launching import Peer, running
from support.peers.recipe import pinned_version
from support.peers.record.cassette import Cassette
from support.peers.record.suites import SUITES, SUITES_WITH_LEFTOVERS, Suite

RECORDINGS = Path(__file__).parents[1] / "recorded"

DEPTH_OF_A_PART = 3

Recording = dict[str, object]


def record(name: str) -> Recording:
    """Send every suite to an empty server, and return the recording.

    Raises PeerUnavailable, with the reason, if the peer cannot be installed here.
    """
    suites: dict[str, object] = {}
    with running(name) as peer:
        for suite in SUITES:
            suites |= _recorded(suite, peer)
    for suite in SUITES_WITH_LEFTOVERS:
        with running(name) as peer:
            suites |= _recorded(suite, peer, clears=False)
    return {
        "peer": name,
        "version": pinned_version(RECIPES[name]),
        "runtime": runtime(name),
        "suites": suites,
    }


def _recorded(suite: Suite, peer: Peer, clears: bool = True) -> dict[str, object]:
    with Cassette(peer, RECORDED[peer.name]) as cassette:
        suite(cassette)
        if clears:
            cassette.clear()
    return {suite.__name__.replace("_", " "): cassette.interactions}


def runtime(name: str) -> str:
    """Return the version of the language: the messages of its standard library change with it."""
    if RECIPES[name].packages == "pip":
        return f"Python {sys.version_info.major}.{sys.version_info.minor}"
    node = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True, timeout=30)
    return f"Node {node.stdout.removeprefix('v').split('.')[0]}"


def recorded(name: str) -> Recording:
    """Read the committed recording of a peer."""
    recording: Recording = json.loads(_file(name).read_text(encoding="utf-8"))
    return recording


def interactions_of(name: str) -> dict[str, Mapping[str, Any]]:
    """Return the recorded interactions and bursts of a peer by their names."""
    suites: Any = recorded(name)["suites"]
    return {interaction["name"]: interaction for suite in suites.values() for interaction in suite}


def save(name: str, recording: Recording) -> Path:
    """Write the recording, one line for each part of an interaction, so that git shows changes."""
    file = _file(name)
    file.write_text(_written(recording) + "\n", encoding="utf-8")
    return file


def _written(part: object, depth: int = 0) -> str:
    """Return JSON with a line for each part of an interaction."""
    if depth > DEPTH_OF_A_PART or not isinstance(part, dict | list):
        return json.dumps(part, ensure_ascii=False)
    inside = "\n" + " " * (depth + 1)
    if isinstance(part, dict):
        lines = [f"{json.dumps(key)}: {_written(value, depth + 1)}" for key, value in part.items()]
        return "{" + inside + f",{inside}".join(lines) + inside[:-1] + "}"
    return "[" + inside + f",{inside}".join(_written(item, depth + 1) for item in part) + inside[:-1] + "]"


def _file(name: str) -> Path:
    return RECORDINGS / f"{name}.json"
