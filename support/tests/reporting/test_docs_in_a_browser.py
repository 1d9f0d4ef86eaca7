"""The living documentation in a browser: accessible, on a phone, without scripts, on paper."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from support.tests.reporting.browsing import AXE, Watch, opened_browser, see_that_allure_is_there

pytestmark = pytest.mark.browser
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


@pytest.mark.parametrize("name", KINDS)
def test_a_page_is_no_wider_than_a_phone(browser: Browser, site: Path, name: str) -> None:
    page = browser.new_page(viewport={"width": 360, "height": 800})
    page.goto((site / name).as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.close()


def test_the_pages_work_without_scripts_and_load_nothing_from_elsewhere(browser: Browser, site: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    watch = Watch(page, "file:")
    page.goto((site / "index.html").as_uri())
    page.get_by_role("link", name="Reading an account").click()
    expect(page.get_by_role("heading", name="A known id shows its user")).to_be_visible()
    expect(page.get_by_text("Ada's account is shown as created", exact=True).first).to_be_visible()
    page.get_by_role("link", name="read-200").click()
    expect(page.get_by_role("heading", name="Rules")).to_be_visible()
    context.close()
    assert watch.foreign == []


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
