"""How targets call things: names to try, and how to recognise what an answer shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from support.contract.matchers import moment_of
from support.profile import Pages

IDS = ("id", "_id", "uuid", "userId", "user_id", "uid", "key")
NAMES = ("name", "username", "fullName", "full_name", "displayName", "display_name", "userName", "user_name")
EMAILS = ("email", "emailAddress", "email_address", "mail", "e_mail")
CREATED = (
    "createdAt",
    "created_at",
    "created",
    "createdOn",
    "created_on",
    "dateCreated",
    "date_created",
    "createdDate",
    "creationDate",
    "dateJoined",
    "date_joined",
    "joinedAt",
    "joined_at",
    "insertedAt",
    "inserted_at",
)
LISTS = ("data", "results", "items", "content", "users", "value", "records", "rows", "hits", "member", "docs")
FILTERS = ("{email}", "email", "{email}_eq", "filter[{email}]", "{email}__iexact", "{email}__exact", "{email}[eq]", "q")

PAGES = (
    ("page", "limit", Pages()),
    ("_page", "_limit", Pages()),
    ("page", "page_size", Pages()),
    ("page", "per_page", Pages()),
    ("page", "size", Pages()),
    ("page", "pageSize", Pages()),
    ("page", "perPage", Pages()),
    ("page", "_limit", Pages()),
    ("_page", "_per_page", Pages()),
    ("pageNumber", "pageSize", Pages()),
    ("page[number]", "page[size]", Pages()),
    ("offset", "limit", Pages(counts="users")),
    ("$skip", "$limit", Pages(counts="users")),
    ("skip", "limit", Pages(counts="users")),
    ("skip", "take", Pages(counts="users")),
    ("_start", "_limit", Pages(counts="users")),
    ("page[offset]", "page[limit]", Pages(counts="users")),
)
"""Parameters for the place and the size of a page, those of the contract first."""


def pointers(document: Any, prefix: str = "", deep: int = 3) -> Iterator[tuple[str, list[Any]]]:
    """Yield the JSON pointers to all lists in a wrapped answer with what is there, those with a likely name first."""
    if isinstance(document, list):
        yield prefix, document
    elif isinstance(document, Mapping) and deep:
        for key in sorted(document, key=lambda key: (LISTS.index(key) if key in LISTS else len(LISTS), key)):
            if "/" not in key:
                yield from pointers(document[key], f"{prefix}/{key}", deep - 1)


def list_in(document: Any) -> tuple[str, list[Any]] | None:
    """Return where the users of a list answer are: the likeliest list of objects, else the likeliest empty one."""
    found = list(pointers(document))
    of_objects = [one for one in found if any(isinstance(entry, Mapping) for entry in one[1])]
    return next(iter([*of_objects, *(one for one in found if not one[1])]), None)


def first_of(names: Sequence[str], fields: Mapping[str, Any]) -> str | None:
    """Return the first of these names that a user has."""
    return next((name for name in names if name in fields), None)


def field_with(value: str, fields: Mapping[str, Any], likely: Sequence[str]) -> str | None:
    """Return the field that shows a value that was sent, whatever its letter case, a likely one first."""
    same = [key for key, shown in fields.items() if str(shown).lower().strip() == value.lower().strip()]
    return next((name for name in likely if name in same), same[0] if same else None)


def date_field(fields: Mapping[str, Any]) -> str | None:
    """Return the field that tells when somebody joined: one with a likely name and a date-time in it."""
    dated = [
        name for name in CREATED if isinstance(fields.get(name), str) and not isinstance(moment_of(fields[name]), str)
    ]
    return dated[0] if dated else None
