"""What is installed is what was asked for, pinned and hashed with everything that it needs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from support.settings import ROOT

ASKED = [ROOT / "requirements.in", ROOT / "requirements-dev.in", ROOT / "requirements-load.in"]
HASH = f"--hash=sha256:{'0' * 64}"
PIN = re.compile(r"^(?P<name>[\w.-]+)==(?P<version>[^\s;]+)(?: ; [^\\\n]+)?(?: \\\n +--hash=sha256:[0-9a-f]{64})+$")


def entries(compiled: str) -> list[str]:
    """Split a compiled file into its entries, each with the lines that continue it."""
    lines = "".join(line for line in compiled.splitlines(keepends=True) if not line.lstrip().startswith("#"))
    return re.split(r"\n(?! )", lines.rstrip("\n"))


def pins(compiled: str) -> dict[str, str]:
    """Return the versions in a compiled file by name; fails if an entry has no exact version or no hashes."""
    found = {}
    for entry in entries(compiled):
        match = PIN.match(entry)
        assert match is not None, f"not pinned with hashes: {entry}"
        found[str(canonicalize_name(match["name"]))] = match["version"]
    return found


def asked(path: Path) -> Iterator[Requirement]:
    """Yield what a file asks for, with what the files ask for that it includes."""
    for line in path.read_text(encoding="utf-8").splitlines():
        wanted = re.split(r"(?:^|\s+)#", line)[0].strip()
        if wanted.startswith("-r "):
            yield from asked(path.with_name(wanted.removeprefix("-r ")))
        elif wanted and not wanted.startswith("-"):
            yield Requirement(wanted)


def missing(requirements: Iterator[Requirement] | list[Requirement], pinned: dict[str, str]) -> list[str]:
    """Return what is asked for and not pinned to a version that satisfies it."""
    return [
        str(wanted)
        for wanted in requirements
        if (version := pinned.get(canonicalize_name(wanted.name))) is None or not wanted.specifier.contains(version)
    ]


def needed_by(pinned: dict[str, str]) -> Iterator[Requirement]:
    """Yield what the pinned packages ask for on this machine, as far as they are installed."""
    for name in pinned:
        try:
            requires = distribution(name).requires or []
        except PackageNotFoundError:
            continue
        needs = map(Requirement, requires)
        yield from (need for need in needs if need.marker is None or need.marker.evaluate({"extra": ""}))


@pytest.mark.parametrize("path", ASKED, ids=lambda path: path.name)
def test_everything_is_pinned_with_hashes_as_it_was_asked_for(path: Path) -> None:
    pinned = pins(path.with_suffix(".txt").read_text(encoding="utf-8"))
    wanted = list(asked(path))
    assert wanted
    assert missing(wanted, pinned) == []
    assert missing(needed_by(pinned), pinned) == []


def test_all_files_agree_on_each_version() -> None:
    run, *others = (pins(path.with_suffix(".txt").read_text(encoding="utf-8")) for path in ASKED)
    assert [run.items() <= other.items() for other in others] == [True, True]


@pytest.mark.parametrize("path", ASKED, ids=lambda path: path.name)
def test_no_file_names_an_index(path: Path) -> None:
    assert not re.search(r"index-url|find-links|://", path.with_suffix(".txt").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "compiled", ["behave==1.3.3\n", f"behave>=1.3 \\\n    {HASH}\n", "behave==1.3.3 \\\n    --hash=md5:00\n"]
)
def test_an_entry_without_a_pin_or_hashes_is_found(compiled: str) -> None:
    with pytest.raises(AssertionError, match="not pinned with hashes: behave"):
        pins(compiled)


@pytest.mark.parametrize("wanted", ["behave>=1.4", "starlette>=1.0"])
def test_what_is_missing_or_of_another_version_is_found(wanted: str) -> None:
    assert missing([Requirement(wanted)], pins(f"behave==1.3.3 \\\n    {HASH}\n")) == [wanted]
