"""Join the reports of a run that several machines shared, each with `-D shard=I/N`, into one.

Exits with 0 if the whole run passed, with 1 if it did not (or as EXIT_CODES says), and with 2 if the reports are not
those of one run.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from behave.configuration import Configuration

from support.errors import SettingsError, SuiteError
from support.reporting import badge, last_results
from support.reporting.allure.properties import write_environment
from support.reporting.merging import merge, merged_text
from support.reporting.run_report import FAILED, make_ready, publish, with_faults
from support.reporting.summary import FILE, KEPT, Summary, read
from support.settings import ROOT, load
from support.streams import say

UNFIT = 2
OF_ALLURE = "environment.properties"
SAME = ("split", "selection", "profile", "contract", "target")
"""What the shards of one run have in common."""
ADVICE = (
    "Run all shards with the same settings and arguments. The times in REPORTS_DIR/summary.json, if that is of a whole "
    "run, decide the split: give every machine the same file, or none."
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Join the reports, print the end of the whole run; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m support.cli.merge", description=__doc__)
    parser.add_argument("reports", nargs="+", type=Path, help="folder of the reports of one shard, its REPORTS_DIR")
    parser.add_argument("--into", type=Path, metavar="DIR", help="folder for the joined reports (default: REPORTS_DIR)")
    options = parser.parse_args(arguments)
    try:
        settings = load()
        into = options.into or ROOT / settings.reports_dir
        if into.resolve() in [folder.resolve() for folder in options.reports]:
            raise SettingsError(f"--into: {into} holds the reports of a shard. Name another folder.")
        whole = joined([_shard(folder) for folder in options.reports])
        make_ready(into)
        _join_files(options.reports, into, whole)
    except (SuiteError, OSError) as error:
        say(sys.stderr, f"merge: {error}\n")
        return UNFIT
    outcome = publish(whole, into, Configuration([], load_config=False))
    return outcome.exit_code(settings.exit_codes == "detailed", FAILED)


def joined(parts: Sequence[Summary]) -> Summary:
    """Return the summaries of the shards of one run as one; a missing shard is a fault of the run.

    Raises SettingsError if they are not the shards of one run.
    """
    begun = sorted((part for part in parts if part.split), key=_number)
    if not begun:
        raise SettingsError(f"no shard ran a scenario: {parts[0].in_one_line}")
    for name in SAME:
        values = sorted({getattr(part, name) for part in begun})
        if len(values) > 1:
            found = " and ".join(value or "none" for value in values)
            raise SettingsError(f"the reports are not of one run: they differ in {name} ({found}). {ADVICE}")
    numbers, count = [_number(part) for part in parts], int(parts[0].shard.partition("/")[2])
    twice = sorted({number for number in numbers if numbers.count(number) > 1})
    if twice:
        raise SettingsError(f"there are several reports of shard {twice[0]}/{count}. Name each shard once.")
    first = replace(
        begun[0],
        started=min(part.started for part in begun),
        seconds=max(part.seconds for part in begun),
        closing_s=max(part.closing_s for part in begun),
        run=", ".join(part.run for part in begun if part.run),
        seed=begun[0].seed if len({part.seed for part in begun}) == 1 else None,
        shard="",
        split="",
    )
    missing = sorted({*range(1, count + 1)} - {*numbers})
    unknown = "nothing says how its scenarios ended"
    faults = [f"there is no report of shard {number}/{count}: {unknown}" for number in missing]
    faults += [f"shard {part.shard} did not begin: {part.in_one_line}" for part in parts if not part.split]
    return with_faults(merge(first, begun[1:]), map(SuiteError, faults))


def _shard(folder: Path) -> Summary:
    try:
        summary = read(folder / FILE)
    except (OSError, ValueError) as error:
        raise SettingsError(f"{folder}: there is no summary of a run ({error}).") from None
    if not summary.shard:
        raise SettingsError(f"{folder}: this run was not a shard ({summary.in_one_line}). Run it with -D shard=I/N.")
    return summary


def _number(summary: Summary) -> int:
    return int(summary.shard.partition("/")[0])


def _join_files(folders: Sequence[Path], into: Path, whole: Summary) -> None:
    """Copy the other files that the shards wrote; files of the same name are joined into one."""
    files: defaultdict[Path, list[Path]] = defaultdict(list)
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.name not in (*KEPT, badge.FILE, last_results.FILE):
                files[path.relative_to(folder)].append(path)
    for name, paths in files.items():
        target = into / name
        target.parent.mkdir(parents=True, exist_ok=True)
        contents = list(dict.fromkeys(path.read_bytes() for path in paths))
        if name.name == OF_ALLURE:
            write_environment(target.parent, whole.identity)
        elif len(contents) == 1:
            target.write_bytes(contents[0])
        else:
            target.write_text(merged_text([content.decode() for content in contents]), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
