"""Drawings of races and bursts: the rows of their contenders, and SVG pictures that load nothing, for reports."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from html import escape

from support.concurrency.races import Contender, Outcome
from support.timeline import TimelineRow, drawn

COLUMNS = 40
BINS = 20
CHARACTERS = 110
WIDTH, MARGIN, LINE = 960, 12, 20
INK = "#1f2933"
COLOURS = {
    Outcome.WON: "#1a7f37",
    Outcome.REFUSED: "#3b6ea5",
    Outcome.BROKEN: "#b42318",
    Outcome.UNKNOWN: "#9a6700",
}


def timeline_rows(contenders: Sequence[Contender]) -> list[TimelineRow]:
    """Return the contenders as rows of a timeline, in the order of their answers."""
    rows = (TimelineRow(one.label, one.released_s, one.answered_s, one.status, one.outcome) for one in contenders)
    return sorted(rows, key=lambda row: math.inf if row.answered_s is None else row.answered_s)


def race_picture(contenders: Sequence[Contender], is_wrong: bool = False) -> str:
    """Draw the timeline as SVG, each contender in its outcome's colour; winners have none if the race went wrong."""
    in_order = timeline_rows(contenders)
    colours = COLOURS | ({Outcome.WON: INK} if is_wrong else {})
    lines = [
        (line, colours[Outcome(row.outcome)]) for line, row in zip(drawn(in_order, CHARACTERS), in_order, strict=True)
    ]
    return _svg("The contenders: released at >, answered at #", lines)


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
    """Write the lines one below the other in a fixed-width font, each in its colour."""
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
