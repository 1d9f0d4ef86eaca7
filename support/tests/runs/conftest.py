"""Projects of one small feature that behave runs in a separate process."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.settings import ROOT
from support.target.embedded import Target
from support.tests.commands import run_module

ADA_SIGNS_UP = """
@contract
Feature: Signing up
  It is the first thing that a client does.

  @rule.create-201
  Rule: A new user gets an account

    @smoke
    Example: Ada signs up
      When Ada signs up
      Then Ada's account is created

    @wip
    Example: Grace is still being written
      When Grace signs up
      Then Ada's account is created
"""
REAL_HOOKS = """
from pathlib import Path
exec(compile(Path({path!r}).read_text(encoding="utf-8"), {path!r}, "exec"))
"""


@dataclass(frozen=True)
class Ended:
    """How a run ended."""

    code: int
    out: str
    err: str
    folder: Path

    @property
    def said(self) -> str:
        return self.out + self.err

    @property
    def last_words(self) -> list[str]:
        return self.err.strip().split("\n")


class Project:
    """The steps and hooks of the suite, with another feature and further hooks."""

    def __init__(self, folder: Path, target: Target) -> None:
        self.folder, self.target = folder, target
        (folder / "features").mkdir()
        (folder / "steps").symlink_to(ROOT / "steps")
        shutil.copy(ROOT / "behave.ini", folder)
        self.write_feature(ADA_SIGNS_UP)
        self.write_hooks("")

    def write_feature(self, text: str) -> None:
        (self.folder / "features" / "one.feature").write_text(text, encoding="utf-8")

    def write_hooks(self, more: str) -> None:
        """Write the hooks of the suite, and more that may override them."""
        hooks = REAL_HOOKS.format(path=str(ROOT / "environment.py"))
        (self.folder / "environment.py").write_text(f"{hooks}\n{more}\n", encoding="utf-8")

    def behave(self, *arguments: str, target: Target | None = None, **settings: str) -> Ended:
        """Run it against its target, or another one, with these settings in the environment."""
        against = target or self.target
        own = {"BASE_URL": against.base_url, "TOKEN": against.token or "none", **settings}
        environment = {**self._environment(), **own}
        done = run_module("behave", *self._folders(), *arguments, environment=environment, folder=self.folder)
        return Ended(done.code, done.out, done.err, self.folder)

    def _folders(self) -> Sequence[str]:
        return ["-D", f"state_dir={self.folder / 'state'}", "-D", f"reports_dir={self.folder / 'reports'}"]

    @staticmethod
    def _environment() -> Mapping[str, str]:
        return {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "120", "NO_COLOR": "1"}


@pytest.fixture
def project(tmp_path: Path, embedded: Target) -> Project:
    return Project(tmp_path, embedded)
