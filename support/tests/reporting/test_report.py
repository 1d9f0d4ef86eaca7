"""The HTML report: what it loads, and what happens if it cannot be made."""

from __future__ import annotations

import base64
import gzip
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from support.reporting.report import generating
from support.reporting.report.generating import ReportNotMade, generate, install_allure, packed, without_analytics
from support.settings import ROOT
from support.tests.reporting.browsing import see_that_allure_is_there
from support.tests.reporting.conftest import Run

pytestmark = pytest.mark.sampled
PAGE = """<head><script src="app.js"></script></head><body>
    <script async src="https://www.googletagmanager.com/gtag/js?id=G-X"></script>
    <script>
        window.dataLayer = window.dataLayer || [];
        gtag('config', 'G-X', {"report": "awesome"});
    </script>
    <script>window.kept = 1</script></body>"""


def report(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "support.reporting.report", *arguments]
    environment = {**os.environ, **variables}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def test_analytics_are_taken_out_and_nothing_else() -> None:
    page = without_analytics(PAGE)
    assert "googletagmanager" not in page
    assert "gtag" not in page
    assert '<script src="app.js">' in page
    assert "window.kept = 1" in page


@pytest.mark.parametrize(
    "page",
    [
        PAGE.replace("window.dataLayer = window.dataLayer || [];", ""),
        '<head><link rel="stylesheet" href="https://fonts.example/a.css"></head><body></body>',
        '<head></head><body><script src="//elsewhere.example/a.js"></script></body>',
    ],
)
def test_a_page_that_would_load_something_from_elsewhere_is_refused(page: str) -> None:
    with pytest.raises(ReportNotMade, match="from elsewhere"):
        without_analytics(page)


def test_a_link_in_a_text_is_no_loading() -> None:
    page = '<head></head><body><a href="https://www.rfc-editor.org/rfc/rfc9110">RFC</a></body>'
    assert without_analytics(page) == page


def test_without_node_it_says_what_to_install_and_leaves_the_results(smoke_run: Run, tmp_path: Path) -> None:
    results = smoke_run.reports / "allure-results"
    before = sorted(results.iterdir())
    done = report("--results", str(results), "--output", str(tmp_path / "out"), PATH=str(tmp_path))
    assert done.returncode == 6
    assert "needs Node 20 or newer" in done.stderr
    assert "https://nodejs.org" in done.stderr
    assert str(results) in done.stderr
    assert sorted(results.iterdir()) == before
    assert not (tmp_path / "out").exists()


def test_an_old_node_is_not_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("node", "npm"):
        (tmp_path / name).write_text("#!/bin/sh\necho v18.20.4\n", encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ReportNotMade, match=r"v18\.20\.4"):
        install_allure()


def test_no_results_are_said_to_be_missing(tmp_path: Path) -> None:
    done = report("--results", str(tmp_path))
    assert done.returncode == 6
    assert "there are no results" in done.stderr


def test_an_allure_that_fails_leaves_the_report_of_before(
    smoke_run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    see_that_allure_is_there()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "index.html").write_text("before", encoding="utf-8")
    (tmp_path / "cli.js").write_text("console.error('no luck'); process.exit(1)", encoding="utf-8")
    monkeypatch.setattr(generating, "ALLURE", tmp_path)
    monkeypatch.setattr(generating, "_installed", generating._pinned)
    with pytest.raises(ReportNotMade, match="no luck"):
        generate(smoke_run.reports / "allure-results", tmp_path / "out", tmp_path / "h.jsonl", in_one_file=False)
    assert (tmp_path / "out" / "index.html").read_text(encoding="utf-8") == "before"


def test_a_page_that_unpacks_itself_is_small_and_holds_all() -> None:
    data = base64.b64encode(b"one scenario after another " * 1000).decode()
    html = f"<html><head><title>Users \u2713</title></head><body>{data}</body></html>"
    page = packed(html)
    assert len(page) < len(html) / 2
    assert "<title>Users \u2713</title>" in page
    (content,) = re.findall(r'type="text/plain">([^<]+)<', page)
    assert gzip.decompress(base64.b64decode(content)).decode() == html


def test_it_plays_and_makes_a_report_with_the_exit_code_of_the_run(tmp_path: Path) -> None:
    see_that_allure_is_there()
    settings = {"REPORTS_DIR": str(tmp_path / "reports"), "STATE_DIR": str(tmp_path / "state")}
    done = report("--", "--tags=@smoke", "features/users/reading.feature", **settings)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "<html" in (tmp_path / "reports" / "allure.html").read_text(encoding="utf-8")
    assert "Report: " in done.stdout.splitlines()[-1]
    assert len((tmp_path / "reports" / "history" / "allure.jsonl").read_text(encoding="utf-8").splitlines()) == 1
    assert report("--", "--tags=@there-is-no-such-tag", **settings).returncode == 1
    assert report("--results", str(tmp_path / "nowhere"), **settings).returncode == 6
