"""What a run leaves behind: the users that an API shows before and after it, asked for as anybody could."""

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
Shown = Mapping[str, str]


@dataclass(frozen=True)
class Residue:
    """What is not as it was; each part a list of users as JSON."""

    left: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()

    @property
    def nothing(self) -> bool:
        return not (self.left or self.missing or self.changed)

    def told(self) -> list[str]:
        """Say what is wrong, one line for each user."""
        parts = (("left behind", self.left), ("gone", self.missing), ("changed", self.changed))
        return [f"{what}: {user}" for what, users in parts for user in users]


def residue(before: Shown, after: Shown) -> Residue:
    """Compare what was shown of everybody, to the letter."""
    return Residue(
        left=tuple(user for user_id, user in after.items() if user_id not in before),
        missing=tuple(user for user_id, user in before.items() if user_id not in after),
        changed=tuple(after[one] for one, user in before.items() if after.get(one, user) != user),
    )


def residue_in_the_end(target: Target, before: Shown) -> Residue:
    """Compare what is shown now with what was before; a list may show for a while who has left."""
    for _ in range(ATTEMPTS):
        found = residue(before, everybody(target))
        if not found.left:
            break
        time.sleep(PAUSE_S)
    return found


def everybody(target: Target) -> Shown:
    """Read the plain list: each user as JSON, by id. Raises TargetDown where it cannot be had."""
    users = json.loads(_list(target))
    return {user["id"]: json.dumps(user, ensure_ascii=False) for user in users}


def _list(target: Target) -> bytes:
    headers, wrong = {"Authorization": f"Bearer {target.token}"}, ""
    for _ in range(ATTEMPTS):
        try:
            answer = httpx.get(target.base_url, headers=headers, timeout=TIMEOUT_S, trust_env=False)
            if answer.status_code == HTTPStatus.OK:
                return answer.content
            wrong = f"status {answer.status_code}"
        except (OSError, httpx.HTTPError) as error:
            wrong = str(error)
        time.sleep(PAUSE_S)
    raise TargetDown(f"the list at {target.base_url} cannot be read: {wrong}")
