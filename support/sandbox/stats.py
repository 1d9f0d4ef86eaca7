"""Statistics of the API, counted on the server."""

from collections import Counter
from collections.abc import Callable
from typing import Any, Protocol


class Counted(Protocol):
    """A store of users: see `Store`."""

    duplicates: int
    recreated: int

    def count(self) -> int:
        """Count the users."""


class Stats:
    """Counts of requests for users. Requests to the control resource are not counted."""

    def __init__(self, store: Counted) -> None:
        self._store = store
        self._requests: Counter[str] = Counter()
        self._answers: Counter[str] = Counter()
        self._peak = 0
        self.in_flight: Callable[[], int] = lambda: 1

    def arrived(self) -> None:
        """Note how many requests are in flight, if that is a new peak."""
        self._peak = max(self._peak, self.in_flight())

    def read(self, method: str) -> None:
        """Count a request that was read to its end."""
        self._requests[method] += 1

    def worked(self, method: str, status: int) -> None:
        """Count an answer, even if a fault kept it from the client."""
        self._answers[f"{method} {status}"] += 1

    def report(self) -> dict[str, Any]:
        """Return all counts. `duplicates`: how often an email was stored while another user held it."""
        return {
            "requests": dict(self._requests),
            "answers": dict(self._answers),
            "peak_in_flight": self._peak,
            "users": self._store.count(),
            "duplicates": self._store.duplicates,
            "recreated": self._store.recreated,
        }
