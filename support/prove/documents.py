"""The matrix as documents: `prove.json` for programs, `prove.md` for people."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from support.prove.matrix import Matrix
from support.prove.plays import Play, Record
from support.prove.verdicts import Fate, Hearing, Trial


def write(matrix: Matrix, json_file: Path, markdown_file: Path) -> None:
    """Write both documents, and the folders that they go to."""
    for file, text in ((json_file, as_json(matrix)), (markdown_file, as_markdown(matrix))):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


def as_json(matrix: Matrix) -> str:
    """Return all that is known, down to the text of each failure."""
    document = {
        "commit": matrix.commit,
        "selection": matrix.selection,
        "seconds": round(matrix.seconds, 1),
        "good": matrix.good,
        "figures": matrix.figures(),
        "noise": matrix.noise(),
        "defects": [_trial(trial) for trial in matrix.trials],
        "variants": [_hearing(hearing) for hearing in matrix.hearings],
        "repeats": [_hearing(hearing) for hearing in matrix.repeats],
        "unneeded": [_scenario(record) for record in matrix.unneeded()],
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _trial(trial: Trial) -> dict[str, Any]:
    return {
        "name": trial.defect.name,
        "rule": trial.defect.rule,
        "says": trial.defect.says,
        "fate": trial.fate.value,
        "by_silence_alone": trial.by_silence_alone,
        "catchers": [record.location for record in trial.catchers],
        "other_rules_red": trial.noise,
        "accusing": [_failure(record) for record in trial.accusing],
        "stumbled": [_failure(record) for record in trial.stumbled],
        "own": _play(trial.own),
        "whole": _play(trial.whole) if trial.whole else None,
    }


def _hearing(hearing: Hearing) -> dict[str, Any]:
    return {
        "name": hearing.variant.name,
        "says": hearing.variant.says,
        "accepted": hearing.accepted,
        "accusations": [_failure(record) for record in hearing.accusations],
        "residue": hearing.residue.told(),
        "trouble": hearing.trouble,
        "play": _play(hearing.play),
    }


def _play(play: Play) -> dict[str, Any]:
    told = {"exit_code": play.exit_code, "seconds": round(play.seconds, 1), "scenarios": len(play.records)}
    return told if play.green else {**told, "last_words": play.last_words}


def _scenario(record: Record) -> dict[str, str]:
    return {"location": record.location, "rule": record.rule, "name": record.name}


def _failure(record: Record) -> dict[str, str | None]:
    return {
        **_scenario(record),
        "status": record.status,
        "accused": record.accused,
        "step": record.step,
        "said": record.said,
    }


def as_markdown(matrix: Matrix) -> str:
    """Return the matrix for reading."""
    lines = ["# What the suite catches, and what it accepts", "", *_opening(matrix)]
    if matrix.trials:
        lines += _defect_tables(matrix)
    if matrix.hearings:
        lines += _variant_table(matrix)
    if matrix.trials:
        lines += _strength(matrix)
    return "\n".join(lines) + "\n"


def _opening(matrix: Matrix) -> Iterator[str]:
    at = f" at commit {matrix.commit}" if matrix.commit else ""
    yield f"Made by `python -m support.prove`{at}; tried: {matrix.selection}; {matrix.seconds / 60:.0f} minutes."
    yield ""
    yield from (f"- **{figure}**" for figure in matrix.figures())
    yield ""


def _defect_tables(matrix: Matrix) -> Iterator[str]:
    yield "## Broken APIs"
    yield ""
    yield "Each defect breaks one rule. The scenarios of that rule have to say so; how many of them do is in brackets."
    yield ""
    for rule, trials in matrix.by_rule().items():
        if trials:
            yield f"### {rule}"
            yield ""
            yield "| Defect | What it does | Caught by |"
            yield "|---|---|---|"
            yield from (_defect_row(trial) for trial in trials)
            yield ""


def _defect_row(trial: Trial) -> str:
    if trial.fate is Fate.CAUGHT:
        by = f"{trial.catchers[0].name} ({len(trial.catchers)})"
    else:
        others = sorted({record.rule for record in trial.accusing or trial.stumbled})
        by = f"**{trial.fate.value}**" + (f": {', '.join(others)}" if others else "")
    return f"| `{trial.defect.name}` | {_cell(trial.defect.says)} | {_cell(by)} |"


def _variant_table(matrix: Matrix) -> Iterator[str]:
    yield "## Unusual but correct APIs"
    yield ""
    yield "| Variant | What it does | The whole contract |"
    yield "|---|---|---|"
    for hearing in matrix.hearings:
        outcome = "accepted, nothing left" if hearing.accepted else f"**{_cell(_objection(hearing))}**"
        yield f"| `{hearing.variant.name}` | {_cell(hearing.variant.says)} | {outcome} |"
    yield ""


def _objection(hearing: Hearing) -> str:
    accused = [f"{record.rule}: {record.name}" for record in hearing.accusations]
    reasons = [*accused, *hearing.residue.told(), hearing.trouble]
    return "; ".join(filter(None, reasons)) or f"exit code {hearing.play.exit_code}"


def _strength(matrix: Matrix) -> Iterator[str]:
    yield "## How sharp the aim is"
    yield ""
    yield f"{matrix.noise()}."
    yield ""
    beside = [trial for trial in matrix.trials if trial.noise]
    if beside:
        yield "| Defect | Its rule | Other rules that turn red |"
        yield "|---|---|---|"
        for trial in beside:
            yield f"| `{trial.defect.name}` | {trial.defect.rule} | {', '.join(trial.noise or ())} |"
        yield ""
    yield from _unneeded(matrix)


def _unneeded(matrix: Matrix) -> Iterator[str]:
    unneeded = matrix.unneeded()
    if unneeded:
        yield "## Scenarios that none of these defects needed"
        yield ""
        yield from (f"- {record.rule}: {record.name} (`{record.location}`)" for record in unneeded)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
