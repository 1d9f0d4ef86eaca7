"""From unstable answers to stable users: what later steps work with. Nothing here judges, nothing here hides.

The contract is judged by `validators` on the answer as it came.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from support.models import Answer, Problem, User, writable
from support.targets.profile import Names, Profile


def normal_user(fields: Any, names: Names | None = None) -> User | None:
    """Return the user in a JSON value, or None where the value is no object or has no id."""
    names = names or Names()
    if not isinstance(fields, Mapping) or fields.get(names.id) in (None, ""):
        return None
    user_id = writable(str(fields[names.id]))
    known = {names.id, names.name, names.email, names.created_at}
    return User(
        id=user_id,
        name=_name(fields, names, user_id),
        email=writable(_text(fields.get(names.email)).strip().lower()),
        created_at=fields.get(names.created_at),
        extra={key: value for key, value in fields.items() if key not in known},
    )


def _name(fields: Mapping[str, Any], names: Names, user_id: str) -> str | None:
    name = fields.get(names.name)
    if name is None:
        parts = (_text(fields.get(key)).strip() for key in ("firstName", "lastName"))
        name = " ".join(part for part in parts if part)
    name = _text(name)
    return None if name in ("", f"{names.name} {user_id}") else name


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)


def user_of(answer: Answer | None, profile: Profile) -> User | None:
    """Return the user that an answer shows, or None where it shows none."""
    return normal_user(_json_of(answer), profile.names)


def listed(answer: Answer | None, profile: Profile) -> list[Any] | None:
    """Return the raw entries of a list answer, unwrapped as the profile says; None where there is no list."""
    entries = _json_of(answer)
    for key in filter(None, profile.names.list_pointer.split("/")):
        entries = entries.get(key) if isinstance(entries, Mapping) else None
    return entries if isinstance(entries, list) else None


def ids_of(answer: Answer | None, profile: Profile) -> list[str]:
    """Return the ids in a list answer, in its order; entries that are no users are left out."""
    entries = (entry for entry in listed(answer, profile) or [] if isinstance(entry, Mapping))
    return [
        writable(str(entry[profile.names.id])) for entry in entries if entry.get(profile.names.id) not in (None, "")
    ]


def users_of(answer: Answer | None, profile: Profile) -> list[User]:
    """Return the users of a list answer; entries that are no users are left out."""
    entries = (normal_user(entry, profile.names) for entry in listed(answer, profile) or [])
    return [user for user in entries if user is not None]


def problem_of(answer: Answer) -> Problem:
    """Return what a refusal says of itself; its title is its first text where it is no problem document."""
    document = _json_of(answer)
    fields = document if isinstance(document, Mapping) else {"detail": document}
    texts = [fields.get(key) for key in ("title", "detail", "message", "error")]
    title = next((text for text in (*texts, *fields.values()) if isinstance(text, str) and text), "")
    return Problem(answer.status, title, fields)


def _json_of(answer: Answer | None) -> Any:
    if answer is None:
        return None
    try:
        return answer.json()
    except ValueError:
        return None
