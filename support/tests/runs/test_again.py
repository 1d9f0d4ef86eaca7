"""What failed is played again, and what does not always fail is found by playing it several times."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from support.reporting.summary import FILE, PREVIOUS, Summary, read
from support.tests.runs.conftest import ADA_SIGNS_UP, Ended, Project

IN_VAIN = """
@contract
Feature: Signing up in vain
  It is there to fail.

  @rule.create-201
  Rule: Grace gets an account

    Example: Grace signs up
      When Grace signs up
      Then the API gives way

    Example: Grace signs up in peace
      When Grace signs up
      Then Grace's account is created
"""


@pytest.fixture
def failing(project: Project) -> Callable[[str], None]:
    """Add a feature whose first scenario fails where this is true."""

    def added(condition: str) -> None:
        (project.folder / "features" / "two.feature").write_text(IN_VAIN, encoding="utf-8")
        project.write_hooks(
            f"""
from behave import then
from support.errors import ContractViolation, Evidence
played = []

@then("the API gives way")
def gives_way(context):
    shown = context.session.recorder.exchanges[-1]
    played.append(shown)
    if {condition}:
        evidence = Evidence("a sign-up", ("a status of 201",), ("a status of 200",), request="POST", response="200")
        raise ContractViolation("create-201", "contract broken: create-201", evidence, shown)
"""
        )

    return added


def summary_of(run: Ended) -> Summary:
    return read(run.folder / "reports" / FILE)


def results(run: Ended) -> dict[str, str]:
    return {each.name: str(each.result) for each in summary_of(run).scenarios}


ALWAYS, SECOND_TIME = "True", "len(played) == 2"


class TestAgain:
    def test_it_plays_what_failed_with_the_same_data(self, project: Project, failing: Callable[[str], None]) -> None:
        failing(ALWAYS)
        first = project.behave("--tags=@contract")
        assert results(first)["Grace signs up"] == "failed", first.said
        seed = summary_of(first).seed
        again = project.behave("-D", "again=failed")
        assert results(again) == {"Grace signs up": "failed"}
        assert summary_of(again).seed == seed
        assert summary_of(again).selection == "again=failed"
        assert "Signing up\n" not in again.out

    def test_the_summary_says_what_was_selected(self, project: Project, failing: Callable[[str], None]) -> None:
        failing(ALWAYS)
        assert summary_of(project.behave()).selection == ""
        again = project.behave("--tags=@contract", "--name", "^Grace", "-D", "again=failed")
        assert summary_of(again).selection == "contract, --name ^Grace, again=failed"
        part = project.behave("features/two.feature", "-i", "two", "-e", "three")
        assert summary_of(part).selection == "features/two.feature, --include two, --exclude three"
        for paths in ([], ["features/two.feature", "features/one.feature"]):
            shared = project.behave(*paths, "-D", "workers=2")
            assert summary_of(shared).selection == ", ".join(paths)

    def test_the_scripts_of_the_failures_before_stay(self, project: Project, failing: Callable[[str], None]) -> None:
        failing(ALWAYS)
        project.behave("--tags=@contract")
        script = project.folder / "reports" / "replay" / "of-a-scenario-that-failed-before.sh"
        script.parent.mkdir(exist_ok=True)
        script.touch()
        reports = script.with_suffix("")
        reports.mkdir()
        project.behave("-D", "again=failed")
        assert script.exists()
        assert reports.exists()
        project.behave("--tags=@contract")
        assert not script.exists()
        assert not reports.exists()

    def test_one_that_is_fixed_ends_it(self, project: Project, failing: Callable[[str], None]) -> None:
        failing(ALWAYS)
        project.behave()
        failing("False")
        fixed = project.behave("-D", "again=failed")
        assert fixed.code == 0, fixed.said
        assert results(fixed) == {"Grace signs up": "passed"}
        for _ in range(2):  # the summary of a run that played nothing does not hide the last one that did
            nothing = project.behave("-D", "again=failed")
            assert nothing.code == 2
            assert nothing.last_words[-1].startswith(
                "configuration error: AGAIN: no scenario failed in the last run, which ended as passed: 1 scenario"
            )

    def test_without_a_summary_it_says_so(self, project: Project) -> None:
        run = project.behave("-D", "again=failed")
        assert run.code == 2
        assert "AGAIN: there is no summary of an earlier run in" in run.last_words[-1]

    def test_a_mistyped_option_does_not_forget_what_failed(
        self, project: Project, failing: Callable[[str], None]
    ) -> None:
        failing(ALWAYS)
        project.behave()
        mistyped = project.behave("-D", "agian=failed")
        assert mistyped.code == 2
        assert "Did you mean again?" in mistyped.said
        assert results(project.behave("-D", "again=failed")) == {"Grace signs up": "failed"}

    def test_what_is_not_selected_is_not_played(self, project: Project, failing: Callable[[str], None]) -> None:
        failing(ALWAYS)
        project.behave()
        run = project.behave("-D", "again=failed", "--name", "in peace")
        assert run.code == 2
        assert "none of the scenarios that failed in the last run (1) is selected" in run.last_words[-1]

    def test_the_last_summary_is_kept_for_a_comparison(self, project: Project) -> None:
        first, second = summary_of(project.behave()), project.behave()
        assert read(second.folder / "reports" / PREVIOUS) == first

    def test_a_run_of_what_failed_does_not_displace_the_run_before(
        self, project: Project, failing: Callable[[str], None]
    ) -> None:
        failing(ALWAYS)
        first = summary_of(project.behave())
        previous = project.folder / "reports" / PREVIOUS
        project.behave("-D", "again=failed")
        assert read(previous) == first
        project.behave("-D", "again=failed")
        assert read(previous) == first
        second = summary_of(project.behave())
        assert read(previous) == first
        project.behave("-D", "again=failed")
        assert read(previous) == second


class TestRepeat:
    def test_a_scenario_whose_results_differ_is_flaky(self, project: Project, failing: Callable[[str], None]) -> None:
        failing(SECOND_TIME)
        run = project.behave("-D", "repeat=3")
        assert run.code == 1
        assert summary_of(run).scenarios_by_result == {"passed": 2, "flaky": 1, "skipped": 1}
        assert results(run)["Grace signs up"] == "flaky"
        [failure] = summary_of(run).failures
        assert failure.evidence is not None, "the evidence of the round that failed"
        assert failure.flaky.startswith("3 rounds: passed in rounds 1, 3; failed in round 2; round 1 showed POST ")
        assert " -> 201 in " in failure.flaky
        assert run.out.count("flaky") == 5, run.out

    def test_one_that_always_fails_is_not(self, project: Project, failing: Callable[[str], None]) -> None:
        failing(ALWAYS)
        run = project.behave("-D", "repeat=3")
        assert run.code == 1
        assert results(run)["Grace signs up"] == "failed"
        assert len(summary_of(run).failures) == 1

    @pytest.mark.parametrize("workers", ["1", "2"])
    def test_it_counts_as_one_scenario_that_failed_in_every_format(
        self, project: Project, failing: Callable[[str], None], workers: str, tmp_path: Path
    ) -> None:
        failing("len(played) == 1")  # the last round passes
        files = {name: tmp_path / name for name in ("json", "rerun")}
        formats = [word for name, file in files.items() for word in ("-f", name, "-o", str(file))]
        junit = tmp_path / "junit"
        run = project.behave(
            "-D", "repeat=2", "-D", f"workers={workers}", *formats, "--junit", "--junit-directory", str(junit)
        )
        assert run.code == 1, run.said
        assert summary_of(run).scenarios_by_result == {"passed": 2, "flaky": 1, "skipped": 1}
        assert "features/two.feature:9\n" in files["rerun"].read_text(encoding="utf-8")
        elements = [
            one for feature in json.loads(files["json"].read_text(encoding="utf-8")) for one in feature["elements"]
        ]
        assert [one["status"] for one in elements if one["name"] == "Grace signs up"] == ["failed", "passed"]
        suites = [ElementTree.parse(file).getroot() for file in junit.glob("*.xml")]
        assert sum(int(suite.attrib["failures"]) for suite in suites) == 1


def test_a_list_of_failures_is_gone_once_nothing_fails_in_several_processes(project: Project, tmp_path: Path) -> None:
    (project.folder / "features" / "two.feature").write_text(ADA_SIGNS_UP, encoding="utf-8")
    failures = tmp_path / "failures.txt"
    failures.write_text("features/one.feature:11\n", encoding="utf-8")
    run = project.behave("-D", "workers=2", "-f", "rerun", "-o", str(failures))
    assert run.code == 0, run.said
    assert not failures.exists()
