"""The end of a run: everybody is deleted and all is told, whatever goes wrong on the way."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from behave.configuration import Configuration

from support.acts.outages import stormy_world
from support.errors import SuiteError
from support.reporting.evidence import Evidence
from support.reporting.run import RunReport
from support.session import Session
from support.signals import Interrupts
from support.targets.embedded import Target
from support.tests.conftest import NewWorld, settings_for
from support.transport import loop as loop_module
from support.workers import Workers
from support.world import World


@pytest.fixture
def report(tmp_path: Path) -> RunReport:
    return RunReport(Configuration([], load_config=False), tmp_path / "reports")


def there(world: World, mark: str) -> int:
    """Return how many users of a run are there."""
    answer = world.run(world.api.list()).answer
    assert answer is not None
    return answer.body.count(mark.encode())


async def busy(seconds: float) -> None:
    """Let nothing else go on in the loop."""
    time.sleep(seconds)


def test_a_loop_that_was_busy_keeps_nobody_from_being_deleted(
    embedded: Target, new_world: NewWorld, report: RunReport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop_module, "FINISHED_WITHIN_S", 0.2)
    world = new_world(embedded, cleanup_deadline_s=5.0)
    world.accounts.become("Ada")
    world.loop.submit(busy(0.8))
    with pytest.raises(SuiteError, match="did not stop in time"):
        Session(world, Interrupts(), report, Evidence(), Workers()).end()
    assert there(new_world(embedded), world.mark) == 0


def test_while_workers_play_all_is_taken_away(embedded: Target, new_world: NewWorld, report: RunReport) -> None:
    world, seen = new_world(embedded), list[int]()

    class Busy(Workers):
        def __bool__(self) -> bool:
            return True

        def wait(self) -> None:
            seen.append(there(new_world(embedded), world.mark))

    world.accounts.become("Ada")
    with pytest.raises(SuiteError, match="no scenario was selected"):
        Session(world, Interrupts(), report, Evidence(), Busy()).end()
    assert seen == [0]


def test_a_fault_without_words_is_told_by_its_name(report: RunReport) -> None:
    report.blame(TimeoutError())
    assert report.summary().why == "TimeoutError"


def test_nothing_stays_of_the_api_that_can_be_told_to_misbehave(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    world = stormy_world(settings_for(tmp_path))
    assert list((tmp_path / "temporary").rglob("users.sqlite3"))
    world.close()
    assert list((tmp_path / "temporary").iterdir()) == []
