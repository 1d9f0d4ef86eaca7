"""What an answer should show, as data: a shell script can check it on a machine without this suite."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal[
    "status", "fields", "shape", "list", "shown", "only", "count", "entry", "header", "empty", "no-secret", "problem",
    "no-leak", "not-kept",
]  # fmt: skip
OF_A_USER = frozenset({"fields", "shown", "only", "entry", "not-kept"})


@dataclass(frozen=True)
class Claim:
    """A claim about an answer; what its `values` are depends on its kind.

    - `status`: the statuses that are right; `fields`: the fields of the contract that a user has
    - `shown`: an id, and how often the list has it; `only`: all ids that the list has; `count`: the least and the
      greatest number of users; `entry`: an id, and the fields that the list shows of that user
    - `header`: the name of a header, which must be there with another value than in the wrong answer
    - `not-kept`: the fields that must not be shown
    - all other kinds: none
    """

    kind: Kind
    values: tuple[Any, ...] = ()


def shown(user_id: str | None, times: int) -> Sequence[Claim]:
    """Return the claims that a list has a user so many times."""
    return Claim("list"), Claim("shown", (user_id, times))


def only(*user_ids: str | None) -> Sequence[Claim]:
    """Return the claims that a list has these users and no others."""
    return Claim("list"), Claim("only", user_ids)
