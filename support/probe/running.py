"""A run of the suite with a drafted profile: every rule that fails in it becomes a deviation of the draft."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from support.errors import ContractViolation, SuiteError
from support.probe.draft import Draft, Known
from support.reporting.results import KNOWN_DEVIATION, Failure, Result, plain
from support.reporting.summary import FILE, Summary, read
from support.settings import ROOT

LIMIT_S = 1800.0
LAST_WORDS = 600
SHOWN = 160
SHOWN_SOMETIMES = ("race-email", "lost-update", "delete-frees")
OF_A_RULE = (ContractViolation.outcome, KNOWN_DEVIATION)


def deviations_from_a_run(draft: Draft, address: str) -> None:
    """Put what a run shows in the place of the deviations drafted so far; raises SuiteError without a verdict."""
    with tempfile.TemporaryDirectory(prefix="probe-") as folder:
        summary = _run(Path(folder), draft, address)
    failures = [failure for failure in summary.failures if failure.outcome in OF_A_RULE and failure.rule]
    draft.deviations = list(_deviations(failures))
    for failure in summary.failures:
        if failure.scenario and failure.outcome not in OF_A_RULE:
            draft.remark(f"In the run, {failure.outcome}: {plain(failure.scenario)}: {_first(failure.text)}")
    passed = sum(rule.result is Result.PASSED for rule in summary.rules)
    draft.remark(
        f"In a run with this draft, {passed} of {len(summary.rules)} rules passed; the others are listed below."
    )


def _run(folder: Path, draft: Draft, address: str) -> Summary:
    profile = folder / "draft.toml"
    profile.write_text(draft.text(), encoding="utf-8")
    told = {"BASE_URL": address, "TARGET": str(profile), "STRICT": "0", "REPORTS_DIR": str(folder)}
    command = [sys.executable, "-m", "behave", "--tags=@contract", "--no-color"]
    with (folder / "output.txt").open("w+b") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **told}, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
        try:
            process.wait(LIMIT_S)
        except subprocess.TimeoutExpired:
            raise SuiteError(f"the run took longer than {LIMIT_S:.0f} s") from None
        finally:
            process.terminate()  # upon which it cleans up, and ends by itself within CLEANUP_DEADLINE_S
            process.wait()
    try:
        summary = read(folder / FILE)
    except (OSError, ValueError):
        said = (folder / "output.txt").read_text(encoding="utf-8", errors="replace").strip()[-LAST_WORDS:]
        raise SuiteError(f"the run came to no verdict; it said: {said}") from None
    if not summary.scenarios:
        raise SuiteError(f"the run came to no verdict: {summary.why}")
    return summary


def _deviations(failures: Sequence[Failure]) -> Iterator[Known]:
    """Yield one deviation for each rule, with the scenarios that show it and what the first of them found."""
    for rule in dict.fromkeys(failure.rule for failure in failures):
        of_it = [failure for failure in failures if failure.rule == rule]
        names = dict.fromkeys(_as_pattern(plain(failure.scenario)) for failure in of_it)
        found = of_it[0].evidence
        wrong = _brief("; ".join(found.actual)) if found else ""
        evidence = f"{found.request} -> {found.response}" if found and found.request else ""
        yield Known(rule, wrong or _first(of_it[0].text), evidence, tuple(names), rule in SHOWN_SOMETIMES)


def _brief(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[:SHOWN]} …"


def _first(text: str) -> str:
    return next(iter(text.splitlines()), "")


def _as_pattern(name: str) -> str:
    """Return a pattern that a name fits and no other does."""
    return re.sub(r"([\[*?])", r"[\1]", name)
