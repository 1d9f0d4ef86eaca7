"""Make the HTML report: `python -m support.reporting.report` runs the contract and turns the results into pages."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from support.errors import SettingsError
from support.reporting.report.generating import ReportNotMade, generate, has_results, play
from support.settings import ROOT, load

UNSET = 2
UNMADE = 6


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the contract, or take existing results, and make the HTML report; it needs Node, but no Java.

    Return the exit code of the run, or 6, which no outcome has, if the run passed and the report could not be made.
    """
    options = _options(arguments)
    try:
        reports = ROOT / load().reports_dir
    except SettingsError as error:
        print(error, file=sys.stderr)
        return UNSET
    results = options.results or reports / "allure-results"
    code = 0 if options.results else play(results, options.behave or ["--tags=@contract"])
    output = options.output or reports / ("allure" if options.folder else "allure.html")
    try:
        generate(results, output, options.history or reports / "history" / "allure.jsonl", not options.folder)
    except ReportNotMade as error:
        kept = f"\nThe results are in {results}." if has_results(results) else ""
        print(f"No report was made: {error}.{kept}", file=sys.stderr)
        return code or UNMADE
    print(f"Report: {output}; see it: npx allure open {output}" if options.folder else f"Report: {output}")
    return code


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m support.reporting.report", description=__doc__)
    parser.add_argument("--results", type=Path, metavar="DIR", help="make the report of these results, without a run")
    parser.add_argument("--output", type=Path, metavar="PATH", help="where to write the report")
    parser.add_argument("--folder", action="store_true", help="write a folder to publish, and not one HTML file")
    parser.add_argument(
        "--history", type=Path, metavar="FILE", help="the history of earlier reports; this one is added"
    )
    parser.add_argument("behave", nargs="*", help="after --: arguments of behave, instead of --tags=@contract")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
