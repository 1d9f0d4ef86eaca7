"""What a known target promises: the values that the suite judges by, read from `support/targets/NAME.toml`.

A profile changes values and selects scenarios; it never changes what a step does. The default one, `contract`, is the
contract to the letter.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from support.targets.reading import HERE, check, read

USER_FIELDS = ("id", "name", "email", "createdAt")
"""The contract's fields of a user."""


@dataclass(frozen=True)
class Answers:
    """Which statuses answer what; more than one where the contract, or the target, leaves a choice."""

    created: tuple[int, ...] = (201,)
    taken: tuple[int, ...] = (409,)
    invalid: tuple[int, ...] = (400, 422)
    malformed: tuple[int, ...] = (400,)
    media_type: tuple[int, ...] = (415,)
    unknown: tuple[int, ...] = (404,)
    gone: tuple[int, ...] = (404,)
    deleted: tuple[int, ...] = (200, 202, 204)
    deleted_again: tuple[int, ...] = (404, 204)
    no_match: tuple[int, ...] = (200,)


@dataclass(frozen=True)
class Has:
    """What the target offers at all; scenarios tagged `@use.with_<name>=yes` need it."""

    access: bool = True
    email_filter: bool = True
    pages: bool = True
    put: bool = True
    patch: bool = True
    head: bool = True


@dataclass(frozen=True)
class Names:
    """How the target calls its fields and query parameters."""

    id: str = "id"
    name: str = "name"
    email: str = "email"
    created_at: str = "createdAt"
    email_filter: str = "email"
    page: str = "page"
    limit: str = "limit"
    list_pointer: str = ""

    def to_target(self, fields: Any) -> Any:
        """Rename the contract's fields to the target's; anything but an object stays as it is."""
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


@dataclass(frozen=True)
class Shape:
    """How a user of the target differs from the contract's; `user-shape` is judged by the contract all the same.

    `id` is "string" or "integer"; without `created_at` the target does not tell when somebody joined.
    """

    id: str = "string"
    created_at: bool = True


@dataclass(frozen=True)
class Lookup:
    """How the target looks people up by address: one that heeds letter case is asked for each spelling."""

    heeds_case: bool = False


@dataclass(frozen=True)
class Pages:
    """How the target cuts its list: `counts` "pages" from `first` on, or "users" to skip.

    `size` is given where the list only comes in pages; the whole list is then read so many users at a time.
    """

    size: int | None = None
    counts: str = "pages"
    first: int = 1


@dataclass(frozen=True)
class Caps:
    """How much the target can take; None: as much as the suite asks for."""

    users: int | None = None
    concurrency: int | None = None


@dataclass(frozen=True)
class Deviation:
    """A rule that the target is known not to keep, why, where that is told, and when to look again.

    `scenarios` narrows it to those whose names match one of these patterns (`*` stands for anything), and `shows` to
    failures in which nothing else is found wrong than what matches one of these. One that shows only `sometimes`, as a
    race does, is not mended when it does not show.
    """

    rule: str
    reason: str
    link: str
    since: date
    review: date | None = None
    scenarios: tuple[str, ...] = ()
    shows: tuple[str, ...] = ()
    sometimes: bool = False

    def covers(self, scenario: str) -> bool:
        """Whether it is about a scenario: about all of its rule where it names none."""
        return not self.scenarios or _matches(self.scenarios, scenario)

    def explains(self, wrong: Sequence[str]) -> bool:
        """Whether it tells of everything that was found wrong."""
        return not self.shows or all(_matches(self.shows, found) for found in wrong)


@dataclass(frozen=True)
class LeftOut:
    """Scenarios that are not played on the target, and why: because what they would make could not be undone."""

    reason: str
    scenarios: tuple[str, ...]

    def covers(self, scenario: str) -> bool:
        return _matches(self.scenarios, scenario)


def _matches(patterns: Sequence[str], text: str) -> bool:
    """Whether one of the patterns fits a text, without the number of a row behind the name of a scenario."""
    return any(fnmatch.fnmatchcase(text.split(" -- @")[0], pattern) for pattern in patterns)


@dataclass(frozen=True)
class Profile:
    """A target as it is known; the default is a target that keeps the whole contract."""

    name: str = "contract"
    description: str = "the Users contract, strictly"
    production: bool = False
    trailing_slash: bool = False
    answers: Answers = field(default_factory=Answers)
    has: Has = field(default_factory=Has)
    names: Names = field(default_factory=Names)
    shape: Shape = field(default_factory=Shape)
    lookup: Lookup = field(default_factory=Lookup)
    pages: Pages = field(default_factory=Pages)
    caps: Caps = field(default_factory=Caps)
    deadlines: Mapping[str, float] = field(default_factory=dict)
    deviations: tuple[Deviation, ...] = ()
    left_out: tuple[LeftOut, ...] = ()


def load(target: str) -> Profile:
    """Read the profile of that name from this folder, or from a path that ends in .toml.

    Raises SettingsError where there is none, or where it does not fit `profile.schema.json`.
    """
    path = Path(target) if target.endswith(".toml") else HERE / f"{target}.toml"
    content = read(path, target)
    check(content, path)
    return _build(content)


def _build(content: Mapping[str, Any]) -> Profile:
    answers = {key: tuple(value) for key, value in content.get("answers", {}).items()}
    return Profile(
        name=content["name"],
        description=content["description"],
        production=content.get("production", False),
        trailing_slash=content.get("trailing_slash", False),
        answers=Answers(**answers),
        has=Has(**content.get("has", {})),
        names=Names(**content.get("names", {})),
        shape=Shape(**content.get("shape", {})),
        lookup=Lookup(**content.get("lookup", {})),
        pages=Pages(**content.get("pages", {})),
        caps=Caps(**content.get("caps", {})),
        deadlines=content.get("deadlines", {}),
        deviations=tuple(_deviation(known) for known in content.get("deviations", [])),
        left_out=tuple(LeftOut(each["reason"], tuple(each["scenarios"])) for each in content.get("left_out", [])),
    )


def _deviation(known: Mapping[str, Any]) -> Deviation:
    days = {key: date.fromisoformat(str(known[key])) for key in ("since", "review") if key in known}
    patterns = {key: tuple(known.get(key, ())) for key in ("scenarios", "shows")}
    return Deviation(**{**known, **days, **patterns})
