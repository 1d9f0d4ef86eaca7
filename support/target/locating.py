"""Find a user in an answer by what was sent: where the user is, and what the target calls its fields."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from support.contract.guesses import CREATED, EMAILS, IDS, NAMES
from support.contract.matchers import moment_of
from support.http.reading import linked_id
from support.pointers import at

DEEPEST = 5
LINKS: Sequence[Path] = (("_links", "self", "href"), ("links", "self"), ("url",), ("href",), ("@id",))
"""Where a user links to itself, as in HAL, JSON:API, Django REST framework and Hydra."""
A_DAY_S = 86_400.0
QUARTER_S = 900
SOON_S = 120
Moment = Literal[True, "local", "spaced", "seconds", "milliseconds"]
Path = tuple[str, ...]


@dataclass(frozen=True)
class Located:
    """A user in an answer: the way to the user, and from there to the fields; None for a field that is not shown."""

    user: Path
    id: Path | None
    email: Path
    name: Path | None = None
    created_at: Path | None = None
    moment: Moment = True

    @property
    def is_linked(self) -> bool:
        """Whether only the link to the user tells the id."""
        return self.id in LINKS

    def id_in(self, document: Any) -> str | None:
        """Return the id that the answer shows."""
        if self.id is None:
            return None
        found = str(at(document, (*self.user, *self.id)))
        return linked_id(found) if self.is_linked else found


def located(
    document: Any, email: str, names: Mapping[str, str] | None = None, user_id: str | None = None
) -> Located | None:
    """Return where the user with this email is; `names` are what may stand for the name, the likeliest first.

    If no field has the name of an id, a field that holds `user_id` counts as the id.
    """
    where = _first_with(document, email, EMAILS)
    if where is None:
        return None
    above = [where[:length] for length in range(len(where) - 1, -1, -1)]
    ways = ((path, way) for find in (_id_in, _link_in) for path in above if (way := find(at(document, path))))
    holders = (path for path, one in leaves(at(document, where[:-1])) if user_id is not None and str(one) == user_id)
    user, way = next(ways, (where[:-1], next(holders, None)))
    shown = at(document, user)
    name = next((path for one in names or {} if (path := _first_with(shown, one, NAMES))), None)
    created_at, moment = _created(shown)
    return Located(user, way, where[len(user) :], name, created_at, moment)


def pointer(path: Path) -> str:
    """Return a JSON pointer."""
    return "".join(f"/{step.replace('~', '~0').replace('/', '~1')}" for step in path)


def field_name(path: Path) -> str:
    """Return what a profile calls a field: its name, or a pointer to one inside another."""
    return path[0] if len(path) == 1 and not path[0].startswith("/") else pointer(path)


def id_of(document: Any) -> tuple[Path, str] | None:
    """Return the id that an answer shows without a user, and the way to what holds it."""
    if type(document) is int or (isinstance(document, str) and document and " " not in document):
        return (), str(document)
    for path, value in leaves(document):
        if path and path[-1] in IDS and value not in (None, ""):
            return path[:-1], str(value)
    return next(((path, str(value)) for path, value in leaves(document) if type(value) is int and path), None)


def leaves(document: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield the values in a document that are neither objects nor lists; those of an object before those inside it."""
    inner: list[tuple[Path, Any]] = []
    if isinstance(document, Mapping | list) and len(path) < DEEPEST:
        pairs = document.items() if isinstance(document, Mapping) else enumerate(document)
        for key, value in pairs:
            if isinstance(value, Mapping | list):
                inner.append(((*path, str(key)), value))
            else:
                yield (*path, str(key)), value
    for below, value in inner:
        yield from leaves(value, below)


def beside_lists(document: Any) -> Iterator[tuple[Path, Any]]:
    """Yield the values in an answer that are not inside an entry of a list: what it says of the list as a whole."""
    yield from ((path, value) for path, value in leaves(document) if not any(step.isdecimal() for step in path))


def _first_with(document: Any, value: str, likely: tuple[str, ...]) -> Path | None:
    """Return the way to a text, ignoring letter case; the likely names come first."""
    wanted = value.strip().lower()
    found = [path for path, shown in leaves(document) if isinstance(shown, str) and shown.strip().lower() == wanted]
    return min(found, key=lambda path: (path[-1] not in likely, len(path)), default=None)


def _id_in(value: Any) -> Path | None:
    """Return the way to the id in an object."""
    if not isinstance(value, Mapping):
        return None
    return next(((name,) for name in IDS if type(value.get(name)) in (int, str) and value[name] != ""), None)


def _link_in(value: Any) -> Path | None:
    """Return the way to the link to itself that an object without an id shows."""
    links = ((path, at(value, path)) for path in LINKS)
    return next((path for path, link in links if isinstance(link, str) and linked_id(link)), None)


def _created(user: Any) -> tuple[Path | None, Moment]:
    """Return the way to the time of creation, known by a likely name or because it is now, and how it is written."""
    moments = [(path, kind) for path, value in leaves(user) if (kind := _moment(value)) is not None]
    likely = [(path, kind) for path, kind in moments if path[-1] in CREATED]
    now = [(path, kind) for path, kind in moments if _is_now(at(user, path), kind) and "upd" not in path[-1].lower()]
    return next(iter([*sorted(likely, key=lambda one: CREATED.index(one[0][-1])), *now]), (None, True))


def _moment(value: Any) -> Moment | None:
    """Return how a value writes a moment; None if it is none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return "milliseconds" if 1e12 < value < 5e12 else "seconds" if 1e9 < value < 5e9 else None
    if not isinstance(value, str) or len(value) < len("2026-01-01T00"):
        return None
    parsed = moment_of(value)
    if isinstance(parsed, str):
        return None
    return "local" if parsed.tzinfo is None else "spaced" if " " in value.strip() else True


def _is_now(value: Any, kind: Moment) -> bool:
    """Whether a moment is now, whatever its UTC offset: all offsets are multiples of a quarter of an hour."""
    if kind in ("seconds", "milliseconds"):
        return abs(float(value) / (1000 if kind == "milliseconds" else 1) - time.time()) < SOON_S
    age_s = datetime.fromisoformat(str(value).upper()).timestamp() - time.time()
    return abs(age_s) < A_DAY_S and abs((age_s + QUARTER_S / 2) % QUARTER_S - QUARTER_S / 2) < SOON_S
