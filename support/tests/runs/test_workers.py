"""Runs whose features are shared by several processes: one verdict, one report, and nothing left by any of them."""

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
from datetime import date
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from behave.configuration import Configuration
from behave.model import Feature
from behave.parser import parse_feature

from support import bootstrap
from support.errors import Outcome, SuiteError, TargetDown
from support.profile import Caps, Deviation, Profile
from support.reporting.results import Failure
from support.reporting.run_report import RunReport
from support.reporting.summary import Requests, Summary, Users, sum_of_requests, sum_of_users
from support.scenario.session import Session
from support.settings import ROOT, Settings
from support.signals import Interrupts
from support.target.embedded import EmbeddedApi, Target
from support.tests.conftest import NewSession, settings_for
from support.tests.interruption.stage import Place
from support.tests.runs.conftest import Ended, Project
from support.workers import Worker, Workers, WorkerTask, number_of_shares, shares

LONG = 100
KNOWN = Deviation("list", "known", "https://example.com/1", date(2026, 11, 24), scenarios=("*",))

SIGNING_UP = """
@contract
Feature: %s
  Why it matters is told elsewhere.

  @rule.create-201
  Rule: A newcomer becomes a user

    Example: %s signs up
      When Ada signs up
      Then %s
"""


def config(**changes: Any) -> Any:
    plain = {
        "format": ["terminal"],
        "junit": False,
        "stop": False,
        "dry_run": False,
        "paths": ["features"],
        "outputs": [],
    }
    chosen = SimpleNamespace(check=lambda _: True)
    return SimpleNamespace(
        **{**plain, "paths": ["features"], "tag_expression": chosen, "name": None, "name_re": None, **changes}
    )


def feature(name: str, scenarios: int, tag: str = "contract") -> Feature:
    steps = "\n".join(f"  Scenario: {number}\n    When Ada signs up" for number in range(scenarios))
    return parse_feature(f"@{tag}\nFeature: {name}\n{steps}\n", filename=f"{name}.feature")


def names(split: list[list[Feature]]) -> list[list[str]]:
    return [[one.name for one in share] for share in split]


class TestShares:
    def test_they_take_about_as_long(self) -> None:
        features = [feature("a", 10), feature("b", 40), feature("c", 20), feature("d", 10)]
        assert names(shares(features, config(), 2)) == [["b"], ["a", "c", "d"]]

    def test_who_begins_earlier_gets_more(self) -> None:
        features = [feature("a", 10), feature("b", 10), feature("c", 10)]
        assert names(shares(features, config(), 2, head_start=15)) == [["a", "b"], ["c"]]

    def test_all_with_many_at_once_are_in_the_first(self) -> None:
        features = [
            feature("a", 5),
            feature("race", 1, "concurrency"),
            feature("b", 5),
            feature("burst", 2, "concurrency"),
        ]
        assert names(shares(features, config(), 3)) == [["race", "burst"], ["a"], ["b"]]

    def test_two_features_of_one_name_are_two(self) -> None:
        assert names(shares([feature("a", 1), feature("a", 1)], config(), 2)) == [["a"], ["a"]]

    def test_there_are_no_empty_ones(self) -> None:
        assert names(shares([feature("a", 1), feature("b", 1)], config(), 5)) == [["a"], ["b"]]

    def test_what_is_not_selected_starts_no_worker(self) -> None:
        nothing = config(tag_expression=SimpleNamespace(check=lambda _: False))
        assert names(shares([feature("a", 1), feature("b", 1)], nothing, 2)) == [["a", "b"]]


class TestNumber:
    @pytest.fixture(autouse=True)
    def _command(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "argv", ["/somewhere/bin/behave", "features"])
        monkeypatch.setattr("support.workers._processors", lambda: 2)

    @pytest.fixture
    def settings(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Settings]:
        for name in ("BASE_URL", "TOKEN", "WORKERS"):
            monkeypatch.delenv(name, raising=False)
        return lambda **told: Settings(_env_file=tmp_path / "none", **told)  # type: ignore[call-arg]

    def test_many_scenarios_on_the_embedded_api_are_shared_by_two(self, settings: Callable[..., Settings]) -> None:
        assert number_of_shares(config(), settings(), Profile(), [feature("a", LONG)]) == 2

    def test_few_are_not(self, settings: Callable[..., Settings]) -> None:
        assert number_of_shares(config(), settings(), Profile(), [feature("a", LONG - 1)]) == 1

    def test_on_one_processor_they_are_not(
        self, settings: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("support.workers._processors", lambda: 1)
        assert number_of_shares(config(), settings(), Profile(), [feature("a", LONG)]) == 1

    def test_on_an_api_of_ones_own_one_process_plays_all_unless_told(self, settings: Callable[..., Settings]) -> None:
        own = {"base_url": "http://127.0.0.1:1/users", "token": "none"}
        assert number_of_shares(config(), settings(**own), Profile(), [feature("a", LONG)]) == 1
        assert number_of_shares(config(), settings(**own, workers=3), Profile(), [feature("a", 1)]) == 3

    @pytest.mark.parametrize(
        ("changes", "profile", "why"),
        [
            ({"format": ["json"]}, Profile(), "whose report is json"),
            ({"junit": True}, Profile(), "whose report is JUnit"),
            ({"outputs": [SimpleNamespace(name="out.txt")]}, Profile(), "whose lines go into a file"),
            ({"stop": True}, Profile(), "with --stop"),
            ({"dry_run": True}, Profile(), "--dry-run"),
            ({"paths": ["features/users/reading.feature:12"]}, Profile(), "of chosen lines"),
            ({}, Profile(caps=Caps(users=90)), "whose profile has caps"),
            ({}, Profile(caps=Caps(concurrency=9)), "whose profile has caps"),
            ({}, Profile(deviations=(KNOWN,)), "known deviations"),
        ],
    )
    def test_what_cannot_be_shared_is_played_by_one_and_told_where_it_was_asked_for(
        self,
        settings: Callable[..., Settings],
        changes: Mapping[str, Any],
        profile: Profile,
        why: str,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        told: list[str] = []
        monkeypatch.setattr("support.workers.log.info", lambda text, *of: told.append(text % of))
        assert number_of_shares(config(**changes), settings(), profile, [feature("a", LONG)]) == 1
        assert told == []
        assert number_of_shares(config(**changes), settings(workers=2), profile, [feature("a", LONG)]) == 1
        assert why in told[0]

    def test_a_worker_starts_none(self, settings: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("support.workers._tasks", [WorkerTask(["a.feature"], {})])
        assert number_of_shares(config(), settings(), Profile(), [feature("a", LONG)]) == 1


def test_what_an_earlier_worker_has_told_is_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_for(tmp_path, reports_dir=str(tmp_path))
    monkeypatch.setattr(subprocess, "Popen", lambda *_, **__: SimpleNamespace(stdin=BytesIO()))
    workers = Workers()
    for _ in range(2):
        workers.start([[feature("a", LONG)]], settings, 1)
        folder = workers._workers[-1].folder
        assert not folder.exists()
        Summary(Outcome.TARGET_DOWN, "it is asleep").write(folder)


def test_a_run_that_cannot_begin_ends_its_workers(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    place = Place(tmp_path / "here")
    ended = place.run("--tags=@contract", "-D", f"state_dir={tmp_path}/file/x", api=None)
    assert ended.code == 2
    assert ended.err.count("\n") == 1
    assert [path.name for path in place.reports.iterdir()] == ["summary.json"]


@pytest.mark.parametrize("fault", [SuiteError("it is asleep"), KeyboardInterrupt()])
def test_workers_have_ended_before_that_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: BaseException
) -> None:
    done: list[str] = []

    class Seen(Workers):
        def start(self, *_: object) -> None:
            done.append("started")

        def interrupt(self) -> None:
            done.append("told to end")

        def end(self, *_: object) -> Any:
            done.append("ended")

    def fails(*_: object) -> None:
        raise fault

    monkeypatch.setattr(bootstrap, "Workers", Seen)
    monkeypatch.setattr(bootstrap, "EmbeddedApi", object)
    monkeypatch.setattr(bootstrap, "_new_run", fails)
    report = RunReport(Configuration([], load_config=False), tmp_path)
    with pytest.raises(type(fault)):
        bootstrap._open(settings_for(tmp_path), report, Interrupts())
    assert done == ["started", "told to end", "ended"]


class TestEnd:
    @pytest.fixture
    def ended(self, tmp_path: Path) -> Callable[[str], list[str]]:
        """Return what is told of a worker that runs this program."""

        def told(program: str) -> list[str]:
            workers = Workers()
            process = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE)
            workers._workers.append(Worker(process, [], tmp_path / "worker-2"))
            return [str(fault) for fault in workers.end(0.5).faults]

        return told

    def test_one_without_a_summary_is_a_fault(self, ended: Callable[[str], list[str]]) -> None:
        assert "worker 2 ended with exit code 3 and no summary" in ended("import sys; sys.exit(3)")[0]

    def test_one_that_could_not_begin_is_a_fault_of_the_same_kind(self, tmp_path: Path) -> None:
        workers = Workers()
        process = subprocess.Popen([sys.executable, "-c", "import sys; sys.exit(2)"], stdin=subprocess.PIPE)
        share = [feature("a", LONG)]
        workers._workers.append(Worker(process, share, tmp_path / "worker-2"))
        Summary(Outcome.TARGET_DOWN, "it is asleep").write(tmp_path / "worker-2")
        came = workers.end(5)
        (fault,) = came.faults
        assert [summary.outcome for summary in came.summaries] == ["target down"]
        assert came.lost == share
        assert isinstance(fault, TargetDown)
        assert str(fault) == "worker 2 ended with exit code 2: target down: it is asleep"

    def test_that_one_was_told_to_end_is_told_by_the_run_alone(self, tmp_path: Path) -> None:
        workers = Workers()
        process = subprocess.Popen([sys.executable, "-c", "import sys; sys.exit(2)"], stdin=subprocess.PIPE)
        workers._workers.append(Worker(process, [feature("a", LONG)], tmp_path))
        interruption = Failure("inconclusive", "", "", "", "", "", "interrupted by SIGTERM")
        rest = replace(interruption, outcome="left behind", text="Ada")
        told = replace(
            Summary(Outcome.INCONCLUSIVE, "interrupted by SIGTERM"),
            failures=[interruption, rest],
        )
        told.write(tmp_path)
        workers.interrupt()
        came = workers.end(5)
        assert came.faults == []
        assert [summary.failures for summary in came.summaries] == [[rest]]

    def test_one_that_does_not_end_is_killed(self, ended: Callable[[str], list[str]]) -> None:
        assert "worker 2 ended with exit code -9" in ended("import time; time.sleep(60)")[0]


@pytest.mark.parametrize("said", ["", "hello\n", "{}\n", "[1]\n"])
def test_one_that_is_not_told_what_to_play_says_so(said: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "support.worker"], cwd=ROOT, input=said, capture_output=True, text=True
    )
    assert done.returncode != 0
    assert len(done.stderr.splitlines()) == 1
    assert "support.worker was not told what to play" in done.stderr


class TestSums:
    def test_users_are_added_up(self) -> None:
        assert sum_of_users([Users(1, 2, 3, 4, 5), Users(10, 20, 30, 40, 50)]) == Users(11, 22, 33, 44, 55)

    def test_requests_are_added_up_and_the_slowest_of_all_is_told(self) -> None:
        one, other = (
            Requests(1, 2, 3, {"503": 2}, 0.5, "GET a"),
            Requests(10, 20, 30, {"503": 1, "500": 9}, 0.7, "GET b"),
        )
        assert sum_of_requests([one, other]) == Requests(11, 22, 33, {"500": 9, "503": 3}, 0.7, "GET b")


@pytest.fixture
def embedded() -> Iterator[Target]:
    """An embedded API of the test's own, with nobody in it."""
    api = EmbeddedApi()
    yield api.target
    api.close()


def there(session: Session) -> list[Any]:
    """Return who is there."""
    answer = session.run(session.api.list()).answer
    assert answer is not None
    users: list[Any] = answer.json()
    return users


@pytest.fixture
def shared(project: Project) -> Project:
    """A project of two features, of which a worker plays the second."""
    project.write_feature(SIGNING_UP % ("The first", "Ada", "Ada's account is created"))
    return project


def write_second(project: Project, then: str) -> None:
    path = project.folder / "features" / "two.feature"
    path.write_text(SIGNING_UP % ("The second", "Grace", then), encoding="utf-8")


def summary_in(folder: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((folder / "reports" / "summary.json").read_text(encoding="utf-8"))
    return told


def played(ended: Ended) -> dict[str, Any]:
    return summary_in(ended.folder)


class TestRun:
    def test_two_processes_come_to_one_verdict(
        self, shared: Project, embedded: Target, new_session: NewSession
    ) -> None:
        write_second(shared, "Ada's account is created")
        ended = shared.behave("--tags=@contract", WORKERS="2")
        assert ended.code == 0, ended.said
        assert ended.out.splitlines()[-1] == "passed: all 2 scenarios of 1 rules"
        features = [line.split("  ")[0] for line in ended.out.splitlines() if line.startswith("The ")]
        assert features == ["The first", "The second"]
        summary = played(ended)
        assert [one["file"] for one in summary["scenarios"]] == ["features/one.feature", "features/two.feature"]
        assert summary["users"] == {"created": 2, "deleted": 2, "gone": 2, "left_behind": 0, "recovered": 0}
        assert sorted(path.name for path in (ended.folder / "reports").iterdir()) == ["summary.json"]
        assert there(new_session(embedded)) == []

    def test_a_folder_may_be_named_as_a_shell_completes_it(self, shared: Project) -> None:
        write_second(shared, "Ada's account is created")
        ended = shared.behave("features/", "--tags=@contract", WORKERS="2")
        assert ended.code == 0, ended.said
        assert ended.out.splitlines()[-1] == "passed: all 2 scenarios of 1 rules"

    def test_each_has_other_people(self, shared: Project) -> None:
        write_second(shared, "nobody has written this step")
        shared.write_feature(SIGNING_UP % ("The first", "Ada", "nobody has written this step"))
        shared.write_hooks(TELLING_NAMES)
        shared.behave("--tags=@contract", WORKERS="2", DATA_SEED="7")
        told = [(shared.folder / f"name-{name}").read_text(encoding="utf-8") for name in ("first", "second")]
        assert told[0] != told[1]

    def test_what_a_worker_found_broken_turns_the_run_red(self, shared: Project) -> None:
        write_second(shared, "the request is refused as invalid")
        ended = shared.behave("--tags=@contract", WORKERS="2")
        assert ended.code == 1
        assert "Grace signs up\n  features/two.feature:9" in ended.out
        assert ended.out.splitlines()[-1].startswith("contract broken: 1 of 2 scenarios")
        assert [one["result"] for one in played(ended)["scenarios"]] == ["passed", "failed"]

    def test_a_step_that_is_not_there_does_too(self, shared: Project) -> None:
        write_second(shared, "nobody has written this step")
        ended = shared.behave("--tags=@contract", WORKERS="2")
        assert ended.code == 1
        assert ended.out.splitlines()[-1].startswith("configuration error: 1 of 2 scenarios")

    def test_evidence_of_both_is_in_one_report(self, shared: Project) -> None:
        write_second(shared, "Ada's account is created")
        results = shared.folder / "allure"
        formats = ["-f", "allure_behave.formatter:AllureFormatter", "-o", str(results), "-f", "terminal"]
        ended = shared.behave("--tags=@contract", *formats, WORKERS="2")
        assert ended.code == 0, ended.said
        told = [json.loads(path.read_text(encoding="utf-8")) for path in results.glob("*-result.json")]
        assert sorted(one["name"] for one in told) == ["Ada signs up", "Grace signs up"]
        assert all(step["attachments"] for one in told for step in one["steps"][:1])
        assert played(ended)["run"] in (results / "environment.properties").read_text(encoding="utf-8")

    def test_where_it_cannot_be_shared_one_plays_all(self, shared: Project) -> None:
        write_second(shared, "Ada's account is created")
        ended = shared.behave("--tags=@contract", "features/one.feature:9", "features/two.feature", WORKERS="2")
        assert ended.code == 0, ended.said
        assert "WORKERS: one process plays all, as several cannot share a run of chosen lines" in ended.err
        assert len(played(ended)["scenarios"]) == 2


TELLING_NAMES = """
from pathlib import Path
end = after_scenario
def after_scenario(context, scenario):
    who = context.session.scenario.actor("Ada").new_user.name
    Path(f"name-{context.feature.name.split()[-1]}").write_text(who)
    end(context, scenario)
"""
SLOWLY = """
import os
import time
begin = before_scenario
def before_scenario(context, scenario):
    begin(context, scenario)
def after_step(context, step):
    if step.step_type == "when":
        (ROOT / f"came-{context.feature.name.split()[-1]}").write_text(str(os.getpid()))
        time.sleep(8)
"""


def came(project: Project, name: str) -> int:
    """Return the process that has come to the middle of a feature, or 0."""
    path = project.folder / f"came-{name}"
    return int(path.read_text() or 0) if path.exists() else 0


class TestInterrupted:
    @pytest.fixture
    def running(self, shared: Project) -> subprocess.Popen[str]:
        """A run of two processes, each of which has made somebody and waits."""
        write_second(shared, "Ada's account is created")
        shared.write_hooks(f"from pathlib import Path\nROOT = Path({str(shared.folder)!r})\n{SLOWLY}")
        told = {"BASE_URL": shared.target.base_url, "TOKEN": shared.target.token or "none", "WORKERS": "2"}
        process = subprocess.Popen(
            [*shared._command(), "--tags=@contract"],
            cwd=shared.folder,
            env={**shared._environment(), **told},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        while not all(came(shared, name) for name in ("first", "second")):
            assert process.poll() is None, process.communicate()[0]
            time.sleep(0.02)
        return process

    @pytest.mark.parametrize(
        ("send", "number"), [(os.kill, signal.SIGTERM), (os.killpg, signal.SIGTERM), (os.killpg, signal.SIGINT)]
    )
    def test_a_signal_ends_all_and_nothing_is_left(
        self,
        running: subprocess.Popen[str],
        shared: Project,
        new_session: NewSession,
        embedded: Target,
        send: Callable[[int, int], None],
        number: signal.Signals,
    ) -> None:
        send(running.pid, number)
        out, _ = running.communicate(timeout=60)
        assert running.returncode != 0
        assert "Traceback" not in out
        assert out.splitlines()[-1].startswith("inconclusive: ")
        assert re.findall(r"interrupted by (\w+): cleaning up", out) == [number.name]
        assert re.findall(r"\n  interrupted by (\w+)\n", out) == [number.name]
        assert summary_in(shared.folder)["users"]["left_behind"] == 0
        assert there(new_session(embedded)) == []

    @pytest.mark.parametrize("pause_s", [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0])
    def test_while_they_start_it_is_told_once(self, tmp_path: Path, pause_s: float) -> None:
        run = Place(tmp_path).start("--tags=@contract", api=None, apart=True)
        run.wait_for(lambda: "USING RUNNER" in run.said())
        run.wait_a(pause_s)
        os.killpg(run.process.pid, signal.SIGINT)
        ended = run.ended()
        assert ended.code != 0
        assert "Traceback" not in ended.said
        assert ended.said.count("cleaning up") <= 1
        assert sum(line.startswith("inconclusive: ") for line in ended.said.splitlines()) == 1

    def test_a_worker_whose_run_was_killed_cleans_up_and_ends(
        self, running: subprocess.Popen[str], new_session: NewSession, embedded: Target
    ) -> None:
        os.kill(running.pid, signal.SIGKILL)
        running.communicate(timeout=60)  # which ends with the last process that holds the pipe
        left = there(new_session(embedded))
        assert len(left) == 1, "whom the killed one made; the next run removes her"

    def test_what_a_worker_that_was_killed_has_made_is_deleted_and_its_share_counts_as_not_played(
        self, running: subprocess.Popen[str], shared: Project, new_session: NewSession, embedded: Target
    ) -> None:
        os.kill(came(shared, "second"), signal.SIGKILL)
        out, _ = running.communicate(timeout=120)
        assert running.returncode == 1
        assert out.splitlines()[-1].startswith("configuration error: worker 2 ended with exit code -9")
        assert there(new_session(embedded)) == []
        assert [one["result"] for one in summary_in(shared.folder)["scenarios"]] == ["passed", "not run"]
