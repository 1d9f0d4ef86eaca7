"""Run the suite with a drafted profile, and draft what fails in it as known deviations.

A deviation covers only the scenarios that were seen to fail, and only what they showed. A fault of the server (5xx) or
a user who vanishes is never a known deviation: it stays a finding, in this run and in later ones.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from support.errors import ContractViolation, SuiteError, number_of
from support.probe.coverage import scenarios_tagged
from support.probe.draft import Draft
from support.profile import Deviation
from support.redaction import redacted
from support.reporting.results import Failure, Result, plain
from support.reporting.summary import FILE, Summary, read
from support.settings import ROOT

LIMIT_S, SIGN_OF_LIFE_S = 1800.0, 15.0
PROGRESS = re.compile(
    r"^(?:\d+ of \d+ scenarios?|.* \d+ (?:passed|failed|known deviations?|skipped)\b).*", re.MULTILINE
)
LAST_WORDS = 600
SHOWN = 160
SHOWN_SOMETIMES = ("race-email", "race-delete", "lost-update", "delete-frees")
FAULT = re.compile(r"\b(?:status was|answered by|answered with|gave|gives|->) 5\d\d\b|^5\d\d\b|^no answer came\b")
VANISHED = re.compile(r"no longer (?:shows?|shown|finds?|found)|was lost|is gone|does not show|\blacks\b")
ONE_USER = re.compile(r"(?:GET|PUT|PATCH) [^ ?%]+/[^/ ?%]+/[^/ ?%]+/?(?: |$)")
DELETES = ("delete", "delete-again", "delete-frees", "race-delete", "read-404", "race-email", "update-404", "robust")
"""Rules whose scenarios delete users or name unknown ones, so that a missing user is no loss by itself."""
VARIABLE = re.compile(
    r"(?<=the read of ).+?(?= was )"
    r"|[^\s'\"<>()]+@[^\s'\"<>()]+|uat-[a-z0-9]+|\b[0-9a-f]{8,}(?:-[0-9a-f]+)*\b|\{.*\}|\[[^\]]{12,}\]"
    r"|'(?![a-z][A-Za-z]*')[^']*'|\"(?![a-z][A-Za-z]*\")[^\"]*\""
    r"|(?<!status was )(?<!answered by )\b\d+(?:\.\d+)?\b(?! times)"
)
"""What differs from run to run: emails, marks, ids, objects, quoted values, numbers other than statuses and counts."""
FIELD = re.compile(r"\b(?:name|email)\b")
DRAWN = "its random actions meet the known deviations of this profile differently in each run"


def add_deviations(draft: Draft, tags: str, tell: Callable[[str], object]) -> Mapping[str, Result]:
    """Run the scenarios with these tags, add what their summary says, and return the result of each rule.

    `tell` shows how far the run is. Raises SuiteError if there are no results.
    """
    with tempfile.TemporaryDirectory(prefix="probe-") as folder:
        summary = _run(Path(folder), draft, tags, tell)
    kinds: dict[tuple[str, tuple[str, ...]], list[Failure]] = {}
    drawn: list[Failure] = []
    draws = scenarios_tagged("fuzz")
    losing = {failure.rule for failure in summary.failures if loses_a_user(failure)}
    for failure in summary.failures:
        if failure.outcome != ContractViolation.outcome or not failure.rule:
            draft.remarks += [_told(failure, failure.outcome)] if failure.scenario else []
        elif failure.rule in losing:
            draft.remarks.append(_told(failure, f"{failure.rule} is broken, and a user who vanishes is never excused"))
        elif is_a_fault(failure):
            draft.remarks.append(
                _told(failure, f"{failure.rule} is broken, and a fault of the server is never excused")
            )
        elif plain(failure.scenario) in draws:
            drawn.append(failure)
        else:
            kinds.setdefault((failure.rule, shows_of(failure)), []).append(failure)
    known = {rule for rule, _ in kinds}
    alone = [one for one in drawn if one.rule not in known]
    draft.remarks += [
        _told(one, f"{one.rule} is broken, as random actions show, and the draft does not excuse it") for one in alone
    ]
    if excluded := {_literal(plain(one.scenario)) for one in drawn if one.rule in known}:
        draft.exclude(DRAWN, sorted(excluded))
    for (rule, shows), failures in kinds.items():
        _add_deviation(draft, rule, shows, failures)
    if left := summary.users.left_behind:
        draft.remarks.append(
            f"The run left {number_of(left, 'user')} behind. Delete them with BASE_URL, TOKEN and this draft as "
            "TARGET: python -m support.cleanup --yes; then "
            "put the scenarios that made them under [[excluded]]."
        )
    passed = sum(rule.result is Result.PASSED for rule in summary.rules)
    draft.remarks.append(f"{passed} of {len(summary.rules)} rules passed in a run with this draft.")
    if blocked := [one.rule for one in summary.scenarios if one.result is Result.BLOCKED]:
        rules = list(dict.fromkeys(blocked))
        of_rules = f"of the {'rule' if len(rules) == 1 else 'rules'} {', '.join(rules)}"
        draft.remarks.append(
            f"{number_of(len(blocked), 'scenario')} {of_rules} had no verdict, because something else failed first."
        )
    return {rule.id: rule.result for rule in summary.rules}


def is_a_fault(failure: Failure) -> bool:
    """Whether the server answered with a fault of its own (5xx)."""
    found = failure.evidence
    return found is not None and any(FAULT.search(text) for text in (*found.actual, found.response))


def loses_a_user(failure: Failure) -> bool:
    """Whether a user who was not deleted is gone; other failures of the same rule may follow from that loss."""
    found = failure.evidence
    if found is None or failure.rule in DELETES:
        return False
    reads_one = failure.rule == "isolation" or bool(ONE_USER.match(found.request))
    is_gone = reads_one and found.response.startswith(("404", "410"))
    return is_gone or any(VANISHED.search(text) for text in found.actual)


def shows_of(failure: Failure) -> tuple[str, ...]:
    """Return patterns for what a failure shows, which match the same failure in another run."""
    actual = failure.evidence.actual if failure.evidence else ()
    return tuple(sorted({_pattern_of(text, failure.rule in SHOWN_SOMETIMES) for text in actual}))


def _pattern_of(text: str, varies: bool) -> str:
    """Return a pattern for a mismatch; if the mismatch varies from race to race, only for its beginning."""
    parts = VARIABLE.split(FIELD.sub("''", text.partition(":")[0]) if varies else text)
    pattern = "*".join(_literal(part) for part in parts) + ("*" if varies else "")
    return re.sub(r"\*+(, (?:\*+|…))*", "*", pattern)


def _literal(text: str) -> str:
    """Return a pattern that matches this text alone."""
    return re.sub(r"([\[*?])", r"[\1]", text)


def _told(failure: Failure, what: str) -> str:
    found = failure.evidence
    shown = f" ({found.request} -> {found.response})" if found and found.request else ""
    return f"The run says: {what}: {plain(failure.scenario)}: {_short(failure.shown)}{shown}"


def _run(folder: Path, draft: Draft, tags: str, tell: Callable[[str], object]) -> Summary:
    profile, output = folder / "draft.toml", folder / "output.txt"
    profile.write_text(draft.text(), encoding="utf-8")
    settings = {"BASE_URL": draft.url, "TARGET": str(profile), "STRICT": "0", "REPORTS_DIR": str(folder)}
    command = [sys.executable, "-m", "behave", "--tags=@contract", f"--tags={tags}", "--no-color"]
    with output.open("w+b") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **settings}, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
        tell("The contract runs with the draft; how far it is, every 15 seconds:")
        try:
            _wait_for(process, output, tell)
        finally:
            process.terminate()  # it then cleans up, and ends by itself within CLEANUP_DEADLINE_S
            process.wait()
    try:
        summary = read(folder / FILE)
    except (OSError, ValueError):
        last_words = _said(output)[-LAST_WORDS:]
        raise SuiteError(f"the run wrote no summary; its output ends with: {last_words}") from None
    if not summary.scenarios:
        raise SuiteError(f"the run has no results: {summary.why}")
    return summary


def _wait_for(process: subprocess.Popen[bytes], output: Path, tell: Callable[[str], object]) -> None:
    """Wait for the end of a run, and show the last line that it wrote; raises SuiteError if it takes too long."""
    begun = time.monotonic()
    while time.monotonic() - begun < LIMIT_S:
        try:
            process.wait(SIGN_OF_LIFE_S)
        except subprocess.TimeoutExpired:
            tell(redacted(_progress_in(_said(output))))
        else:
            return
    raise SuiteError(
        f"the run took longer than {LIMIT_S:.0f} s. Run fewer scenarios, as with --with-run @smoke, or none: leave "
        "--with-run out."
    )


def _progress_in(said: str) -> str:
    """Return the last line about how far the run is; the lines of a failure, which may follow, say nothing alone."""
    return next(reversed(PROGRESS.findall(said)), "the run goes on")


def _said(output: Path) -> str:
    return output.read_text(encoding="utf-8", errors="replace").strip()


def _add_deviation(draft: Draft, rule: str, shows: tuple[str, ...], failures: Sequence[Failure]) -> None:
    """Add one deviation for what a rule showed: the scenarios that showed it, and the evidence of the first."""
    scenarios = list(dict.fromkeys(_literal(plain(failure.scenario)) for failure in failures))
    found = failures[0].evidence
    evidence = f"{found.request} -> {found.response}" if found and found.request else ""
    known = Deviation(
        rule,
        _short(failures[0].shown),
        draft.url,
        draft.today,
        scenarios=tuple(scenarios),
        shows=shows,
        sometimes=rule in SHOWN_SOMETIMES,
    )
    draft.deviate(known, evidence)


def _short(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[:SHOWN]} …"
