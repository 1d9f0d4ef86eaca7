"""Judge the suite: `python -m support.prove` tries it on broken and on unusual APIs, and draws the matrix."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from support.errors import SuiteError
from support.prove.candidates import (
    Defect,
    Variant,
    check_names,
    commit,
    offered_defects,
    offered_variants,
    read_share,
)
from support.prove.documents import write
from support.prove.matrix import Matrix
from support.prove.playing import Stage
from support.prove.pool import ended_politely, in_parallel, mixed
from support.prove.proofs import hear_variant, repeated, try_defect
from support.prove.terminal import as_it_came, drawn
from support.prove.verdicts import Hearing, Trial
from support.settings import ROOT

REPORTS = ROOT / "reports"
CONTESTS = ("burst", "burst-workflow", "race-email", "lost-update")
"""The rules whose defects show best where the suite and the API have a processor each."""
Work = Callable[[], Trial | Hearing]
INTERRUPTED = 130
WRONG_USE = 2


class Progress:
    """Tells on standard error of each try as it is done."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._done = 0

    def __call__(self, result: Trial | Hearing) -> None:
        self._done += 1
        print(f"[{self._done:3}/{self._total}] {as_it_came(result)}", file=sys.stderr, flush=True)


def main() -> int:
    """Return 0 where the suite is right about every API, 1 where it is not, 2 for wrong use."""
    wishes = _parser().parse_args()
    try:
        with ended_politely(), tempfile.TemporaryDirectory(prefix="prove-", ignore_cleanup_errors=True) as folder:
            matrix = _prove(wishes, Path(folder))
    except KeyboardInterrupt:
        print("Interrupted; everything that was started is ended.", file=sys.stderr)
        return INTERRUPTED
    except SuiteError as error:
        print(error, file=sys.stderr)
        return WRONG_USE
    write(matrix, wishes.json, wishes.json.with_suffix(".md"))
    print(drawn(matrix))
    return 0 if matrix.good else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m support.prove", description=__doc__)
    add = parser.add_argument
    add("--jobs", type=_positive, default=4, metavar="N", help="how many APIs are tried at once (4)")
    add("--only", nargs="+", default=[], metavar="NAME", help="these defects and variants, nothing else")
    add("--defects", action="store_true", help="the defects, not the variants")
    add("--variants", action="store_true", help="the variants, not the defects")
    add("--share", metavar="I/N", help="the I-th of N shares of both; commit/N: the commit's hash chooses which")
    add("--full-every", type=int, default=60, metavar="N", help="play the whole contract for every N-th defect (60)")
    add("--times", type=_positive, default=1, metavar="N", help="try each so often, as races call for (1)")
    add("--steadiness", type=_positive, metavar="N", help="in place of all that: N runs on correct APIs, none red")
    add("--json", type=Path, default=REPORTS / "prove.json", metavar="PATH", help="where the matrix goes, and its .md")
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("it wants 1 or more")
    return number


def _prove(wishes: argparse.Namespace, folder: Path) -> Matrix:
    started, stage = time.monotonic(), Stage(folder)
    if wishes.steadiness:
        repeats = _repeat(wishes, stage)
        return Matrix(repeats=repeats, seconds=time.monotonic() - started, commit=commit(), selection="steadiness")
    defects, variants = _chosen(wishes)
    results = _results(wishes, stage, defects, variants)
    hearings = [result for result in reversed(results) if isinstance(result, Hearing)]
    trials = [result for result in results if isinstance(result, Trial)]
    seconds, complete = time.monotonic() - started, not (wishes.only or wishes.share)
    return Matrix(trials, hearings, (), seconds, commit(), _selection(wishes), complete)


def _results(
    wishes: argparse.Namespace, stage: Stage, defects: Sequence[Defect], variants: Sequence[Variant]
) -> list[Trial | Hearing]:
    """Try everything several at a time; then, two at a time, what shows only in a contest."""
    progress = Progress(len(defects) + len(variants))
    in_full = {defect.name for defect in defects[:: wishes.full_every]} if wishes.full_every > 0 else set()
    heard: list[Work] = [partial(hear_variant, stage, one) for one in reversed(variants)]  # the last ones wait longest
    quiet, contests = list[Work](), list[Work]()
    for defect in defects:
        works = contests if defect.rule in CONTESTS else quiet
        works.append(partial(try_defect, stage, defect, defect.name in in_full))
    results = in_parallel(mixed(heard, quiet), wishes.jobs, stage.close, progress)
    return results + in_parallel(contests, min(2, wishes.jobs), stage.close, progress)


def _repeat(wishes: argparse.Namespace, stage: Stage) -> list[Hearing]:
    """Play the contract again and again on correct APIs: the first eighth one by one, the rest side by side."""
    works = repeated(stage, wishes.steadiness)
    first, progress = (len(works) + 7) // 8, Progress(len(works))
    alone = in_parallel(works[:first], 1, stage.close, progress)
    return alone + in_parallel(works[first:], max(2, wishes.jobs), stage.close, progress)


def _chosen(wishes: argparse.Namespace) -> tuple[list[Defect], list[Variant]]:
    """Return what is to be tried; raises SettingsError for what is not there."""
    both = wishes.defects == wishes.variants
    defects = offered_defects() if wishes.defects or both else []
    variants = offered_variants() if wishes.variants or both else []
    if wishes.only:
        check_names(wishes.only, [one.name for one in defects] + [one.name for one in variants])
        defects = [defect for defect in defects if defect.name in wishes.only]
        variants = [variant for variant in variants if variant.name in wishes.only]
    if wishes.share:
        share = read_share(wishes.share)
        defects, variants = share.taken(defects), share.taken(variants)
    return defects * wishes.times, variants * wishes.times


def _selection(wishes: argparse.Namespace) -> str:
    both = wishes.defects == wishes.variants
    what = "defects and variants" if both else "defects" if wishes.defects else "variants"
    share = f"share {wishes.share} of the {what}" if wishes.share else f"all {what}"
    return " ".join(wishes.only) if wishes.only else share


if __name__ == "__main__":
    sys.exit(main())
