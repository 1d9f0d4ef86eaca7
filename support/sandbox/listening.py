"""The listening socket, bound before anything slow is imported."""

import contextlib
import socket

# A smaller backlog loses connections when hundreds arrive within one turn of the loop.
BACKLOG = 4096


def listen(host: str, port: int) -> socket.socket:
    """Bind and listen at once, even on a port whose last owner was killed a moment ago."""
    _allow_many_connections()
    sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((host, port))
    sock.listen(BACKLOG)
    return sock


def _allow_many_connections() -> None:
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource  # POSIX only

        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
