"""The drawings: well-formed SVG, true to the numbers, and loading nothing."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest

from support.concurrency.drawing import CHARACTERS, COLOURS, INK, histogram, race_picture, timeline_rows
from support.concurrency.races import Outcome
from support.tests.concurrency.outcomes import contender
from support.timeline import drawn

SVG = "{http://www.w3.org/2000/svg}"
CONTENDERS = [
    contender(Outcome.WON, "<Ada> & Co", 0.004, 0.010),
    contender(Outcome.REFUSED, "Grace", 0.005, 0.012),
    contender(Outcome.UNKNOWN, "Alan", None, None),
]


def texts(picture: str) -> list[tuple[str, str | None]]:
    return [(piece.text or "", piece.get("fill")) for piece in ET.fromstring(picture).iter(f"{SVG}text")]


def test_each_contender_is_a_line_of_the_timeline_in_the_colour_of_the_outcome() -> None:
    outcomes = [Outcome.WON, Outcome.REFUSED, Outcome.UNKNOWN]
    lines = zip(drawn(timeline_rows(CONTENDERS), CHARACTERS), outcomes, strict=True)
    assert texts(race_picture(CONTENDERS))[1:] == [(line, COLOURS[outcome]) for line, outcome in lines]


def test_nobody_wins_a_race_that_went_wrong() -> None:
    colours = [colour for _, colour in texts(race_picture(CONTENDERS, is_wrong=True))[1:]]
    assert colours == [INK, COLOURS[Outcome.REFUSED], COLOURS[Outcome.UNKNOWN]]


@pytest.mark.parametrize("width", [60, 78, 98])
def test_the_lanes_fit_the_width(width: int) -> None:
    longest = [contender(Outcome.WON, "Ada Featherstonehaugh 10", 0.0, number / 100) for number in range(1, 11)]
    lines = list(drawn(timeline_rows(longest), width))
    assert max(map(len, lines)) <= width
    assert len({line.rindex("|") for line in lines}) == 1


@pytest.mark.parametrize("count", [1, 2, 500])
def test_every_answer_is_in_the_histogram(count: int) -> None:
    picture = histogram([0.010 + number / 10_000 for number in range(count)])
    bars = [re.search(r"ms \|█* (\d+)$", text) for text, _ in texts(picture)]
    assert sum(int(bar[1]) for bar in bars if bar) == count


def test_a_bin_with_more_answers_has_a_longer_bar() -> None:
    bars = [text.count("█") for text, _ in texts(histogram([0.010, 0.020, 0.020]))]
    assert bars == [0, 20, 40, 0]


def test_the_median_is_named() -> None:
    assert "median 20.0 ms" in histogram([0.010, 0.020, 0.030])


@pytest.mark.parametrize(
    "picture",
    [race_picture([]), histogram([]), race_picture([contender(Outcome.WON, "a", 0, 0)]), histogram([0.0])],
)
def test_there_may_be_nothing_to_draw(picture: str) -> None:
    assert ET.fromstring(picture).tag == f"{SVG}svg"


def test_nothing_is_loaded_and_no_script_runs() -> None:
    picture = race_picture([contender(Outcome.WON, '"><script>alert(1)</script>', 0.1, 0.2)])
    assert picture.count("http") == 1
    assert "<script" not in picture
    assert [piece.tag for piece in ET.fromstring(picture).iter() if piece.tag == f"{SVG}image"] == []
