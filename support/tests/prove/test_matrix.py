"""The figures, and how they are drawn."""

from __future__ import annotations

import json
from pathlib import Path

from support.prove.documents import as_json, as_markdown, write
from support.prove.matrix import Matrix
from support.prove.residue import Residue
from support.prove.terminal import WIDTH, as_it_came, drawn
from support.tests.prove.canned import DEFECT, broken, hearing, play, record, trial

RULE = DEFECT.rule
CAUGHT = trial(broken(RULE), whole=play(broken(RULE), record("list", number=2)))
LUCKY = trial(record(RULE), whole=play(record(RULE), broken("list", number=2)))
MISSED = trial(record(RULE), whole=play(record(RULE)))
ACCUSED = hearing(broken("list"))
LITTERED = hearing(residue=Residue(left=('{"name": "Ada"}',)))


def test_all_is_well() -> None:
    matrix = Matrix([CAUGHT, CAUGHT], [hearing(), hearing()])
    assert matrix.good
    assert drawn(matrix).splitlines()[-2:] == [
        "2 of 2 defects caught, all by their rule",
        "2 of 2 correct variants accepted, nothing left",
    ]


def test_luck_is_not_good_enough() -> None:
    matrix = Matrix([CAUGHT, LUCKY, MISSED])
    assert not matrix.good
    assert matrix.figures() == ["2 of 3 defects caught, 1 by their rule, 1 by luck"]


def test_a_miss_is_told() -> None:
    assert not Matrix([CAUGHT, MISSED]).good
    assert "MISSED" in drawn(Matrix([CAUGHT, MISSED]))


def test_a_false_accusation_shows_what_was_said() -> None:
    matrix = Matrix([], [ACCUSED, LITTERED])
    assert not matrix.good
    assert matrix.figures() == ["0 of 2 correct variants accepted, 1 users left behind"]
    told = drawn(matrix)
    assert "contract broken: list" in told
    assert 'left behind: {"name": "Ada"}' in told


def test_a_repeated_run_that_is_red_is_not_good() -> None:
    assert Matrix(repeats=[hearing(), hearing()]).good
    assert not Matrix(repeats=[hearing(), ACCUSED]).good


def test_it_fits_the_terminal() -> None:
    long = broken(RULE, shown_by="list" * 50)
    told = drawn(Matrix([CAUGHT, trial(long, whole=play(long))], [ACCUSED]))
    assert max(map(len, told.splitlines())) <= WIDTH


def test_a_try_is_told_as_it_came() -> None:
    assert as_it_came(CAUGHT).split() == ["caught", "3.0", "s", DEFECT.name, f"({RULE})"]
    told = as_it_came(ACCUSED).splitlines()
    assert told[0].split() == ["ACCUSED", "1.5", "s", "gzip"]
    assert "contract broken: list" in told[3]


def test_scenarios_that_accuse_nobody_are_named_when_all_defects_were_tried() -> None:
    assert [one.rule for one in Matrix([CAUGHT]).unneeded()] == ["list"]
    assert Matrix([CAUGHT], complete=False).unneeded() == []


def test_the_documents_hold_the_same_figures(tmp_path: Path) -> None:
    matrix = Matrix([CAUGHT, LUCKY], [hearing(), ACCUSED], seconds=90, commit="abc123")
    write(matrix, tmp_path / "deep" / "prove.json", tmp_path / "deep" / "prove.md")
    told = json.loads((tmp_path / "deep" / "prove.json").read_text())
    assert told["figures"] == matrix.figures()
    assert [defect["fate"] for defect in told["defects"]] == ["caught by its rule", "caught by luck"]
    assert told["variants"][1]["accusations"][0]["accused"] == "list"
    assert all(figure in as_markdown(matrix) for figure in matrix.figures())
    assert json.loads(as_json(matrix)) == told


def test_a_bar_in_a_text_does_not_break_the_table() -> None:
    bar = hearing(broken("a|b"))
    assert "a\\|b" in as_markdown(Matrix([], [bar]))
