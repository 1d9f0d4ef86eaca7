"""What a row of the table says: a hostile answer, what is played against it, and what has to come of that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from support.errors import Outcome
from support.tests.hostile.server import Hostile

BROKEN, LEFT, FAULT, DOWN, OPEN, PASSED = Outcome
RED = frozenset({BROKEN, LEFT, OPEN})
FOUND = frozenset({BROKEN})
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

SHORT = {"DELETE_DEADLINE_S": "0.3", "CLEANUP_DEADLINE_S": "2"}
"""For where nothing can be deleted, so that nobody is waited for long."""


@dataclass(frozen=True)
class Row:
    """One hostile answer and what a run against it has to come to.

    `outcomes` are the words that the run may end with, `rule` is among the rules found broken, `says` is in the output
    and `never_says` is not. Where `may_stay`, users whom no read can show to be the suite's own may be left, and the
    run tells of them.
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
