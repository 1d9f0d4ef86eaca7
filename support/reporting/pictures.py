"""Pictures for reports, as SVG that loads nothing: contenders on a time axis, and latencies as a histogram."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, MARGIN, ROW, TOP, AXIS = 960, 12, 24, 48, 34
LABELS, VERDICTS = 250, 165
INK, FAINT, PAPER = "#1f2933", "#8a94a0", "#ffffff"
COLOURS = {"won": "#1a7f37", "refused": "#3b6ea5", "broken": "#b42318", "unknown": "#9a6700"}
LONGEST_LABEL = 34
BINS = 24
HEIGHT = 220


@dataclass(frozen=True)
class Contender:
    """One contender of a race; moments in seconds after the race began, None where it did not come so far.

    `verdict` begins with won, refused, broken or unknown, which chooses the colour; what follows is shown beside it.
    """

    label: str
    sent_s: float | None
    released_s: float | None
    answered_s: float | None
    verdict: str


def race(contenders: Iterable[Contender], title: str = "The contenders on a time axis") -> str:
    """Draw when each contender's request was begun, released by its last byte, and answered."""
    contenders = list(contenders)
    last = max((moment for one in contenders for moment in _moments(one)), default=0.001) or 0.001
    axis = _Axis(last, LABELS, WIDTH - VERDICTS)
    height = TOP + ROW * len(contenders) + AXIS
    rows = [piece for number, one in enumerate(contenders) for piece in _row(one, TOP + ROW * number, axis)]
    legend = [_legend()] if any(one.sent_s is not None for one in contenders) else []
    return _svg(title, height, [*axis.lines(TOP - 6, height - AXIS), *rows, *legend])


def histogram(latencies_s: Sequence[float], title: str = "Time from release to answer") -> str:
    """Draw how many answers took how long, with the median and the 95th of a hundred marked."""
    last = max(latencies_s, default=0.001) or 0.001
    axis = _Axis(last, MARGIN + 30, WIDTH - MARGIN - 20)
    counts = [0] * BINS
    for latency in latencies_s:
        counts[min(BINS - 1, int(latency / axis.last_s * BINS))] += 1
    floor = TOP + HEIGHT
    bars = [_bar(number, count, max(counts), axis, floor) for number, count in enumerate(counts) if count]
    marks = [piece for mark in _marks(latencies_s) for piece in _mark(*mark, axis, floor)]
    return _svg(title, floor + AXIS, [*axis.lines(TOP - 6, floor), *bars, *marks])


class _Axis:
    """Seconds from 0 to a round number, laid out between two x positions."""

    def __init__(self, last_s: float, left: float, right: float) -> None:
        self.step_s = _round_step(last_s / 5)
        self.last_s = math.ceil(last_s / self.step_s) * self.step_s
        self._left, self._wide = left, right - left

    def x(self, seconds: float) -> float:
        return self._left + seconds / self.last_s * self._wide

    def lines(self, top: float, bottom: float) -> Iterator[str]:
        """Yield a faint line and its moment for each step."""
        for number in range(round(self.last_s / self.step_s) + 1):
            at, seconds = self.x(number * self.step_s), number * self.step_s
            yield f'<line x1="{at:.1f}" x2="{at:.1f}" y1="{top}" y2="{bottom}" stroke="{FAINT}" stroke-opacity=".35"/>'
            yield _text(at, bottom + 18, f"{seconds * 1000:g} ms", anchor="middle", colour=INK)


def _round_step(least_s: float) -> float:
    magnitude = 10 ** math.floor(math.log10(least_s))
    return float(next(factor * magnitude for factor in (1, 2, 5, 10) if factor * magnitude >= least_s * 0.999))


def _moments(one: Contender) -> Iterator[float]:
    return (moment for moment in (one.sent_s, one.released_s, one.answered_s) if moment is not None)


def _row(one: Contender, top: float, axis: _Axis) -> Iterator[str]:
    colour = COLOURS.get(one.verdict.split()[0] if one.verdict else "", COLOURS["unknown"])
    middle = top + ROW / 2
    label = one.label if len(one.label) <= LONGEST_LABEL else f"{one.label[: LONGEST_LABEL - 1]}…"
    yield _text(MARGIN, middle + 4, label)
    if one.sent_s is not None:
        until = one.released_s if one.released_s is not None else axis.last_s
        yield _rect(axis.x(one.sent_s), axis.x(until), middle - 1, 2, FAINT)
    if one.released_s is not None:
        until = one.answered_s if one.answered_s is not None else axis.last_s
        yield _rect(axis.x(one.released_s), axis.x(until), middle - 6, 12, colour, 1 if one.answered_s else 0.25)
    yield _text(WIDTH - VERDICTS + 10, middle + 4, one.verdict, colour=colour, weight="600")


def _rect(left: float, right: float, top: float, high: float, colour: str, opacity: float = 1) -> str:
    place = f'x="{left:.1f}" y="{top:.1f}" width="{max(1.5, right - left):.1f}" height="{high:.1f}"'
    return f'<rect {place} rx="1" fill="{colour}" fill-opacity="{opacity}"/>'


def _legend() -> str:
    return _text(
        WIDTH - MARGIN,
        26,
        "thin: sent but for its last byte; thick: from its last byte to the answer",
        anchor="end",
        size=12,
    )


def _bar(number: int, count: int, most: int, axis: _Axis, floor: float) -> str:
    left, right = (axis.x(edge * axis.last_s / BINS) for edge in (number, number + 1))
    high = count / most * (HEIGHT - 24)
    shape = _rect(left + 1, right - 1, floor - high, high, COLOURS["refused"])
    return shape + _text((left + right) / 2, floor - high - 4, str(count), anchor="middle", size=11)


def _marks(latencies_s: Sequence[float]) -> Iterable[tuple[str, float]]:
    if len(latencies_s) < 2:
        return []
    cuts = statistics.quantiles(latencies_s, n=100, method="inclusive")
    return [("median", cuts[49]), ("95 of 100", cuts[94])]


def _mark(name: str, seconds: float, axis: _Axis, floor: float) -> Iterator[str]:
    at = axis.x(seconds)
    yield f'<line x1="{at:.1f}" x2="{at:.1f}" y1="{TOP - 6}" y2="{floor}" stroke="#b42318" stroke-dasharray="4 3"/>'
    yield _text(
        at + 4, TOP + (6 if name == "median" else 22), f"{name} {seconds * 1000:.1f} ms", colour="#b42318", size=12
    )


def _text(
    x: float, y: float, text: str, *, anchor: str = "start", colour: str = INK, size: int = 13, weight: str = "400"
) -> str:
    style = f'text-anchor="{anchor}" fill="{colour}" font-size="{size}" font-weight="{weight}"'
    return f'<text x="{x:.1f}" y="{y:.1f}" {style}>{escape(text)}</text>'


def _svg(title: str, height: float, pieces: Iterable[str]) -> str:
    size = f'viewBox="0 0 {WIDTH} {height:.0f}" width="{WIDTH}" height="{height:.0f}"'
    style = 'role="img" font-family="system-ui, sans-serif"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} {style}><title>{escape(title)}</title>'
    paper = f'<rect width="100%" height="100%" fill="{PAPER}"/>'
    return "\n".join([head, paper, _text(MARGIN, 26, title, size=15, weight="600"), *pieces, "</svg>"])
