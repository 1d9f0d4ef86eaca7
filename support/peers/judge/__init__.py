"""Hold what the suite says of a peer against what the peer's recorded answers deserve, rule by rule."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from support import profile_files
from support.errors import Outcome
from support.peers.catalogue import RECIPES
from support.peers.judge.playing import Run, run_suite
from support.peers.launching import running
from support.peers.record.tape import Tape
from support.peers.verdicts import Judged, Verdict, judged
from support.profile import Answers, Names, Profile
from support.prove.leftovers import leftovers
from support.prove.runner import Runner
from support.reporting.results import Result
from support.reporting.summary import Summary
from support.rules import RULES

BYSTANDERS = ("hedy", "joan", "mary")

WITH_PROFILE = {"passed": Result.PASSED, "failed": Result.KNOWN_DEVIATION, "not offered": Result.SKIPPED}
STRICTLY = {**WITH_PROFILE, "failed": Result.FAILED}


@dataclass(frozen=True)
class Row:
    """Hold one rule: what the suite says of it, and in what that differs from what the recordings deserve."""

    rule: str
    says: str
    differences: tuple[str, ...] = ()


@dataclass(frozen=True)
class Judgement:
    """Hold what the suite says of a peer; `residue` tells what a run left, took away or changed of other people's."""

    peer: str
    rows: Sequence[Row]
    residue: Sequence[str] = ()

    @property
    def differences(self) -> list[str]:
        """Tell everything that is not as it should be, one line each."""
        return [f"{row.rule}: {text}" for row in self.rows for text in row.differences] + list(self.residue)


def judge(name: str) -> Judgement:
    """Run the suite against a peer with its profile, and once more without its known deviations.

    Raises PeerUnavailable where the peer cannot be had here, NoResult if a run wrote no summary.
    """
    profile = profile_files.load(name)
    residue: list[str] = []
    with running(name) as peer, tempfile.TemporaryDirectory(prefix=f"judge-{name}-") as folder:
        tape = Tape(peer, RECIPES[name].dialect)
        for bystander in BYSTANDERS:
            tape.given(bystander)
        runner, runs = Runner(Path(folder)), []
        for strict in (False, True):
            before = _by_id(tape)
            runs.append(run_suite(runner, peer, strict))
            residue += leftovers(before, _by_id(tape)).lines()
    rows = compare(judged(name), profile, *(run.summary for run in runs))
    return Judgement(name, rows, [*residue, *_exits(runs)])


def compare(deserved: Judged, profile: Profile, with_profile: Summary, strict: Summary) -> list[Row]:
    """Return a row for each rule of the contract."""
    ours = {result.id: result.result for result in with_profile.rules}
    strictly = {result.id: result.result for result in strict.rules}
    return [
        _row(
            deserved.verdicts[rule],
            profile,
            with_profile,
            ours.get(rule, Result.SKIPPED),
            strictly.get(rule, Result.SKIPPED),
        )
        for rule in RULES
    ]


def _row(deserved: Verdict, profile: Profile, run: Summary, ours: Result, strictly: Result) -> Row:
    rule = deserved.rule
    differences = []
    if ours not in _allowed(WITH_PROFILE[deserved.profiled], rule, profile):
        differences.append(f"with its profile it is '{ours}', but its answers deserve {deserved.profiled!r}")
    if strictly not in _allowed(STRICTLY[deserved.profiled], rule, profile):
        differences.append(f"with STRICT=1 it is '{strictly}', but its answers deserve {deserved.profiled!r}")
    by_the_contract = _by_the_contract(rule, profile, strictly)
    if deserved.strict not in by_the_contract:
        found = " or ".join(map(repr, by_the_contract))
        differences.append(f"by the contract alone it is {found}, but its answers deserve {deserved.strict!r}")
    return Row(rule, _in_words(rule, run, ours), tuple(differences))


def _allowed(result: Result, rule: str, profile: Profile) -> set[Result]:
    """Return the results that fit; a deviation that shows only sometimes may not have shown."""
    known = [deviation for deviation in profile.deviations if deviation.rule == rule]
    only_sometimes = bool(known) and all(deviation.sometimes for deviation in known)
    unstable = only_sometimes and result in (Result.KNOWN_DEVIATION, Result.FAILED)
    return {result, Result.PASSED} if unstable else {result}


def _by_the_contract(rule: str, profile: Profile, strictly: Result) -> set[str]:
    """Return what a run by the contract alone can have said: what the profile allows then fails, or is not there."""
    if rule in NEEDED_NAMES and NEEDED_NAMES[rule](profile.names):
        return {"not offered"}
    if rule in ALLOWANCES and ALLOWANCES[rule](profile):
        return {"failed"}
    if strictly is Result.SKIPPED:
        return {"not offered"}
    known = any(deviation.rule == rule for deviation in profile.deviations)
    passed = strictly is Result.PASSED
    return {"passed", "failed"} if passed and known else {"passed" if passed else "failed"}


def _in_words(rule: str, run: Summary, result: Result) -> str:
    results = [one.result for one in run.scenarios if one.rule == rule and one.result is not Result.SKIPPED]
    if result is Result.SKIPPED:
        return "not offered"
    if result is Result.PASSED:
        return result
    return f"{result} {results.count(result)}/{len(results)}"


NEEDED_NAMES: Mapping[str, Callable[[Names], bool]] = {
    "filter-email": lambda names: names.email_filter != Names.email_filter,
    "pages": lambda names: names.page != Names.page,
}
"""Under which other name of a parameter a rule is not offered by the contract alone."""

ALLOWANCES: Mapping[str, Callable[[Profile], bool]] = {
    "user-shape": lambda known: (
        (known.names.id, known.names.name, known.names.email, known.names.created_at)
        != (Names.id, Names.name, Names.email, Names.created_at)
    ),
    "list": lambda known: bool(known.names.list_pointer or known.pages.size),
    "filter-email": lambda known: bool(known.names.list_pointer),
    "pages": lambda known: bool(known.names.list_pointer) or known.names.limit != Names.limit,
    "email-unique": lambda known: known.answers.taken != Answers.taken,
    "update-taken": lambda known: known.answers.taken != Answers.taken,
    "race-email": lambda known: known.answers.taken != Answers.taken,
}
"""What a profile allows that the contract alone does not, by the rule that it bears on."""


def _by_id(tape: Tape) -> dict[str, str]:
    return {str(user.get(tape.dialect.id, user)): json.dumps(user) for user in tape.everyone()}


def _exits(runs: Sequence[Run]) -> list[str]:
    """Tell of a run that ended otherwise than its outcome says: with a profile it passes, strictly it fails."""
    with_profile, strict = runs
    told = []
    if (with_profile.exit_code, with_profile.summary.outcome) != (0, Outcome.PASSED):
        told.append(f"with its profile the run ended with {with_profile.exit_code}: {with_profile.summary.why}")
    if (strict.exit_code, strict.summary.outcome) != (1, Outcome.CONTRACT_BROKEN):
        told.append(f"with STRICT=1 the run ended with {strict.exit_code}: {strict.summary.why}")
    return told
