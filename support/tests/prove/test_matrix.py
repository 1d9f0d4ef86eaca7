"""The figures, the documents and the console."""

from __future__ import annotations

import json
from pathlib import Path

from support.prove.console import WIDTH, as_text, progress_line
from support.prove.documents import as_json, as_markdown, write
from support.prove.leftovers import Leftovers
from support.prove.matrix import Matrix
from support.tests.prove.canned import DEFECT, broken, defect_result, passed, run, variant_result

RULE = DEFECT.rule
CAUGHT = defect_result(broken(RULE), whole=run(broken(RULE), passed("list", number=2)))
BY_ANOTHER = defect_result(passed(RULE), whole=run(passed(RULE), broken("list", number=2)))
MISSED = defect_result(passed(RULE), whole=run(passed(RULE)))
REJECTED = variant_result(broken("list"))
LEFT_BEHIND = variant_result(leftovers=Leftovers(left=('{"name": "Ada"}',)))


def test_everything_caught_and_accepted_is_good() -> None:
    matrix = Matrix([CAUGHT, CAUGHT], [variant_result(), variant_result()])
    assert matrix.good
    assert as_text(matrix).splitlines()[-2:] == [
        "2 of 2 defects caught, all by their rule",
        "2 of 2 correct variants accepted, nothing left",
    ]


def test_a_catch_by_another_rule_is_not_good_enough() -> None:
    matrix = Matrix([CAUGHT, BY_ANOTHER, MISSED])
    assert not matrix.good
    assert matrix.figures() == ["2 of 3 defects caught, 1 by their rule, 1 by another"]


def test_a_missed_defect_is_shown() -> None:
    assert not Matrix([CAUGHT, MISSED]).good
    assert "MISSED" in as_text(Matrix([CAUGHT, MISSED]))


def test_a_rejected_variant_is_shown_with_the_failures() -> None:
    matrix = Matrix([], [REJECTED, LEFT_BEHIND])
    assert not matrix.good
    assert matrix.figures() == ["0 of 2 correct variants accepted, 1 users left behind"]
    assert "contract broken: list" in as_text(matrix)
    assert 'left behind: {"name": "Ada"}' in as_text(matrix)


def test_a_repeated_run_that_fails_is_not_good() -> None:
    assert Matrix(repeats=[variant_result(), variant_result()]).good
    assert not Matrix(repeats=[variant_result(), REJECTED]).good


def test_the_text_fits_the_terminal() -> None:
    long = broken(RULE, shown_by="list" * 50)
    text = as_text(Matrix([CAUGHT, defect_result(long, whole=run(long))], [REJECTED]))
    assert max(map(len, text.splitlines())) <= WIDTH


def test_each_result_has_a_line_of_progress() -> None:
    assert progress_line(CAUGHT).split() == ["caught", "3.0", "s", DEFECT.name, f"({RULE})"]
    lines = progress_line(REJECTED).splitlines()
    assert lines[0].split() == ["REJECTED", "1.5", "s", "gzip"]
    assert "contract broken: list" in lines[3]


def test_scenarios_that_caught_nothing_are_listed_if_all_defects_were_checked() -> None:
    assert [scenario.rule for scenario in Matrix([CAUGHT]).unneeded()] == ["list"]
    assert Matrix([CAUGHT], complete=False).unneeded() == []


def test_the_documents_hold_the_same_figures(tmp_path: Path) -> None:
    matrix = Matrix([CAUGHT, BY_ANOTHER], [variant_result(), REJECTED], seconds=90, commit="abc123")
    write(matrix, tmp_path / "deep" / "prove.json", tmp_path / "deep" / "prove.md")
    document = json.loads((tmp_path / "deep" / "prove.json").read_text())
    assert document["figures"] == matrix.figures()
    assert [defect["detection"] for defect in document["defects"]] == ["caught by its rule", "caught by another rule"]
    assert document["variants"][1]["failures"][0]["broken_rule"] == "list"
    assert all(figure in as_markdown(matrix) for figure in matrix.figures())
    assert json.loads(as_json(matrix)) == document


def test_a_bar_in_a_text_does_not_break_the_table() -> None:
    assert "a\\|b" in as_markdown(Matrix([], [variant_result(broken("a|b"))]))
