"""Start a peer and keep it running: `python -m support.peers NAME [--port 0] [--until-stdin-closes]`."""

import argparse
import json
import os
import select
import signal
import sys
from types import FrameType

from support.peers.catalogue import RECIPES
from support.peers.errors import PeerFailed, PeerUnavailable
from support.peers.launching import launched
from support.peers.recipe import pinned_version
from support.peers.serving import Process

UNAVAILABLE = 3
FAILED = 1
PAUSE_S = 0.2


def main() -> int:
    """Return 0 after a signal or the end of the input, 3 if the peer cannot be installed, 1 if it failed or ended."""
    options = _parser().parse_args()
    if options.list:
        for recipe in RECIPES.values():
            print(f"{recipe.name:14} {pinned_version(recipe):30} {recipe.summary}")
        return 0
    signal.signal(signal.SIGTERM, _stop)
    try:
        with launched(options.name, options.port) as (peer, process):
            print(json.dumps({"url": peer.url, "token": peer.token, "pid": peer.pid}), flush=True)
            return _stay(process, options.until_stdin_closes)
    except KeyboardInterrupt:
        return 0
    except PeerUnavailable as reason:
        print(f"{options.name} is not available here: {reason}", file=sys.stderr)
        return UNAVAILABLE
    except PeerFailed as reason:
        print(reason, file=sys.stderr)
        return FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m support.peers", description=__doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("name", nargs="?", choices=tuple(RECIPES), metavar="NAME", help=", ".join(RECIPES))
    what.add_argument("--list", action="store_true", help="name the peers, their versions and what they are")
    parser.add_argument("--port", type=int, default=0, help="a loopback port; 0 takes a free one")
    parser.add_argument("--until-stdin-closes", action="store_true", help="end when standard input ends")
    return parser


def _stop(_number: int, _frame: FrameType | None) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)  # a second signal must not interrupt the cleanup
    raise KeyboardInterrupt


def _stay(process: Process, until_stdin_closes: bool) -> int:
    """Wait for the end of the server, or of the input if asked; a signal interrupts."""
    while process.poll() is None:
        if not until_stdin_closes:
            process.wait()
        elif select.select([sys.stdin], [], [], PAUSE_S)[0] and not os.read(sys.stdin.fileno(), 4096):
            return 0
    print(f"the server ended by itself with {process.returncode}", file=sys.stderr)
    return FAILED


if __name__ == "__main__":
    sys.exit(main())
