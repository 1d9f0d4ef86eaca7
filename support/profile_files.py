"""Read profiles from TOML files, or refuse them in one clear line."""

from __future__ import annotations

import difflib
import json
import re
import stat
import tomllib
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args, get_type_hints

from pydantic import TypeAdapter, ValidationError

from support.errors import SettingsError, in_short
from support.profile import Profile
from support.profile_requests import FROM_ENVIRONMENT
from support.redaction import redacted
from support.settings import from_environment

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

PROFILES = Path(__file__).parent / "profiles"
REQUIRED = ("name", "description")
RENAMED = {"has": "[has] is now [capabilities]", "left_out": "[[left_out]] is now [[excluded]]"}
WORDS = {
    "an object": "a table",
    "a valid array": "a list",
    "a valid boolean": "true or false",
    "a valid integer": "a whole number",
    "a valid": "a",
    "True, False": "true, false",
    "'": '"',
}
"""Words of pydantic, and TOML's words for the same things."""


def load(target: str) -> Profile:
    """Read the profile of that name from `support/profiles`, or from a path that ends in .toml.

    Raises SettingsError, in one line, if there is no such profile, or with the first value that does not fit `Profile`.
    """
    path = Path(target) if target.endswith(".toml") else PROFILES / f"{target}.toml"
    content = _filled_in(_json_of(path, target), path)
    try:
        profile = TypeAdapter(Profile).validate_json(content)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise SettingsError(f"TARGET: {path} at {_place(first)}: {in_short(_fault(first), 600)}.") from None
    for key in REQUIRED:
        if key not in json.loads(content):
            raise SettingsError(f"TARGET: {path} at its top level: {key!r} is missing.")
    return profile


def names_from_environment(target: str) -> list[str]:
    """Return the names of the settings whose values a profile takes from the environment."""
    path = Path(target) if target.endswith(".toml") else PROFILES / f"{target}.toml"
    return list(dict.fromkeys(FROM_ENVIRONMENT.findall(_json_of(path, target))))


def _json_of(path: Path, target: str) -> str:
    """Return the content of the file as JSON, which keeps the dates as text; raises SettingsError."""
    _check_is_file(path, target)
    try:
        return json.dumps(tomllib.loads(path.read_text(encoding="utf-8")), default=str)
    except OSError as error:
        raise SettingsError(f"TARGET: {path} cannot be read: {error.strerror}.") from None
    except RecursionError:
        raise SettingsError(f"TARGET: {path} cannot be read as TOML: it is nested too deeply.") from None
    except ValueError as error:
        raise SettingsError(f"TARGET: {path} cannot be read as TOML: {in_short(str(error))}.") from None


def _filled_in(content: str, path: Path) -> str:
    """Return a profile with each `${NAME}` replaced by its value in the environment, which is hidden from now on."""

    def value(found: re.Match[str]) -> str:
        name = found[1]
        if not (set_to := from_environment(name)):
            raise SettingsError(f"TARGET: {path} wants {name}: set it in the environment or in .env.")
        redacted.hide(set_to, f"${name}")
        return json.dumps(set_to)[1:-1]

    return FROM_ENVIRONMENT.sub(value, content)


def _check_is_file(path: Path, target: str) -> None:
    known = ", ".join(sorted(found.stem for found in PROFILES.glob("*.toml")))
    wish = f"It wants one of {known}, or the path of a .toml file."
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError, ValueError):
        raise SettingsError(f"TARGET: there is no profile {in_short(target)!r}. {wish}") from None
    except OSError as error:
        raise SettingsError(f"TARGET: {in_short(target)} cannot be read: {error.strerror}. {wish}") from None
    if not stat.S_ISREG(mode):
        raise SettingsError(f"TARGET: {path} is not a file. {wish}")


def _place(error: ErrorDetails) -> str:
    """Return where an error is, as in `deviations[0].rule`; for a missing or unknown key, the table it belongs to."""
    path = error["loc"][:-1] if error["type"] in ("missing", "unexpected_keyword_argument") else error["loc"]
    names = [key for key in path if key != "[key]"]  # pydantic's mark for the key itself
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in names).lstrip(".") or "its top level"


def _fault(error: ErrorDetails) -> str:
    """Return what is wrong, in the model's own words if it has any."""
    key = error["loc"][-1] if error["loc"] else ""
    match error["type"]:
        case "unexpected_keyword_argument" if key in RENAMED:
            return RENAMED[str(key)]
        case "unexpected_keyword_argument":
            return f"there is no {in_short(str(key))!r}; {_instead(str(key), _names_in(error['loc'][:-1]))}"
        case "missing":
            return f"{key!r} is missing"
        case "json_invalid":
            return "it is nested too deeply"
        case "value_error":
            return str(error["ctx"]["error"])
    if error["type"] == "tuple_type" and isinstance(error["input"], dict):
        return f"write [[{key}]], with two brackets"
    wish = error["msg"].partition(" should ")[2].removesuffix(" after validation, not 0")
    for theirs, ours in WORDS.items():
        wish = wish.replace(theirs, ours)
    return f"{in_short(json.dumps(error['input'], ensure_ascii=False))} should {wish}"


def _instead(name: str, offered: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, offered, 1)
    return f"the nearest is {near[0]!r}" if near else f"it may hold {', '.join(offered)}"


def _names_in(place: Sequence[str | int]) -> list[str]:
    kind: Any = Profile
    for key in place:
        kind = get_type_hints(kind)[key] if isinstance(key, str) else get_args(kind)[0]
    return [each.name for each in fields(kind)]
