"""Write the matrix as `prove.json` for programs and `prove.md` for readers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from support.prove.matrix import Matrix
from support.prove.results import DefectResult, Detection, FailedScenario, SuiteRun, VariantResult, location_of
from support.reporting.summary import ScenarioResult


def write(matrix: Matrix, json_file: Path, markdown_file: Path) -> None:
    """Write both documents; create their folders."""
    for file, text in ((json_file, as_json(matrix)), (markdown_file, as_markdown(matrix))):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


def as_json(matrix: Matrix) -> str:
    """Return all results, with the text of each failure."""
    document = {
        "commit": matrix.commit,
        "selection": matrix.selection,
        "seconds": round(matrix.seconds, 1),
        "good": matrix.good,
        "figures": matrix.figures(),
        "noise": matrix.noise(),
        "defects": [_defect(result) for result in matrix.defects],
        "variants": [_variant(result) for result in matrix.variants],
        "repeats": [_variant(result) for result in matrix.repeats],
        "unneeded": [_scenario(scenario) for scenario in matrix.unneeded()],
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _defect(result: DefectResult) -> dict[str, Any]:
    return {
        "name": result.defect.name,
        "rule": result.defect.rule,
        "says": result.defect.says,
        "detection": result.detection.value,
        "only_unanswered": result.only_unanswered,
        "catchers": [location_of(each.scenario) for each in result.catchers],
        "other_rules_failed": result.noise,
        "violations": [_failure(each) for each in result.violations],
        "errors": [_failure(each) for each in result.errors],
        "own": _run(result.own),
        "whole": _run(result.whole) if result.whole else None,
    }


def _variant(result: VariantResult) -> dict[str, Any]:
    return {
        "name": result.variant.name,
        "says": result.variant.says,
        "accepted": result.accepted,
        "failures": [_failure(each) for each in result.run.failed],
        "leftovers": result.leftovers.lines(),
        "error": result.error,
        "run": _run(result.run),
    }


def _run(run: SuiteRun) -> dict[str, Any]:
    shown = {"exit_code": run.exit_code, "seconds": round(run.seconds, 1), "scenarios": len(run.scenarios)}
    return shown if run.passed else {**shown, "last_words": run.last_words}


def _scenario(scenario: ScenarioResult) -> dict[str, str]:
    return {"location": location_of(scenario), "rule": scenario.rule, "name": scenario.name}


def _failure(failed: FailedScenario) -> dict[str, str]:
    return {
        **_scenario(failed.scenario),
        "result": failed.scenario.result,
        "broken_rule": failed.broken_rule,
        "step": failed.failure.step,
        "text": failed.failure.text,
    }


def as_markdown(matrix: Matrix) -> str:
    """Return the matrix for readers."""
    lines = ["# What the suite catches, and what it accepts", "", *_summary(matrix)]
    if matrix.defects:
        lines += _defect_tables(matrix)
    if matrix.variants:
        lines += _variant_table(matrix)
    if matrix.defects:
        lines += _precision(matrix)
    return "\n".join(lines) + "\n"


def _summary(matrix: Matrix) -> Iterator[str]:
    at = f" at commit {matrix.commit}" if matrix.commit else ""
    yield f"Made by `python -m support.prove`{at}; selection: {matrix.selection}; {matrix.seconds / 60:.0f} minutes."
    yield ""
    yield from (f"- **{figure}**" for figure in matrix.figures())
    yield ""


def _defect_tables(matrix: Matrix) -> Iterator[str]:
    yield from ("## Broken APIs", "")
    yield "Each defect breaks one rule, and a scenario of that rule has to say so; their number is in brackets."
    yield ""
    for rule, results in matrix.by_rule().items():
        if results:
            rows = [(f"`{each.defect.name}`", each.defect.says, _caught_by(each)) for each in results]
            yield from (f"### {rule}", "", *_table(("Defect", "What it does", "Caught by"), rows))


def _caught_by(result: DefectResult) -> str:
    if result.detection is Detection.CAUGHT:
        return f"{result.catchers[0].scenario.name} ({len(result.catchers)})"
    others = sorted({each.scenario.rule for each in result.violations or result.errors})
    return f"**{result.detection.value}**" + (f": {', '.join(others)}" if others else "")


def _variant_table(matrix: Matrix) -> Iterator[str]:
    rows = [(f"`{each.variant.name}`", each.variant.says, _acceptance(each)) for each in matrix.variants]
    head = ("Variant", "What it does", "The whole contract")
    yield from ("## Unusual but correct APIs", "", *_table(head, rows))


def _acceptance(result: VariantResult) -> str:
    if result.accepted:
        return "accepted, nothing left"
    failed = [f"{each.scenario.rule}: {each.scenario.name}" for each in result.run.failed]
    reasons = "; ".join(filter(None, [*failed, *result.leftovers.lines(), result.error]))
    return f"**{reasons or f'exit code {result.run.exit_code}'}**"


def _precision(matrix: Matrix) -> Iterator[str]:
    yield from ("## Precision", "", f"{matrix.noise()}.", "")
    noisy = [
        (f"`{each.defect.name}`", each.defect.rule, ", ".join(each.noise)) for each in matrix.defects if each.noise
    ]
    if noisy:
        yield from _table(("Defect", "Its rule", "Other rules that fail"), noisy)
    unneeded = matrix.unneeded()
    if unneeded:
        yield from ("## Scenarios that caught none of these defects", "")
        yield from (f"- {each.rule}: {each.name} (`{location_of(each)}`)" for each in unneeded)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    for row in (head, ["---"] * len(head), *rows):
        cells = (cell.replace("|", "\\|").replace("\n", " ") for cell in row)
        yield f"| {' | '.join(cells)} |"
    yield ""
