"""The matrix on the terminal, at most 100 columns wide."""

from __future__ import annotations

from collections.abc import Iterator

from support.prove.matrix import Matrix
from support.prove.verdicts import Fate, Hearing, Trial

WIDTH = 100
MARKS = {
    Fate.CAUGHT: "caught",
    Fate.LUCK: "LUCK",
    Fate.ERRORS: "ERRORS",
    Fate.LATE: "LATE",
    Fate.MISSED: "MISSED",
}


def drawn(matrix: Matrix) -> str:
    """Return the whole matrix, the closing figures last."""
    lines = [*_defects(matrix), *_variants(matrix), *_repeats(matrix), *_closing(matrix)]
    return "\n".join(line[:WIDTH].rstrip() for line in lines)


def as_it_came(result: Trial | Hearing) -> str:
    """Say in a line how one try went, and why where it went wrong."""
    if isinstance(result, Trial):
        return f"{MARKS[result.fate]:8} {result.seconds:6.1f} s  {result.defect.name}  ({result.defect.rule})"
    mark = "accepted" if result.accepted else "ACCUSED"
    return "\n".join([f"{mark:8} {result.play.seconds:6.1f} s  {result.variant.name}", *_objections(result)])


def _defects(matrix: Matrix) -> Iterator[str]:
    if not matrix.trials:
        return
    for rule, trials in matrix.by_rule().items():
        caught = sum(trial.fate is Fate.CAUGHT for trial in trials)
        if trials:
            yield f"{rule}: {caught} of {len(trials)}"
            yield from (_trial(trial) for trial in trials)
    yield ""


def _trial(trial: Trial) -> str:
    by = trial.catchers or trial.accusing or trial.stumbled
    what = by[0].name if by else "every scenario passed" if trial.fate is Fate.MISSED else "the run did not end well"
    beside = "" if trial.fate is Fate.CAUGHT or not by else f"[{by[0].rule}] "
    return f"  {MARKS[trial.fate]:6} {trial.defect.name:38} {len(by):3}  {beside}{what}"


def _variants(matrix: Matrix) -> Iterator[str]:
    if matrix.hearings:
        yield "correct variants"
        yield from (line for hearing in matrix.hearings for line in _hearing(hearing))
        yield ""


def _hearing(hearing: Hearing) -> Iterator[str]:
    mark = "accepted" if hearing.accepted else "ACCUSED"
    yield f"  {mark:8} {hearing.variant.name:30} {hearing.play.seconds:6.1f} s  {hearing.variant.says}"
    yield from _objections(hearing)


def _objections(hearing: Hearing) -> Iterator[str]:
    for record in hearing.accusations:
        yield f"    [{record.rule}] {record.name}"
        yield from (f"      {line}" for line in record.first_lines())
    yield from (f"    {line}" for line in hearing.residue.told())
    if hearing.trouble:
        yield f"    {hearing.trouble}"
    if not hearing.accusations and hearing.play.exit_code != 0:
        yield f"    exit code {hearing.play.exit_code}; it said last:"
        yield from (f"      {line}" for line in hearing.play.last_words.splitlines()[-6:])


def _repeats(matrix: Matrix) -> Iterator[str]:
    if matrix.repeats:
        red = [hearing for hearing in matrix.repeats if not hearing.accepted]
        yield f"repeated runs: {len(matrix.repeats) - len(red)} of {len(matrix.repeats)} green"
        yield from (line for hearing in red for line in _hearing(hearing))
        yield ""


def _closing(matrix: Matrix) -> Iterator[str]:
    if matrix.trials:
        yield matrix.noise()
        unneeded = matrix.unneeded()
        if unneeded:
            yield f"{len(unneeded)} scenarios accused none of these defects (listed in reports/prove.md)"
    yield f"took {matrix.seconds / 60:.1f} minutes"
    yield from matrix.figures()
