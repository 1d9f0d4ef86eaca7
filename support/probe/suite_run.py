"""Run the suite with a drafted profile, and draft every rule that fails in it as a known deviation."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from support.errors import ContractViolation, SuiteError
from support.probe.draft import Draft
from support.reporting.results import Failure, Result, plain
from support.reporting.summary import FILE, Summary, read
from support.settings import ROOT

LIMIT_S = 1800.0
LAST_WORDS = 600
SHOWN = 160
SHOWN_SOMETIMES = ("race-email", "lost-update", "delete-frees")


def add_deviations(draft: Draft) -> None:
    """Run the contract with the draft, and add what its summary says; raises SuiteError if it has no results."""
    with tempfile.TemporaryDirectory(prefix="probe-") as folder:
        summary = _run(Path(folder), draft)
    violations: dict[str, list[Failure]] = {}
    for failure in summary.failures:
        if failure.outcome == ContractViolation.outcome and failure.rule:
            violations.setdefault(failure.rule, []).append(failure)
        elif failure.scenario:
            draft.remarks.append(f"The run says {failure.outcome}: {plain(failure.scenario)}: {_line(failure.text)}")
    for rule, failures in violations.items():
        _add_deviation(draft, rule, failures)
    passed = sum(rule.result is Result.PASSED for rule in summary.rules)
    draft.remarks.append(f"{passed} of {len(summary.rules)} rules passed in a run; the deviations below did not.")


def _run(folder: Path, draft: Draft) -> Summary:
    profile, output = folder / "draft.toml", folder / "output.txt"
    profile.write_text(draft.text(), encoding="utf-8")
    settings = {"BASE_URL": draft.url, "TARGET": str(profile), "STRICT": "0", "REPORTS_DIR": str(folder)}
    command = [sys.executable, "-m", "behave", "--tags=@contract", "--no-color"]
    with output.open("w+b") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **settings}, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
        try:
            process.wait(LIMIT_S)
        except subprocess.TimeoutExpired:
            raise SuiteError(f"the run took longer than {LIMIT_S:.0f} s") from None
        finally:
            process.terminate()  # it then cleans up, and ends by itself within CLEANUP_DEADLINE_S
            process.wait()
    try:
        summary = read(folder / FILE)
    except (OSError, ValueError):
        last_words = output.read_text(encoding="utf-8", errors="replace").strip()[-LAST_WORDS:]
        raise SuiteError(f"the run wrote no summary; its output ends with: {last_words}") from None
    if not summary.scenarios:
        raise SuiteError(f"the run has no results: {summary.why}")
    return summary


def _add_deviation(draft: Draft, rule: str, failures: Sequence[Failure]) -> None:
    """Add one deviation for a rule: the scenarios that show it, and the evidence of the first."""
    scenarios = list(dict.fromkeys(_pattern(plain(failure.scenario)) for failure in failures))
    found = failures[0].evidence
    reason = "; ".join(found.actual) if found else ""
    evidence = f"{found.request} -> {found.response}" if found and found.request else ""
    draft.deviate(rule, _short(reason or _line(failures[0].text)), evidence, scenarios, rule in SHOWN_SOMETIMES)


def _short(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[:SHOWN]} …"


def _line(text: str) -> str:
    return next(iter(text.splitlines()), "")


def _pattern(name: str) -> str:
    """Return a pattern that matches this name alone."""
    return re.sub(r"([\[*?])", r"[\1]", name)
