"""The error message for a setting whose value is wrong."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from support.errors import in_short

HIDDEN = "a value that is not shown"
OFF = ("", "0", "off", "f", "false", "n", "no")
"""Values of HIDE_BASE_URL that leave BASE_URL visible; any other value hides it, even an invalid one."""


def explain(error: ValidationError, chosen: Mapping[str, str], env_file: Path) -> str:
    """Return the line that names the setting, where it came from, what it got, and what it wants."""
    first = error.errors(include_url=False)[0]
    name = str(first["loc"][0])
    got, source = _origin(name, chosen, env_file)
    if name == "base_url" and not _looks_like_a_url(got):
        token, token_source = _origin("token", chosen, env_file)
        if _looks_like_a_url(token):
            return f"BASE_URL ({source}): it got {HIDDEN}. TOKEN ({token_source}) holds a URL: the two look swapped."
    is_shown = _origin("hide_base_url", chosen, env_file)[0].strip().lower() in OFF
    hidden = name == "base_url" and not is_shown
    shown = HIDDEN if hidden else _shown(name, got)
    return f"{name.upper()} ({source}): it got {shown}; it wants {_wanted(first['msg'])}."


def _looks_like_a_url(value: str) -> bool:
    return re.match(r"\s*https?://", value, re.IGNORECASE) is not None


def _shown(name: str, got: str) -> str:
    """Return a value as an error may show it: never a token, whatever the setting, nor a password in a URL."""
    if name == "token" or "@" in got or (name == "base_url" and not _looks_like_a_url(got)):
        return HIDDEN
    return repr(in_short(re.sub(r"(?s)(?<=[?#]).+", "…", got)))


def _wanted(message: str) -> str:
    wants = message.removeprefix("Value error, ").removeprefix("Input should be ").split(", unable")[0]
    for theirs, ours in (
        ("Unable to parse input string as an integer, exceeded maximum size", "a whole number"),
        ("a valid integer", "a whole number"),
        ("a valid boolean", "true or false"),
        ("a valid", "a"),
    ):
        wants = wants.replace(theirs, ours)
    return f"a number {wants}" if wants.startswith(("greater", "less")) else wants


def _origin(name: str, chosen: Mapping[str, str], env_file: Path) -> tuple[str, str]:
    from dotenv import dotenv_values

    if name in chosen:
        return chosen[name], f"from -D {name}"
    for key, value in os.environ.items():
        if key.lower() == name:
            return value, "from the environment"
    in_file = {key.lower(): value for key, value in dotenv_values(env_file).items()}
    return in_file.get(name) or "", f"from {env_file.name}"
