"""From raw answers to users in normal form, which later steps work with.

Nothing here checks the contract: `matchers` do, on raw answers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from support.errors import number_of
from support.models import Answer, User, writable
from support.pointers import at, steps_of
from support.profile import Profile
from support.profile_answers import Names, Shape

SOME_DAY = "2000-01-01T00:00:00Z"
USUAL_ID = re.compile(r"[A-Za-z0-9_-]{1,200}")
LONGEST_ID = 2048
"""In characters; servers take request lines of 8,000 octets, and a percent-encoded character has at least three."""


def normal_user(fields: Any, names: Names | None = None) -> User | None:
    """Return the user in a JSON value, or None if the value is no object or has no id that a URL can name."""
    names = names or Names()
    user_id = id_in(fields, names)
    if user_id is None:
        return None
    shown = names.to_contract(fields)
    return User(user_id, _name(shown, f"{names.name} {user_id}"), _email(shown), shown.get("createdAt"))


def id_in(fields: Any, names: Names) -> str | None:
    """Return the id in a JSON value as text; None if there is none, or one that no URL can name."""
    path = names.paths["id"]
    value = fields.get(path[0]) if type(fields) is dict and len(path) == 1 else at(fields, path)
    if type(value) is str and USUAL_ID.fullmatch(value):  # quick for the usual ids in a list of many thousand users
        return value
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    text = writable(str(value))
    return text if names_one_user(text) else None


def in_contract_shape(user: Mapping[str, Any], shape: Shape) -> Mapping[str, Any]:
    """Return a user in the contract's shape: an id or a time that the profile describes otherwise is converted."""
    if shape.id != "string" and type(user.get("id")) is int:
        user = {**user, "id": str(user["id"])}
    if shape.created_at is True:
        return user
    moment = shape.moment(user.get("createdAt"))
    if shape.created_at is False or moment is not None:
        user = {**user, "createdAt": moment.isoformat() if moment is not None else SOME_DAY}
    return user


def names_one_user(user_id: str) -> bool:
    """Whether the URL with this id is that of one user, even if the server decodes and normalises the path."""
    segments = re.split(r"[/\\]", user_id)
    return len(user_id) <= LONGEST_ID and all(segment.strip() not in ("", ".", "..") for segment in segments)


def is_email(email: str) -> bool:
    """Whether a text may be an email: it has something on both sides of an @."""
    local_part, _, domain = email.rpartition("@")
    return bool(local_part.strip("@") and domain)


def _email(fields: Mapping[str, Any]) -> str:
    return writable(_text(fields.get("email")).strip().lower())


def _name(fields: Mapping[str, Any], placeholder: str) -> str | None:
    name = fields.get("name")
    if name is None:
        parts = (_text(fields.get(key)).strip() for key in ("firstName", "lastName"))
        name = " ".join(part for part in parts if part)
    name = _text(name)
    return None if name in ("", placeholder) else name


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)


def user_of(answer: Answer | None, profile: Profile) -> User | None:
    """Return the user that an answer shows, or None if it shows none."""
    return normal_user(_json_of(answer), profile.names)


def listed(answer: Answer | None, profile: Profile) -> list[Any] | None:
    """Return the raw entries of a list, unwrapped as the profile says; None if there is no list."""
    entries = at(_json_of(answer), steps_of(profile.names.list_pointer))
    return entries if isinstance(entries, list) else None


def ids_of(answer: Answer | None, profile: Profile) -> list[str]:
    """Return the ids in a list, in its order; entries that are no users are skipped."""
    ids = (id_in(entry, profile.names) for entry in listed(answer, profile) or [])
    return [user_id for user_id in ids if user_id is not None]


def users_of(answer: Answer | None, profile: Profile) -> list[User]:
    """Return the users in a list; entries that are no users are skipped."""
    entries = (normal_user(entry, profile.names) for entry in listed(answer, profile) or [])
    return [user for user in entries if user is not None]


def users_in(answer: Answer | None, profile: Profile) -> list[User] | None:
    """Return the users in the answer to a query; None if it shows no list."""
    if answer is None or answer.status != 200:
        return [] if answer is not None and answer.status in profile.answers.no_match else None
    return None if listed(answer, profile) is None else users_of(answer, profile)


def entries_without_id(answer: Answer | None, profile: Profile) -> list[Any]:
    """Return the entries of a list that have no id that a URL can name."""
    return [entry for entry in listed(answer, profile) or [] if id_in(entry, profile.names) is None]


def shows_without_id(answer: Answer | None, email: str, profile: Profile) -> bool:
    """Whether a list shows a user with this email, but without an id that a URL can name."""
    entries = [entry for entry in entries_without_id(answer, profile) if isinstance(entry, Mapping)]
    return any(_email(profile.names.to_contract(entry)) == email.lower() for entry in entries)


def _json_of(answer: Answer | None) -> Any:
    if answer is None:
        return None
    try:
        return answer.json()
    except ValueError:
        return None


def users_shown(ids: Sequence[str | None]) -> str:
    """Return how many users an answer shows, and the ids of the first five."""
    return f"{number_of(len(ids), 'user')} shown: {', '.join(map(str, ids[:5]))}" if ids else "no user is shown"
