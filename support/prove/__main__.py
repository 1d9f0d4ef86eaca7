"""Check the suite against broken and unusual APIs, and write the matrix: `python -m support.prove`."""

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
from support.prove.checks import check_defect, check_variant, repeated
from support.prove.console import as_text, progress_line
from support.prove.documents import write
from support.prove.matrix import Matrix
from support.prove.pool import in_parallel, mixed, sigterm_interrupts
from support.prove.results import DefectResult, VariantResult
from support.prove.runner import Runner
from support.settings import ROOT

REPORTS = ROOT / "reports"
RACES = ("burst", "burst-workflow", "race-email", "lost-update")
"""The rules whose defects show best if the suite and the API have a processor each."""
Task = Callable[[], DefectResult | VariantResult]
WRONG_USE = 2
INTERRUPTED = 130


class Progress:
    """Prints each result to standard error."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._done = 0

    def __call__(self, result: DefectResult | VariantResult) -> None:
        self._done += 1
        print(f"[{self._done:3}/{self._total}] {progress_line(result)}", file=sys.stderr, flush=True)


def main() -> int:
    """Return 0 if the suite is right about every API, 1 if it is not, 2 for wrong use, 130 if interrupted."""
    options = _parser().parse_args()
    try:
        with sigterm_interrupts(), tempfile.TemporaryDirectory(prefix="prove-", ignore_cleanup_errors=True) as folder:
            matrix = _prove(options, Runner(Path(folder)))
    except KeyboardInterrupt:
        print("Interrupted; all processes have been ended.", file=sys.stderr)
        return INTERRUPTED
    except SuiteError as error:
        print(error, file=sys.stderr)
        return WRONG_USE
    write(matrix, options.json, options.json.with_suffix(".md"))
    print(as_text(matrix))
    return 0 if matrix.good else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m support.prove", description=__doc__)
    add = parser.add_argument
    add("--jobs", type=_positive, default=4, metavar="N", help="how many APIs are checked at once (4)")
    add("--only", nargs="+", default=[], metavar="NAME", help="only these defects and variants")
    add("--defects", action="store_true", help="only the defects")
    add("--variants", action="store_true", help="only the variants")
    add("--share", metavar="I/N", help="the I-th of N shares of both; commit/N: the hash of the commit chooses")
    add("--full-every", type=int, default=60, metavar="N", help="run the whole contract for every N-th defect (60)")
    add("--times", type=_positive, default=1, metavar="N", help="check each N times, for races (1)")
    add(
        "--steadiness",
        type=_positive,
        metavar="N",
        help="instead of all that: N runs on correct APIs, which all have to pass",
    )
    add(
        "--json",
        type=Path,
        default=REPORTS / "prove.json",
        metavar="PATH",
        help="the file for the matrix; a .md file goes beside it",
    )
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("it wants 1 or more")
    return number


def _prove(options: argparse.Namespace, runner: Runner) -> Matrix:
    started = time.monotonic()
    if options.steadiness:
        repeats = _repeat(options, runner)
        return Matrix(repeats=repeats, seconds=time.monotonic() - started, commit=commit(), selection="steadiness")
    defects, variants = _select(options)
    results = _check_all(options, runner, defects, variants)
    return Matrix(
        [result for result in results if isinstance(result, DefectResult)],
        [result for result in reversed(results) if isinstance(result, VariantResult)],
        seconds=time.monotonic() - started,
        commit=commit(),
        selection=_selection(options),
        complete=not (options.only or options.share),
    )


def _check_all(
    options: argparse.Namespace, runner: Runner, defects: Sequence[Defect], variants: Sequence[Variant]
) -> list[DefectResult | VariantResult]:
    """Check all but the races, `--jobs` at a time; then the races, at most two at a time."""
    progress = Progress(len(defects) + len(variants))
    in_full = {defect.name for defect in defects[:: options.full_every]} if options.full_every > 0 else set()
    waiting: list[Task] = [partial(check_variant, runner, each) for each in reversed(variants)]  # the slowest first
    quiet, races = list[Task](), list[Task]()
    for defect in defects:
        tasks = races if defect.rule in RACES else quiet
        tasks.append(partial(check_defect, runner, defect, defect.name in in_full))
    results = in_parallel(mixed(waiting, quiet), options.jobs, runner.close, progress)
    return results + in_parallel(races, min(2, options.jobs), runner.close, progress)


def _repeat(options: argparse.Namespace, runner: Runner) -> list[VariantResult]:
    """Run the contract again and again on correct APIs: the first eighth one by one, the rest in parallel."""
    tasks = repeated(runner, options.steadiness)
    first, progress = (len(tasks) + 7) // 8, Progress(len(tasks))
    alone = in_parallel(tasks[:first], 1, runner.close, progress)
    return alone + in_parallel(tasks[first:], max(2, options.jobs), runner.close, progress)


def _select(options: argparse.Namespace) -> tuple[list[Defect], list[Variant]]:
    """Return the defects and variants to check; raises SettingsError for an unknown name."""
    both = options.defects == options.variants
    defects = offered_defects() if options.defects or both else []
    variants = offered_variants() if options.variants or both else []
    if options.only:
        names = [defect.name for defect in defects] + [variant.name for variant in variants]
        check_names(options.only, names)
        defects = [defect for defect in defects if defect.name in options.only]
        variants = [variant for variant in variants if variant.name in options.only]
    if options.share:
        share = read_share(options.share)
        defects, variants = share.of_all(defects), share.of_all(variants)
    return defects * options.times, variants * options.times


def _selection(options: argparse.Namespace) -> str:
    both = options.defects == options.variants
    kinds = "defects and variants" if both else "defects" if options.defects else "variants"
    share = f"share {options.share} of the {kinds}" if options.share else f"all {kinds}"
    return " ".join(options.only) if options.only else share


if __name__ == "__main__":
    sys.exit(main())
