"""Compare what the suite says of a peer with the verdicts on its recorded answers, rule by rule."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from support import profile_files
from support.errors import Outcome
from support.peers.directory import Directory
from support.peers.launching import Peer, running
from support.peers.verdicts import Assessment, Verdict, assessment
from support.profile import Profile
from support.profile_answers import Answers, Names
from support.prove.leftovers import leftovers
from support.prove.runner import Runner
from support.reporting.results import KNOWN_DEVIATION, Result, worst_result
from support.reporting.summary import Summary
from support.rules import RULES

LIMIT_S = 900.0
SMALLER = {"BURST": "20", "RACE_ROUNDS": "20"}
"""Smaller bursts and fewer rounds, so that a peer can be checked while other tests run."""
EXISTING_USERS = ("hedy", "joan", "mary")

WITH_PROFILE = {"passed": Result.PASSED, "failed": Result.KNOWN_DEVIATION, "not offered": Result.SKIPPED}
STRICTLY = {**WITH_PROFILE, "failed": Result.FAILED}


class NoResult(Exception):
    """A run wrote no summary."""


@dataclass(frozen=True)
class Row:
    """What the suite says of one rule, and how that differs from the verdict."""

    rule: str
    says: str
    differences: tuple[str, ...] = ()


@dataclass(frozen=True)
class PeerResult:
    """What the suite says of a peer; `others` are the differences that are about no rule."""

    peer: str
    rows: Sequence[Row]
    others: Sequence[str] = ()

    @property
    def differences(self) -> list[str]:
        """Return one line for each difference."""
        return [f"{row.rule}: {text}" for row in self.rows for text in row.differences] + list(self.others)


@dataclass(frozen=True)
class Run:
    """The summary and the exit code of a run."""

    summary: Summary
    exit_code: int


def check_peer(name: str) -> PeerResult:
    """Run the suite against a peer with its profile, and once more without its known deviations.

    Raises PeerUnavailable if the peer cannot be installed here, NoResult if a run wrote no summary.
    """
    runs, others = list[Run](), list[str]()
    with running(name) as peer, tempfile.TemporaryDirectory(prefix=f"check-{name}-") as folder:
        runner = Runner(Path(folder))
        with Directory(peer) as directory:
            for user in EXISTING_USERS:
                directory.sign_up(user)
            for strict in (False, True):
                before = directory.by_id()
                runs.append(_run(runner, peer, strict))
                others += leftovers(before, directory.by_id()).lines()
    profile, summaries = profile_files.load(name), [run.summary for run in runs]
    rows = compare(assessment(name), profile, *summaries)
    return PeerResult(name, rows, [*others, *_exits(runs), *unexcused(profile, rows, *summaries)])


def _run(runner: Runner, peer: Peer, strict: bool) -> Run:
    """Run the contract with the peer's profile; raises NoResult with the end of the output."""
    settings = {**SMALLER, "TARGET": peer.name, "STRICT": str(int(strict))}
    run = runner.run(peer.url, peer.token, settings, limit_s=LIMIT_S)
    if run.exit_code is None:
        raise NoResult(f"the run took longer than {LIMIT_S:.0f} s")
    if run.summary is None:
        raise NoResult(f"the run wrote no summary; its output ends with: {run.last_words}")
    return Run(run.summary, run.exit_code)


def compare(expected: Assessment, profile: Profile, with_profile: Summary, strict: Summary) -> list[Row]:
    """Return a row for each rule of the contract."""
    return [
        _row(expected.verdicts[rule], profile, with_profile, result_of(rule, with_profile), result_of(rule, strict))
        for rule in RULES
    ]


def result_of(rule: str, run: Summary) -> Result:
    """Return the result of a rule; for a blocked rule, that of its scenarios in which no other rule was broken."""
    result = next((one.result for one in run.rules if one.id == rule), Result.SKIPPED)
    if result is not Result.BLOCKED:
        return result
    own = [one.result for one in run.scenarios if one.rule == rule and one.broken_rule in ("", rule)]
    return worst_result([result for result in own if result is not Result.SKIPPED] or [result])


def _row(verdict: Verdict, profile: Profile, run: Summary, ours: Result, strictly: Result) -> Row:
    rule = verdict.rule
    differences = []
    if ours not in _allowed(WITH_PROFILE[verdict.profiled], rule, profile):
        differences.append(f"with its profile it is '{ours}', but the verdict is {verdict.profiled!r}")
    if strictly not in _allowed(STRICTLY[verdict.profiled], rule, profile) | _hidden(verdict):
        differences.append(f"with STRICT=1 it is '{strictly}', but the verdict is {verdict.profiled!r}")
    by_the_contract = _by_the_contract(rule, profile, strictly)
    if verdict.strict not in by_the_contract:
        found = " or ".join(map(repr, by_the_contract))
        differences.append(f"by the contract alone it is {found}, but the verdict is {verdict.strict!r}")
    return Row(rule, _in_words(rule, run, ours), tuple(differences))


def _hidden(verdict: Verdict) -> set[Result]:
    """Return what else agrees: another rule may block a broken one, as when even the single requests of a race fail."""
    return {Result.BLOCKED} if verdict.profiled == "failed" else set()


def _allowed(result: Result, rule: str, profile: Profile) -> set[Result]:
    """Return the results that agree; a rule whose deviations all show only sometimes may also pass."""
    known = [deviation for deviation in profile.deviations if deviation.rule == rule]
    only_sometimes = bool(known) and all(deviation.sometimes for deviation in known)
    unstable = only_sometimes and result in (Result.KNOWN_DEVIATION, Result.FAILED)
    return {result, Result.PASSED} if unstable else {result}


def _by_the_contract(rule: str, profile: Profile, strictly: Result) -> set[str]:
    """Return what a run without the profile could say: a rule that needs the profile fails, or is not offered."""
    if rule in NEEDED_NAMES and NEEDED_NAMES[rule](profile.names):
        return {"not offered"}
    if strictly is Result.SKIPPED:
        return {"not offered"}
    if rule in ALLOWANCES and ALLOWANCES[rule](profile):
        return {"failed"}
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


def unexcused(profile: Profile, rows: Sequence[Row], with_profile: Summary, strict: Summary) -> list[str]:
    """Return a line for each failure that the profile does not excuse: the strict run's only of rules that differ."""
    excused = {deviation.rule for deviation in profile.deviations}
    differing = {row.rule for row in rows if row.differences} - excused
    failures = [one for one in with_profile.failures if one.outcome != KNOWN_DEVIATION]
    failures += [one for one in strict.failures if one.rule in differing]
    return list(dict.fromkeys(f"{one.location} {one.scenario}: {one.shown}" for one in failures))


NEEDED_NAMES: Mapping[str, Callable[[Names], bool]] = {
    "filter-email": lambda names: names.email_filter != Names.email_filter,
    "pages": lambda names: names.page != Names.page,
}
"""The rules that are not offered by the contract alone, because the peer names a parameter otherwise."""

ALLOWANCES: Mapping[str, Callable[[Profile], bool]] = {
    "create-201": lambda known: bool(known.create or known.paths.create) or known.shape.created != "user",
    "auth-401": lambda known: known.auth.scheme != "bearer",
    "user-shape": lambda known: (
        bool(known.names.user_pointer)
        or (known.names.id, known.names.name, known.names.email, known.names.created_at)
        != (Names.id, Names.name, Names.email, Names.created_at)
    ),
    "list": lambda known: bool(known.names.list_pointer or known.pages.are_needed),
    "filter-email": lambda known: bool(known.names.list_pointer),
    "pages": lambda known: bool(known.names.list_pointer) or known.names.limit != Names.limit,
    "malformed-json": lambda known: known.answers.malformed != Answers.malformed,
    "email-unique": lambda known: known.answers.taken != Answers.taken,
    "update-taken": lambda known: known.answers.taken != Answers.taken,
    "race-email": lambda known: known.answers.taken != Answers.taken,
}
"""What a profile allows and the contract alone does not, by rule."""


def _exits(runs: Sequence[Run]) -> list[str]:
    """Return a line for each run that ended unexpectedly: the one with the profile should pass, the strict one fail."""
    with_profile, strict = runs
    lines = []
    if (with_profile.exit_code, with_profile.summary.outcome) != (0, Outcome.PASSED):
        lines.append(f"with its profile the run ended with {with_profile.exit_code}: {with_profile.summary.why}")
    if (strict.exit_code, strict.summary.outcome) != (1, Outcome.CONTRACT_BROKEN):
        lines.append(f"with STRICT=1 the run ended with {strict.exit_code}: {strict.summary.why}")
    return lines
