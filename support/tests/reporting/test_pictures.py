"""The pictures: well-formed, true to the numbers, and loading nothing."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from support.reporting.pictures import COLOURS, Contender, histogram, race

SVG = "{http://www.w3.org/2000/svg}"


def rectangles(picture: str, colour: str) -> list[dict[str, str]]:
    return [piece.attrib for piece in ET.fromstring(picture).iter(f"{SVG}rect") if piece.get("fill") == colour]


def texts(picture: str) -> list[str]:
    return [piece.text or "" for piece in ET.fromstring(picture).iter(f"{SVG}text")]


def test_each_contender_has_her_bar_in_the_colour_of_her_verdict() -> None:
    picture = race(
        [
            Contender("<Ada> & Co", 0.0, 0.004, 0.012, "won 201"),
            Contender("Grace", 0.0, 0.005, 0.010, "refused 409"),
            Contender("Alan", 0.001, 0.005, None, "unknown no answer"),
            Contender("Barbara", None, None, None, "unknown never sent"),
        ]
    )
    assert [len(rectangles(picture, COLOURS[verdict])) for verdict in ("won", "refused", "broken", "unknown")] == [
        1,
        1,
        0,
        1,
    ]
    assert {"<Ada> & Co", "won 201", "unknown never sent"} <= set(texts(picture))


def test_a_longer_wait_is_a_longer_bar_that_begins_where_it_was_released() -> None:
    picture = race([Contender("a", None, 0.0, 0.010, "won"), Contender("b", None, 0.005, 0.010, "won")])
    first, second = rectangles(picture, COLOURS["won"])
    assert float(first["width"]) == pytest.approx(2 * float(second["width"]), rel=0.01)
    assert float(second["x"]) == pytest.approx(float(first["x"]) + float(second["width"]), rel=0.01)


@pytest.mark.parametrize("count", [1, 2, 500])
def test_every_answer_is_in_the_histogram(count: int) -> None:
    picture = histogram([0.010 + number / 10_000 for number in range(count)])
    counted = [int(text) for text in texts(picture) if text.isdigit()]
    assert sum(counted) == count


def test_the_median_is_marked() -> None:
    assert "median 20.0 ms" in texts(histogram([0.010, 0.020, 0.030]))


@pytest.mark.parametrize("picture", [race([]), histogram([]), race([Contender("a", 0, 0, 0, "")]), histogram([0.0])])
def test_nothing_to_draw_is_drawn_as_nothing(picture: str) -> None:
    assert ET.fromstring(picture).tag == f"{SVG}svg"


def test_nothing_is_loaded_and_no_script_runs() -> None:
    picture = race([Contender('"><script>alert(1)</script>', 0, 0.1, 0.2, "won")])
    assert picture.count("http") == 1
    assert "<script" not in picture
    assert [piece.tag for piece in ET.fromstring(picture).iter() if piece.tag == f"{SVG}image"] == []
