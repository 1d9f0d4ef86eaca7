"""The living documentation in a browser: accessible, on a phone, without scripts, on paper."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from support.tests.reporting.browsing import AXE, Watch, opened_browser, see_that_allure_is_there

pytestmark = [pytest.mark.browser, pytest.mark.sampled]
KINDS = ("index.html", "contract.html", "scenarios.html", "targets.html", "users-reading.html")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with opened_browser() as opened:
        yield opened


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 360)])
@pytest.mark.parametrize("name", KINDS)
def test_a_page_is_accessible(browser: Browser, site: Path, name: str, scheme: str, width: int) -> None:
    see_that_allure_is_there()
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto((site / name).as_uri())
    page.add_script_tag(path=AXE)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    violations = [(one["id"], [node["html"] for node in one["nodes"]][:3]) for one in found["violations"]]
    assert violations == []
    assert len(found["passes"]) > 10
    context.close()


@pytest.mark.parametrize("width", [360, 390, 1280, 1920])
@pytest.mark.parametrize("name", KINDS)
def test_a_page_is_no_wider_than_its_window(browser: Browser, site: Path, name: str, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 800})
    page.goto((site / name).as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


@pytest.mark.parametrize("width", [390, 1280, 1920])
def test_the_whole_comparison_of_targets_is_in_the_window(browser: Browser, site: Path, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 800})
    page.goto((site / "targets.html").as_uri())
    cells = page.locator(".comparison :is(td, th)")
    ends = cells.evaluate_all("cells => cells.map(cell => cell.getBoundingClientRect().right)")
    cut = cells.evaluate_all("cells => cells.filter(cell => cell.scrollWidth > cell.clientWidth + 1).length")
    assert max(ends) <= width
    assert cut == 0
    page.close()


def test_the_pages_work_without_scripts_and_load_nothing_from_elsewhere(browser: Browser, site: Path) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 800})
    page = context.new_page()
    watch = Watch(page, "file:")
    page.goto((site / "index.html").as_uri())
    page.get_by_role("link", name="Menu").click()
    page.get_by_role("navigation", name="All pages").get_by_role("link", name="Reading an account").click()
    expect(page.get_by_role("heading", name="A known id shows its user")).to_be_visible()
    expect(page.get_by_text("Ada's account is shown as created", exact=True).first).to_be_visible()
    page.get_by_role("link", name="read-200").click()
    expect(page.get_by_role("heading", name="The contract", exact=True)).to_be_visible()
    page.goto((site / "scenarios.html").as_uri())
    expect(page.get_by_role("link", name="Ada's account is shown", exact=True)).to_be_visible()
    expect(page.locator(".filter")).to_be_hidden()
    context.close()
    assert watch.foreign == []


def test_the_search_finds_a_scenario_by_its_steps(browser: Browser, site: Path) -> None:
    page = browser.new_page()
    watch = Watch(page, "file:")
    page.goto((site / "index.html").as_uri())
    page.keyboard.press("/")
    page.keyboard.type("percent-encoded SHOWN")
    expect(page.get_by_role("option").first).to_contain_text("Ada's account is shown by their percent-encoded id")
    page.keyboard.press("Enter")
    page.wait_for_url("**/users-reading.html#adas-account-is-shown-by-their-percent-encoded-id")
    page.keyboard.press("/")
    page.keyboard.type("no such words")
    expect(page.get_by_text("Nothing has all of these words.")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("listbox")).to_be_hidden()
    page.close()
    assert (watch.errors, watch.foreign) == ([], [])


def test_scenarios_are_filtered_by_words_tag_and_outcome(browser: Browser, site: Path) -> None:
    page = browser.new_page()
    page.goto((site / "scenarios.html").as_uri() + "?outcome=passed")
    shown = page.locator(".scenarios tbody tr:visible")
    expect(page.locator("[name=outcome]")).to_have_value("passed")
    expect(page.get_by_role("link", name="Each id shows its own user")).to_be_hidden()
    passed = shown.count()
    page.locator("[name=outcome]").select_option("no result")
    page.locator("[name=tag]").select_option("edge")
    page.locator(".filter [name=q]").fill("percent-encoded")
    expect(page.get_by_role("link", name="Ada's account is shown by their percent-encoded id")).to_be_visible()
    assert page.evaluate("location.search") == "?q=percent-encoded&tag=edge&outcome=no+result"
    assert 0 < shown.count() < passed
    page.get_by_role("button", name="Clear").click()
    expect(page.get_by_role("link", name="Each id shows its own user")).to_be_visible()
    page.close()


def test_the_keyboard_reaches_the_text_at_once(browser: Browser, site: Path) -> None:
    page = browser.new_page()
    page.goto((site / "index.html").as_uri())
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the text")).to_be_focused()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.close()


def test_a_page_prints_without_its_navigation(browser: Browser, site: Path) -> None:
    page = browser.new_page()
    page.goto((site / "users-listing.html").as_uri())
    page.emulate_media(media="print")
    expect(page.locator("header")).to_be_hidden()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert page.pdf(format="A4").startswith(b"%PDF")
    page.close()
