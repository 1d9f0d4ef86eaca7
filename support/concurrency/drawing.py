"""Drawings of races and bursts in text, for failures, and the same as SVG pictures that load nothing, for reports."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Iterator, Sequence
from html import escape

from support.concurrency.races import Contender, Outcome

COLUMNS = 40
BINS = 20
WIDTH, MARGIN, LINE = 960, 12, 20
INK = "#1f2933"
COLOURS = {
    Outcome.WON: "#1a7f37",
    Outcome.REFUSED: "#3b6ea5",
    Outcome.BROKEN: "#b42318",
    Outcome.UNKNOWN: "#9a6700",
}


def timeline(contenders: Sequence[Contender]) -> str:
    """Draw the contenders on a time axis, in the order of their answers: released at `>`, answered at `#`."""
    return "\n".join(line for line, _ in _lines(contenders))


def race_picture(contenders: Sequence[Contender]) -> str:
    """Draw the timeline as SVG, each contender in the colour of the outcome."""
    lines = [(line, COLOURS[one.outcome]) for line, one in _lines(contenders)]
    return _svg("The contenders: released at >, answered at #", lines)


def _lines(contenders: Sequence[Contender]) -> Iterator[tuple[str, Contender]]:
    last = max((one.answered_s or 0.0 for one in contenders), default=0.0) or 0.001
    longest = max((len(one.label) for one in contenders), default=0)
    for one in sorted(contenders, key=lambda contender: contender.answered_s or math.inf):
        axis = [" "] * (COLUMNS + 1)
        for moment, sign in ((one.released_s, ">"), (one.answered_s, "#")):
            if moment is not None:
                axis[min(COLUMNS, round(moment / last * COLUMNS))] = sign
        answered = "      -   " if one.answered_s is None else f"{one.answered_s * 1000:7.2f} ms"
        yield f"{one.label:<{longest}} |{''.join(axis)}| {answered} {one.status} {one.outcome}", one


def histogram(latencies_s: Sequence[float]) -> str:
    """Draw as SVG how many answers took how long, with the median and the 95th percentile."""
    longest = max(latencies_s, default=0.0) or 0.001
    counts = [0] * BINS
    for latency in latencies_s:
        counts[min(BINS - 1, int(latency / longest * BINS))] += 1
    lines = [
        (f"{longest * number / BINS * 1000:9.1f} ms |{'█' * round(count / max(counts) * COLUMNS)} {count}", INK)
        for number, count in enumerate(counts)
        if count
    ]
    if len(latencies_s) > 1:
        cuts = statistics.quantiles(latencies_s, n=100, method="inclusive")
        lines.append((f"median {cuts[49] * 1000:.1f} ms, 95th percentile {cuts[94] * 1000:.1f} ms", INK))
    return _svg("Time from release to answer", lines)


def _svg(title: str, lines: Iterable[tuple[str, str]]) -> str:
    """Write each line in its colour, below each other in a fixed-width font."""
    rows = [(title, INK), *lines]
    texts = [
        f'<text x="{MARGIN}" y="{LINE * number}" fill="{colour}" xml:space="preserve">{escape(line)}</text>'
        for number, (line, colour) in enumerate(rows, start=1)
    ]
    height = LINE * (len(rows) + 1)
    size = f'viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
    style = 'role="img" font-family="ui-monospace, monospace" font-size="13"'
    paper = f'<title>{escape(title)}</title><rect width="100%" height="100%" fill="#ffffff"/>'
    return "\n".join([f'<svg xmlns="http://www.w3.org/2000/svg" {size} {style}>', paper, *texts, "</svg>"])
