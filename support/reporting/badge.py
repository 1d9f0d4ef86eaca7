"""`badge.json`: what a badge says of the last run, for https://shields.io/badges/endpoint-badge."""

from __future__ import annotations

import json
from pathlib import Path

from support.errors import Outcome, number_of
from support.reporting.results import Result
from support.reporting.summary import Summary
from support.rules import RULES

FILE = "badge.json"
COLOURS = {
    Outcome.PASSED: "brightgreen",
    Outcome.CONTRACT_BROKEN: "red",
    Outcome.LEFT_BEHIND: "red",
    Outcome.INCONCLUSIVE: "orange",
}


def badge(summary: Summary) -> dict[str, object]:
    """Return the badge: it is green only if every rule was kept, without a deviation or a skipped scenario."""
    kept = summary.rules_by_result.get(Result.PASSED, 0)
    message, colour = str(summary.outcome), COLOURS.get(summary.outcome, "lightgrey")
    if summary.outcome is Outcome.CONTRACT_BROKEN:
        broken = summary.rules_by_result.get(Result.FAILED, 0)
        message = f"{number_of(broken, 'rule')} broken" if broken else message
    elif summary.outcome is Outcome.PASSED:
        message = f"{kept} of {number_of(len(RULES), 'rule')} kept"
        if known := summary.rules_by_result.get(Result.KNOWN_DEVIATION, 0):
            message += f", {known} known to be broken"
        is_whole = kept == len(RULES) and not summary.scenarios_by_result.get(Result.SKIPPED)
        colour = colour if is_whole else "yellow"
    return {"schemaVersion": 1, "label": f"Users API {summary.contract}".rstrip(), "message": message, "color": colour}


def write_badge(summary: Summary, folder: Path) -> None:
    """Write the badge of a run into a folder."""
    (folder / FILE).write_text(json.dumps(badge(summary), indent=2) + "\n", encoding="utf-8")
