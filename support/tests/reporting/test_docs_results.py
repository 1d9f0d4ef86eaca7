"""The results in the living documentation: found by titles, kept from run to run, with the reason of a failure."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from support.errors import Outcome
from support.reporting.docs.__main__ import main, report_in
from support.reporting.docs.anchors import anchors_on
from support.reporting.docs.features import examples, sections
from support.reporting.docs.last_run import LastRun, last_run_in, read_results
from support.reporting.docs.site import write_site
from support.reporting.last_results import FILE, Kept, keep, read_kept
from support.reporting.results import Failure, Result
from support.reporting.summary import ScenarioResult, Summary, with_results
from support.settings import ROOT
from support.target.embedded import Target
from support.tests.reporting.conftest import Play, on
from support.tests.reporting.nasty import NASTY, nasty_features

EARLIER, LATER = "2026-11-27T10:00:00+00:00", "2026-11-28T10:00:00+00:00"


def run(started: str, target: str = "an API", /, **results: Result) -> Summary:
    """Return a run in which scenarios, whose titles are the names, had these results."""
    scenarios = [
        ScenarioResult("Users", "features/users.feature", 3, "list", name, result, 0.1)
        for name, result in results.items()
    ]
    failures = [
        Failure("contract broken", "list", "Users", one.name, "", "", f"list: {one.name} is wrong")
        for one in scenarios
        if one.result is Result.FAILED
    ]
    return with_results(Summary(Outcome.PASSED, started=started, target=target), scenarios, failures)


def told(folder: Path) -> dict[str, tuple[str, str]]:
    """Return the result and the date of each scenario that a folder has."""
    return {one.name: (one.result, one.started) for one in read_kept(folder)[1].values()}


def test_a_part_of_the_scenarios_leaves_the_results_of_the_others(tmp_path: Path) -> None:
    keep(run(EARLIER, one=Result.PASSED, two=Result.FAILED), tmp_path)
    keep(run(LATER, one=Result.FAILED), tmp_path)
    assert told(tmp_path) == {"one": ("failed", LATER), "two": ("failed", EARLIER)}
    assert read_kept(tmp_path)[1]["Users", "two"].why == "list: two is wrong"


def test_a_scenario_that_was_not_run_keeps_its_result(tmp_path: Path) -> None:
    keep(run(EARLIER, one=Result.PASSED), tmp_path)
    keep(run(LATER, one=Result.NOT_RUN), tmp_path)
    assert told(tmp_path) == {"one": ("passed", EARLIER)}


def test_results_of_two_targets_are_not_mixed(tmp_path: Path) -> None:
    keep(run(EARLIER, one=Result.PASSED), tmp_path)
    keep(run(LATER, "another API", two=Result.PASSED), tmp_path)
    assert told(tmp_path) == {"two": ("passed", LATER)}
    assert read_kept(tmp_path)[0] == "another API"


def test_a_run_that_played_nothing_leaves_the_results_of_every_target(tmp_path: Path) -> None:
    keep(run(EARLIER, one=Result.PASSED), tmp_path)
    keep(run(LATER, ""), tmp_path)
    assert told(tmp_path) == {"one": ("passed", EARLIER)}


def test_of_two_scenarios_with_one_title_the_worse_result_is_kept(tmp_path: Path) -> None:
    keep(
        run(LATER, **{"one -- @1.1 ": Result.PASSED, "one -- @1.2 ": Result.FAILED, "one -- @1.3 ": Result.PASSED}),
        tmp_path,
    )
    assert told(tmp_path) == {"one": ("failed", LATER)}


@pytest.mark.parametrize("content", ["", "[]", '{"schema": 0}', '{"schema": 1, "target": "", "results": [{}]}'])
def test_a_damaged_file_of_results_is_begun_again(tmp_path: Path, content: str) -> None:
    (tmp_path / FILE).write_text(content, encoding="utf-8")
    keep(run(LATER, one=Result.PASSED), tmp_path)
    assert told(tmp_path) == {"one": ("passed", LATER)}


def test_the_pages_show_the_last_run_and_the_results_before_it(tmp_path: Path) -> None:
    keep(run(EARLIER, one=Result.PASSED, two=Result.FAILED), tmp_path)
    run(LATER, one=Result.PASSED).write(tmp_path)
    last = last_run_in(tmp_path)
    assert (last.started, last.outcome) == (LATER, "passed")
    assert {one.name: last.is_of_an_earlier_run(one) for one in last.results.values()} == {"one": False, "two": True}


def test_a_run_of_one_scenario_keeps_the_results_of_the_run_before(play_suite: Play, embedded: Target) -> None:
    """The tag of the second run is on one scenario of the feature."""
    first = play_suite("features/users/reading.feature", "--name=account is shown", **on(embedded)).summary["started"]
    after = play_suite("features/users/reading.feature", "--tags=@smoke", **on(embedded))
    second = after.summary["started"]
    found = told(after.reports)
    assert found["Ada's account is shown"] == ("passed", second)
    assert found["Ada's account is shown the same every time"] == ("passed", first)
    assert len(found) > 3


def test_a_result_is_found_by_the_titles_of_feature_and_scenario(tmp_path: Path) -> None:
    feature = nasty_features(tmp_path)["Users"][0]
    found = ("An example </h3><script>alert(3)</script>", "A new user called Grace")
    kept = [Kept(feature.name, name, Result.PASSED, "2026-11-28T10:00:00+00:00") for name in (*found, "A former name")]
    last = LastRun(results={one.key: one for one in kept})
    (section,) = sections(feature)
    example, outline = examples(section)
    assert last.worst([example]) is Result.PASSED
    assert [last.worst([row]) for row in outline.scenarios] == [None, Result.PASSED]


def test_a_permalink_stays_when_lines_move(tmp_path: Path) -> None:
    before = nasty_features(tmp_path / "before")
    after = nasty_features(tmp_path / "after", "\n\n" + NASTY.replace("  Why", "  More lines.\n\n  Why"))
    first, second = (sorted(anchors_on(folder["Users"][0]).values()) for folder in (before, after))
    assert first == second
    assert "a-new-user-called-grace" in first
    assert "a-new-user-called-name" in first


def test_two_statements_of_one_title_have_two_permalinks(tmp_path: Path) -> None:
    twice = NASTY.replace("Scenario Outline: A new user called <name>", "Scenario Outline: A new user called Grace")
    found = sorted(anchors_on(nasty_features(tmp_path, twice)["Users"][0]).values())
    assert {"a-new-user-called-grace", "a-new-user-called-grace-2", "a-new-user-called-grace-3"} <= set(found)


def test_a_failed_scenario_says_why_and_links_the_report(tmp_path: Path) -> None:
    features = nasty_features(tmp_path)
    started, name = "2026-11-28T10:00:00+00:00", features["Users"][0].name
    told = {"why": "list: the <status> was 500", "text": "list: expected <200>"}
    failed = Kept(name, "A new user called Grace", Result.FAILED, started, **told)
    for now, links in ((started, 1), ("2026-11-29T10:00:00+00:00", 0)):
        last = LastRun(now, "contract broken", results={failed.key: failed}, report="../allure.html")
        write_site(tmp_path / "docs", features, last, {})
        page = (tmp_path / "docs" / "users-one.html").read_text(encoding="utf-8")
        assert "list: the &lt;status&gt; was 500" in page
        assert "list: expected &lt;200&gt;" in page
        assert page.count('href="../allure.html"') == links
        assert ("on 28 Nov 2026" in page) is not links
    assert "list: the &lt;status&gt; was 500" in (tmp_path / "docs" / "scenarios.html").read_text(encoding="utf-8")


def test_a_rule_that_a_scenario_of_another_rule_found_broken_is_failed() -> None:
    kept = Kept("A feature", "A scenario", Result.BLOCKED, "2026-11-28T10:00:00+00:00", broken_rule="patch")
    last = LastRun(results={kept.key: kept})
    assert last.of_rule("patch", []) is Result.FAILED
    assert last.of_rule("put", []) is None


def test_the_json_of_behave_is_understood(tmp_path: Path) -> None:
    element = {"type": "scenario", "name": "Ada is shown -- @1.1 ", "status": "failed"}
    path = tmp_path / "behave.json"
    path.write_text(json.dumps([{"name": "Users", "elements": [element, {"type": "background"}]}]), encoding="utf-8")
    assert read_results(path).results["Users", "Ada is shown"].result is Result.FAILED


@pytest.mark.parametrize("content", ["[1]", '[{"elements": [{}]}]', "{}", "nothing"])
def test_what_holds_no_results_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=re.escape(str(path))):
        read_results(path)


def test_a_missing_file_of_results_ends_with_one_line(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "support.reporting.docs",
        "--results",
        "nowhere.json",
        "--output",
        str(tmp_path / "d"),
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "nowhere.json cannot be read" in done.stderr


@pytest.mark.parametrize(("module", "code"), [("docs", 1), ("job", 1), ("report", 2)])
def test_wrong_settings_end_with_one_line(module: str, code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "of an API whose URL is missing")
    command = [sys.executable, "-m", f"support.reporting.{module}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (code, 1)


def test_a_profile_whose_setting_is_missing_ends_with_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The pages of before are kept."""
    profile = 'name = "Tenants"\ndescription = "An API with tenants."\n[headers]\nx-tenant = "${ACME_TENANT}"\n'
    (tmp_path / "tenants.toml").write_text(profile, encoding="utf-8")
    before = tmp_path / "docs" / "index.html"
    before.parent.mkdir()
    before.touch()
    monkeypatch.setattr("support.profile_files.PROFILES", tmp_path)
    monkeypatch.setattr("support.reporting.docs.__main__.play", lambda _: {})
    assert main(["--output", str(before.parent)]) == 1
    assert before.exists()
    error = capsys.readouterr().err
    assert "wants ACME_TENANT" in error.splitlines()[-1]


def test_a_report_is_linked_unless_a_run_came_after_it(tmp_path: Path) -> None:
    run(LATER, one=Result.FAILED).write(tmp_path)
    assert report_in(tmp_path, tmp_path / "docs") == ""
    report = tmp_path / "allure" / "index.html"
    report.parent.mkdir()
    report.touch()
    assert report_in(tmp_path, tmp_path / "docs") == "../allure/index.html"
    os.utime(report, (0, 0))
    assert report_in(tmp_path, tmp_path / "docs") == ""
