"""`--sample` plays a share of the tests that are many alike: each is in exactly one share, the others in all."""

from __future__ import annotations

import subprocess
import sys

import pytest

from support.settings import ROOT

FILE = "support/tests/sandbox/test_variants.py"


def collected(*options: str) -> set[str]:
    command = [sys.executable, "-m", "pytest", "--collect-only", "-n0", *options, FILE]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return {line for line in done.stdout.splitlines() if "::" in line}


def test_the_shares_are_the_whole() -> None:
    whole, first, second = collected(), collected("--sample=1/2"), collected("--sample=2/2")
    assert first | second == whole
    assert first & second == {f"{FILE}::test_there_are_enough"}
    assert abs(len(first) - len(second)) <= 1


@pytest.mark.parametrize("share", ["3/2", "half"])
def test_a_share_that_does_not_exist_is_refused(share: str) -> None:
    command = [sys.executable, "-m", "pytest", "--collect-only", "-n0", f"--sample={share}", FILE]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert f"--sample {share}: it wants I/N" in done.stderr
