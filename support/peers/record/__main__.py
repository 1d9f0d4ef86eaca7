"""Record a peer again: `python -m support.peers.record NAME...`."""

import argparse
import sys

from support.peers.catalogue import RECORDED
from support.peers.errors import PeerUnavailable
from support.peers.record import record, save


def main() -> int:
    """Write `support/peers/recorded/NAME.json` for each name; 3 if a peer cannot be installed here."""
    parser = argparse.ArgumentParser(prog="python -m support.peers.record", description=__doc__)
    parser.add_argument("names", nargs="+", choices=tuple(RECORDED), metavar="NAME", help=", ".join(RECORDED))
    for name in parser.parse_args().names:
        try:
            print(save(name, record(name)))
        except PeerUnavailable as reason:
            print(f"{name} is not available here: {reason}", file=sys.stderr)
            return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
