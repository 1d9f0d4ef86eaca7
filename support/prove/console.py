"""The matrix on the console, at most 100 columns wide."""

from __future__ import annotations

from collections.abc import Iterator

from support.prove.matrix import Matrix
from support.prove.results import DefectResult, Detection, VariantResult

WIDTH = 100


def as_text(matrix: Matrix) -> str:
    """Return the whole matrix, with the figures last."""
    lines = [*_defects(matrix), *_variants(matrix), *_repeats(matrix), *_figures(matrix)]
    return "\n".join(line[:WIDTH].rstrip() for line in lines)


def progress_line(result: DefectResult | VariantResult) -> str:
    """Return one result in a line; for an API that was rejected, also the reasons, in lines below."""
    if isinstance(result, DefectResult):
        return f"{_mark(result):8} {result.seconds:6.1f} s  {result.defect.name}  ({result.defect.rule})"
    return "\n".join([f"{_mark(result):8} {result.run.seconds:6.1f} s  {result.variant.name}", *_reasons(result)])


def _mark(result: DefectResult | VariantResult) -> str:
    if isinstance(result, VariantResult):
        return "accepted" if result.accepted else "REJECTED"
    return "caught" if result.detection is Detection.CAUGHT else result.detection.name.replace("_", " ")


def _defects(matrix: Matrix) -> Iterator[str]:
    for rule, results in matrix.by_rule().items():
        caught = sum(each.detection is Detection.CAUGHT for each in results)
        if results:
            yield f"{rule}: {caught} of {len(results)}"
            yield from (_defect(each) for each in results)
    if matrix.defects:
        yield ""


def _defect(result: DefectResult) -> str:
    shown = result.catchers or result.violations or result.errors
    if shown:
        other_rule = "" if result.detection is Detection.CAUGHT else f"[{shown[0].scenario.rule}] "
        text = f"{other_rule}{shown[0].scenario.name}"
    else:
        text = "every scenario passed" if result.detection is Detection.MISSED else "the run failed without a result"
    return f"  {_mark(result):6} {result.defect.name:38} {len(shown):3}  {text}"


def _variants(matrix: Matrix) -> Iterator[str]:
    if matrix.variants:
        yield "correct variants"
        yield from (line for each in matrix.variants for line in _variant(each))
        yield ""


def _variant(result: VariantResult) -> Iterator[str]:
    yield f"  {_mark(result):8} {result.variant.name:30} {result.run.seconds:6.1f} s  {result.variant.says}"
    yield from _reasons(result)


def _reasons(result: VariantResult) -> Iterator[str]:
    for each in result.run.failed:
        yield f"    [{each.scenario.rule}] {each.scenario.name}"
        yield from (f"      {line}" for line in each.first_lines())
    yield from (f"    {line}" for line in (*result.leftovers.lines(), result.error) if line)
    if not result.run.failed and result.run.exit_code != 0:
        yield f"    exit code {result.run.exit_code}; its output ends with:"
        yield from (f"      {line}" for line in result.run.last_words.splitlines()[-6:])


def _repeats(matrix: Matrix) -> Iterator[str]:
    if matrix.repeats:
        rejected = [each for each in matrix.repeats if not each.accepted]
        yield f"repeated runs: {len(matrix.repeats) - len(rejected)} of {len(matrix.repeats)} passed"
        yield from (line for each in rejected for line in _variant(each))
        yield ""


def _figures(matrix: Matrix) -> Iterator[str]:
    if matrix.defects:
        yield matrix.noise()
        unneeded = matrix.unneeded()
        if unneeded:
            yield f"{len(unneeded)} scenarios caught none of these defects (see reports/prove.md)"
    yield f"took {matrix.seconds / 60:.1f} minutes"
    yield from matrix.figures()
