"""Print the outcome of a run as Markdown, for the page of a CI job."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from support.errors import SettingsError
from support.reporting.job.markdown import markdown
from support.reporting.summary import FILE, read
from support.settings import ROOT, load


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the summary, or that there is none."""
    parser = argparse.ArgumentParser(prog="python -m support.reporting.job", description=__doc__)
    parser.add_argument("summary", nargs="?", type=Path, default=None, help="summary.json of a run")
    options = parser.parse_args(arguments)
    try:
        path = options.summary or ROOT / load().reports_dir / FILE
        if not path.is_file():
            print("## ⚠️ The run wrote no summary: it did not begin, and its output says why, or it was killed")
            return 0
        print(markdown(read(path)), end="")
    except (ValueError, SettingsError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
