"""Compare which of the same defects of the embedded API this suite and Schemathesis find.

Schemathesis gets the contract as an OpenAPI document, and a baseline of its findings on the API without defects, so
that only further findings count. Both tools take turns on each defect, each on an API of its own.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from support.errors import SuiteError
from support.prove.candidates import Defect, offered_defects
from support.prove.checks import SHORT_DEADLINES, api
from support.prove.leftovers import Leftovers, leftovers_at_last, list_users
from support.prove.runner import Runner
from support.settings import ROOT
from support.target.embedded import Target

DOCUMENT = ROOT / "docs" / "openapi.json"
SEEDS_OF_THE_BASELINE = (1, 2, 3)
LIMIT_S = 600.0
NOTHING, FOUND = 0, 1
"""Exit codes of Schemathesis; any other code means that it could not run."""


@dataclass
class Score:
    """What a tool found; `harmed` counts the runs after which a user who existed before is changed or gone."""

    caught: list[str] = field(default_factory=list)
    harmed: int = 0
    left: int = 0
    seconds: float = 0.0

    def add(self, defect: str, caught: bool, seconds: float, found: Leftovers) -> None:
        self.caught += [defect] if caught else []
        self.harmed += bool(found.missing or found.changed)
        self.left += len(found.left)
        self.seconds += seconds


class Schemathesis:
    """The command of Schemathesis, with a baseline."""

    def __init__(self, command: str, examples: int, folder: Path) -> None:
        self._command = [command, "run", str(DOCUMENT), "--max-examples", str(examples)]
        self._baseline = folder / "baseline.json"

    def learn(self) -> None:
        """Put all findings on the API without defects into the baseline."""
        for seed in SEEDS_OF_THE_BASELINE:
            with api() as target:
                self._run(target, seed, "--baseline-update")

    def finds_something(self, target: Target) -> bool:
        return self._run(target, SEEDS_OF_THE_BASELINE[0]) == FOUND

    def _run(self, target: Target, seed: int, *options: str) -> int:
        origin = "{0.scheme}://{0.netloc}".format(urlsplit(target.base_url))
        words = ["--url", origin, "--seed", str(seed), "--baseline", str(self._baseline), *options]
        # A file passes the token: every user of the machine can read the arguments of a command.
        configured = f'[auth.openapi.token]\nbearer = "{target.token}"\n'
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "schemathesis.toml").write_text(configured, encoding="utf-8")
            command = [*self._command, *words]
            try:
                done = subprocess.run(command, cwd=folder, capture_output=True, timeout=LIMIT_S, check=False)
            except subprocess.TimeoutExpired:
                return NOTHING
        if done.returncode not in (NOTHING, FOUND):
            raise SuiteError(f"Schemathesis ended with {done.returncode}: {done.stderr.decode('utf-8', 'replace')}")
        return done.returncode


def main() -> int:
    """Print for each tool how many defects it found, how long it took, and what it did to the users of others."""
    parser = argparse.ArgumentParser(prog="python -m support.bench.schemathesis", description=__doc__)
    parser.add_argument("--every", type=int, default=15, metavar="N", help="take every N-th defect (15)")
    parser.add_argument("--examples", type=int, default=50, help="of Schemathesis for each operation (50)")
    parser.add_argument("--command", default="st", help="the command of Schemathesis (st)")
    arguments = parser.parse_args()
    command = shutil.which(arguments.command)
    if command is None:
        print(f"{arguments.command} is not there: pip install schemathesis, or name it by --command", file=sys.stderr)
        return 2
    version = subprocess.run([command, "--version"], capture_output=True, text=True, check=True).stdout.split()[-1]
    defects = offered_defects()[:: arguments.every]
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        scores = _compare(Schemathesis(command, arguments.examples, Path(folder)), Path(folder), defects)
    print(f"{len(defects)} defects, Schemathesis {version}, {arguments.examples} examples")
    for name, score in scores.items():
        print(
            f"{name:<14} found {len(score.caught):>3} in {score.seconds / 60:.1f} min,"
            f" {score.harmed} runs changed users of others, {score.left} users left behind"
        )
    missed = set(scores["Schemathesis"].caught) - set(scores["this suite"].caught)
    print(f"found by Schemathesis alone: {', '.join(sorted(missed)) or 'none'}")
    return 0


def _compare(other: Schemathesis, folder: Path, defects: list[Defect]) -> dict[str, Score]:
    scores = {"this suite": Score(), "Schemathesis": Score()}
    runner = Runner(folder)

    def this_suite(target: Target) -> bool:
        return bool(runner.run(target.base_url, target.token, SHORT_DEADLINES).violations)

    other.learn()
    for defect in defects:
        for name, finds in (("this suite", this_suite), ("Schemathesis", other.finds_something)):
            with api(*defect.options) as target:
                before, begun = list_users(target), time.monotonic()
                caught = finds(target)
                scores[name].add(defect.name, caught, time.monotonic() - begun, leftovers_at_last(target, before))
    return scores


if __name__ == "__main__":
    sys.exit(main())
