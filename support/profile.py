"""What the suite expects of a known target, read from `support/profiles/NAME.toml`.

A profile changes values and selects scenarios; it never changes what a step does. The default one, `contract`, is the
contract to the letter. The classes here check the values of a profile wherever it comes from.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping, Sequence
from dataclasses import asdict, field
from typing import Literal

from pydantic.dataclasses import dataclass

from support.profile_answers import Answers, Lookup, Names, Pages, Shape, StatusInBody
from support.profile_requests import Auth, Fields, Headers, MediaTypes, Paths, Queries, Updating
from support.profile_types import STRICT, Day, Link, Patterns, Rule, Text
from support.settings import Count, Seconds


@dataclass(frozen=True, config=STRICT)
class Capabilities:
    """What the target offers at all; scenarios tagged `@use.with_<name>=yes` need it.

    Without a `list`, only ids and searches show who is there.
    """

    access: bool = True
    bearer: bool = True
    list: bool = True
    email_filter: bool = True
    pages: bool = True
    put: bool = True
    patch: bool = True
    head: bool = True

    @property
    def search(self) -> bool:
        """Whether the target shows who has an email."""
        return self.email_filter or self.list

    @property
    def changes(self) -> bool:
        """Whether the target changes users at all."""
        return self.patch or self.put

    @property
    def update_method(self) -> str:
        """The method of an update: PUT, with the whole user, where there is no PATCH."""
        return "PATCH" if self.patch else "PUT"

    @property
    def offered(self) -> Mapping[str, bool]:
        """Whether each capability is offered, those that follow from others included."""
        pages = self.list and self.pages
        return {**vars(self), "search": self.search, "changes": self.changes, "pages": pages, "page_sizes": pages}


@dataclass(frozen=True, config=STRICT)
class Caps:
    """Limits of the target; None: no limit, or, for requests, a limit that is learned from the answers."""

    users: Count | None = None
    concurrency: Count | None = None
    requests_per_second: Count | None = None
    requests_per_minute: Count | None = None

    def shared_by(self, processes: int) -> Caps:
        """Return one process's part of each limit; `users` stays whole, as existing users count for all."""
        shared = {name: limit and max(1, limit // processes) for name, limit in asdict(self).items()}
        return Caps(**{**shared, "users": self.users})


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

    `scenarios` limits the deviation to scenarios whose names match one of these patterns (`*` stands for anything), and
    `shows` to failures whose mismatches all match one of these patterns. A deviation that shows only `sometimes`, as in
    a race, does not count as fixed when it does not show.
    """

    rule: Rule
    reason: Text
    link: Link
    since: Day
    review: Day | None = None
    scenarios: Patterns = ()
    shows: Patterns = ()
    sometimes: bool = False

    def covers(self, scenario: str) -> bool:
        """Whether the deviation applies to a scenario; without `scenarios`, to all in which its rule is broken."""
        return not self.scenarios or _matches(self.scenarios, scenario)

    def explains(self, mismatches: Sequence[str]) -> bool:
        """Whether the deviation explains every mismatch."""
        return not self.shows or all(_matches(self.shows, mismatch) for mismatch in mismatches)


@dataclass(frozen=True, config=STRICT)
class Exclusion:
    """Scenarios that are not run on the target, and why: for example, the users they create could not be deleted."""

    reason: Text
    scenarios: Patterns

    def covers(self, scenario: str) -> bool:
        return _matches(self.scenarios, scenario)


def _matches(patterns: Sequence[str], text: str) -> bool:
    """Whether one of the patterns matches a text, in which the row number of an outline's scenario is ignored."""
    return any(fnmatch.fnmatchcase(text.split(" -- @")[0], pattern) for pattern in patterns)


@dataclass(frozen=True, config=STRICT)
class Profile:
    """What is known of a target; the default keeps the whole contract."""

    name: Text = "contract"
    description: Text = "the Users contract, strictly"
    production: bool = False
    contract: Literal["1.0", "1.1"] = "1.1"
    """The version of the contract that the target is to keep; rules that came later are not checked."""
    trailing_slash: bool = False
    create: Fields = field(default_factory=dict)
    update: Fields = field(default_factory=dict)
    patch: Fields = field(default_factory=dict)
    auth: Auth = field(default_factory=Auth)
    headers: Headers = field(default_factory=dict)
    query: Queries = field(default_factory=Queries)
    paths: Paths = field(default_factory=Paths)
    media_types: MediaTypes = field(default_factory=MediaTypes)
    if_match: tuple[Updating, ...] = ()
    answers: Answers = field(default_factory=Answers)
    capabilities: Capabilities = field(default_factory=Capabilities)
    names: Names = field(default_factory=Names)
    shape: Shape = field(default_factory=Shape)
    lookup: Lookup = field(default_factory=Lookup)
    pages: Pages = field(default_factory=Pages)
    caps: Caps = field(default_factory=Caps)
    deadlines: Deadlines = field(default_factory=Deadlines)
    errors: tuple[StatusInBody, ...] = ()
    deviations: tuple[Deviation, ...] = ()
    excluded: tuple[Exclusion, ...] = ()

    def __post_init__(self) -> None:
        if not self.pages.are_numbered and self.capabilities.pages:
            counts = f'pages.counts = "{self.pages.counts}"'
            raise ValueError(f"{counts} leaves no page numbers to ask for; set capabilities.pages = false")

    def further_fields(self, method: str) -> Fields:
        """Return the fields that a request of this method has beside the contract's."""
        return {"POST": self.create, "PUT": self.update, "PATCH": self.patch}.get(method, {})

    def media_type(self, method: str) -> str:
        """Return the media type of the bodies that this method sends."""
        return {"PUT": self.media_types.put, "PATCH": self.media_types.patch}.get(method, self.media_types.post)

    def deviation_behind(self, rule: str, scenario: str, mismatches: Sequence[str]) -> Deviation | None:
        """Return the known deviation from a rule that explains every mismatch of a scenario."""
        of_the_rule = (known for known in self.deviations if known.rule == rule and known.covers(scenario))
        return next((known for known in of_the_rule if known.explains(mismatches)), None)
