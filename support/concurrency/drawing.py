"""Drawings of races and bursts: contenders on a time axis, as text and as SVG, and a histogram of latencies.

The SVG loads nothing.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape

from support.concurrency.races import Contender, Outcome

WIDTH, MARGIN, ROW, TOP, AXIS, HEIGHT = 960, 12, 24, 48, 34, 220
LABELS, OUTCOMES = 250, 165
INK, FAINT, PAPER, MARK = "#1f2933", "#8a94a0", "#ffffff", "#b42318"
COLOURS = {
    Outcome.WON: "#1a7f37",
    Outcome.REFUSED: "#3b6ea5",
    Outcome.BROKEN: "#b42318",
    Outcome.UNKNOWN: "#9a6700",
}
MAX_LABEL = 34
BINS = 24
COLUMNS = 40


def timeline(contenders: Sequence[Contender]) -> str:
    """Draw the contenders on a time axis in text: released at `>`, answered at `#`."""
    last = _last_s(contenders)
    longest = max(len(one.label) for one in contenders)
    lines = []
    for one in sorted(contenders, key=lambda contender: contender.answered_s or math.inf):
        axis = [" "] * (COLUMNS + 1)
        for moment, sign in ((one.released_s, ">"), (one.answered_s, "#")):
            if moment is not None:
                axis[min(COLUMNS, round(moment / last * COLUMNS))] = sign
        answered = "      -   " if one.answered_s is None else f"{one.answered_s * 1000:7.2f} ms"
        lines.append(f"{one.label:<{longest}} |{''.join(axis)}| {answered} {one.status} {one.outcome}")
    return "\n".join(lines)


def race_picture(contenders: Sequence[Contender], title: str = "The contenders on a time axis") -> str:
    """Draw as SVG when the last byte of each contender was released and when it was answered."""
    axis = _Axis(_last_s(contenders), LABELS, WIDTH - OUTCOMES)
    height = TOP + ROW * len(contenders) + AXIS
    rows = [piece for number, one in enumerate(contenders) for piece in _row(one, TOP + ROW * number, axis)]
    return _svg(title, height, [*axis.lines(height - AXIS), *rows])


def histogram(latencies_s: Sequence[float], title: str = "Time from release to answer") -> str:
    """Draw as SVG how many answers took how long, and mark the median and the 95th percentile."""
    axis = _Axis(max(latencies_s, default=0.0) or 0.001, MARGIN + 30, WIDTH - MARGIN - 20)
    counts = [0] * BINS
    for latency in latencies_s:
        counts[min(BINS - 1, int(latency / axis.last_s * BINS))] += 1
    floor, pieces = TOP + HEIGHT, []
    for number, count in enumerate(counts):
        left, right = (axis.x(edge * axis.last_s / BINS) for edge in (number, number + 1))
        height = count / max(1, *counts) * (HEIGHT - 24)
        if count:
            pieces.append(_bar(left + 1, right - 1, floor - height, height, COLOURS[Outcome.REFUSED]))
            pieces.append(_text((left + right) / 2, floor - height - 4, str(count), anchor="middle", size=11))
    return _svg(title, floor + AXIS, [*axis.lines(floor), *pieces, *_percentiles(latencies_s, axis, floor)])


def _last_s(contenders: Iterable[Contender]) -> float:
    moments = [moment for one in contenders for moment in (one.released_s, one.answered_s) if moment is not None]
    return max(moments, default=0.0) or 0.001


@dataclass(frozen=True)
class _Axis:
    """Seconds from 0 to `last_s`, laid out between two x positions."""

    last_s: float
    left: float
    right: float

    def x(self, seconds: float) -> float:
        return self.left + seconds / self.last_s * (self.right - self.left)

    def lines(self, bottom: float) -> Iterator[str]:
        """Yield a faint line and its moment at each round step."""
        step_s = _round_up(self.last_s / 5)
        for number in range(int(self.last_s / step_s + 1e-9) + 1):
            at = self.x(number * step_s)
            yield f'<line x1="{at:.1f}" x2="{at:.1f}" y1="{TOP - 6}" y2="{bottom}" stroke="{FAINT}"/>'
            yield _text(at, bottom + 18, f"{number * step_s * 1000:g} ms", anchor="middle")


def _round_up(seconds: float) -> float:
    """Return the next 1, 2, 5 or 10 of a power of ten."""
    magnitude = 10 ** math.floor(math.log10(seconds))
    return float(next(factor * magnitude for factor in (1, 2, 5, 10) if factor * magnitude >= seconds * 0.999))


def _row(one: Contender, top: float, axis: _Axis) -> Iterator[str]:
    colour, middle = COLOURS[one.outcome], top + ROW / 2
    yield _text(MARGIN, middle + 4, one.label if len(one.label) <= MAX_LABEL else f"{one.label[: MAX_LABEL - 1]}…")
    if one.released_s is not None:
        end_s = axis.last_s if one.answered_s is None else one.answered_s
        opacity = 1 if one.answered_s is not None else 0.25
        yield _bar(axis.x(one.released_s), axis.x(end_s), middle - 6, 12, colour, opacity)
    yield _text(WIDTH - OUTCOMES + 10, middle + 4, f"{one.outcome} {one.status}", colour=colour)


def _percentiles(latencies_s: Sequence[float], axis: _Axis, floor: float) -> Iterator[str]:
    if len(latencies_s) < 2:
        return
    cuts = statistics.quantiles(latencies_s, n=100, method="inclusive")
    for name, seconds, y in (("median", cuts[49], TOP + 6), ("95th percentile", cuts[94], TOP + 22)):
        at = axis.x(seconds)
        yield f'<line x1="{at:.1f}" x2="{at:.1f}" y1="{TOP - 6}" y2="{floor}" stroke="{MARK}" stroke-dasharray="4 3"/>'
        yield _text(at + 4, y, f"{name} {seconds * 1000:.1f} ms", colour=MARK, size=12)


def _bar(left: float, right: float, top: float, height: float, colour: str, opacity: float = 1) -> str:
    place = f'x="{left:.1f}" y="{top:.1f}" width="{max(1.5, right - left):.1f}" height="{height:.1f}"'
    return f'<rect {place} rx="1" fill="{colour}" fill-opacity="{opacity}"/>'


def _text(x: float, y: float, text: str, anchor: str = "start", colour: str = INK, size: int = 13) -> str:
    style = f'text-anchor="{anchor}" fill="{colour}" font-size="{size}"'
    return f'<text x="{x:.1f}" y="{y:.1f}" {style}>{escape(text)}</text>'


def _svg(title: str, height: float, pieces: Iterable[str]) -> str:
    size = f'viewBox="0 0 {WIDTH} {height:.0f}" width="{WIDTH}" height="{height:.0f}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" font-family="system-ui, sans-serif">'
    paper = f'<title>{escape(title)}</title><rect width="100%" height="100%" fill="{PAPER}"/>'
    return "\n".join([head, paper, _text(MARGIN, 26, title, size=15), *pieces, "</svg>"])
