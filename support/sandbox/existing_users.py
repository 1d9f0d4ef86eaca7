"""Users that exist before the first request: the same ones at every start."""

import random
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from support.sandbox.store import User

_FIRST = ("Amina", "Björn", "Chloé", "Đorđe", "Elif", "Farah", "Grace", "Hiroshi", "Iñaki", "Jürgen")
_LAST = ("Okafor", "Ångström", "O'Brien", "Müller", "李", "García", "Nowak", "Ivanova", "Haddad", "Silva")
_FOUNDED = datetime(2020, 2, 29, 12, 0, tzinfo=UTC)


def existing_users(count: int) -> Iterator[User]:
    """Return `count` users, with emails that no new user has."""
    dice = random.Random(2020)
    for number in range(1, count + 1):
        yield User(
            id=str(uuid.UUID(int=dice.getrandbits(128), version=4)),
            name=f"{dice.choice(_FIRST)} {dice.choice(_LAST)}",
            email=f"Existing-{number}@existing.example.org",
            created_at=(_FOUNDED + timedelta(minutes=number)).isoformat(),
        )
