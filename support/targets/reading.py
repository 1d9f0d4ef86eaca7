"""The file of a profile: read as TOML and held against `profile.schema.json`, or refused in one clear line."""

from __future__ import annotations

import difflib
import json
import math
import stat
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from support.errors import SettingsError, in_short

HERE = Path(__file__).parent


def read(path: Path, target: str) -> dict[str, Any]:
    """Return the content of the file that TARGET names, with dates as text; raises SettingsError."""
    _see_that_it_is_a_file(path, target)
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        return dict(json.loads(json.dumps(content, default=str)))
    except OSError as error:
        raise SettingsError(f"TARGET: {path} cannot be read: {error.strerror}.") from None
    except RecursionError:
        raise SettingsError(f"TARGET: {path} cannot be read as TOML: it is nested too deeply.") from None
    except ValueError as error:
        raise SettingsError(f"TARGET: {path} cannot be read as TOML: {in_short(str(error))}.") from None


def _see_that_it_is_a_file(path: Path, target: str) -> None:
    known = ", ".join(sorted(found.stem for found in HERE.glob("*.toml")))
    wish = f"It wants one of {known}, or the path of a .toml file."
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError, ValueError):
        raise SettingsError(f"TARGET: there is no profile {in_short(target)!r}. {wish}") from None
    except OSError as error:
        raise SettingsError(f"TARGET: {in_short(target)} cannot be read: {error.strerror}. {wish}") from None
    if not stat.S_ISREG(mode):
        raise SettingsError(f"TARGET: {path} is no file. {wish}")


def check(content: Mapping[str, Any], path: Path) -> None:
    """Raise SettingsError with the first thing that is wrong: the file, the place and what it wants."""
    from support.contract.rules import RULES

    for error in sorted(_validator().iter_errors(content), key=lambda error: list(map(str, error.absolute_path))):
        place = error.json_path.removeprefix("$").removeprefix(".") or "its top level"
        raise SettingsError(f"TARGET: {path} at {place}: {in_short(_wish(error))}.")
    for number, known in enumerate(content.get("deviations", [])):
        if known["rule"] not in RULES:
            near = difflib.get_close_matches(known["rule"], RULES, 1) or sorted(RULES)
            raise SettingsError(
                f"TARGET: {path} at deviations[{number}].rule: there is no rule {known['rule']!r}; "
                f"did you mean {' or '.join(near[:3])}?"
            )


def _validator() -> Any:
    """Return a validator of profiles that knows TOML's numbers: nan and inf are none, and 1.0 is no integer."""
    from jsonschema import Draft202012Validator, FormatChecker
    from jsonschema.validators import extend

    def is_integer(_checker: object, value: object) -> bool:
        return isinstance(value, int) and not isinstance(value, bool)

    def is_number(_checker: object, value: object) -> bool:
        return is_integer(_checker, value) or (isinstance(value, float) and math.isfinite(value))

    types = Draft202012Validator.TYPE_CHECKER.redefine_many({"number": is_number, "integer": is_integer})
    schema = json.loads((HERE / "profile.schema.json").read_text(encoding="utf-8"))
    validator = extend(Draft202012Validator, type_checker=types)  # type: ignore[no-untyped-call]  # jsonschema has no types for it
    return validator(schema, format_checker=FormatChecker(["date"]))


def _wish(error: Any) -> str:
    if error.validator == "additionalProperties":
        known = error.schema["properties"]
        strange = next(key for key in error.instance if key not in known)
        return f"there is no {in_short(strange)!r}; it may hold {', '.join(known)}"
    if error.validator == "format":
        return f"{error.instance!r} is not a day such as 2026-11-23"
    if error.validator == "type" and error.validator_value == "number":
        return f"{error.instance!r} is not a finite number"
    return str(error.schema.get("description") if error.validator == "pattern" else error.message)
