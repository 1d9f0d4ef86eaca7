"""Record how a running peer answers a fixed list of requests, with what differs from run to run taken out.

A recording is made of chapters. Each begins with an empty server and holds exchanges (one request, one
answer) and, for many requests at once, crowds (the statuses of each round and what was stored afterwards).
"""

import json
import subprocess
import sys
from pathlib import Path

from support.peers.catalogue import RECIPES, pinned_version
from support.peers.launching import Peer, running
from support.peers.record.chapters import CHAPTERS, CHAPTERS_THAT_LEAVE_RUBBISH, Chapter
from support.peers.record.tape import Tape

RECORDINGS = Path(__file__).parents[1] / "recorded"

DEPTH_OF_A_PART = 3

Recording = dict[str, object]


def record(name: str) -> Recording:
    """Play every chapter to an empty server, and return what was recorded.

    Raises PeerUnavailable, with the reason, if the peer cannot be installed here.
    """
    chapters: dict[str, object] = {}
    with running(name) as peer:
        for play in CHAPTERS:
            chapters |= _played(play, peer)
    for play in CHAPTERS_THAT_LEAVE_RUBBISH:
        with running(name) as peer:
            chapters |= _played(play, peer)
    return {
        "peer": name,
        "version": pinned_version(RECIPES[name]),
        "runtime": runtime(name),
        "chapters": chapters,
    }


def _played(play: Chapter, peer: Peer) -> dict[str, object]:
    tape = Tape(peer, RECIPES[peer.name].dialect)
    play(tape)
    tape.clear()
    return {play.__name__.replace("_", " "): tape.tracks}


def runtime(name: str) -> str:
    """Name the major version of what runs the peer: messages of its standard library change with it."""
    if RECIPES[name].packages == "pip":
        return f"Python {sys.version_info.major}.{sys.version_info.minor}"
    said = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True, timeout=30)
    return f"Node {said.stdout.removeprefix('v').split('.')[0]}"


def recorded(name: str) -> Recording:
    """Read the committed recording of a peer."""
    recording: Recording = json.loads(_file(name).read_text(encoding="utf-8"))
    return recording


def keep(name: str, recording: Recording) -> Path:
    """Write a recording where git sees it, a line for each part of an exchange, so that changes show."""
    file = _file(name)
    file.write_text(_written(recording) + "\n", encoding="utf-8")
    return file


def _written(part: object, depth: int = 0) -> str:
    """Write JSON that breaks its lines down to the parts of a track, and no deeper."""
    if depth > DEPTH_OF_A_PART or not isinstance(part, dict | list):
        return json.dumps(part, ensure_ascii=False)
    inside = "\n" + " " * (depth + 1)
    if isinstance(part, dict):
        lines = [f"{json.dumps(key)}: {_written(value, depth + 1)}" for key, value in part.items()]
        return "{" + inside + f",{inside}".join(lines) + inside[:-1] + "}"
    return "[" + inside + f",{inside}".join(_written(item, depth + 1) for item in part) + inside[:-1] + "]"


def _file(name: str) -> Path:
    return RECORDINGS / f"{name}.json"
