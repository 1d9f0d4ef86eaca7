"""What the suite expects of a known target, read from `support/profiles/NAME.toml`.

A profile changes values and selects scenarios; it never changes what a step does. The default one, `contract`, is the
contract to the letter. The model checks its values wherever a profile comes from.
"""

from __future__ import annotations

import difflib
import fnmatch
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, field
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field
from pydantic.dataclasses import dataclass

from support.rules import RULES
from support.settings import Count, Seconds

USER_FIELDS = ("id", "name", "email", "createdAt")
"""The contract's fields of a user."""

STRICT = ConfigDict(extra="forbid", strict=True)
LINK = re.compile(r"https?://[^\s/?#@]+(?=\Z|[/?#])\S*\Z")
POINTER = re.compile(r"(/[^/]+)*\Z")


def _day(value: object) -> object:
    """Read a day; pydantic would take a text of digits for a number of seconds."""
    try:
        return date.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        raise ValueError(f"{value!r} is not a day such as 2026-11-23") from None


def _link(value: str) -> str:
    if LINK.match(value):
        return value
    raise ValueError("it must be an http:// or https:// URL, without a user, a password or white space in it")


def _pointer(value: str) -> str:
    if POINTER.match(value):
        return value
    raise ValueError("it must be a JSON pointer such as /data/users")


def _rule(value: str) -> str:
    if value in RULES:
        return value
    near = difflib.get_close_matches(value, RULES, 1) or sorted(RULES)
    raise ValueError(f"there is no rule {value!r}; did you mean {' or '.join(near[:3])}?")


Text = Annotated[str, Field(min_length=1)]
Day = Annotated[date, BeforeValidator(_day)]
Patterns = Annotated[tuple[Text, ...], Field(min_length=1)]
Statuses = Annotated[tuple[Annotated[int, Field(ge=200, le=599)], ...], Field(min_length=1)]


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
class Capabilities:
    """What the target offers at all; scenarios tagged `@use.with_<name>=yes` need it."""

    access: bool = True
    email_filter: bool = True
    pages: bool = True
    put: bool = True
    patch: bool = True
    head: bool = True


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
    list_pointer: Annotated[str, AfterValidator(_pointer)] = ""

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


@dataclass(frozen=True, config=STRICT)
class Caps:
    """Limits of the target; None for no limit."""

    users: Count | None = None
    concurrency: Count | None = None


@dataclass(frozen=True, config=STRICT)
class Deadlines:
    """Settings that a target needs other values for, in seconds; None keeps the setting."""

    request_timeout_s: Seconds | None = None
    delete_deadline_s: Seconds | None = None
    retry_deadline_s: Seconds | None = None
    consistency_window_s: Seconds | None = None

    def as_settings(self) -> dict[str, float]:
        return {name: value for name, value in asdict(self).items() if value is not None}


@dataclass(frozen=True, config=STRICT)
class Deviation:
    """A rule that the target is known to break, why, where that is documented, and when to review it.

    `scenarios` narrows it to those whose names match one of these patterns (`*` stands for anything), and `shows` to
    failures in which nothing else is found wrong than what matches one of these. One that shows only `sometimes`, as a
    race does, is not fixed when it does not show.
    """

    rule: Annotated[str, AfterValidator(_rule)]
    reason: Text
    link: Annotated[str, AfterValidator(_link)]
    since: Day
    review: Day | None = None
    scenarios: Patterns = ()
    shows: Patterns = ()
    sometimes: bool = False

    def covers(self, scenario: str) -> bool:
        """Whether it applies to a scenario; without `scenarios` it applies to all of its rule."""
        return not self.scenarios or _matches(self.scenarios, scenario)

    def explains(self, mismatches: Sequence[str]) -> bool:
        """Whether it explains every mismatch."""
        return not self.shows or all(_matches(self.shows, mismatch) for mismatch in mismatches)


@dataclass(frozen=True, config=STRICT)
class Exclusion:
    """Scenarios that are not run on the target, and why: what they create could not be deleted."""

    reason: Text
    scenarios: Patterns

    def covers(self, scenario: str) -> bool:
        return _matches(self.scenarios, scenario)


def _matches(patterns: Sequence[str], text: str) -> bool:
    """Whether one of the patterns matches a text, without the row number of an outline's scenario."""
    return any(fnmatch.fnmatchcase(text.split(" -- @")[0], pattern) for pattern in patterns)


@dataclass(frozen=True, config=STRICT)
class Profile:
    """What is known of a target; the default keeps the whole contract."""

    name: Text = "contract"
    description: Text = "the Users contract, strictly"
    production: bool = False
    trailing_slash: bool = False
    answers: Answers = field(default_factory=Answers)
    capabilities: Capabilities = field(default_factory=Capabilities)
    names: Names = field(default_factory=Names)
    shape: Shape = field(default_factory=Shape)
    lookup: Lookup = field(default_factory=Lookup)
    pages: Pages = field(default_factory=Pages)
    caps: Caps = field(default_factory=Caps)
    deadlines: Deadlines = field(default_factory=Deadlines)
    deviations: tuple[Deviation, ...] = ()
    excluded: tuple[Exclusion, ...] = ()
