"""Distinguish a peer that cannot be installed here from one that is broken."""


class PeerUnavailable(Exception):
    """A peer cannot be installed here; a test skips with the reason."""


class PeerFailed(Exception):
    """A peer is installed but does not start, or its pinned packages do not fit each other."""


class PortTaken(PeerFailed):
    """Another process took the port before the peer."""
