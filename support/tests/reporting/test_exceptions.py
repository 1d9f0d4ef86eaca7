"""The text of any exception can be shown in every format of behave, even of an unexpected one."""

from __future__ import annotations

import json
import os
from pathlib import Path
from xml.etree import ElementTree

import pytest

from support.escaping import escaped
from support.tests.reporting.conftest import Play

KINDS = (".txt", ".xml", ".json")
TOKEN = "canary-7Qf2-nightingale"
HOSTILE = f"x\x1b[2J\x07\u202e\ufffe\udcff\n::error::boo ##[error]boo {TOKEN.upper()}"
SAID = f'HOSTILE = bytes.fromhex("{HOSTILE.encode("utf-8", "surrogatepass").hex()}").decode("utf-8", "surrogatepass")'
HOOKS = f"""
{SAID}
from support.compat import runner_of
from support.reporting.exceptions import make_presentable
from support.redaction import redacted

def before_all(context):
    redacted.hide({TOKEN!r})
    make_presentable(runner_of(context))

def after_scenario(context, scenario):
    if "hook" in scenario.name:
        raise ValueError(HOSTILE)
"""
FEATURE = """
Feature: A
  Scenario: a fault
    When a fault comes up
  Scenario: a fault of another
    When a fault of another comes up
  Scenario: an assertion
    When an assertion fails
  Scenario: a violation
    When the contract is broken
  Scenario: a hook
    When nothing happens
"""
STEPS = f"""
{SAID}
import logging
from behave import when
from support.errors import ContractViolation, SuiteError

@when("nothing happens")
def nothing(context): pass

@when("a fault comes up")
def fault(context):
    raise LookupError(HOSTILE)

@when("a fault of another comes up")
def fault_of_another(context):
    try:
        raise ValueError(HOSTILE)
    except ValueError as error:
        raise SuiteError("it failed") from error

@when("an assertion fails")
def assertion(context):
    assert False, HOSTILE

@when("the contract is broken")
def violation(context):
    raise ContractViolation("list", HOSTILE)
"""


@pytest.mark.parametrize("format_", ["plain", "pretty", "progress", "progress3", "json.pretty"])
def test_no_format_of_behave_shows_what_commands(play_project: Play, tmp_path: Path, format_: str) -> None:
    junit = tmp_path / "junit"
    written = tmp_path / "written.txt"
    options = ["--verbose", "--junit", "--junit-directory", os.fspath(junit), "--no-color"]
    run = play_project(FEATURE, STEPS, HOOKS, *options, "--format", format_, "--outfile", os.fspath(written))
    assert run.code == 1
    texts = {path.name: path.read_text(encoding="utf-8") for path in tmp_path.rglob("*") if path.suffix in KINDS}
    texts |= {"stdout": run.out, "stderr": run.err}
    assert {name for name, text in texts.items() if escaped(text) != text or "NIGHTINGALE" in text} == set()
    cases = ElementTree.fromstring(next(text for name, text in texts.items() if name.startswith("TESTS-"))).iter()
    shown = [case.get("message", "") for case in cases if case.tag in ("failure", "error")]
    assert len(shown) == 5
    assert sum("boo" in text for text in shown) == 4
    if format_ == "json.pretty":
        json.loads(texts["written.txt"])
