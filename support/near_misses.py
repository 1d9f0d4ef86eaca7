"""Settings that are misspelt or not understood: if ignored, the run would test another target than the one meant.

No message shows a value, which may be a secret.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from support.errors import SettingsError

OF_THE_TARGET = ("base_url", "token", "target")
CLOSE_IN_FILE = 0.8
CLOSE_IN_ENVIRONMENT = 0.85


def check_env_file(env_file: Path, names: Collection[str]) -> None:
    """Raise SettingsError for the first line that is not understood, or whose name is only nearly that of a setting.

    Raises OSError and UnicodeDecodeError where the file cannot be read.
    """
    if env_file.is_symlink() and not env_file.exists():
        raise SettingsError(f"{env_file}: it links to a file that does not exist. Correct the link, or remove it.")
    if not env_file.exists():
        return
    if env_file.is_dir():
        raise SettingsError(f"{env_file}: it is a folder. Make it a file with a line such as BASE_URL=https://… in it.")
    from dotenv.parser import parse_stream

    with env_file.open(encoding="utf-8") as text:
        for line in parse_stream(text):
            where, written = f"{env_file}, line {line.original.line}", line.original.string
            if line.error or (line.key is not None and line.value is None) or _swallows(written, names):
                about = (
                    f"{named.upper()} is not understood" if (named := _first_in(written, names)) else "not understood"
                )
                raise SettingsError(f"{where}: {about}. Write NAME=value, and close each quote on its line.")
            if near := _nearest(line.key or "", names, CLOSE_IN_FILE):
                raise SettingsError(f"{where}: {line.key} is not a setting. Did you mean {near.upper()}?")


def check_environment(environment: Mapping[str, str], names: Collection[str]) -> None:
    """Raise SettingsError for a variable whose name is nearly a setting's; most variables belong to other programs."""
    for name in filter(environment.get, environment):
        if name.lower() in names:
            continue
        of_the_target = [each for each in OF_THE_TARGET if len(_letters(name)) <= len(_letters(each))]
        near = next((each for each in names if _letters(each) == _letters(name)), None)
        near = near or _nearest(name, of_the_target, CLOSE_IN_ENVIRONMENT)
        if near:
            raise SettingsError(
                f"{name} (from the environment): it is not a setting. Did you mean {near.upper()}? "
                "If it belongs to another program, unset it for the run."
            )


def _nearest(name: str, names: Iterable[str], cutoff: float) -> str | None:
    """Return the setting whose letters are nearly those of a name; None if the name is a setting, or like none."""
    from difflib import get_close_matches

    by_letters = {_letters(each): each for each in names}
    if name.lower() in by_letters.values():
        return None
    close = get_close_matches(_letters(name), by_letters, 1, cutoff)
    return by_letters[close[0]] if close else None


def _letters(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _first_in(text: str, names: Collection[str]) -> str | None:
    return next((word for word in re.findall(r"\w+", text.lower()) if word in names), None)


def _swallows(written: str, names: Collection[str]) -> bool:
    """Whether a quoted value runs on over lines that set a setting, because its quote was never closed."""
    return any(word.lower() in names for word in re.findall(r"\n\s*(\w+)\s*=", written))
