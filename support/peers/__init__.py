"""Run real servers that other people wrote, so that the suite is tried against more than its own sandbox.

Each peer is started on a free loopback port with an empty data set and ends with the caller.
"""

from support.peers.errors import PeerFailed, PeerUnavailable
from support.peers.launching import Peer, running

__all__ = ["Peer", "PeerFailed", "PeerUnavailable", "running"]
