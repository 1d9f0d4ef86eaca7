"""The drawings: well-formed SVG, true to the numbers, and loading nothing."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from support.concurrency.drawing import COLOURS, histogram, race_picture
from support.concurrency.races import Outcome
from support.tests.concurrency.outcomes import contender

SVG = "{http://www.w3.org/2000/svg}"


def bars(picture: str, outcome: Outcome) -> list[dict[str, str]]:
    pieces = ET.fromstring(picture).iter(f"{SVG}rect")
    return [piece.attrib for piece in pieces if piece.get("fill") == COLOURS[outcome]]


def texts(picture: str) -> list[str]:
    return [piece.text or "" for piece in ET.fromstring(picture).iter(f"{SVG}text")]


def test_each_contender_has_a_bar_in_the_colour_of_its_outcome() -> None:
    picture = race_picture(
        [
            contender(Outcome.WON, "<Ada> & Co", 0.004, 0.012),
            contender(Outcome.REFUSED, "Grace", 0.005, 0.010),
            contender(Outcome.UNKNOWN, "Alan", 0.005, None),
            contender(Outcome.UNKNOWN, "Barbara", None, None),
        ]
    )
    assert [len(bars(picture, outcome)) for outcome in Outcome] == [1, 1, 0, 1]
    assert {"<Ada> & Co", "won 201", "refused 409", "unknown no answer"} <= set(texts(picture))


def test_a_longer_wait_is_a_longer_bar_that_begins_at_the_release() -> None:
    picture = race_picture([contender(Outcome.WON, "a", 0.0, 0.010), contender(Outcome.WON, "b", 0.005, 0.010)])
    first, second = bars(picture, Outcome.WON)
    assert float(first["width"]) == pytest.approx(2 * float(second["width"]), rel=0.01)
    assert float(second["x"]) == pytest.approx(float(first["x"]) + float(second["width"]), rel=0.01)


@pytest.mark.parametrize("count", [1, 2, 500])
def test_every_answer_is_in_the_histogram(count: int) -> None:
    picture = histogram([0.010 + number / 10_000 for number in range(count)])
    assert sum(int(text) for text in texts(picture) if text.isdigit()) == count


def test_the_median_is_marked() -> None:
    assert "median 20.0 ms" in texts(histogram([0.010, 0.020, 0.030]))


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
