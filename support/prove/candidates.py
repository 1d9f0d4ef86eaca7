"""The broken and the unusual APIs: what the embedded API offers, and the choice among them."""

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
T = TypeVar("T")


@dataclass(frozen=True)
class Defect:
    """A defect of the API, which breaks one rule."""

    name: str
    rule: str
    says: str

    @property
    def options(self) -> tuple[str, ...]:
        """The options that the embedded API needs for this defect."""
        return ("--defect", self.name)


@dataclass(frozen=True)
class Variant:
    """An unusual API that fulfils the contract; `plain` is the API without options."""

    name: str
    says: str

    @property
    def options(self) -> tuple[str, ...]:
        """The options that the embedded API needs for this variant."""
        return () if self.name == PLAIN else ("--variant", self.name)


@dataclass(frozen=True)
class Share:
    """One part of several, counted from 1."""

    part: int
    count: int

    def of_all(self, candidates: Sequence[T]) -> list[T]:
        """Return every N-th candidate."""
        return list(candidates[self.part - 1 :: self.count])


def offered_defects() -> list[Defect]:
    """Return the defects of the embedded API."""
    return [Defect(*line.split("\t", 2)) for line in _listed("--list-defects")]


def offered_variants() -> list[Variant]:
    """Return the variants of the embedded API; the plain API comes first."""
    variants = [Variant(*line.split("\t", 1)) for line in _listed("--list-variants")]
    return [Variant(PLAIN, "The API without options."), *variants]


def _listed(option: str) -> list[str]:
    command = [sys.executable, "-m", "support.sandbox", option]
    ended = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    if ended.returncode:
        raise SettingsError(f"the embedded API does not start: {ended.stderr.strip().splitlines()[-1]}")
    return ended.stdout.splitlines()


def read_share(text: str, option: str = "--share") -> Share:
    """Read `1/3`, or `commit/3`, for which the hash of the current commit chooses the part; raises SettingsError."""
    part, _, count = text.partition("/")
    if count.isdecimal() and int(count) > 0:
        if part == "commit":
            return Share(int(commit() or "0", 16) % int(count) + 1, int(count))
        if part.isdecimal() and 1 <= int(part) <= int(count):
            return Share(int(part), int(count))
    raise SettingsError(f"{option} {text}: it wants I/N with I from 1 to N, or commit/N.")


def commit() -> str | None:
    """Return the short hash of the current commit; None outside a repository."""
    command = ["git", "rev-parse", "--short=12", "HEAD"]
    try:
        git = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    except OSError:
        return None
    return git.stdout.strip() or None if git.returncode == 0 else None


def check_names(names: Sequence[str], known: Sequence[str]) -> None:
    """Raise SettingsError for an unknown name."""
    for name in names:
        if name not in known:
            near = ", ".join(difflib.get_close_matches(name, known)) or "see python -m support.sandbox --list-defects"
            raise SettingsError(f"--only {name}: there is no such defect or variant: {near}")
