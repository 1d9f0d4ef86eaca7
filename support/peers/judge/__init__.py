"""Hold what the suite says of a peer against what the peer's recorded answers deserve, rule by rule."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from support import profile_files
from support.errors import ContractViolation
from support.peers.catalogue import RECIPES
from support.peers.judge.playing import Run, play
from support.peers.launching import running
from support.peers.record.tape import Tape
from support.peers.verdicts import Judged, Verdict, judged
from support.profile import Answers, Names, Profile
from support.reporting.summary import Summary
from support.reporting.verdicts import KEPT, KNOWN_DEVIATION, SKIPPED
from support.rules import RULES

BROKEN = ContractViolation.outcome
BYSTANDERS = ("hedy", "joan", "mary")

WITH_PROFILE = {"kept": KEPT, "not kept": KNOWN_DEVIATION, "not offered": SKIPPED}
STRICTLY = {**WITH_PROFILE, "not kept": BROKEN}


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

    Raises PeerUnavailable where the peer cannot be had here, NoVerdict where a run came to none.
    """
    profile = profile_files.load(name)
    residue: list[str] = []
    with running(name) as peer, tempfile.TemporaryDirectory(prefix=f"judge-{name}-") as folder:
        tape = Tape(peer, RECIPES[name].dialect)
        for bystander in BYSTANDERS:
            tape.given(bystander)
        runs = []
        for strict in (False, True):
            before = _by_id(tape)
            runs.append(play(peer, Path(folder) / ("strict" if strict else "with-profile"), strict))
            residue += _residue(before, _by_id(tape))
    rows = compare(judged(name), profile, *(run.summary for run in runs))
    return Judgement(name, rows, [*residue, *_exits(runs)])


def compare(deserved: Judged, profile: Profile, with_profile: Summary, strict: Summary) -> list[Row]:
    """Return a row for each rule of the contract."""
    ours = {result.id: result.outcome for result in with_profile.rules}
    strictly = {result.id: result.outcome for result in strict.rules}
    return [
        _row(deserved.verdicts[rule], profile, with_profile, ours.get(rule, SKIPPED), strictly.get(rule, SKIPPED))
        for rule in RULES
    ]


def _row(deserved: Verdict, profile: Profile, run: Summary, ours: str, strictly: str) -> Row:
    rule = deserved.rule
    differences = []
    if ours not in _allowed(WITH_PROFILE[deserved.profiled], rule, profile):
        differences.append(f"with its profile it is {ours!r}, but its answers deserve {deserved.profiled!r}")
    if strictly not in _allowed(STRICTLY[deserved.profiled], rule, profile):
        differences.append(f"with STRICT=1 it is {strictly!r}, but its answers deserve {deserved.profiled!r}")
    by_the_contract = _by_the_contract(rule, profile, strictly)
    if deserved.strict not in by_the_contract:
        found = " or ".join(map(repr, by_the_contract))
        differences.append(f"by the contract alone it is {found}, but its answers deserve {deserved.strict!r}")
    return Row(rule, _in_words(rule, run, ours), tuple(differences))


def _allowed(outcome: str, rule: str, profile: Profile) -> set[str]:
    """Return the outcomes that fit; a deviation that shows only sometimes may not have shown."""
    known = [deviation for deviation in profile.deviations if deviation.rule == rule]
    only_sometimes = bool(known) and all(deviation.sometimes for deviation in known)
    return {outcome, KEPT} if only_sometimes and outcome in (KNOWN_DEVIATION, BROKEN) else {outcome}


def _by_the_contract(rule: str, profile: Profile, strictly: str) -> set[str]:
    """Return what a run by the contract alone can have said: what the profile allows is then not kept, or not there."""
    if rule in NEEDED_NAMES and NEEDED_NAMES[rule](profile.names):
        return {"not offered"}
    if rule in ALLOWANCES and ALLOWANCES[rule](profile):
        return {"not kept"}
    if strictly == SKIPPED:
        return {"not offered"}
    known = any(deviation.rule == rule for deviation in profile.deviations)
    return {"kept", "not kept"} if strictly == KEPT and known else {"kept" if strictly == KEPT else "not kept"}


def _in_words(rule: str, run: Summary, outcome: str) -> str:
    scenarios = [scenario for scenario in run.scenarios if scenario.rule == rule and scenario.outcome != SKIPPED]
    if outcome == SKIPPED:
        return "not offered"
    if outcome == KEPT:
        return KEPT
    return f"{outcome} {sum(scenario.outcome == outcome for scenario in scenarios)}/{len(scenarios)}"


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


def _by_id(tape: Tape) -> dict[str, object]:
    return {str(user.get(tape.dialect.id, user)): user for user in tape.everyone()}


def _residue(before: Mapping[str, object], after: Mapping[str, object]) -> list[str]:
    left = [f"left behind: {user}" for key, user in after.items() if key not in before]
    gone = [f"other people's user is gone: {user}" for key, user in before.items() if key not in after]
    changed = [
        f"other people's user is changed: {after[key]}" for key in before if after.get(key, before[key]) != before[key]
    ]
    return left + gone + changed


def _exits(runs: Sequence[Run]) -> list[str]:
    """Tell of a run that ended otherwise than its outcome says: with a profile it passes, strictly it fails."""
    with_profile, strict = runs
    told = []
    if (with_profile.exit_code, with_profile.summary.outcome) != (0, KEPT):
        told.append(f"with its profile the run ended with {with_profile.exit_code}: {with_profile.summary.why}")
    if (strict.exit_code, strict.summary.outcome) != (1, BROKEN):
        told.append(f"with STRICT=1 the run ended with {strict.exit_code}: {strict.summary.why}")
    return told
