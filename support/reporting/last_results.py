"""The last result of each scenario on a target, kept while later runs play only some of them."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from support.reporting.changes import why_in_short
from support.reporting.results import Failure, Result, plain, worst_result
from support.reporting.summary import Summary, all_redacted

FILE = "last-results.json"
SCHEMA = 1
LONGEST_TEXT = 6_000

Key = tuple[str, str]
"""The feature and the title of a scenario, as lines move when a feature is edited."""


@dataclass(frozen=True)
class Kept:
    """The last result of a scenario; `started` is when its run began, `why` and `text` describe a failure."""

    feature: str
    name: str
    result: Result
    started: str
    reason: str = ""
    broken_rule: str = ""
    why: str = ""
    text: str = ""

    @property
    def key(self) -> Key:
        return self.feature, self.name


def results_of(summary: Summary) -> dict[Key, Kept]:
    """Return what a run says of each scenario that it played or skipped; of several with one title, the worst."""
    failures = {(failure.feature, plain(failure.scenario)): failure for failure in reversed(summary.failures)}
    found: dict[Key, Kept] = {}
    for one in summary.scenarios:
        key = one.feature, plain(one.name)
        worse = key in found and worst_result([found[key].result, one.result]) is found[key].result
        if one.result is not Result.NOT_RUN and not worse:
            found[key] = Kept(*key, one.result, summary.started, one.reason, one.broken_rule, *_told(failures.get(key)))
    return found


def _told(failure: Failure | None) -> tuple[str, str]:
    return (why_in_short(failure), failure.text[:LONGEST_TEXT]) if failure else ("", "")


def keep(summary: Summary, folder: Path) -> None:
    """Add the results of a run to those in a folder; results on another target are dropped."""
    found = results_of(summary)
    if not found:
        return
    target, before = read_kept(folder)
    results = {**(before if target == summary.target else {}), **found}
    content = {"schema": SCHEMA, "target": summary.target, "results": [asdict(one) for one in results.values()]}
    unfinished = (folder / FILE).with_suffix(".tmp")
    unfinished.write_text(json.dumps(all_redacted(content), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    unfinished.replace(folder / FILE)


def read_kept(folder: Path) -> tuple[str, Mapping[Key, Kept]]:
    """Return the target and the results that a folder has; none if it has no such file, or a damaged one."""
    with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
        content = json.loads((folder / FILE).read_text(encoding="utf-8"))
        if content["schema"] == SCHEMA:
            kept = (Kept(**{**one, "result": Result(one["result"])}) for one in content["results"])
            return content["target"], {one.key: one for one in kept}
    return "", {}
