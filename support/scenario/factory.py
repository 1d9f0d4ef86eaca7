"""Valid, unique and reproducible data of new users.

The same seed gives the same users in the same order. Their emails carry the mark of the run, so that two processes
never draw the same email, and the suite recognises the users that it created.
"""

from __future__ import annotations

import re
import secrets
import threading
import unicodedata
from collections import deque
from importlib import import_module
from typing import TYPE_CHECKING

from support.models import LONGEST_EMAIL, LONGEST_NAME, NewUser

if TYPE_CHECKING:
    from faker import Faker

LETTERS = "ghijkmnpqrstuvwxyz"
APART = 100
LONGEST_LABEL = 63


def new_seed() -> int:
    """Return a seed for a run that was not given one."""
    return secrets.randbelow(10**9)


def preload() -> None:
    """Begin to import Faker, which takes a tenth of a second, while the run waits for its target."""
    threading.Thread(target=import_module, args=("faker",), daemon=True).start()


class Factory:
    """Draws new users from a seed; thread-safe.

    A last name is repeated only after at least `APART` others, so that a new name differs from a user's current name.
    Each process of a run, counted from 1, draws other users: some APIs make a unique login of the name or the email.
    """

    def __init__(self, seed: int, mark: str, process: int = 1) -> None:
        self.seed, self._process = seed, process
        self.mark = mark
        self._faker: Faker | None = None
        self._drawn = 0
        self._last_names: deque[str] = deque(maxlen=APART)
        self._lock = threading.Lock()

    def new_user(self, called: str | None = None) -> NewUser:
        """Return the next user; `called` is the first name."""
        with self._lock:
            self._drawn += 1
            number, fake = self._drawn, self._fake()
            last = next(name for name in iter(fake.last_name, None) if name not in self._last_names)
            first = fake.first_name()
            self._last_names.append(last)
        return NewUser(f"{called or first} {last}", f"{_plain(last)}.{number:04d}@{self.mark}.example.com")

    def new_users(self, count: int) -> list[NewUser]:
        return [self.new_user() for _ in range(count)]

    def named(self, name: str) -> NewUser:
        """Return the next user with exactly this name."""
        return NewUser(name, self.new_user().email)

    def long_email(self, length: int = LONGEST_EMAIL) -> str:
        """Return an email of exactly this many characters."""
        return padded(self.new_user().email, length)

    def long_name(self, length: int = LONGEST_NAME) -> str:
        """Return a name of exactly this many characters."""
        first = self.new_user().name
        return (f"{first} " + "Wolfeschlegelsteinhausenbergerdorff " * 10)[: length - 1] + "g"

    def unused_id(self, like: str, longer_by: int = 0) -> str:
        """Return an id that is unlikely to be in use, formed like `like`: a high number, or `like` with another ending.

        Short ids may all be in use; `longer_by` adds this many characters.
        """
        if like.isascii() and like.isdigit():
            return str(999_999_999 * 10**longer_by - secrets.randbelow(1_000_000))
        places = [place for place, sign in enumerate(like) if sign.isascii() and sign.isalnum()][-8:]
        longer_by += not places
        changed = "".join(_another(sign) if place in places else sign for place, sign in enumerate(like))
        return changed + "".join(secrets.choice(LETTERS) for _ in range(longer_by))

    def _fake(self) -> Faker:
        if self._faker is None:
            from faker import Faker

            self._faker = Faker("en_US", use_weighting=False)
            self._faker.seed_instance(self.seed + self._process - 1)
        return self._faker


def padded(email: str, length: int = LONGEST_EMAIL) -> str:
    """Return the email, lengthened to `length` by domain labels of at most 63 characters each (RFC 1035)."""
    missing = length - len(email)
    label = "." + "x" * (LONGEST_LABEL - (missing % (LONGEST_LABEL + 1) == 1))
    return email.replace(".example.com", (label * missing)[:missing] + ".example.com")


def _plain(text: str) -> str:
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", ascii_text.lower()).strip("-") or "user"


def _another(character: str) -> str:
    """Return another character of the same kind, never the same one."""
    pool = "0123456789" if character.isdigit() else "abcdef" if character.lower() in "abcdef" else LETTERS
    drawn = secrets.choice(pool.replace(character.lower(), ""))
    return drawn.upper() if character.isupper() else drawn
