"""The end of a run: all users are deleted and all faults are reported, whatever goes wrong."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from behave.configuration import Configuration

from support.errors import SuiteError
from support.http import loop as loop_module
from support.http.report_sink import ReportSink
from support.reporting.run_report import RunReport
from support.run import Run
from support.scenario import accounts
from support.scenario.session import Session, faulty_session
from support.signals import Interrupts
from support.target.embedded import Target
from support.tests.conftest import NewSession, settings_for


@pytest.fixture
def report(tmp_path: Path) -> RunReport:
    return RunReport(Configuration([], load_config=False), tmp_path / "reports")


def count_users(session: Session, mark: str) -> int:
    """Return how many users of a run exist."""
    answer = session.http.run(session.api.list()).answer
    assert answer is not None
    return answer.body.count(mark.encode())


async def busy(seconds: float) -> None:
    """Block the loop."""
    time.sleep(seconds)


def test_users_are_deleted_even_if_the_loop_is_blocked_for_a_while(
    embedded: Target, new_session: NewSession, report: RunReport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop_module, "FINISHED_WITHIN_S", 0.2)
    session = new_session(embedded, cleanup_deadline_s=5.0)
    accounts.become_user(session.scenario, session.scenario.actor("Ada"))
    session.loop.submit(busy(0.8))
    with pytest.raises(SuiteError, match="did not stop in time"):
        Run(session, Interrupts(), report, ReportSink()).end()
    assert count_users(new_session(embedded), session.mark) == 0


def test_a_fault_without_a_message_is_reported_by_its_name(report: RunReport) -> None:
    report.add_fault(TimeoutError())
    assert report.summary().why == "TimeoutError"


def test_the_faulty_api_leaves_no_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    session = faulty_session(settings_for(tmp_path))
    assert list((tmp_path / "temporary").rglob("users.sqlite3"))
    session.close()
    assert list((tmp_path / "temporary").iterdir()) == []
