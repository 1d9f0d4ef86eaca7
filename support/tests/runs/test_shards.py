"""A run that several machines share: every scenario is played once, and the joined report is that of the whole run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from behave.parser import parse_feature

from support.cli.merge import joined, main
from support.errors import Outcome, SettingsError
from support.profile import Caps
from support.reporting.results import Result
from support.reporting.summary import FILE, ScenarioResult, Summary, read, with_results
from support.settings import Settings, load
from support.shards import Shard, select_shard
from support.tests.conftest import settings_for
from support.tests.interruption.target_process import Ended, Place, an_api

STATUSES = ('"status": "passed"', '"status": "failed"', 'status="passed"', 'status="failed"')
CONFIG = SimpleNamespace(tag_expression=SimpleNamespace(check=lambda _: True), name=None, name_re=None)


def selected(settings: Settings, config: object = CONFIG) -> tuple[list[str], Shard]:
    """Return the names of the features of a shard."""
    features = [
        parse_feature(f"Feature: {name}\n" + "  Scenario: x\n    When she signs\n" * size, filename=f"{name}.feature")
        for size, name in enumerate("abcde", 1)
    ]
    shard = select_shard(features, config, settings)
    return [feature.name for feature in features], shard


def a_shard(number: int, count: int = 2, result: Result = Result.PASSED, **changes: object) -> Summary:
    scenario = ScenarioResult("f", "f.feature", number, "list", str(number), result, 0.1)
    first = Summary(Outcome.PASSED, started="2026-03-01", shard=f"{number}/{count}", split="ab", run=f"uat-{number}")
    return with_results(replace(first, **changes), [scenario], [])  # type: ignore[arg-type]


def test_each_feature_is_in_one_shard(tmp_path: Path) -> None:
    shards = [selected(settings_for(tmp_path, shard=f"{number}/3", reports_dir=str(tmp_path))) for number in (1, 2, 3)]
    assert sorted(name for names, _ in shards for name in names) == list("abcde")
    assert [shard.name for _, shard in shards] == ["1/3", "2/3", "3/3"]
    assert len({shard.split for _, shard in shards}) == 1


def test_two_features_of_one_name_are_two(tmp_path: Path) -> None:
    text, found = "Feature: a\n  Scenario: x\n    When she signs\n", []
    for number in (1, 2):
        features = [parse_feature(text, filename=f"{name}.feature") for name in "ab"]
        select_shard(features, CONFIG, settings_for(tmp_path, shard=f"{number}/2", reports_dir=str(tmp_path)))
        found += [feature.filename for feature in features]
    assert sorted(found) == ["a.feature", "b.feature"]


def test_without_shards_every_feature_is_played(tmp_path: Path) -> None:
    assert selected(settings_for(tmp_path)) == (list("abcde"), Shard())


def test_another_split_has_another_name(tmp_path: Path) -> None:
    halves = selected(settings_for(tmp_path, shard="1/2", reports_dir=str(tmp_path)))[1]
    thirds = selected(settings_for(tmp_path, shard="1/3", reports_dir=str(tmp_path)))[1]
    assert halves.split != thirds.split


@pytest.mark.parametrize("shard", ["", "1/3"])
def test_the_times_of_a_shard_do_not_change_the_split(tmp_path: Path, shard: str) -> None:
    first = selected(settings_for(tmp_path, shard="1/3", reports_dir=str(tmp_path)))[1]
    slow = ScenarioResult("a", "a.feature", 2, "list", "x", Result.PASSED, 100.0)
    with_results(Summary(Outcome.PASSED, shard=shard), [slow], []).write(tmp_path)
    again = selected(settings_for(tmp_path, shard="1/3", reports_dir=str(tmp_path)))[1]
    assert (first.split == again.split) is bool(shard)


def test_a_shard_without_a_feature_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="SHARD: it got 7/8; the selected scenarios fill only 5 shards"):
        selected(settings_for(tmp_path, shard="7/8", reports_dir=str(tmp_path)))


@pytest.mark.parametrize("value", ["3/2", "0/2", "2", "a/b", "1/2/3", "-1/2"])
def test_what_is_no_shard_is_refused(value: str) -> None:
    with pytest.raises(SettingsError, match=r"SHARD .* it wants one of several shards, such as 2/4\."):
        load({"shard": value})


def test_the_limits_of_the_api_are_shared() -> None:
    caps = Caps(users=90, concurrency=3, requests_per_minute=100)
    assert caps.shared_by(4) == Caps(users=90, concurrency=1, requests_per_minute=25)
    assert caps.shared_by(1) == caps


def test_the_joined_run_has_all_scenarios_and_the_worst_outcome() -> None:
    whole = joined([a_shard(2, result=Result.FAILED), a_shard(1, seconds=7.0)])
    assert [scenario.name for scenario in whole.scenarios] == ["1", "2"]
    assert (whole.run, whole.seconds, whole.shard) == ("uat-1, uat-2", 7.0, "")
    assert joined([a_shard(1), a_shard(2)]).outcome is Outcome.PASSED


def test_a_shard_that_did_not_begin_fails_the_run() -> None:
    down = Summary(Outcome.TARGET_DOWN, "nobody answers", shard="2/2")
    whole = joined([a_shard(1), down])
    assert whole.failures[0].text == "shard 2/2 did not begin: target down: nobody answers"
    with pytest.raises(SettingsError, match="no shard ran a scenario: target down"):
        joined([down])


def test_a_missing_shard_fails_the_run() -> None:
    whole = joined([a_shard(1, 3), a_shard(3, 3)])
    assert whole.outcome is Outcome.CONFIGURATION_ERROR
    assert "there is no report of shard 2/3" in whole.why


@pytest.mark.parametrize("name", ["split", "selection", "profile", "contract", "target"])
def test_reports_of_different_runs_are_refused(name: str) -> None:
    with pytest.raises(SettingsError, match=f"they differ in {name}"):
        joined([a_shard(1), replace(a_shard(2), **{name: "other"})])  # type: ignore[arg-type]


def test_a_shard_that_is_there_twice_is_refused() -> None:
    with pytest.raises(SettingsError, match="several reports of shard 1/2"):
        joined([a_shard(1), a_shard(1)])


def test_what_is_no_shard_cannot_be_joined(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    replace(a_shard(1), shard="").write(tmp_path / "whole")
    for folder in ("nothing", "whole"):
        assert main([str(tmp_path / folder), "--into", str(tmp_path / "joined")]) == 2
    assert capsys.readouterr().err.count("\n") == 2
    a_shard(1).write(tmp_path / "one")
    assert main([str(tmp_path / "one"), "--into", str(tmp_path / "one")]) == 2


@pytest.mark.parametrize("defect", [[], ["--defect", "create-answers-200"]], ids=["correct", "broken"])
def test_shards_give_the_verdict_of_the_whole_run(tmp_path: Path, defect: list[str]) -> None:
    with an_api(*defect) as api:

        def played(name: str, *more: str) -> tuple[Ended, Summary]:
            place = Place(tmp_path / name)
            junit = ("--junit-directory", str(place.reports / "junit"))
            allure = ("-f", "allure", "-o", str(place.reports / "allure-results"), "-f", "terminal")
            ended = place.run("--tags=@smoke", "--junit", *junit, *allure, *more, api=api)
            return ended, read(place.reports / FILE)

        shards = [played(str(number), "-D", f"shard={number}/3", "-D", f"workers={number}") for number in (1, 2, 3)]
        ended, whole = played("whole")
    into = tmp_path / "joined"
    folders = [str(tmp_path / str(number) / "reports") for number in (1, 2, 3)]
    merged = Place(tmp_path / "m").run(*folders, "--into", str(into), api=None, module="support.cli.merge")
    assert merged.code == ended.code == max(shard.code for shard, _ in shards)
    summary = read(into / FILE)
    assert (summary.outcome, summary.scenarios_by_result) == (whole.outcome, whole.scenarios_by_result)
    assert summary.users.created == sum(shard.users.created for _, shard in shards)
    assert merged.last_line == summary.in_one_line
    for kind in ("*-result.json", "*.xml"):
        joined_texts, texts = (
            "".join(path.read_text(encoding="utf-8") for path in folder.rglob(kind))
            for folder in (into, tmp_path / "whole")
        )
        assert [joined_texts.count(word) for word in STATUSES] == [texts.count(word) for word in STATUSES]
    assert (into / "allure-results" / "environment.properties").read_text(encoding="utf-8").count("run=") == 1
