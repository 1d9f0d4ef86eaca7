"""Write the living documentation: `python -m support.reporting.docs` makes a static site of the features."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path

from behave.model import Scenario

from support.errors import SettingsError, SuiteError
from support.reporting.docs.features import examples_by_rule, read_features
from support.reporting.docs.last_run import last_run_in, read_results
from support.reporting.docs.played import Example, play
from support.reporting.docs.site import write_site
from support.reporting.summary import FILE
from support.settings import ROOT, load


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the site with the last result of each scenario, if there is any; return the exit code."""
    try:
        reports = ROOT / load().reports_dir
        options = _options(reports, arguments)
        last = read_results(options.results) if options.results else last_run_in(reports)
    except (ValueError, SettingsError) as error:
        print(error, file=sys.stderr)
        return 1
    report = options.report if options.report is not None else report_in(reports, options.output)
    folder = options.features.resolve()
    capabilities = read_features(folder.parent, folder)
    played = _played(examples_by_rule(chain.from_iterable(capabilities.values())))
    try:
        first = write_site(options.output, capabilities, replace(last, report=report), played)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"Documentation: {first}" + ("" if last.results else " (without results: there was no run yet)"))
    return 0


def _played(examples: Mapping[str, Sequence[Scenario]]) -> dict[str, Example]:
    """Return a played example of each rule; print which rules have none, as the pages then show none."""
    try:
        played = play(examples)
    except SuiteError as error:
        print(error, file=sys.stderr)
        return {}
    if lacking := [rule for rule, shown in examples.items() if shown and rule not in played]:
        print(f"No request and no answer could be shown for {', '.join(lacking)}", file=sys.stderr)
    return played


def _options(reports: Path, arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m support.reporting.docs", description=__doc__)
    parser.add_argument("--results", type=Path, metavar="FILE", help="summary.json of a run, or behave's JSON")
    parser.add_argument("--output", type=Path, default=reports / "docs", metavar="DIR", help="where to write the site")
    parser.add_argument("--report", metavar="URL", help="address of the Allure report, as seen from a page")
    parser.add_argument("--features", type=Path, default=ROOT / "features", metavar="DIR", help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def report_in(reports: Path, output: Path) -> str:
    """Return the address of the Allure report, if there is one and the last run did not come after it."""
    found = [path for path in (reports / "allure.html", reports / "allure" / "index.html") if path.is_file()]
    newest = max(found, key=lambda path: path.stat().st_mtime, default=None)
    summary = reports / FILE
    if newest is None or not summary.is_file() or newest.stat().st_mtime < summary.stat().st_mtime:
        return ""
    return Path(os.path.relpath(newest, output)).as_posix()


if __name__ == "__main__":
    sys.exit(main())
