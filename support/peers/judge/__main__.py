"""Judge real servers by the suite: `python -m support.peers.judge [NAME ...]` draws a table, a line for each rule."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence

from support.peers.catalogue import RECIPES
from support.peers.errors import PeerFailed, PeerUnavailable
from support.peers.judge import Judgement, judge
from support.peers.judge.playing import NoResult
from support.rules import RULES

DIFFERENT = 1
ALL_SKIPPED = 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 0 where the suite says what the recorded answers deserve, 1 where not, 3 where no peer can be had."""
    names = _parser().parse_args(arguments).names or list(RECIPES)
    judged: dict[str, Judgement] = {}
    skipped: dict[str, str] = {}
    broken: dict[str, str] = {}
    for name in names:
        print(f"{name} is being judged", file=sys.stderr, flush=True)
        try:
            judged[name] = judge(name)
        except PeerUnavailable as reason:
            skipped[name] = str(reason)
        except (NoResult, PeerFailed) as reason:
            broken[name] = str(reason)
    for line in report(judged, skipped, broken):
        print(line)
    if broken or any(judgement.differences for judgement in judged.values()):
        return DIFFERENT
    return 0 if judged else ALL_SKIPPED


def report(judged: Mapping[str, Judgement], skipped: Mapping[str, str], broken: Mapping[str, str]) -> Iterator[str]:
    """Yield the table, and below it everything that is not as it should be."""
    if judged:
        yield from _table(judged)
        yield ""
    for name, reason in skipped.items():
        yield f"{name} was skipped: {reason}"
    for name, reason in broken.items():
        yield f"{name} could not be judged: {reason}"
    for name, judgement in judged.items():
        if not judgement.differences:
            yield f"{name}: the suite says what its recorded answers deserve, and left everybody as they were"
        for text in judgement.differences:
            yield f"{name} differs: {text}"


def _table(judged: Mapping[str, Judgement]) -> Iterator[str]:
    said = {name: {row.rule: row for row in judgement.rows} for name, judgement in judged.items()}
    lines = [["rule", *judged]]
    for rule in RULES:
        rows = [said[name][rule] for name in judged]
        lines.append([rule, *(row.says + (" (!)" if row.differences else "") for row in rows)])
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for cells in lines:
        yield "  ".join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True)).rstrip()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m support.peers.judge", description=__doc__)
    known = ", ".join(RECIPES)
    parser.add_argument("names", nargs="*", choices=[*RECIPES, []], metavar="NAME", help=f"{known}; all without one")
    return parser


if __name__ == "__main__":
    sys.exit(main())
