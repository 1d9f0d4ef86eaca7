"""A run against a hostile server, in a separate process with little memory, and the checks of every run."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
import threading
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

from support.prove.processes import Command, running
from support.reporting.summary import FILE
from support.settings import ROOT, Settings
from support.tests.commands import KILLED
from support.tests.hostile.rows import EXIT_CODES, FAULT, LEFT, Row
from support.tests.hostile.server import TOKEN, HostileServer

HANG_GUARD_S = 150
MEMORY_BYTES = 1_500_000 << 10
MOST_RESIDENT_KIB = 512 * 1024
OUTPUT, USED = "output.txt", "most memory used"
PATIENCE = {
    "REQUEST_TIMEOUT_S": "5",
    "RETRY_ATTEMPTS": "3",
    "RETRY_BASE_S": "0.01",
    "RETRY_CAP_S": "0.05",
    "RETRY_DEADLINE_S": "8",
    "CONSISTENCY_WINDOW_S": "0.05",
    "DELETE_DEADLINE_S": "1",
    "POLL_CAP_S": "0.2",
    "CLEANUP_DEADLINE_S": "10",
    "BURST": "20",
    "LOG_LEVEL": "DEBUG",
}
COMMANDS_FOR_CI = re.compile(r"^\s*::|##\[|##vso\[", re.MULTILINE)
UNSEEN = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufffe\uffff"
CONTROL_CATEGORIES = ("Cc", "Cs", "Zl", "Zp")
NAMED_IN_FULL = 60


@dataclass(frozen=True)
class Ended:
    """How a run ended; `summary` is empty if none was written."""

    code: int
    said: str
    folder: Path
    most_memory_kib: int

    @property
    def summary(self) -> dict[str, Any]:
        path = self.folder / "reports" / FILE
        return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}

    @property
    def outcome(self) -> str:
        return str(self.summary.get("outcome", "no summary"))

    @property
    def rules_broken(self) -> set[str]:
        return {failure["rule"] for failure in self.summary.get("failures", ()) if failure["rule"]}

    @property
    def outcomes_within(self) -> set[str]:
        """The outcomes of all failures, of which the run shows the worst."""
        return {failure["outcome"] for failure in self.summary.get("failures", ())}

    def files(self) -> Iterator[tuple[Path, str]]:
        """Yield every file of the run and its content."""
        for path in sorted(self.folder.rglob("*")):
            if path.is_file() and not path.is_symlink():
                yield path, path.read_bytes().decode("utf-8", "surrogateescape")


def words_of(play: Sequence[str], folder: Path) -> list[str]:
    """Return the arguments of behave for a run, with every report that behave itself can write."""
    junit = ["--junit", "--junit-directory", str(folder / "junit")]
    formats = ["-f", "json", "-o", str(folder / "behave.json"), "-f", "allure", "-o", str(folder / "allure")]
    reports = [*junit, *formats, "-f", "terminal"]
    return ["--tags=@contract and not @slow", *reports, *play]


def environment_of(url: str, folder: Path, **settings: str) -> dict[str, str]:
    """Return the environment of a run: that of this process, without its settings of the suite."""
    own = {name: value for name, value in os.environ.items() if name.lower() not in Settings.model_fields}
    places = {"STATE_DIR": str(folder / "state"), "REPORTS_DIR": str(folder / "reports")}
    output = {"NO_COLOR": "1", "COLUMNS": "120", "PYTHONPATH": str(ROOT)}
    return {**own, **output, **PATIENCE, **places, "BASE_URL": url, "TOKEN": TOKEN} | settings


def play(row: Row, server: HostileServer, folder: Path) -> Ended:
    """Run a row against its server, to the end."""
    return run_against(server.url, folder, *row.play, **row.settings)


def run_against(url: str, folder: Path, *play: str, module: str = "behave", **settings: str) -> Ended:
    """Run features against a server, to the end; one that hangs is killed, which its exit code shows."""
    output, used = folder / OUTPUT, folder / USED
    output.unlink(missing_ok=True)
    words = words_of(play, folder) if module == "behave" else play
    environment = environment_of(url, folder, **settings)
    command = Command(module, words, environment, output, address_space=MEMORY_BYTES, used=used)
    with running(command) as process:
        code = process.wait(HANG_GUARD_S)
    said = output.read_bytes().decode("utf-8", "surrogateescape")
    return Ended(KILLED if code is None else code, said, folder, int(used.read_text()) if used.exists() else 0)


def started(play: Sequence[str], url: str, folder: Path, **settings: str) -> subprocess.Popen[bytes]:
    """Start a run in a process that can be sent signals; it writes its output into a file."""
    with (folder / OUTPUT).open("wb") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "behave", *words_of(play, folder)],
            cwd=ROOT,
            env=environment_of(url, folder, **settings),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )


def ended(process: subprocess.Popen[bytes], folder: Path) -> Ended:
    """Wait for the end of a run; one that hangs is killed, which its exit code shows."""
    guard = threading.Timer(HANG_GUARD_S, process.kill)
    guard.start()
    process.wait()
    guard.cancel()
    said = (folder / OUTPUT).read_bytes().decode("utf-8", "surrogateescape")
    return Ended(process.returncode, said, folder, most_memory_kib=0)


def wrong_with(row: Row, run: Ended, server: HostileServer) -> list[str]:
    """Return everything that is wrong with a run, one line each."""
    return [
        *harm_to_foreign_users(server),
        *_left(row, run, server),
        *_outcome(row, run),
        *commands(run),
        *shown_of_the_token(run),
        *_malformed(run),
        *_memory(run),
    ]


def harm_to_foreign_users(server: HostileServer) -> list[str]:
    """Return which foreign users were changed or deleted, and which writes must not be sent."""
    forbidden = server.forbidden_writes()
    writes = [f"{len(forbidden)} forbidden writes, such as {forbidden[0]}"] if forbidden else []
    return [*(f"harmed: {harm}" for harm in server.setup.harm()), *writes]


def _left(row: Row, run: Ended, server: HostileServer) -> Iterator[str]:
    left = server.setup.own()
    if left and not row.may_stay:
        yield f"{len(left)} users are left, such as {left[0].id[:NAMED_IN_FULL]} {left[0].email}"
    named = all(user.email in run.said or user.id in run.said for user in left)
    if left and LEFT not in run.outcomes_within | {run.outcome} and not named:
        yield f"{len(left)} users are left, and the run does not name them"


def _outcome(row: Row, run: Ended) -> Iterator[str]:
    if run.outcome not in row.outcomes:
        yield f"the outcome is {run.outcome!r} ({run.summary.get('why')}), and not {' or '.join(sorted(row.outcomes))}"
    if run.code not in EXIT_CODES.get(run.outcome, ()):
        yield f"the exit code is {run.code} where the outcome is {run.outcome!r}"
    if FAULT in run.outcomes_within and FAULT not in row.outcomes:
        texts = [each["text"] for each in run.summary["failures"] if each["outcome"] == FAULT]
        yield f"{len(texts)} failures count as the suite's, such as: {texts[0][:300]}"
    if row.rule and row.rule not in run.rules_broken:
        yield f"{row.rule} is not among the rules found broken: {sorted(run.rules_broken)}"
    if row.says not in run.said:
        yield f"the output does not say {row.says!r}"
    if row.never_says and row.never_says in run.said:
        yield f"the output says {row.never_says!r}"


def commands(run: Ended) -> Iterator[str]:
    """Yield the parts of the output that a terminal or a CI system would take for commands."""
    if "Traceback" in run.said:
        yield "a traceback is shown"
    texts = [("the output", run.said), *((path.name, text) for path, text in run.files() if "reports" in path.parts)]
    for where, text in texts:
        signs = {sign for sign in text if sign in UNSEEN or unicodedata.category(sign) in CONTROL_CATEGORIES}
        if raw := sorted(signs - {"\n", "\t"}):
            yield f"{where} holds {raw!a}"
    if command := COMMANDS_FOR_CI.search(run.said):
        yield f"the output commands CI: {run.said[command.start() :][:60]!a}"


def shown_of_the_token(run: Ended) -> Iterator[str]:
    """Yield where the token is shown, in any form."""
    for where, text in ((path.name, text) for path, text in run.files()):
        low = text.lower()
        unbroken = re.sub(r"\s|\\+[nr]", "", low)
        if shown := sorted(form for form in _forms_of(TOKEN) if form in low or form in unbroken):
            yield f"{where} shows {shown[0]!r} of the token"


def _forms_of(token: str) -> set[str]:
    """Return the forms of a token, in small letters: itself, encoded, and its two ends."""
    encoded = {base64.b64encode(text.encode()).decode()[:-4] for text in (token, f"Bearer {token}")}
    escaped = {quote(token, safe=""), json.dumps(token), token.replace("/", "\\/")}
    return {form.lower() for form in {token, token[:12], token[-12:]} | encoded | escaped}


def _malformed(run: Ended) -> Iterator[str]:
    for path, text in run.files():
        if not text:  # the run ended before its first scenario
            continue
        try:
            if path.suffix == ".xml":
                ElementTree.fromstring(text.encode("utf-8", "surrogateescape"))
            elif path.suffix == ".json":
                json.loads(text)
        except (ElementTree.ParseError, ValueError) as error:
            yield f"{path.name} is malformed: {error}"


def _memory(run: Ended) -> Iterator[str]:
    if run.most_memory_kib > MOST_RESIDENT_KIB:
        yield f"the run took {run.most_memory_kib >> 10} MiB of memory"
