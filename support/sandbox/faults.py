"""Faults on demand: those of the network and of operations, not of the product.

A fault is written as JSON, for example `{"kind": "drop", "when": "after", "methods": ["POST"], "share": 0.05}`.
"""

import random
import time
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from email.utils import formatdate
from typing import Any

KINDS = ("status", "drop", "slow", "hang", "cut", "garbage", "late-deletion")


@dataclass
class Fault:
    """One fault. It strikes a `share` of the requests with one of `methods`, at most `times` times.

    `when` says whether it strikes before or after the API does its work. `seconds` is the delay of slow and
    late-deletion, and how long a hanging answer is held (0: until the client gives up). `retry_after` is seconds, or
    `date:N` for the HTTP date N seconds ahead.
    """

    kind: str
    when: str = "before"
    methods: tuple[str, ...] | None = None
    status: int = 503
    retry_after: str | None = None
    seconds: float = 0.0
    times: int | None = None
    share: float = 1.0
    seed: int = 0
    fired: int = 0
    _dice: random.Random = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Raise ValueError for a value that is not allowed; set what follows from the kind."""
        if self.kind not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(KINDS)}")
        if self.when not in ("before", "after"):
            raise ValueError("when must be before or after")
        if not 200 <= self.status <= 599 or not 0 <= self.share <= 1 or self.seconds < 0:
            raise ValueError("status is 200 to 599, share 0 to 1, seconds not negative")
        if self.kind == "cut":
            self.when = "after"  # what is cut is the answer to the work
        if self.kind == "late-deletion":
            self.methods = ("DELETE",)
        self._dice = random.Random(self.seed)

    def strikes(self, method: str) -> bool:
        """Decide whether to strike a request; count the strikes."""
        if self.methods is not None and method not in self.methods:
            return False
        if self.times is not None and self.fired >= self.times:
            return False
        if self.share < 1 and self._dice.random() >= self.share:
            return False
        self.fired += 1
        return True

    def retry_after_header(self) -> dict[str, str]:
        """Write Retry-After (RFC 9110, section 10.2.3), if there is to be one."""
        if self.retry_after is None:
            return {}
        kind, _, ahead = self.retry_after.rpartition(":")
        if kind == "date":
            return {"retry-after": formatdate(time.time() + float(ahead), usegmt=True)}
        return {"retry-after": self.retry_after}

    def report(self) -> dict[str, Any]:
        """Return the fault and how often it was injected."""
        return {one.name: getattr(self, one.name) for one in fields(self) if one.name != "_dice"}


class Faults:
    """The active faults."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self.present = list(faults)

    def draw(self, method: str) -> list[Fault]:
        """Choose the faults of one request: any number of delays, and at most one that ends it."""
        drawn = []
        for fault in self.present:
            if fault.strikes(method):
                drawn.append(fault)
                if fault.kind not in ("slow", "late-deletion"):
                    break
        return drawn


def read_faults(document: object) -> list[Fault]:
    """Read a list of faults as JSON gives it. Raises ValueError that says what is wrong."""
    if not isinstance(document, list):
        raise ValueError("the faults are a list")  # noqa: TRY004  one kind of error for all that is wrong
    return [_read_fault(one) for one in document]


def _read_fault(document: object) -> Fault:
    known = {one.name for one in fields(Fault)} - {"fired", "_dice"}
    if not isinstance(document, dict) or "kind" not in document or not known.issuperset(document):
        raise ValueError(f"a fault is an object with kind, and any of {', '.join(sorted(known))}")
    options = dict(document)
    try:
        if options.get("methods") is not None:
            options["methods"] = tuple(method.upper() for method in options["methods"])
        if options.get("retry_after") is not None:
            options["retry_after"] = str(options["retry_after"])
        return Fault(**options)
    except (TypeError, AttributeError) as error:
        raise ValueError(str(error)) from error
