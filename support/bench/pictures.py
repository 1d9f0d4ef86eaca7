"""The pictures of the README: a run that finds a race, on the terminal and in its report."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from contextlib import closing
from io import StringIO
from pathlib import Path

from playwright.sync_api import sync_playwright
from rich.console import Console
from rich.text import Text

from support.reporting.report.generating import generate
from support.settings import ROOT
from support.target.embedded import EmbeddedApi

PICTURES = ROOT / "docs" / "pictures"
DEFECT = "race-check-then-insert"
FEATURES = "features/users features/concurrency/duplicate_email_race.feature"
SCENARIO = "Many users sign up at once with one email"
WIDTH = 100
FONT_FROM_ELSEWHERE = re.compile(r"\s*@font-face \{.*?\}", re.DOTALL)


def main() -> None:
    """Play the features on an API with the defect, and write both pictures."""
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        shown = _play(Path(folder))
        _draw_terminal(shown, PICTURES / "terminal.svg")
        report = Path(folder) / "report.html"
        generate(Path(folder) / "results", report, Path(folder) / "history.jsonl", in_one_file=True)
        _photograph(report, PICTURES / "report.png")


def _play(folder: Path) -> str:
    """Run the features; return what the run would print if it used the default folders."""
    folders = f" -D reports_dir={folder}/reports -D state_dir={folder}/state"
    formats = ["--format", "allure", "--outfile", f"{folder}/results", "--format", "terminal", "--color=always"]
    command = [sys.executable, "-m", "behave", *FEATURES.split(), *formats]
    with closing(EmbeddedApi(["--defect", DEFECT])) as api:
        target = {"BASE_URL": api.target.base_url, "TOKEN": api.target.token or ""}
        environment = {**os.environ, **target, "DATA_SEED": "1", "RACE_CONTENDERS": "6"}
        done = subprocess.run(
            [*command, *folders.split()], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
    return done.stdout.replace(folders, "").replace(f"{folder}/", "")


def _draw_terminal(shown: str, path: Path) -> None:
    console = Console(record=True, width=WIDTH, file=StringIO())
    console.print(Text(f"$ behave {FEATURES}\n"), Text.from_ansi(shown), sep="")
    drawn = FONT_FROM_ELSEWHERE.sub("", console.export_svg(title="users-acceptance"))
    path.write_text(drawn.replace("Fira Code", "ui-monospace"), encoding="utf-8")


def _photograph(report: Path, path: Path) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 800}, color_scheme="light")
        page.goto(report.as_uri())
        page.get_by_placeholder("Search tests").fill(SCENARIO)
        page.get_by_text(SCENARIO, exact=True).first.click()
        page.wait_for_timeout(1000)
        page.screenshot(path=path)
        browser.close()


if __name__ == "__main__":
    main()
