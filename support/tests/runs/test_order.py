"""The order in which features are played."""

from __future__ import annotations

from pathlib import Path

from support.order import is_concurrent, playing_order
from support.tests.house.reading import feature_files, read
from support.tests.runs.conftest import ADA_SIGNS_UP, Project


def test_concurrent_requests_come_last_and_what_users_do_comes_first() -> None:
    played = sorted((read(path) for path in feature_files()), key=playing_order)
    concurrent = [is_concurrent(feature) for feature in played]
    assert concurrent == sorted(concurrent)
    assert any(concurrent)
    folders = [Path(feature.filename).parent.name for feature in played]
    assert list(dict.fromkeys(folders))[:4] == ["users", "access", "refusals", "protocol"]


def test_the_smoke_test_comes_first() -> None:
    played = sorted((read(path) for path in feature_files()), key=playing_order)
    first = [any("smoke" in one.effective_tags for one in feature.walk_scenarios()) for feature in played]
    assert first == sorted(first, reverse=True)
    assert any(first)


def test_a_run_keeps_it(project: Project) -> None:
    burst = ADA_SIGNS_UP.replace("@contract", "@contract @concurrency").replace("Signing up", "In a burst")
    (project.folder / "features" / "a_burst.feature").write_text(burst, encoding="utf-8")
    run = project.behave("--tags=@contract")
    assert run.code == 0, run.said
    assert run.out.index("Signing up") == 0 < run.out.index("In a burst")
