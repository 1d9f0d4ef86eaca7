"""How far a run is, and how long the rest takes: by the last run, with cleanups, in several processes too."""

from __future__ import annotations

import io
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from behave.configuration import Configuration
from behave.formatter.base import StreamOpener
from behave.model import Feature
from behave.parser import parse_feature

from support.reporting import terminal
from support.reporting.progress import USUAL_S, Progress, Standing, duration, read_standing, together
from support.reporting.run_report import RunReport
from support.reporting.summary import CLEANUP
from support.tests.interruption.target_process import poll_until

EVERYTHING: Any = SimpleNamespace(tag_expression=SimpleNamespace(check=lambda _: True), name=None)


def feature(name: str, scenarios: int, tag: str = "contract") -> Feature:
    titles = "".join(f"  Scenario: {number}\n    When Ada signs up\n" for number in range(scenarios))
    return parse_feature(f"@{tag}\nFeature: {name}\n{titles}", filename=f"{name}.feature")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    now = SimpleNamespace(s=0.0)
    monkeypatch.setattr("support.reporting.progress.time", SimpleNamespace(monotonic=lambda: now.s))
    return now


def test_the_rest_takes_what_it_took_last_time_at_the_pace_of_now(clock: SimpleNamespace) -> None:
    quick, long = feature("quick", 10), feature("long", 2)
    last = {("quick", str(number)): 1.0 for number in range(10)} | {("long", str(number)): 20.0 for number in range(2)}
    progress = Progress(
        [quick, long], EVERYTHING, {**last, ("quick", CLEANUP): 5.0, ("long", CLEANUP): 15.0, ("", CLEANUP): 3.0}
    )
    assert progress.standing == Standing(0, 12, None)
    for scenario in quick.walk_scenarios():
        clock.s += 2.0  # twice as slow as last time
        progress.end(scenario)
    standing = progress.standing
    assert (standing.done, standing.total) == (10, 12)
    assert standing.left_s == pytest.approx(2 * (5 + 20 + 20 + 15 + 3))
    clock.s = 30.0
    progress.end_feature(quick)
    standing = progress.standing
    assert (standing.done, standing.total) == (10, 12)
    assert standing.left_s == pytest.approx(2 * (20 + 20 + 15 + 3))


def test_without_a_last_run_a_race_is_expected_to_take_longer(clock: SimpleNamespace) -> None:
    simple, races = feature("simple", 10), feature("races", 10, "race")
    progress = Progress([simple, races], EVERYTHING, {})
    for scenario in simple.walk_scenarios():
        clock.s += 0.1
        progress.end(scenario)
    left_s = progress.standing.left_s
    assert left_s is not None
    assert left_s > 10


def test_each_kind_has_its_own_pace(clock: SimpleNamespace) -> None:
    simple, races = feature("simple", 10), feature("races", 10, "race")
    progress = Progress([simple, races], EVERYTHING, {})
    for pace, one in ((10, simple), (2, races)):
        for scenario in list(one.walk_scenarios())[:6]:
            clock.s += pace * USUAL_S[next(iter(scenario.effective_tags))]
            progress.end(scenario)
    assert progress.standing.left_s == pytest.approx(4 * 10 * USUAL_S["contract"] + 4 * 2 * USUAL_S["race"])


def test_features_tell_nothing_of_the_pace_before_scenarios_are_over(clock: SimpleNamespace) -> None:
    features = [feature(str(number), 1) for number in range(9)]
    progress = Progress(features[5:], EVERYTHING, {})
    for one in features:
        clock.s += 1.0
        progress.end_feature(one)
    assert progress.standing.left_s is None


def test_what_is_left_out_is_over_but_does_not_change_the_pace(clock: SimpleNamespace) -> None:
    one, other = feature("one", 10), feature("other", 10)
    progress = Progress([one, other], EVERYTHING, {})
    for scenario in one.walk_scenarios():
        clock.s += 1.0
        progress.end(scenario)
    progress.end_feature(one)
    progress.leave_out(list(other.walk_scenarios())[:5])
    standing = progress.standing
    assert (standing.done, standing.total) == (15, 20)
    assert standing.left_s == pytest.approx(5)


def test_processes_are_as_far_as_all_together(tmp_path: Path) -> None:
    assert read_standing(tmp_path) is None
    part = Standing(3, 10, 12.0)
    part.write(tmp_path)
    assert read_standing(tmp_path) == part
    assert together([part, Standing(4, 20, 61.0)]) == Standing(7, 30, 61.0)
    assert together([part, Standing(0, 20, None)]).left_s is None


def test_it_is_told_in_words() -> None:
    assert str(Standing(312, 524, 80.2)) == "312 of 524 scenarios, 1 min 20 s left"
    assert str(Standing(524, 524, 80.2)) == "524 of 524 scenarios, cleaning up"
    assert str(Standing(0, 1, None)) == "0 of 1 scenario"
    assert duration(59.7) == "1 min 0 s"


def test_where_there_is_no_terminal_a_line_shows_that_the_run_goes_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(terminal, "SIGN_OF_LIFE_S", 0.05)
    one, stream = feature("one", 3), io.StringIO()
    report = RunReport(Configuration([], load_config=False), tmp_path, [one])
    report.config.reporters.append(report)
    shown = terminal.TerminalFormatter(StreamOpener(stream=stream), report.config)
    shown.feature(one)
    poll_until(lambda: "0 of 3 scenarios\n0 of 3 scenarios\n" in stream.getvalue())
    shown.close()
