"""From Allure results to an HTML report, by the npm package allure that package.json pins; without Java."""

from __future__ import annotations

import base64
import gzip
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from support.settings import ROOT

LEAST_NODE = 20
ALLURE = ROOT / "node_modules" / "allure"
ANALYTICS = re.compile(
    r'\s*<script async src="https://www\.googletagmanager\.com/[^"]*"></script>\s*<script>\s*window\.dataLayer\b.*?</script>',
    re.DOTALL,
)
FOREIGN = re.compile(r'<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)="(?:https?:)?//[^"]*"')
UNPACKING = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
{title}
<noscript>This report needs JavaScript.</noscript>
<script id="packed" type="text/plain">{content}</script>
<script>
  (async () => {{
    const octets = Uint8Array.from(atob(document.getElementById("packed").text), (one) => one.charCodeAt(0));
    const unpacking = new Blob([octets]).stream().pipeThrough(new DecompressionStream("gzip"));
    const page = await new Response(unpacking).text();
    document.open();
    document.write(page);
    document.close();
  }})();
</script>
"""


class ReportNotMade(Exception):
    """The pages could not be made; the text says what is missing. The results are as they were."""


def play(results: Path, arguments: Sequence[str]) -> int:
    """Run the features, with fresh results in a folder; return behave's exit code."""
    shutil.rmtree(results, ignore_errors=True)
    formats = ["--format", "allure", "--outfile", os.fspath(results), "--format", "terminal"]
    return subprocess.run([sys.executable, "-m", "behave", *formats, *arguments], cwd=ROOT, check=False).returncode


def has_results(results: Path) -> bool:
    """Whether a folder has the result of any scenario."""
    return any(results.glob("*-result.json"))


def generate(results: Path, output: Path, history: Path, in_one_file: bool) -> None:
    """Turn results into a report that sends no request to another host; raises ReportNotMade."""
    if not has_results(results):
        raise ReportNotMade(
            f"there are no results of scenarios in {results}. If a run was started, its output says why; else run "
            "python -m behave --format allure --outfile DIR first"
        )
    install_allure()
    history.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        made = Path(scratch) / "report"
        summary = results.parent / "summary.json"
        _run_allure(
            ["generate", os.fspath(results.resolve()), "--output", os.fspath(made)],
            REPORT_HISTORY=os.fspath(history.resolve()),
            RUN_SUMMARY=os.fspath(summary.resolve()) if summary.is_file() else "",
            SINGLE_FILE=str(in_one_file).lower(),
        )
        for page in made.rglob("*.html"):
            html = without_analytics(page.read_text(encoding="utf-8"))
            page.write_text(packed(html) if in_one_file else html, encoding="utf-8")
        _put(made / "index.html" if in_one_file else made, output)


def install_allure() -> None:
    """Install the pinned version of allure if it is missing; raises ReportNotMade with what to install."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise ReportNotMade(
            f"it needs Node {LEAST_NODE} or newer and npm. Install them, for example from https://nodejs.org"
        )
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    if int(version.removeprefix("v").split(".")[0] or 0) < LEAST_NODE:
        raise ReportNotMade(f"it needs Node {LEAST_NODE} or newer, and {node} is {version}")
    if _installed() != _pinned():
        install_packages(npm)


def install_packages(npm: str) -> None:
    """Install what package-lock.json pins, without running anything of it; raises ReportNotMade."""
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ReportNotMade(f"`npm ci --ignore-scripts` failed: {done.stderr.strip()[-500:]}")


def _pinned() -> str:
    return str(json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["dependencies"]["allure"])


def _installed() -> str | None:
    manifest = ALLURE / "package.json"
    return str(json.loads(manifest.read_text(encoding="utf-8"))["version"]) if manifest.is_file() else None


def _run_allure(arguments: Sequence[str], **variables: str) -> None:
    command = ["node", os.fspath(ALLURE / "cli.js"), *arguments]
    environment = {**os.environ, **variables}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ReportNotMade(f"allure failed: {(done.stderr or done.stdout).strip()[-500:]}")


def without_analytics(html: str) -> str:
    """Return a page of the report that loads nothing from elsewhere; allure has no switch for its analytics.

    Raises ReportNotMade if the page would still load something, so that a new version of allure cannot do so unnoticed.
    """
    html = ANALYTICS.sub("", html)
    if found := FOREIGN.search(html) or re.search(r"googletagmanager", html):
        raise ReportNotMade(f"the page would load {found.group(0)!r} from elsewhere")
    return html


def packed(html: str) -> str:
    """Return a page that unpacks itself: a third of the size of a report in one file, which is mostly base64."""
    title = re.search(r"<title>.*?</title>", html, re.DOTALL)
    content = base64.b64encode(gzip.compress(html.encode(), mtime=0)).decode()
    return UNPACKING.format(title=title[0] if title else "", content=content)


def _put(made: Path, output: Path) -> None:
    """Move the new report to where it belongs, in place of an earlier one."""
    output.parent.mkdir(parents=True, exist_ok=True)
    if output.is_dir():
        shutil.rmtree(output)
    else:
        output.unlink(missing_ok=True)
    shutil.move(made, output)
