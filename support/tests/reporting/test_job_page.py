"""The outcome as Markdown: complete, cut if it is long, and nothing but text whatever an API says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from support.errors import Outcome
from support.escaping import escaped
from support.reporting.job.markdown import MOST, markdown
from support.reporting.results import Failure
from support.reporting.summary import Summary
from support.settings import ROOT
from support.tests.reporting.conftest import Run

FAILURE = Failure(
    Outcome.CONTRACT_BROKEN, "list", "A", "Ada | <b> -- @1.1 ", "a.feature:3", "Then x", "told\n```\nhere ``` <b>"
)
BARE = Summary(Outcome.CONTRACT_BROKEN, "1 of 2 scenarios, rules list", "", 1.0, failures=[FAILURE])


def test_a_run_that_passed(smoke_run: Run) -> None:
    command = [sys.executable, "-m", "support.reporting.job", os.fspath(smoke_run.reports / "summary.json")]
    out = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert out.startswith("## ✅ passed: all ")
    assert f"{smoke_run.summary['users']['created']} created" in out


def test_a_failure_is_shown_with_its_rule() -> None:
    shown = markdown(BARE)
    assert shown.startswith("## ❌ contract broken: 1 of 2 scenarios, rules list\n")
    assert "<summary><code>list</code> Ada \\| &lt;b&gt;</summary>" in shown


def test_a_text_with_fences_stays_inside_its_fence() -> None:
    lines = markdown(BARE).splitlines()
    fences = [number for number, line in enumerate(lines) if line.startswith("``````")]
    assert len(fences) == 2
    assert lines[fences[0] + 1 : fences[1]] == ["told", "```", "here ``` <b>"]


HOSTILE = (
    "<img src=x> [a](http://evil.example) ![b](//evil) | @octocat #1 GH-2 www.evil.example <!-- \x1b[2J\u202e\n## c"
)


def test_what_a_target_says_makes_no_marks_and_no_links() -> None:
    shown = markdown(replace(BARE, why=HOSTILE, target=HOSTILE, failures=[replace(FAILURE, text=HOSTILE)]))
    head, _, fenced = shown.partition("````text") if "````text" in shown else shown.partition("```text")
    for line in (line for line in head.splitlines() if "evil" in line):
        plain = line.replace("\\[", "").replace("\\]", "").replace("\\|", "").replace("\\#", "")
        assert not re.search(r"<img|<!--|\[a|@octocat|://evil|\bwww\.|GH-2", plain)
        assert plain.count("|") in (0, 3)
    assert not [line for line in fenced.splitlines() if line.startswith("##[")]
    assert escaped(shown) == shown


def test_many_failures_are_counted() -> None:
    shown = markdown(replace(BARE, failures=[FAILURE] * (MOST + 3)))
    assert shown.count("<details>") == MOST
    assert "… and 3 more." in shown


def test_a_missing_summary_is_reported(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "support.reporting.job", os.fspath(tmp_path / "none.json")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "wrote no summary" in done.stdout
