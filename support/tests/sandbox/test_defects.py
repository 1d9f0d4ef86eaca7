"""Each defect breaks the rule that it names, and the list of defects covers the contract."""

import asyncio
import subprocess
import sys
from collections import Counter

import pytest

from support.sandbox.catalogue import DEFECTS
from support.tests.sandbox import (  # noqa: F401  they register their rules
    expectations_of_bursts,
    expectations_of_conditions,
    expectations_of_oddities,
)
from support.tests.sandbox.conftest import ROOT, running
from support.tests.sandbox.drivers import direct_driver
from support.tests.sandbox.expectations import CHECKS

HAVE_A_CHECK = [name for name, twist in DEFECTS.items() if ".from_contract." not in twist.function.__module__]
"""The defects that were written from the contract alone are shown to be some by the suite itself."""


@pytest.mark.parametrize("name", HAVE_A_CHECK)
def test_it_breaks_its_rule(name: str) -> None:
    twist = DEFECTS[name]
    assert twist.rule is not None
    with pytest.raises((AssertionError, TimeoutError, LookupError, TypeError, ValueError)):
        asyncio.run(CHECKS[twist.rule](direct_driver([twist])))


@pytest.mark.parametrize("rule", CHECKS)
def test_the_rule_holds_without_a_defect(rule: str) -> None:
    asyncio.run(CHECKS[rule](direct_driver()))


def test_every_rule_has_two_defects() -> None:
    counts = Counter(twist.rule for twist in DEFECTS.values())
    assert set(counts) == set(CHECKS)
    assert min(counts.values()) >= 2
    assert len(DEFECTS) >= 90


def test_the_list_has_the_rule_and_a_sentence() -> None:
    lines = _output_of("--list-defects").splitlines()
    assert [line.split("\t")[0] for line in lines] == list(DEFECTS)
    assert all(line.split("\t")[1] in CHECKS and line.split("\t")[2].endswith(".") for line in lines)


def _output_of(*options: str) -> str:
    command = [sys.executable, "-m", "support.sandbox", *options]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


def test_an_unknown_name_ends_the_start() -> None:
    command = [sys.executable, "-m", "support.sandbox", "--defect", "list-is-empy"]
    ended = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert ended.returncode == 2
    assert "list-is-empty" in ended.stderr
    assert not ended.stdout


def test_a_defect_can_be_started() -> None:
    with running("--defect", "create-answers-200", "--defect", "head-has-body", "--window", "2") as sandbox:
        assert sandbox.client.post(sandbox.url, json=sandbox.new_user()).status_code == 200
