"""What a run leaves behind: the users in the API's list before and after it."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

import httpx

from support.errors import TargetDown
from support.target.embedded import Target

ATTEMPTS = 12
PAUSE_S = 0.3
TIMEOUT_S = 20.0
UsersById = Mapping[str, str]


@dataclass(frozen=True)
class Leftovers:
    """The differences between two lists; each user is JSON text."""

    left: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()

    @property
    def none(self) -> bool:
        return not (self.left or self.missing or self.changed)

    def lines(self) -> list[str]:
        """Return one line for each user."""
        parts = (("left behind", self.left), ("missing", self.missing), ("changed", self.changed))
        return [f"{what}: {user}" for what, users in parts for user in users]


def leftovers(before: UsersById, after: UsersById) -> Leftovers:
    """Compare two lists to the letter."""
    return Leftovers(
        left=tuple(user for user_id, user in after.items() if user_id not in before),
        missing=tuple(user for user_id, user in before.items() if user_id not in after),
        changed=tuple(after[one] for one, user in before.items() if after.get(one, user) != user),
    )


def leftovers_at_last(target: Target, before: UsersById) -> Leftovers:
    """Compare the current list with an earlier one; wait for users that a list still shows after their deletion."""
    for _ in range(ATTEMPTS):
        found = leftovers(before, list_users(target))
        if not found.left:
            break
        time.sleep(PAUSE_S)
    return found


def list_users(target: Target) -> UsersById:
    """Read the list: each user as JSON, by id; raises TargetDown if it cannot be read."""
    headers, error = {"Authorization": f"Bearer {target.token}"}, ""
    for _ in range(ATTEMPTS):
        try:
            answer = httpx.get(target.base_url, headers=headers, timeout=TIMEOUT_S, trust_env=False)
            if answer.status_code == HTTPStatus.OK:
                return {user["id"]: json.dumps(user, ensure_ascii=False) for user in answer.json()}
            error = f"status {answer.status_code}"
        except (OSError, httpx.HTTPError) as problem:
            error = str(problem)
        time.sleep(PAUSE_S)
    raise TargetDown(f"the list at {target.base_url} cannot be read: {error}")
