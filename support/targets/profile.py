"""What a known target promises: the values that the suite judges by, read from `support/targets/NAME.toml`.

A profile changes values and selects scenarios; it never changes what a step does. The default one, `contract`, is the
contract to the letter.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from support.errors import SettingsError

HERE = Path(__file__).parent


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


@dataclass(frozen=True)
class Caps:
    """How much the target can take; None: as much as the suite asks for."""

    users: int | None = None
    concurrency: int | None = None
    requests_per_s: float | None = None


@dataclass(frozen=True)
class Deviation:
    """A rule that the target is known not to keep, why, where that is told, and when to look again.

    `scenarios` narrows it to those whose names match one of these patterns (`*` stands for anything).
    """

    rule: str
    reason: str
    link: str
    since: date
    review: date | None = None
    scenarios: tuple[str, ...] = ()


@dataclass(frozen=True)
class Profile:
    """A target as it is known; the default is a target that keeps the whole contract."""

    name: str = "contract"
    description: str = "the Users contract, strictly"
    production: bool = False
    answers: Answers = field(default_factory=Answers)
    has: Has = field(default_factory=Has)
    names: Names = field(default_factory=Names)
    caps: Caps = field(default_factory=Caps)
    deadlines: Mapping[str, float] = field(default_factory=dict)
    deviations: tuple[Deviation, ...] = ()


def load(target: str) -> Profile:
    """Read the profile of that name from this folder, or from a path that ends in .toml.

    Raises SettingsError where there is none, or where it does not fit `profile.schema.json`.
    """
    path = Path(target) if target.endswith(".toml") else HERE / f"{target}.toml"
    if not path.is_file():
        known = ", ".join(sorted(found.stem for found in HERE.glob("*.toml")))
        raise SettingsError(
            f"TARGET: there is no profile {target!r}. It wants one of {known}, or the path of a .toml file."
        )
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"TARGET: {path} is not TOML: {error}.") from None
    _check(content, path)
    return _build(content)


def _check(content: Mapping[str, Any], path: Path) -> None:
    from jsonschema import Draft202012Validator

    schema = json.loads((HERE / "profile.schema.json").read_text(encoding="utf-8"))
    plain = json.loads(json.dumps(content, default=str))
    for error in Draft202012Validator(schema).iter_errors(plain):
        raise SettingsError(f"TARGET: {path} at {error.json_path.removeprefix('$.') or 'its top'}: {error.message}.")


def _build(content: Mapping[str, Any]) -> Profile:
    answers = {key: tuple(value) for key, value in content.get("answers", {}).items()}
    return Profile(
        name=content["name"],
        description=content["description"],
        production=content.get("production", False),
        answers=Answers(**answers),
        has=Has(**content.get("has", {})),
        names=Names(**content.get("names", {})),
        caps=Caps(**content.get("caps", {})),
        deadlines=content.get("deadlines", {}),
        deviations=tuple(_deviation(known) for known in content.get("deviations", [])),
    )


def _deviation(known: Mapping[str, Any]) -> Deviation:
    return Deviation(**{**known, "scenarios": tuple(known.get("scenarios", ()))})
