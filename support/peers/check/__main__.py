"""Run the suite against real servers, and compare it with the verdicts: `python -m support.peers.check [NAME ...]`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence

from support.peers.check import NoResult, PeerResult, check_peer
from support.peers.errors import PeerFailed, PeerUnavailable
from support.peers.verdicts import ASSESSED
from support.rules import RULES

DIFFERENT = 1
ALL_SKIPPED = 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 0 if the suite agrees with the verdicts, 1 if it does not, 3 if no peer can be installed."""
    names = _parser().parse_args(arguments).names or list(ASSESSED)
    results: dict[str, PeerResult] = {}
    skipped: dict[str, str] = {}
    broken: dict[str, str] = {}
    for name in names:
        print(f"the suite runs against {name}", file=sys.stderr, flush=True)
        try:
            results[name] = check_peer(name)
            print(*differences(name, results[name]), sep="\n", file=sys.stderr, flush=True)
        except PeerUnavailable as reason:
            skipped[name] = str(reason)
        except (NoResult, PeerFailed) as reason:
            broken[name] = str(reason)
    for line in report(results, skipped, broken):
        print(line)
    if broken or any(result.differences for result in results.values()):
        return DIFFERENT
    return 0 if results else ALL_SKIPPED


def report(results: Mapping[str, PeerResult], skipped: Mapping[str, str], broken: Mapping[str, str]) -> Iterator[str]:
    """Yield the table, and below it the differences."""
    if results:
        yield from _table(results)
        yield ""
    for name, reason in skipped.items():
        yield f"{name} was skipped: {reason}"
    for name, reason in broken.items():
        yield f"{name} could not be checked: {reason}"
    for name, result in results.items():
        yield from differences(name, result)


def differences(name: str, result: PeerResult) -> Iterator[str]:
    """Yield what differs from the verdicts on a peer, or that nothing does."""
    if not result.differences:
        yield f"{name}: the suite agrees with the verdicts, and changed no existing user"
    yield from (f"{name} differs: {text}" for text in result.differences)


def _table(results: Mapping[str, PeerResult]) -> Iterator[str]:
    by_rule = {name: {row.rule: row for row in result.rows} for name, result in results.items()}
    lines = [["rule", *results]]
    for rule in RULES:
        rows = [by_rule[name][rule] for name in results]
        lines.append([rule, *(row.says + (" (!)" if row.differences else "") for row in rows)])
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for cells in lines:
        yield "  ".join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True)).rstrip()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m support.peers.check", description=__doc__)
    known = ", ".join(ASSESSED)
    parser.add_argument("names", nargs="*", choices=[*ASSESSED, []], metavar="NAME", help=f"{known}; all without one")
    return parser


if __name__ == "__main__":
    sys.exit(main())
