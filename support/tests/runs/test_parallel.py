"""Runs in several processes: one outcome, one report, and no process leaves users behind."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType, SimpleNamespace
from typing import Any

import pytest
from behave.configuration import Configuration
from behave.model import Feature
from behave.parser import parse_feature

from support.cli import parallel
from support.cli.child import Child
from support.cli.parallel import ParallelRun
from support.cli.splitting import shares_of, wants_several
from support.errors import Outcome
from support.reporting.merging import merged_text
from support.reporting.progress import Standing
from support.reporting.results import Result
from support.reporting.run_report import make_ready
from support.reporting.summary import CLEANUP, FILE, ScenarioResult, Summary, read, seconds_of_last_run, with_results
from support.scenario.session import Session
from support.settings import ROOT, Settings
from support.shards import Shard, split
from support.target.embedded import EmbeddedApi, Target
from support.tests.conftest import NewSession, settings_for
from support.tests.interruption.target_process import Place, poll_until
from support.tests.runs.conftest import Project

LONG = 100
ONE = ScenarioResult("a", "a.feature", 1, "list", "0", Result.PASSED, 0.1)

SIGNING_UP = """
@contract
Feature: %s
  It is the first thing that a client does.

  @rule.create-201
  Rule: A new user gets an account

    Example: %s signs up
      When Ada signs up
      Then %s
"""


def config(**changes: Any) -> Any:
    everything = SimpleNamespace(check=lambda _: True)
    plain = {"stop": False, "dry_run": False, "paths": ["features"], "tag_expression": everything, "lang": None}
    return SimpleNamespace(**{**plain, "name": None, "name_re": None, "exclude": lambda _: False, **changes})


def feature(name: str, scenarios: int, tag: str = "contract") -> Feature:
    steps = "\n".join(f"  Scenario: {number}\n    When Ada signs up" for number in range(scenarios))
    return parse_feature(f"@{tag}\nFeature: {name}\n{steps}\n", filename=f"{name}.feature")


def names(shares: list[list[Feature]]) -> list[list[str]]:
    return [[one.name for one in share] for share in shares]


class TestSplit:
    def test_all_shares_take_about_as_long(self) -> None:
        features = [feature("a", 10), feature("b", 40), feature("c", 20), feature("d", 10)]
        assert names(split(features, config(), 2, {})) == [["b"], ["a", "c", "d"]]

    def test_the_seconds_of_the_last_run_are_their_weights(self) -> None:
        features, seconds = [feature("a", 2), feature("b", 3), feature("c", 4)], {("a", "0"): 60.0, ("gone", "0"): 99.0}
        assert names(split(features, config(), 2, seconds)) == [["a"], ["b", "c"]]

    @pytest.mark.parametrize(
        ("processes", "shares"),
        [
            (2, [["a", "b"], ["race", "burst"]]),
            (3, [["a", "b"], ["race"], ["burst"]]),
            (6, [["a"], ["b"], ["race"], ["burst"]]),
        ],
    )
    def test_all_concurrent_requests_are_in_the_last_as_few_as_they_fill(
        self, processes: int, shares: list[list[str]]
    ) -> None:
        features = [feature("a", 13), feature("race", 1, "concurrency @race"), feature("b", 13)]
        features += [feature("burst", 1, "concurrency @race")]
        assert names(split(features, config(), processes, {})) == shares

    def test_two_features_of_one_name_are_two(self) -> None:
        assert names(split([feature("a", 1), feature("a", 1)], config(), 2, {})) == [["a"], ["a"]]

    def test_there_are_no_empty_shares(self) -> None:
        assert names(split([feature("a", 1), feature("b", 1)], config(), 5, {})) == [["a"], ["b"]]

    def test_a_feature_that_is_not_selected_is_in_no_share(self) -> None:
        nothing = config(tag_expression=SimpleNamespace(check=lambda _: False))
        assert names(split([feature("a", 1), feature("b", 1)], nothing, 2, {})) == []


def test_how_long_a_scenario_took_is_known_if_it_was_run(tmp_path: Path) -> None:
    assert seconds_of_last_run(tmp_path) == {}
    not_run = replace(ONE, name="1", result=Result.NOT_RUN, seconds=0.0)
    cleaned = replace(ONE, cleanup_s=0.25)
    with_results(Summary(Outcome.PASSED, closing_s=4.0), [cleaned, not_run, replace(cleaned, name="2")], []).write(
        tmp_path
    )
    assert seconds_of_last_run(tmp_path) == {("a", "0"): 0.1, ("a", "2"): 0.1, ("a", CLEANUP): 0.5, ("", CLEANUP): 4.0}


class TestNumber:
    @pytest.fixture(autouse=True)
    def _machine(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("support.cli.splitting._processors", lambda: 2)

    @pytest.fixture
    def number(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
        """Return how many processes run so many scenarios of two features."""
        for name in ("BASE_URL", "TOKEN", "WORKERS", "TARGET"):
            monkeypatch.delenv(name, raising=False)

        def found(scenarios: int = LONG, changes: Mapping[str, Any] = MappingProxyType({}), **settings: Any) -> int:
            features = [feature("a", scenarios // 2), feature("b", scenarios - scenarios // 2)]
            read = Settings(_env_file=tmp_path / "none", **settings)  # type: ignore[call-arg]
            chosen = config(**changes)
            return len(shares_of(features, chosen, read) if wants_several(chosen, read) else []) or 1

        return found

    def test_two_processes_run_many_scenarios_on_the_embedded_api(self, number: Callable[..., int]) -> None:
        assert number() == 2

    def test_one_process_runs_a_few(self, number: Callable[..., int]) -> None:
        assert number(LONG - 1) == 1

    def test_one_process_runs_all_on_one_processor(
        self, number: Callable[..., int], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("support.cli.splitting._processors", lambda: 1)
        assert number() == 1

    def test_one_process_runs_all_on_another_api_by_default(self, number: Callable[..., int]) -> None:
        own = {"base_url": "http://127.0.0.1:1/users", "token": "none"}
        assert number(**own) == 1
        assert number(2, workers=2, **own) == 2

    @pytest.mark.parametrize(
        ("changes", "caps", "why"),
        [
            ({"stop": True}, "", "--stop"),
            ({"dry_run": True}, "", "--dry-run"),
            ({}, "concurrency = 9", "the caps of the profile own"),
            ({}, "requests_per_minute = 60", "the caps of the profile own"),
        ],
    )
    def test_a_run_that_cannot_be_shared_says_why_if_several_processes_were_wanted(
        self,
        number: Callable[..., int],
        changes: Mapping[str, Any],
        caps: str,
        why: str,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        profile = tmp_path / "own.toml"
        profile.write_text(f'name = "own"\ndescription = "ours"\n[caps]\n{caps}\n', encoding="utf-8")
        logged: list[str] = []
        monkeypatch.setattr("support.cli.splitting.log.info", lambda text, *of: logged.append(text % of))
        assert number(changes=changes, target=str(profile)) == 1
        assert logged == []
        assert number(changes=changes, target=str(profile), workers=2) == 1
        assert why in logged[0]


def test_a_run_that_cannot_begin_says_so_once(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    place = Place(tmp_path / "here")
    ended = place.run("--tags=@contract", "-D", f"state_dir={tmp_path}/file/x", api=None)
    assert ended.code == 2
    assert ended.err.count("\n") == 1
    assert {path.name for path in place.reports.iterdir()} == {"badge.json", "summary.json"}


class TestDeadProcess:
    @pytest.fixture
    def report(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Summary]:
        """Return the summary of a run of two processes, of which the second runs this program."""
        monkeypatch.setattr(parallel, "AFTER_CLEANUP_S", 0.1)

        def reported(program: str, interrupted: bool = False, begun: bool = False) -> Summary:
            reports = tmp_path / "reports"
            settings = settings_for(tmp_path, reports_dir=str(reports), cleanup_deadline_s=0.1)
            features = [feature("a", 2), feature("b", LONG)]
            shares = [features[:1], features[1:]]
            run = ParallelRun(Configuration([], load_config=False), settings, shares, tmp_path, Shard())
            for number, one in enumerate(features, 1):
                (tmp_path / str(number)).mkdir()
                child = Child(number, [one], tmp_path / str(number), [sys.executable, "-c", program])
                run._children.append(child)
            with_results(Summary(Outcome.PASSED), [ONE], []).write(tmp_path / "1")
            if begun:
                Standing(1, LONG, None).write(tmp_path / "2")
            run._interrupts.noted += ["SIGTERM"] if interrupted else []
            run._watch()
            make_ready(reports)
            assert run._report() == 1
            return read(reports / FILE)

        return reported

    def test_no_summary_is_a_fault_and_its_scenarios_were_not_run(self, report: Callable[..., Summary]) -> None:
        summary = report("import sys; sys.exit(3)")
        assert [failure.text for failure in summary.failures] == [
            "process 2 ended with exit code 3 and wrote no summary"
        ]
        assert summary.scenarios_by_result == {"passed": 1, "not run": LONG}

    def test_of_a_killed_process_it_says_what_may_help(self, report: Callable[..., Summary]) -> None:
        [failure] = report("import os; os.kill(os.getpid(), 9)").failures
        assert (
            failure.text == "process 2 was ended by SIGKILL and wrote no summary. If memory ran out, use fewer WORKERS"
        )

    def test_after_an_interruption_it_is_no_fault(self, report: Callable[..., Summary]) -> None:
        summary = report("import sys; sys.stdin.read(); sys.exit(2)", interrupted=True)
        assert [failure.outcome for failure in summary.failures] == ["inconclusive"]

    def test_one_that_had_begun_may_have_left_users(self, report: Callable[..., Summary]) -> None:
        [failure] = report("import time; time.sleep(60)", interrupted=True, begun=True).failures
        assert failure.text == "process 2 was ended by SIGKILL and wrote no summary"

    def test_one_that_does_not_end_is_killed(self, report: Callable[..., Summary]) -> None:
        report("import time; time.sleep(60)", interrupted=True)


def test_lists_in_json_are_merged_and_other_texts_joined() -> None:
    assert json.loads(merged_text(["[1, 2]\n", "[]", "[3]"])) == [1, 2, 3]
    assert merged_text(["a.feature:1\n", "b.feature:2\n"]) == "a.feature:1\nb.feature:2\n"


@pytest.mark.parametrize("said", ["", "hello\n", "{}\n", "[1]\n"])
def test_a_process_without_a_share_says_so(said: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "support.cli.worker"], cwd=ROOT, input=said, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "support.cli.worker: there is no share on standard input. Run: behave -D workers=2"
    ]


@pytest.fixture
def embedded() -> Iterator[Target]:
    """An embedded API for one test, without users."""
    api = EmbeddedApi()
    yield api.target
    api.close()


def users_of(session: Session) -> list[Any]:
    """Return the users that the API lists."""
    answer = session.http.run(session.api.list()).answer
    assert answer is not None
    users: list[Any] = answer.json()
    return users


@pytest.fixture
def shared(project: Project) -> Project:
    """A project of two features, one for each process."""
    project.write_feature(SIGNING_UP % ("The first", "Ada", "Ada's account is created"))
    write_second(project, "Ada's account is created")
    return project


def write_second(project: Project, then: str) -> None:
    path = project.folder / "features" / "two.feature"
    path.write_text(SIGNING_UP % ("The second", "Grace", then), encoding="utf-8")


def summary_in(folder: Path) -> dict[str, Any]:
    summary: dict[str, Any] = json.loads((folder / "reports" / "summary.json").read_text(encoding="utf-8"))
    return summary


class TestRun:
    def test_two_processes_give_one_outcome_in_every_report(
        self, shared: Project, embedded: Target, new_session: NewSession
    ) -> None:
        allure, report, junit = (shared.folder / name for name in ("allure", "report.json", "junit"))
        formats = ["-f", "allure_behave.formatter:AllureFormatter", "-o", str(allure), "-f", "json", "-o", str(report)]
        shared.write_hooks(WRITING_NAMES)
        ended = shared.behave(
            "features/",
            "--tags=@contract",
            *formats,
            "-f",
            "terminal",
            "--junit",
            f"--junit-directory={junit}",
            WORKERS="2",
            ATTACH="all",
        )
        assert ended.code == 0, ended.said
        assert ended.out.splitlines()[-1].startswith("passed: all 2 scenarios of 1 rule (target: http://")
        features = [line.split("  ")[0] for line in ended.out.splitlines() if line.startswith("The ")]
        assert features == ["The first", "The second"]
        summary = summary_in(ended.folder)
        assert [one["file"] for one in summary["scenarios"]] == ["features/one.feature", "features/two.feature"]
        users = {"created": 3, "deleted": 2, "gone": 3, "left_behind": 0, "recovered": 0}
        assert summary["users"] == users, "one of each process, and one of the preflight, which deletes them itself"
        written = {path.name for path in (ended.folder / "reports").iterdir()}
        assert written == {"badge.json", "last-results.json", "summary.json"}
        results = [json.loads(path.read_text(encoding="utf-8")) for path in allure.glob("*-result.json")]
        assert sorted(one["name"] for one in results) == ["Ada signs up", "Grace signs up"]
        assert all(step["attachments"] for one in results for step in one["steps"][:1])
        assert summary["run"] in (allure / "environment.properties").read_text(encoding="utf-8")
        assert [one["name"] for one in json.loads(report.read_text(encoding="utf-8"))] == ["The first", "The second"]
        assert len(list(junit.glob("*.xml"))) == 2
        names = [(shared.folder / f"drawn-{name}").read_text(encoding="utf-8") for name in ("first", "second")]
        assert names[0] != names[1]
        assert {name.split()[0] for name in names} == {str(summary["seed"])}
        assert users_of(new_session(embedded)) == []

    @pytest.mark.parametrize(
        ("then", "outcome", "result"),
        [
            ("the request is refused as invalid", "contract broken", "failed"),
            ("this step is not defined", "configuration error", "blocked"),
        ],
    )
    def test_a_failure_in_one_process_fails_the_run(
        self, shared: Project, then: str, outcome: str, result: str
    ) -> None:
        write_second(shared, then)
        chosen = ["features/one.feature:9", "features/two.feature"]
        ended = shared.behave("--tags=@contract", *chosen, WORKERS="2")
        assert ended.code == 1
        assert "Grace signs up\n  features/two.feature:9" in ended.out
        assert ended.said.count("this run sends about 22 requests and creates about 2 users, whom it deletes") == 1
        assert ended.out.splitlines()[-1].startswith(f"{outcome}: 1 of 2 scenarios")
        assert [one["result"] for one in summary_in(ended.folder)["scenarios"]] == ["passed", result]

    def test_a_user_whom_the_preflight_cannot_delete_does_not_end_the_run(self, shared: Project) -> None:
        api = EmbeddedApi(["--defect", "delete-does-nothing"])
        patience = {"DELETE_DEADLINE_S": "0.5", "CLEANUP_DEADLINE_S": "3"}
        ended = shared.behave("--tags=@contract", target=api.target, WORKERS="2", **patience)
        api.close()
        assert ended.code == 1
        assert "contract broken: delete (" in ended.said
        assert summary_in(ended.folder)["users"]["left_behind"] == 3


WRITING_NAMES = """
from pathlib import Path
end = after_scenario
def after_scenario(context, scenario):
    name = context.session.factory.new_user("Ada").name
    Path(f"drawn-{context.feature.name.split()[-1]}").write_text(f"{context.session.factory.seed} {name}")
    end(context, scenario)
"""
WAITING = """
import os
import time
def after_step(context, step):
    if step.step_type == "when":
        Path(f"waiting-{context.feature.name.split()[-1]}").write_text(str(os.getpid()))
        while not Path("go-on").exists():
            time.sleep(0.02)
"""


def process_in(project: Project, name: str) -> int:
    """Return the id of the process that waits in the middle of a feature, or 0."""
    path = project.folder / f"waiting-{name}"
    return int(path.read_text() or 0) if path.exists() else 0


class TestInterrupted:
    @pytest.fixture
    def running(self, shared: Project) -> subprocess.Popen[str]:
        """A run of two processes, each of which has created a user and waits."""
        shared.write_hooks(WAITING)
        settings = {"BASE_URL": shared.target.base_url, "TOKEN": shared.target.token or "none", "WORKERS": "2"}
        process = subprocess.Popen(
            [sys.executable, "-m", "behave", *shared._folders(), "--tags=@contract"],
            cwd=shared.folder,
            env={**shared._environment(), **settings},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        while not all(process_in(shared, name) for name in ("first", "second")):
            assert process.poll() is None, process.communicate()[0]
            time.sleep(0.02)
        return process

    @pytest.mark.parametrize(
        ("send", "number"), [(os.kill, signal.SIGTERM), (os.killpg, signal.SIGTERM), (os.killpg, signal.SIGINT)]
    )
    def test_a_signal_ends_all_processes_and_no_user_is_left(
        self,
        running: subprocess.Popen[str],
        shared: Project,
        new_session: NewSession,
        embedded: Target,
        send: Callable[[int, int], None],
        number: signal.Signals,
    ) -> None:
        send(running.pid, number)
        out, _ = running.communicate()
        assert running.returncode != 0
        assert "Traceback" not in out
        assert out.splitlines()[-1].startswith("inconclusive: ")
        assert re.findall(r"interrupted by (\w+): cleaning up", out) == [number.name]
        assert re.findall(r"\n  interrupted by (\w+)\n", out) == [number.name]
        assert summary_in(shared.folder)["users"]["left_behind"] == 0
        assert users_of(new_session(embedded)) == []

    @pytest.mark.parametrize("pause_s", [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0])
    def test_an_interruption_while_they_start_is_reported_once(self, tmp_path: Path, pause_s: float) -> None:
        run = Place(tmp_path).start("--tags=@contract", api=None, own_group=True)
        run.wait_for(lambda: run.handles(signal.SIGTERM))
        run.wait_a(pause_s)
        os.killpg(run.process.pid, signal.SIGINT)
        ended = run.ended()
        assert ended.code != 0
        assert "Traceback" not in ended.said
        assert ended.said.count("cleaning up") <= 1
        assert sum(line.startswith("inconclusive: ") for line in ended.said.splitlines()) == 1

    def test_the_processes_of_a_run_that_was_killed_clean_up_and_end(
        self, running: subprocess.Popen[str], new_session: NewSession, embedded: Target
    ) -> None:
        os.kill(running.pid, signal.SIGKILL)
        running.communicate()
        session = new_session(embedded)
        poll_until(lambda: not users_of(session))

    def test_the_users_of_a_process_that_was_killed_are_deleted_and_its_share_counts_as_not_run(
        self, running: subprocess.Popen[str], shared: Project, new_session: NewSession, embedded: Target
    ) -> None:
        os.kill(process_in(shared, "second"), signal.SIGKILL)
        (shared.folder / "go-on").touch()
        out, _ = running.communicate()
        assert running.returncode == 1
        assert out.splitlines()[-1].startswith("configuration error: process 2 was ended by SIGKILL")
        assert users_of(new_session(embedded)) == []
        assert [one["result"] for one in summary_in(shared.folder)["scenarios"]] == ["passed", "not run"]

    def test_the_users_of_processes_that_were_all_killed_are_deleted(
        self, running: subprocess.Popen[str], shared: Project, new_session: NewSession, embedded: Target
    ) -> None:
        for name in ("first", "second"):
            os.kill(process_in(shared, name), signal.SIGKILL)
        out, _ = running.communicate()
        assert running.returncode == 2
        assert out.splitlines()[-1].startswith("configuration error: process 1 was ended by SIGKILL")
        assert users_of(new_session(embedded)) == []
