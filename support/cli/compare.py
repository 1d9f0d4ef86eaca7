"""Compare two runs, or two APIs: what is newly broken, still broken, no longer judged, fixed and so on.

Exits with 1 if anything is newly broken, with 2 if there is nothing to compare, else with 0.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

from rich.padding import Padding
from rich.text import Text

from support.errors import SettingsError
from support.reporting.changes import Change, Changed, changes, in_one_line
from support.reporting.console import Console
from support.reporting.job.markdown import in_plain_text
from support.reporting.summary import FILE, Summary, read
from support.settings import ROOT, load
from support.streams import say

NOTHING_TO_COMPARE = 2
MOST = 50
ONE_SIDED = (Change.NEWLY_PLAYED, Change.NOT_PLAYED)
STYLES = {Change.NEWLY_BROKEN: "red", Change.FIXED: "green"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the comparison of two summaries; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m support.cli.compare", description=__doc__)
    parser.add_argument("old", help="summary.json of the earlier run, or the URL of an API to test first")
    parser.add_argument("new", help="summary.json of the later run, or the URL of another API, with the same TOKEN")
    parser.add_argument("--tags", default="@contract", help="what to run on an API, as for behave --tags")
    parser.add_argument("--markdown", action="store_true", help="print it as Markdown, for a pull request")
    options = parser.parse_args(arguments)
    try:
        old, new = (_summary(getattr(options, name), name, options.tags) for name in ("old", "new"))
    except (OSError, ValueError, SettingsError) as error:
        say(sys.stderr, f"compare: {error}\n")
        return NOTHING_TO_COMPARE
    found = changes(old, new)
    if options.markdown:
        say(sys.stdout, "\n".join(_markdown(old, new, found)) + "\n")
    else:
        _print(Console(sys.stdout), old, new, found)
    return int(any(one.change is Change.NEWLY_BROKEN for one in found))


def _summary(given: str, name: str, tags: str) -> Summary:
    """Return the summary in a file; or, for a URL, run the suite there, with reports in a folder of their own."""
    if not given.startswith(("http://", "https://")):
        return _played(Path(given))
    try:
        reports = ROOT / load({"base_url": given}).reports_dir / "compared" / name
    except SettingsError as error:
        raise SettingsError(str(error).replace("BASE_URL (from -D base_url)", name)) from None
    (reports / FILE).unlink(missing_ok=True)  # so that a run that does not begin leaves none
    defined = ["-D", f"base_url={given}", "-D", f"reports_dir={reports}"]
    command = [sys.executable, "-m", "behave", f"--tags={tags}", *defined]
    subprocess.run(command, cwd=ROOT, stdout=sys.stderr, check=False)
    return _played(reports / FILE)


def _played(path: Path) -> Summary:
    summary = read(path)
    if not summary.scenarios:
        raise ValueError(f"{path} is about a run without scenarios ({summary.in_one_line})")
    return summary


def _differing(old: Summary, new: Summary) -> list[str]:
    """Return a line if the runs selected different scenarios; one that only one run selected has not changed."""
    selected = [f"{run.selection or 'all'}{f', shard {run.shard}' if run.shard else ''}" for run in (old, new)]
    return [f"the runs selected differently: {selected[0]} before, {selected[1]} now"] if len(set(selected)) > 1 else []


def _listed(found: Sequence[Changed]) -> list[Changed]:
    """Return the changes to list; scenarios that only one of the runs played are only counted."""
    return [one for one in found if one.change not in ONE_SIDED]


def _print(console: Console, old: Summary, new: Summary, found: Sequence[Changed]) -> None:
    console.print(Text(f"old  {old.started}  {old.in_one_line}"), Text(f"new  {new.started}  {new.in_one_line}"))
    console.print(*map(Text, _differing(old, new)))
    for change, group in groupby(_listed(found), lambda one: one.change):
        console.gap()
        console.print(Text(change, f"bold {STYLES.get(change, 'yellow')}"))
        for rule, of_rule in groupby(group, lambda one: one.rule):
            console.print(Padding(Text(rule or "no rule"), (0, 0, 0, 2)))
            console.print(*(Padding(Text(_line(one)), (0, 0, 0, 4)) for one in of_rule))
    console.gap()
    console.print(Text(in_one_line(found), "bold"))


def _line(one: Changed) -> str:
    """Return a scenario with its results and place; why it failed is on a line of its own."""
    why = f"\n  {one.why}" if one.why and one.change is not Change.FIXED else ""
    return f"{one.name}: {one.before} -> {one.now}{f' ({one.place})' if one.place else ''}{why}"


def _markdown(old: Summary, new: Summary, found: Sequence[Changed]) -> Iterator[str]:
    sign = "❌" if any(one.change is Change.NEWLY_BROKEN for one in found) else "✅"
    yield f"## {sign} {in_one_line(found)}"
    yield ""
    yield from (f"- {when}: {in_plain_text(run.in_one_line)}" for when, run in (("before", old), ("now", new)))
    yield from (f"- {in_plain_text(line)}" for line in _differing(old, new))
    for change, group in groupby(_listed(found), lambda one: one.change):
        yield from (
            "",
            f"### {change.capitalize()}",
            "",
            "| rule | scenario | before | now | why |",
            "| --- | --- | --- | --- | --- |",
        )
        rows = list(group)
        for one in rows[:MOST]:
            cells = (f"`{one.rule}`" if one.rule else "", *map(in_plain_text, (one.name, one.before, one.now, one.why)))
            yield f"| {' | '.join(cells)} |"
        if len(rows) > MOST:
            yield f"| | … and {len(rows) - MOST} more | | | |"


if __name__ == "__main__":
    sys.exit(main())
