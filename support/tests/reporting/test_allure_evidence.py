"""What the Allure results of a run hold beside verdicts."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from behave.parser import parse_file

from support.models import Answer, Attempt, Call, Credential, Exchange
from support.reporting.allure.labels import history_id, severity_of
from support.reporting.allure.properties import ContinuousIntegration, write_environment, write_executor
from support.reporting.allure.sink import MAX_PAGES, most_telling
from support.reporting.standards import standard_url
from support.settings import ROOT
from support.target.embedded import Target
from support.tests.reporting.conftest import Run, behave, on


def labels(result: dict[str, Any]) -> dict[str, str]:
    return {label["name"]: label["value"] for label in result["labels"]}


def test_only_the_selected_scenarios_leave_results(smoke_run: Run) -> None:
    assert smoke_run.code == 0, smoke_run.out + smoke_run.err
    assert len(smoke_run.results) == smoke_run.summary["scenarios_by_result"]["passed"] > 5


def test_a_scenario_is_filed_under_capability_feature_rule_and_standard(smoke_run: Run) -> None:
    found = {
        key: value
        for result in smoke_run.results
        if result["name"] == "Ada's account is shown"
        for key, value in labels(result).items()
    }
    assert found["epic"] == "Users"
    assert found["feature"] == "Reading an account"
    assert found["story"] == "A known id shows its user"
    assert (found["rule"], found["source"]) == ("read-200", "RFC 9110 §9.3.1")
    assert (found["severity"], found["outcome"]) == ("critical", "passed")


def test_a_scenario_links_to_its_standard(smoke_run: Run) -> None:
    links = {link["name"]: link["url"] for result in smoke_run.results for link in result.get("links", [])}
    assert links["RFC 9110 §9.3.1"] == "https://www.rfc-editor.org/rfc/rfc9110#section-9.3.1"


def test_a_scenario_shows_the_reasons_of_its_feature_and_rule(smoke_run: Run) -> None:
    described = next(
        result["description"] for result in smoke_run.results if result["name"] == "Ada's account is shown"
    )
    assert "An id always leads to the same user" in described
    assert "**A known id shows its user.**" in described


def test_by_default_only_scenarios_that_did_not_pass_have_their_exchanges(
    tmp_path: Path, faulty: Callable[..., Target]
) -> None:
    results_in = ["--format", "allure", "--outfile", str(tmp_path / "reports" / "allure-results")]
    arguments = [*results_in, "features/users/deleting.feature", "--name=Ada deletes"]
    settings = {"STATE_DIR": str(tmp_path / "state"), **on(faulty("delete-again-is-500"))}
    results = behave(arguments, ROOT, tmp_path / "reports", **settings).results
    has_exchanges = {
        (one["status"] == "passed", any(step.get("attachments") for step in one["steps"])) for one in results
    }
    assert has_exchanges == {(True, False), (False, True)}


def test_each_exchange_stands_under_its_step(smoke_run: Run) -> None:
    result = next(result for result in smoke_run.results if result["name"] == "Ada's account is shown")
    asked = [[one["name"].split()[0] for one in step.get("attachments", [])] for step in result["steps"]]
    assert "POST" in asked[0]
    assert asked[1] == ["GET"]
    source = result["steps"][1]["attachments"][0]["source"]
    page = (smoke_run.reports / "allure-results" / source).read_text(encoding="utf-8")
    assert page.startswith("# Send it again\ncurl -i -X GET http://127.0.0.1")
    assert 'Authorization: Bearer $TOKEN"' in page
    assert '\n  "email": "' in page


def test_nothing_holds_the_token(smoke_run: Run, embedded: Target) -> None:
    assert embedded.token
    files = [file for file in smoke_run.reports.rglob("*") if file.is_file()]
    assert len(files) > 20
    assert [file.name for file in files if embedded.token.encode() in file.read_bytes()] == []


def test_setting_up_and_clearing_away_are_shown(smoke_run: Run) -> None:
    files = (smoke_run.reports / "allure-results").glob("*-container.json")
    containers = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    names = Counter(one["name"] for box in containers for one in [*box.get("befores", []), *box.get("afters", [])])
    assert names["open the target"] == names["prove that no user of the run is left"] == 1
    assert names["start deleting the users"] == len(smoke_run.results)
    assert names["confirm that the users are gone"] > 1
    assert {one["status"] for box in containers for one in box.get("afters", [])} == {"passed"}


def test_the_run_is_described(smoke_run: Run, embedded: Target) -> None:
    lines = (smoke_run.reports / "allure-results" / "environment.properties").read_text(encoding="utf-8").splitlines()
    shown = dict(line.split("=", 1) for line in lines)
    assert shown["target"] == embedded.base_url
    assert (shown["run"], shown["seed"]) == (smoke_run.summary["run"], str(smoke_run.summary["seed"]))
    assert shown["behave"] == "1.3.3"


def test_properties_keep_backslashes_and_lines(tmp_path: Path) -> None:
    write_environment(tmp_path, {"a key": "C:\\new\nline"})
    assert (tmp_path / "environment.properties").read_text(encoding="utf-8") == "a\\ key=C:\\\\new\\nline\n"


def test_github_and_gitlab_are_shown_as_executors(tmp_path: Path) -> None:
    github = ContinuousIntegration(
        github_server_url="https://git.example", github_repository="a/b", github_run_id="7", github_run_number=3
    )
    write_executor(tmp_path, github)
    shown = json.loads((tmp_path / "executor.json").read_text(encoding="utf-8"))
    assert (shown["type"], shown["buildUrl"]) == ("github", "https://git.example/a/b/actions/runs/7")
    assert shown["buildOrder"] == 3
    gitlab = ContinuousIntegration(ci_job_url="https://git.example/jobs/9", ci_pipeline_iid=4, ci_job_name="contract")
    assert (gitlab.executor() or {})["buildName"] == "contract #4"


def test_outside_of_ci_there_is_no_executor(tmp_path: Path) -> None:
    write_executor(tmp_path, ContinuousIntegration())
    assert list(tmp_path.iterdir()) == []


def test_no_two_scenarios_share_a_history() -> None:
    features = [parse_file(str(path)) for path in sorted(ROOT.glob("features/**/*.feature"))]
    scenarios = [scenario for feature in features for scenario in feature.walk_scenarios()]
    shared = Counter(history_id(scenario) for scenario in scenarios)
    assert len(scenarios) > 200
    assert [one.location for one in scenarios if shared[history_id(one)] > 1] == []


def test_a_run_without_allure_imports_nothing_of_it() -> None:
    code = (
        "import sys, environment\n"
        "from support.reporting.allure import ReportSink, report_sink\n"
        "assert type(report_sink({})) is ReportSink\n"
        "print([name for name in sys.modules if name.startswith('allure')])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_of_many_exchanges_the_worst_are_shown() -> None:
    call = Call("GET", "http://127.0.0.1/users", Credential(None))
    many = [Exchange(call, (Attempt(Answer(200, {}, b"", 0.1)),)) for _ in range(50)]
    bad = Exchange(call, (Attempt(Answer(500, {}, b"", 0.1)),))
    shown = most_telling([*many, bad, *many])
    assert len(shown) == MAX_PAGES
    assert shown[0] is bad


def test_only_sections_of_rfcs_have_a_url() -> None:
    assert standard_url("RFC 3339 §5.6") == "https://www.rfc-editor.org/rfc/rfc3339#section-5.6"
    assert standard_url("RFC 8259") == "https://www.rfc-editor.org/rfc/rfc8259"
    assert standard_url("the Users contract") is None


def test_smoke_weighs_more_than_edge() -> None:
    assert [severity_of(tags) for tags in (["edge", "smoke"], ["edge"], ["contract"])] == [
        "critical",
        "minor",
        "normal",
    ]
