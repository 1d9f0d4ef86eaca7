"""The part of a profile about answers and names: statuses, fields and parameters, the shape of users and lists."""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from support.pointers import at, placed, steps_of
from support.profile_types import STRICT, Pointer, Statuses, Text, wanting
from support.settings import Count

USER_FIELDS = ("id", "name", "email", "createdAt")
"""The contract's fields of a user."""


@dataclass(frozen=True, config=STRICT)
class Answers:
    """Which statuses the target answers with; more than one if the contract or the target leaves a choice."""

    created: Statuses = (201,)
    taken: Statuses = (409,)
    invalid: Statuses = (400, 422)
    malformed: Statuses = (400,)
    media_type: Statuses = (415,)
    unauthorized: Statuses = (401,)
    unknown: Statuses = (404,)
    gone: Statuses = (404,)
    updated: Statuses = (200,)
    deleted: Statuses = (200, 202, 204)
    deleted_again: Statuses = (404, 204)
    no_match: Statuses = (200,)


@dataclass(frozen=True, config=STRICT)
class Names:
    """The target's names of fields and query parameters; a field inside another is named by a JSON pointer.

    `limit` is empty where a page size cannot be asked for.
    `list_pointer` leads to the list in the answer to a query, `user_pointer` to the user in the answer to a read, a
    create and a change; `created_pointer` and `updated_pointer` replace it for creates and for changes. `body_pointer`
    leads to the user in the body of a request. With `flat_body`, what answers show in `/attributes/email` is sent as
    `email`.
    """

    id: Text = "id"
    name: Text = "name"
    email: Text = "email"
    created_at: Text = "createdAt"
    email_filter: Text = "email"
    page: Text = "page"
    limit: str = "limit"
    list_pointer: Pointer = ""
    user_pointer: Pointer = ""
    created_pointer: Pointer | None = None
    updated_pointer: Pointer | None = None
    body_pointer: Pointer = ""
    flat_body: bool = False

    def to_target(self, fields: Any) -> Any:
        """Rename the contract's fields to the target's, and wrap them; a value that is no object stays unchanged."""
        if not isinstance(fields, Mapping):
            return fields
        user: Any = {}
        for key, value in fields.items():
            path = self.paths.get(key, (key,))
            user = placed(user, path[-1:] if self.flat_body else path, value)
        return placed({}, steps_of(self.body_pointer), user)

    def to_contract(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Rename the target's fields to the contract's; what stands beside a nested field is kept.

        Drops a field that has a contract name but, by this profile, another meaning.
        """
        shown: dict[str, Any] = {}
        others: dict[str, Any] = {}
        if self._containers or not isinstance(fields, Mapping):
            self._sort((), fields, shown, others)
        else:  # as with most targets, and quick enough for lists of many thousand users
            names = self._by_name
            shown = {names[key]: value for key, value in fields.items() if key in names}
            others = {key: value for key, value in fields.items() if key not in names}
        return {**{key: value for key, value in others.items() if key not in USER_FIELDS}, **shown}

    def _sort(self, path: tuple[str, ...], value: Any, shown: dict[str, Any], others: dict[str, Any]) -> None:
        """Sort what an answer holds at a path into the contract's fields and others."""
        if path in self._by_path:
            shown[self._by_path[path]] = value
        elif path and path not in self._containers:
            others.setdefault(path[-1], value)
        elif isinstance(value, Mapping | list):
            inner = value.items() if isinstance(value, Mapping) else enumerate(value)
            for key, part in inner:
                self._sort((*path, str(key)), part, shown, others)

    @cached_property
    def paths(self) -> Mapping[str, tuple[str, ...]]:
        """Where the target has each field of the contract."""
        theirs = (self.id, self.name, self.email, self.created_at)
        paths = (steps_of(name) if name.startswith("/") else (name,) for name in theirs)
        return dict(zip(USER_FIELDS, paths, strict=True))

    @cached_property
    def _by_path(self) -> Mapping[tuple[str, ...], str]:
        return {path: name for name, path in self.paths.items()}

    @cached_property
    def _by_name(self) -> Mapping[str, str]:
        return {path[0]: name for path, name in self._by_path.items()}

    @cached_property
    def _containers(self) -> frozenset[tuple[str, ...]]:
        """The paths of objects and lists that hold a field of the contract."""
        return frozenset(path[:length] for path in self.paths.values() for length in range(1, len(path)))


@dataclass(frozen=True, config=STRICT)
class Shape:
    """How a user of the target differs from the contract's; `user-shape` is checked against the contract all the same.

    - `id`: "string", "integer", "any" of the two, or a "link" to the user, whose last part is the id.
    - `created_at`: true for a date-time with an offset, "local" for one without, "spaced" for one with a space before
      the time, "seconds" or "milliseconds" since 1970, false where the target does not say when a user signed up.
    - `created`: what the answer to a create shows: the "user", an "id" (alone, or in an object), or only a "location".
    - `updated`: whether the answer to a change shows the "user", or "nothing".

    The suite reads a user whom the answer to a create or change does not show.
    """

    id: Literal["string", "integer", "any", "link"] = "string"
    created_at: Literal[True, False, "local", "spaced", "seconds", "milliseconds"] = True
    created: Literal["user", "id", "location"] = "user"
    updated: Literal["user", "nothing"] = "user"

    def moment(self, value: Any) -> datetime | None:
        """Return a creation time of the target as a datetime; None if it cannot be read as one."""
        try:
            if self.created_at in ("seconds", "milliseconds"):
                return datetime.fromtimestamp(float(value) / (1000 if self.created_at == "milliseconds" else 1), UTC)
            moment = datetime.fromisoformat(str(value).upper())
        except (TypeError, ValueError, OverflowError, OSError):
            return None
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None and self.created_at == "local" else moment


@dataclass(frozen=True, config=STRICT)
class StatusInBody:
    """An error that the target sends with a status of success: the value at `pointer` in its body matches `value`.

    The answer then counts as one with `status`, or else with the status that the body holds at `pointer`.
    """

    pointer: Pointer
    value: Text = "*"
    status: Annotated[int, Field(ge=400, le=599)] | None = None

    def told_by(self, document: Any) -> int | None:
        """Return the status that a body tells; None where it tells none."""
        found = at(document, steps_of(self.pointer))
        if found is None or isinstance(found, Mapping | list):
            return None
        text = found if isinstance(found, str) else json.dumps(found)
        if not fnmatch.fnmatchcase(text, self.value):
            return None
        return self.status or next((status for status in range(400, 600) if str(status) == text), None)


@dataclass(frozen=True, config=STRICT)
class Lookup:
    """How the target finds users by email: a search sends `format`, once for each spelling if letter case matters."""

    case_sensitive: bool = False
    format: Annotated[str, wanting("it must hold {email} once", lambda text: text.count("{email}") == 1)] = "{email}"

    def text_for(self, email: str) -> str:
        """Return what a search sends; an email in quotes is escaped: in "…" as in JSON and SCIM, in '…' as in OData."""
        if '"{email}"' in self.format:
            email = json.dumps(email, ensure_ascii=False)[1:-1]
        elif "'{email}'" in self.format:
            email = email.replace("'", "''")
        return self.format.replace("{email}", email)


@dataclass(frozen=True, config=STRICT)
class Pages:
    """How the target divides its list into pages, and what the parameter `names.page` asks for.

    It asks for the number of a page or of a user, from `first` on, if `counts` is "pages" or "users"; for what follows
    the last id of the page before, with "last_id"; for the next page by its cursor, with "cursor".

    `first` is 1 for pages and 0 for users unless given. `size` is given where the list only comes in pages; the whole
    list is then read this many users at a time. The cursor is where `next_pointer` says, or else in the header Link; if
    a link is there, it is followed as it is.
    """

    size: Count | None = None
    counts: Literal["pages", "users", "cursor", "last_id"] = "pages"
    first: Annotated[int, Field(ge=0, le=1)] | None = None
    next_pointer: Pointer | None = None

    @property
    def begin(self) -> int:
        """The number of the first page or user."""
        return self.first if self.first is not None else 0 if self.counts == "users" else 1

    @property
    def are_needed(self) -> bool:
        """Whether the list only comes in pages."""
        return self.size is not None or not self.are_numbered

    @property
    def are_numbered(self) -> bool:
        """Whether a page can be asked for before the one before it was read."""
        return self.counts in ("pages", "users")
