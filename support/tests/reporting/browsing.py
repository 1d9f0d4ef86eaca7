"""A browser for the tests: Debian's Chromium without a screen, over pages that are served on loopback."""

from __future__ import annotations

import contextlib
import functools
import http.server
import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock
from playwright.sync_api import Browser, Page, Request, sync_playwright

from support.reporting.report.generating import ReportNotMade, install_allure, install_packages
from support.settings import ROOT

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"


@contextlib.contextmanager
def opened_browser() -> Iterator[Browser]:
    """Open Chromium, or skip the test with the reason."""
    path = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if path is None:
        pytest.skip("no Chromium here: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


def see_that_allure_is_there() -> None:
    """Install the pinned npm packages once for all processes, or skip the test with the reason."""
    with FileLock(Path(tempfile.gettempdir()) / f"users-acceptance-npm-{os.getuid()}.lock"):
        try:
            install_allure()
            if not AXE.is_file():
                install_packages("npm")
        except ReportNotMade as error:
            pytest.skip(str(error))


class _Silent(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@contextlib.contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder; yield its URL."""
    handler = functools.partial(_Silent, directory=os.fspath(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


class Watch:
    """What a page loaded from elsewhere, and its errors."""

    def __init__(self, page: Page, *own: str) -> None:
        self.foreign: list[str] = []
        self.errors: list[str] = []
        allowed = (*own, "data:", "blob:")

        def ask(request: Request) -> None:
            if not request.url.startswith(allowed):
                self.foreign.append(request.url)

        page.on("request", ask)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
