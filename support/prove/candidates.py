"""The APIs that the suite is tried on: what the embedded API offers, and which of that to take."""

from __future__ import annotations

import difflib
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from support.errors import SettingsError
from support.settings import ROOT

PLAIN = "plain"
Named = TypeVar("Named", "Defect", "Variant")


@dataclass(frozen=True)
class Defect:
    """A way in which the API breaks one rule."""

    name: str
    rule: str
    says: str

    @property
    def options(self) -> tuple[str, ...]:
        """How the embedded API is started with it."""
        return ("--defect", self.name)


@dataclass(frozen=True)
class Variant:
    """A way in which the API is unusual and keeps every rule; `plain` is the API as it is."""

    name: str
    says: str

    @property
    def options(self) -> tuple[str, ...]:
        """How the embedded API is started with it."""
        return () if self.name == PLAIN else ("--variant", self.name)


@dataclass(frozen=True)
class Share:
    """One part of so many: the first is 1 of N."""

    part: int
    of: int

    def taken(self, candidates: Sequence[Named]) -> list[Named]:
        """Take every N-th candidate."""
        return list(candidates[self.part - 1 :: self.of])


def offered_defects() -> list[Defect]:
    """Ask the embedded API for its defects."""
    return [Defect(*line.split("\t", 2)) for line in _listed("--list-defects")]


def offered_variants() -> list[Variant]:
    """Ask the embedded API for its variants; the plain API comes first."""
    variants = [Variant(*line.split("\t", 1)) for line in _listed("--list-variants")]
    return [Variant(PLAIN, "The API as it is."), *variants]


def _listed(option: str) -> list[str]:
    command = [sys.executable, "-m", "support.sandbox", option]
    said = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return said.stdout.splitlines()


def read_share(text: str) -> Share:
    """Read `1/3`, or `commit/3`, which the hash of the present commit chooses; raises SettingsError."""
    part, _, of = text.partition("/")
    if of.isdecimal() and int(of) > 0:
        if part == "commit":
            return Share(int(commit() or "0", 16) % int(of) + 1, int(of))
        if part.isdecimal() and 1 <= int(part) <= int(of):
            return Share(int(part), int(of))
    raise SettingsError(f"--share {text}: it wants I/N with I from 1 to N, or commit/N.")


def commit() -> str | None:
    """Return the short hash of the present commit, None where there is none."""
    command = ["git", "rev-parse", "--short=12", "HEAD"]
    try:
        said = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    except OSError:
        return None
    return said.stdout.strip() or None if said.returncode == 0 else None


def check_names(names: Sequence[str], known: Sequence[str]) -> None:
    """Raise SettingsError for a name that nobody has."""
    for name in names:
        if name not in known:
            near = ", ".join(difflib.get_close_matches(name, known)) or "see python -m support.sandbox --help"
            raise SettingsError(f"--only {name}: there is no such defect or variant: {near}")
