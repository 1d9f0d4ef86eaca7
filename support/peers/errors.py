"""Tell apart a peer that cannot be had here from one that is broken."""


class PeerUnavailable(Exception):
    """Say why a peer cannot be installed here; a test skips with this reason."""


class PeerFailed(Exception):
    """Say that a peer is here but does not come up, or that its pinned packages do not fit each other."""


class PortTaken(PeerFailed):
    """Say that somebody else took the port before the peer could."""
