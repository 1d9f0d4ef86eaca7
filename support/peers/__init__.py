"""Run real servers of other projects, so that the suite is tested against more than its own sandbox.

Each peer starts on a free loopback port with an empty data set, and ends with the caller.
"""

from support.peers.errors import PeerFailed, PeerUnavailable
from support.peers.launching import Peer, running

__all__ = ["Peer", "PeerFailed", "PeerUnavailable", "running"]
