"""The Allure report in a browser, as a reader without other knowledge sees it: a run with three planted defects."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from support.reporting.report.generating import generate
from support.settings import ROOT
from support.target.embedded import EmbeddedApi
from support.tests.reporting.browsing import Watch, opened_browser, see_that_allure_is_there, served
from support.tests.reporting.conftest import Run, behave, on

pytestmark = [pytest.mark.browser, pytest.mark.sampled]
DEFECTS = ("delete-again-is-409", "filter-finds-parts", "numeric-names-coerced")
FEATURES = (
    "features/users/deleting.feature",
    "features/users/listing.feature",
    "features/refusals/invalid_data.feature",
    "features/concurrency/lost_update.feature",
)


@dataclass(frozen=True)
class Planted:
    """The run, its report, and the API, which is still up."""

    api: EmbeddedApi
    run: Run
    report: Path
    single: Path


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Planted]:
    see_that_allure_is_there()
    folder = tmp_path_factory.mktemp("planted")
    api = EmbeddedApi([word for defect in DEFECTS for word in ("--defect", defect)])
    results = folder / "reports" / "allure-results"
    arguments = ["--format", "allure", "--outfile", os.fspath(results), "--format", "terminal", *FEATURES]
    settings = {**on(api.target), "STATE_DIR": os.fspath(folder / "state")}
    run = behave(arguments, ROOT, folder / "reports", **settings)
    report, single = folder / "allure", folder / "allure.html"
    generate(results, report, folder / "history.jsonl", in_one_file=False)
    generate(results, single, folder / "history.jsonl", in_one_file=True)
    yield Planted(api, run, report, single)
    api.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with opened_browser() as opened:
        yield opened


@pytest.fixture
def page(browser: Browser, planted: Planted) -> Iterator[Page]:
    """The first page of the report; it must load nothing from elsewhere."""
    with served(planted.report) as url:
        page = browser.new_page(viewport={"width": 1280, "height": 1600})
        watch = Watch(page, url)
        page.goto(url)
        expect(page.get_by_text("Users acceptance").first).to_be_visible()
        yield page
        page.close()
        assert (watch.foreign, watch.errors) == ([], [])


def opened(page: Page, name: str, *groups: str) -> None:
    """Look a scenario up by its name and open it; groups in which all is well are folded and opened one by one."""
    page.get_by_placeholder("Search tests").fill(name)
    for group in groups:
        page.get_by_text(group, exact=True).first.click()
    page.get_by_text(name, exact=True).first.click()
    expect(page.get_by_text("Test body").first).to_be_visible()


def test_the_report_counts_as_the_summary_does(page: Page, planted: Planted) -> None:
    broken = planted.run.summary["scenarios_by_result"]["failed"]
    assert broken >= len(DEFECTS)
    expect(page.get_by_text(re.compile(rf"Failed\s*{broken}")).first).to_be_visible()


def test_the_run_is_described(page: Page, planted: Planted) -> None:
    expect(page.get_by_text(planted.api.target.base_url).first).to_be_visible()
    expect(page.get_by_text(str(planted.run.summary["run"])).first).to_be_visible()


def test_scenarios_stand_under_capability_feature_and_rule(page: Page) -> None:
    for name in ("Users", "Deleting an account", "Deleting a user who does not exist changes nothing"):
        expect(page.get_by_text(name, exact=True).first).to_be_attached()


def test_violations_are_a_category_by_rule(page: Page) -> None:
    page.get_by_text("Categories").first.click()
    expect(page.get_by_text("Contract broken").first).to_be_visible()
    for rule in ("delete-again", "filter-email", "create-invalid"):
        expect(page.get_by_text(rule, exact=True).first).to_be_visible()


def test_the_search_finds_a_scenario(page: Page) -> None:
    page.get_by_placeholder("Search tests").fill("Ada deletes their account twice")
    expect(page.get_by_text("Ada deletes their account twice", exact=True).first).to_be_visible()
    expect(page.get_by_text("Ada deletes their account and is gone", exact=True)).to_have_count(0)


def test_a_failing_scenario_shows_its_evidence(page: Page) -> None:
    opened(page, "Ada deletes their account twice")
    for text in ("contract broken: delete-again", "status 404 or 204", "the status was 409", "RFC 9110 §9.2.2"):
        expect(page.get_by_text(text).first).to_be_visible()
    for text in ("Given Ada is a former user", "prove that no user of the run is left", "open the target"):
        expect(page.get_by_text(text).first).to_be_attached()


def test_the_exchange_of_a_step_can_be_read(page: Page) -> None:
    opened(page, "Ada deletes their account twice")
    page.get_by_text("When Ada deletes their account again").first.click()
    page.get_by_text(re.compile(r"DELETE /users/\S+ -> 409")).first.click()
    for text in ("# Send it again", "# Answer", '"status": 409', "Bearer $TOKEN"):
        expect(page.get_by_text(text).first).to_be_visible()


def test_the_command_in_the_report_shows_the_fault(page: Page, planted: Planted) -> None:
    opened(page, "Ada deletes their account twice")
    page.get_by_text("When Ada deletes their account again").first.click()
    page.get_by_text(re.compile(r"DELETE /users/\S+ -> 409")).first.click()
    shown = page.get_by_text("# Send it again").first.inner_text()
    command = shown.split("# Send it again", 1)[1].split("# Request")[0]
    environment = {**os.environ, "TOKEN": planted.api.token}
    done = subprocess.run(["bash", "-c", command], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("HTTP/1.1 409")


def test_the_script_in_the_report_plays_the_scenario_again(page: Page, planted: Planted) -> None:
    opened(page, "Ada deletes their account twice")
    page.get_by_text("replay the scenario").first.click()
    shown = page.get_by_text("#!/bin/sh").first.inner_text()
    environment = {**os.environ, "TOKEN": planted.api.token}
    done = subprocess.run(["sh", "-c", shown], env=environment, capture_output=True, text=True)
    assert done.returncode == 1, done.stderr
    assert done.stdout.count("HTTP/1.1 201") == 1
    assert done.stdout.rstrip().endswith("The fault is still there.")


def test_the_contenders_of_a_race_are_drawn(page: Page) -> None:
    groups = (
        "Concurrency",
        "Changes at the same moment",
        "Simultaneous changes end as if they had come one after another",
    )
    opened(page, "Ada's name and email are changed at the same moment", *groups)
    page.get_by_text("round after round").first.click()
    page.get_by_text("the contenders of the last round").first.click()
    picture = page.locator("img[src^='blob:'], img[src*='attachments'], svg[role='img']").first
    expect(picture).to_be_visible()
    box = picture.bounding_box()
    assert box is not None
    assert box["width"] > 300


def test_one_file_is_enough_for_mail(browser: Browser, planted: Planted) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 1600})
    watch = Watch(page, "file:")
    page.goto(planted.single.as_uri())
    opened(page, "Ada deletes their account twice")
    expect(page.get_by_text("contract broken: delete-again").first).to_be_visible()
    page.close()
    assert (watch.foreign, watch.errors) == ([], [])
