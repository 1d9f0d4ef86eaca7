"""Two runs compared: each change by rule and title, and an exit code for what is newly broken alone."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from support.cli.compare import main
from support.errors import Outcome
from support.reporting.changes import Change, changes
from support.reporting.results import Failure, Result
from support.reporting.summary import FILE, ScenarioResult, Summary, with_results
from support.target.embedded import EmbeddedApi

TOKEN = "t-of-both"
ADA = ScenarioResult("Deleting", "d.feature", 9, "delete", "Ada leaves", Result.PASSED, 0.1)
FAILURE = Failure(Outcome.CONTRACT_BROKEN, "delete", "Deleting", ADA.name, "d.feature:9", "Then x", "200 | @octocat")


def summary(*results: Result | ScenarioResult, failures: Sequence[Failure] = ()) -> Summary:
    scenarios = [each if isinstance(each, ScenarioResult) else replace(ADA, result=each) for each in results]
    return with_results(Summary(Outcome.PASSED), scenarios, failures)


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        ("passed", "failed", "newly broken"),
        ("passed", "blocked", "newly broken"),
        ("skipped", "failed", "newly broken"),
        ("not run", "failed", "newly broken"),
        ("inconclusive", "failed", "newly broken"),
        ("failed", "blocked", "still broken"),
        ("known deviation", "failed", "still broken"),
        ("flaky", "failed", "still broken"),
        ("flaky", "flaky", "still broken"),
        ("blocked", "blocked", "still broken"),
        ("blocked", "failed", "broken, and blocked before"),
        ("passed", "flaky", "newly flaky"),
        ("failed", "flaky", "newly flaky"),
        ("failed", "passed", "fixed"),
        ("flaky", "passed", "fixed"),
        ("known deviation", "passed", "fixed"),
        ("failed", "known deviation", None),
        ("passed", "passed", None),
        ("skipped", "not run", None),
        ("passed", "inconclusive", "no longer judged"),
        ("failed", "not run", "no longer judged"),
    ],
)
def test_each_pair_of_results_is_one_change_or_none(before: str, now: str, expected: str | None) -> None:
    found = changes(summary(Result(before)), summary(Result(now)))
    assert [one.change for one in found] == ([expected] if expected else [])


def test_what_only_one_run_played_is_new_or_not_played() -> None:
    other = replace(ADA, name="Grace leaves")
    assert [one.change for one in changes(summary(other), summary(Result.FAILED))] == [
        "newly broken",
        "not in the new run",
    ]
    assert [one.change for one in changes(summary(other), summary(other, Result.PASSED))] == ["not in the old run"]


def test_a_scenario_is_the_same_on_another_line_in_another_row_and_file() -> None:
    before = replace(ADA, name="Ada leaves -- @1.1 ", line=9)
    now = replace(ADA, name="Ada leaves -- @2.7 ids", line=90, file="e.feature", result=Result.FAILED)
    [one] = changes(summary(before), summary(now))
    assert (one.change, one.before, one.now, one.place) == (Change.NEWLY_BROKEN, "passed", "failed", "e.feature:90")


def test_rows_of_one_title_count_as_the_worst_of_them() -> None:
    rows = [replace(ADA, name=f"Ada leaves -- @1.{number} ") for number in (1, 2)]
    assert [one.now for one in changes(summary(*rows), summary(rows[0], replace(rows[1], result=Result.FAILED)))] == [
        "failed"
    ]


def compare(folder: Path, old: Summary, new: Summary, *options: str) -> int:
    paths = [each.write(folder / name) for name, each in (("old", old), ("new", new))]
    return main([*map(str, paths), *options])


def test_only_what_is_newly_broken_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert compare(tmp_path, summary(Result.FAILED), summary(Result.FAILED, failures=[FAILURE])) == 0
    assert (
        "still broken\n  delete\n    Ada leaves: failed -> failed (d.feature:9)\n      200 |" in capsys.readouterr().out
    )
    assert compare(tmp_path, summary(Result.PASSED), summary(Result.FLAKY)) == 0
    assert compare(tmp_path, summary(Result.PASSED), summary(Result.PASSED)) == 0
    assert capsys.readouterr().out.endswith("\nnothing changed\n")
    larger = summary(Result.PASSED, replace(ADA, name="Grace leaves"))
    assert compare(tmp_path, summary(Result.PASSED), larger) == 0
    shown = capsys.readouterr().out
    assert shown.endswith("\n1 not in the old run\n")
    assert "Grace" not in shown
    assert compare(tmp_path, summary(Result.PASSED), summary(Result.FAILED)) == 1


def test_a_run_that_judged_nothing_passes_no_comparison(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert compare(tmp_path, summary(Result.PASSED), summary()) == 2
    assert "is about a run without scenarios" in capsys.readouterr().err
    assert main([str(tmp_path / "none.json"), str(tmp_path / "new" / FILE)]) == 2
    (tmp_path / "none.json").write_text("[]", encoding="utf-8")
    assert main([str(tmp_path / "none.json"), str(tmp_path / "new" / FILE)]) == 2


def test_markdown_for_a_pull_request(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert compare(tmp_path, summary(Result.PASSED), summary(Result.FAILED, failures=[FAILURE]), "--markdown") == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "## ❌ 1 newly broken"
    assert lines[-1] == "| `delete` | Ada leaves | passed | failed | 200 \\| @&#8203;octocat |"


@pytest.mark.parametrize("options", [(), ("--markdown",)])
def test_it_says_if_the_runs_selected_differently(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: Sequence[str]
) -> None:
    old, new = (replace(summary(Result.PASSED), selection=tags) for tags in ("contract", "smoke"))
    compare(tmp_path, old, new, *options)
    assert "the runs selected differently: contract before, smoke now" in capsys.readouterr().out
    compare(tmp_path, old, old, *options)
    assert "differently" not in capsys.readouterr().out


def test_a_run_that_did_not_begin_is_not_taken_for_an_earlier_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unused_port: int
) -> None:
    monkeypatch.setenv("REPORTS_DIR", str(tmp_path))
    monkeypatch.setenv("TOKEN", "t")
    for name in ("old", "new"):
        (tmp_path / "compared" / name).mkdir(parents=True)
        summary(Result.PASSED).write(tmp_path / "compared" / name)
    url = f"http://127.0.0.1:{unused_port}/users"
    assert main(["--tags", "@smoke and (", url, url]) == 2


def test_two_apis_are_played_and_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for name, value in {"TOKEN": TOKEN, "REPORTS_DIR": str(tmp_path), "STATE_DIR": str(tmp_path / "state")}.items():
        monkeypatch.setenv(name, value)
    with (
        closing(EmbeddedApi(["--token", TOKEN])) as sound,
        closing(EmbeddedApi(["--token", TOKEN, "--defect", "delete-answers-201"])) as faulty,
    ):
        code = main([sound.target.base_url, faulty.target.base_url, "--tags=@smoke"])
    assert code == 1
    assert "newly broken\n  delete\n    Ada deletes their account: passed -> failed" in capfd.readouterr().out
    assert {path.name for path in (tmp_path / "compared").iterdir()} == {"old", "new"}
