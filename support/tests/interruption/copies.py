"""Copies of the suite's features and hooks, with faults in them."""

from __future__ import annotations

import shutil
from pathlib import Path

from support.settings import ROOT

FEATURE = """\
@contract @rule.create-201
Feature: Something goes wrong
  Example: Before anybody notices
    Given Ada and Grace are users
    When {deed}
    Then nothing more happens

  Example: And afterwards
    Given Alan is a user
    Then nothing more happens
"""
STEPS = """
import os
import sys
from behave import then, when


@then("nothing more happens")
def nothing(context):
    pass


@when("{}")
def it_happens(context):
    {}
"""
HOOK = """

_{hook} = {hook}


def {hook}(context, *arguments):
    {before}
    _{hook}(context, *arguments)
    {after}
"""


def a_copy(folder: Path, deed: str = "nothing happens", code: str = "pass") -> Path:
    """Copy steps and hooks, with one feature of three users in which a step runs some code."""
    folder.mkdir()
    shutil.copytree(ROOT / "steps", folder / "steps", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("environment.py", "behave.ini"):
        shutil.copy(ROOT / name, folder / name)
    (folder / "features").mkdir()
    (folder / "features" / "wrong.feature").write_text(FEATURE.format(deed=deed), encoding="utf-8")
    (folder / "steps" / "of_its_own.py").write_text(STEPS.format(deed, code), encoding="utf-8")
    return folder


def with_hook(copy: Path, hook: str, code: str, before: bool) -> Path:
    """Make a hook run some code before or after its own."""
    text = HOOK.format(hook=hook, before=code if before else "pass", after="pass" if before else code)
    with (copy / "environment.py").open("a", encoding="utf-8") as environment:
        environment.write(text)
    return copy
