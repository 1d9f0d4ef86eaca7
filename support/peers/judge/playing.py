"""Run the suite against a peer as anybody would: in a process of its own that is told only where the peer is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from support.peers.launching import Peer
from support.prove.playing import with_defaults_alone
from support.prove.running import behave
from support.reporting.summary import FILE, Summary, read

LIMIT_S = 900.0
LAST_WORDS = 1500
SMALLER = {"BURST": "20", "RACE_ROUNDS": "20"}


class NoVerdict(Exception):
    """Say why a run came to no verdict."""


@dataclass(frozen=True)
class Run:
    """Hold what came of a run."""

    summary: Summary
    exit_code: int


def play(peer: Peer, folder: Path, strict: bool) -> Run:
    """Run all that the contract asks with the peer's own profile; raises NoVerdict with the run's last words.

    Bursts are smaller than usual and races end earlier, so that the peers can be judged while others are at work.
    """
    folder.mkdir()
    output = folder / "output.txt"
    with behave(["--tags=@contract", "--no-color"], _told(peer, folder, strict), output) as run:
        exit_code = run.exit_code(LIMIT_S)
    if exit_code is None:
        raise NoVerdict(f"the run took longer than {LIMIT_S:.0f} s")
    try:
        return Run(read(folder / "reports" / FILE), exit_code)
    except (OSError, ValueError) as error:
        said = output.read_text(encoding="utf-8", errors="replace").strip()[-LAST_WORDS:]
        raise NoVerdict(f"the run left no summary ({error}); it said: {said}") from None


def _told(peer: Peer, folder: Path, strict: bool) -> Mapping[str, str]:
    """Return the environment of a run."""
    return {
        **with_defaults_alone(),
        **SMALLER,
        "BASE_URL": peer.url,
        "TOKEN": peer.token,
        "TARGET": peer.name,
        "STRICT": str(int(strict)),
        "STATE_DIR": str(folder / "state"),
        "REPORTS_DIR": str(folder / "reports"),
    }
