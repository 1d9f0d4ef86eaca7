"""A row of the table: a hostile answer, the features to run against it, and the expected outcome."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from support.errors import Outcome
from support.tests.hostile.server import Hostile

BROKEN, LEFT, FAULT, DOWN, OPEN, PASSED = Outcome
RED = frozenset({BROKEN, LEFT, OPEN})
FOUND = frozenset({BROKEN})
ENDS_BEFORE = frozenset({FAULT})
"""For rows that the preflight ends, as no run could delete its users there, or read them by this profile."""
EXIT_CODES: Mapping[str, tuple[int, ...]] = {
    PASSED: (0,),
    BROKEN: (1,),
    LEFT: (1,),
    OPEN: (1,),
    FAULT: (1, 2),
    DOWN: (2,),
}

CREATING = ("features/users/creating.feature",)
READING = ("features/users/reading.feature",)
UPDATING = ("features/users/updating.feature",)
DELETING = ("features/users/deleting.feature",)
LISTING = ("features/users/listing.feature",)
UNKNOWN = ("features/refusals/unknown_users.feature",)
LIFE = ("features/users/lifecycle.feature",)
ACCESS = ("features/access/tokens.feature",)
BURST = ("features/concurrency/burst.feature",)
INVALID = ("features/refusals/invalid_data.feature", "--tags=@rule.create-invalid")
LOCATION = ("features/protocol/requests.feature", "--tags=@rule.create-location")
HEADS = ("features/protocol/requests.feature", "--tags=@rule.head")
WRITING = UPDATING + DELETING

SHORT = {"DELETE_DEADLINE_S": "0.3"}
"""For rows without deletions, so that the run does not wait for them long."""


@dataclass(frozen=True)
class Row:
    """One hostile answer and the expected result of a run against it.

    `outcomes` are the outcomes that the run may have, `rule` is among the broken rules, `says` is in the output and
    `never_says` is not. If `may_stay`, the run may leave users that no read can show to be its own, and must name them.
    """

    name: str
    hostile: Hostile
    play: tuple[str, ...]
    outcomes: frozenset[str] = FOUND
    rule: str = ""
    may_stay: bool = False
    says: str = ""
    never_says: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)
