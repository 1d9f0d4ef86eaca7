"""Write the living documentation: `python -m support.reporting.docs` makes a static site of the features."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from support.reporting.docs.features import read_features
from support.reporting.docs.last_run import LastRun, read_results
from support.reporting.docs.site import write_site
from support.reporting.summary import FILE
from support.settings import ROOT, load


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the site with the results of the last run if there are any; return the exit code."""
    reports = ROOT / load().reports_dir
    parser = argparse.ArgumentParser(prog="python -m support.reporting.docs", description=__doc__)
    parser.add_argument("--results", type=Path, metavar="FILE", help="summary.json of a run, or behave's JSON")
    parser.add_argument("--output", type=Path, default=reports / "docs", metavar="DIR", help="where to write the site")
    parser.add_argument("--features", type=Path, default=ROOT / "features", metavar="DIR", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    results = options.results or reports / FILE
    try:
        last = read_results(results) if options.results or results.is_file() else LastRun()
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    features = options.features.resolve()
    first = write_site(options.output, read_features(features.parent, features), last)
    print(f"Documentation: {first}" + ("" if last.results else " (without results: there was no run yet)"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
