"""The part of a profile that says what the target answers: statuses, names, the shape of users and lists."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from support.profile_types import STRICT, Pointer, Statuses, Text
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
    unknown: Statuses = (404,)
    gone: Statuses = (404,)
    deleted: Statuses = (200, 202, 204)
    deleted_again: Statuses = (404, 204)
    no_match: Statuses = (200,)


@dataclass(frozen=True, config=STRICT)
class Names:
    """The target's names of fields and query parameters."""

    id: Text = "id"
    name: Text = "name"
    email: Text = "email"
    created_at: Text = "createdAt"
    email_filter: Text = "email"
    page: Text = "page"
    limit: Text = "limit"
    list_pointer: Pointer = ""

    def to_target(self, fields: Any) -> Any:
        """Rename the contract's fields to the target's; anything but an object stays unchanged."""
        if not isinstance(fields, Mapping):
            return fields
        theirs = self._by_contract_name
        return {theirs.get(key, key): value for key, value in fields.items()}

    def to_contract(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Rename the target's fields to the contract's.

        Drops a field that has a contract name but, by this profile, another meaning.
        """
        ours = {theirs: name for name, theirs in self._by_contract_name.items()}
        others = {key: value for key, value in fields.items() if key not in {*ours, *ours.values()}}
        return {**others, **{ours[key]: value for key, value in fields.items() if key in ours}}

    @property
    def _by_contract_name(self) -> dict[str, str]:
        return dict(zip(USER_FIELDS, (self.id, self.name, self.email, self.created_at), strict=True))


@dataclass(frozen=True, config=STRICT)
class Shape:
    """How a user of the target differs from the contract's; `user-shape` is checked against the contract all the same.

    `id` is "string" or "integer"; without `created_at` the target does not say when a user signed up.
    """

    id: Literal["string", "integer"] = "string"
    created_at: bool = True


@dataclass(frozen=True, config=STRICT)
class Lookup:
    """How the target finds users by email: a case-sensitive one is queried for each spelling."""

    case_sensitive: bool = False


@dataclass(frozen=True, config=STRICT)
class Pages:
    """How the target cuts its list: `counts` "pages" from `first` on, or "users" to skip.

    `size` is given if the list only comes in pages; the whole list is then read so many users at a time.
    """

    size: Count | None = None
    counts: Literal["pages", "users"] = "pages"
    first: Annotated[int, Field(ge=0, le=1)] = 1
