"""The script of a failed scenario convicts the API that has the defect, and acquits the one that has it no more."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from support.reporting.replay import keeping
from support.settings import ROOT
from support.target.embedded import Target
from support.tests.reporting.conftest import behave, on
from support.tests.reporting.test_replay import needs_curl

DEFECTS = {
    "purge-misses-other-languages": "own-answer",
    "delete-heeds-an-id-in-the-query": "isolation",
    "list-lacks-the-newest": "list",
    "taken-email-renames-holder": "update-taken",
    "duplicate-renames-the-first": "email-unique",
    "delete-does-nothing": "delete",
    "time-without-offset": "user-shape",
    "read-shows-the-newest": "read-200",
    "unknown-fields-kept": "server-owned",
    "password-hash-in-reads": "no-secrets",
    "unknown-is-200-with-null": "read-404",
    "deleted-email-stays-taken": "delete-frees",
    "filter-finds-parts": "filter-email",
    "names-lose-emoji": "exact-text",
    "page-0-is-taken": "pages",
    "patch-renews-the-time": "patch",
    "put-keeps-the-email": "put",
    "no-allow": "method-405",
    "update-renames-namesakes": "isolation",
    "patch-of-unknown-is-200": "update-404",
    "letter-case-of-tokens-ignored": "auth-401",
    "blank-names-accepted": "create-invalid",
    "invalid-put-applied": "update-invalid",
    "create-answers-200": "create-201",
    "create-stores-another-name": "create-201",
    "no-location": "create-location",
    "head-is-405": "head",
    "list-repeats-a-user": "list",
    "list-shows-deleted": "list",
    "filter-is-case-sensitive": "filter-email",
    "case-duplicates-allowed": "email-unique",
    "taken-email-accepted-by-update": "update-taken",
    "time-since-epoch": "user-shape",
    "deleted-still-readable": "delete",
    "delete-again-is-500": "delete-again",
    "client-id-kept": "server-owned",
    "token-in-not-found": "no-secrets",
    "not-found-without-body": "problem",
    "malformed-answers-500": "malformed-json",
    "media-type-answers-400": "media-type",
    "errors-as-plain-text": "json-media-type",
    "second-patch-changes-nothing": "patch",
    "put-takes-a-part": "put",
    "post-on-user-is-500": "method-405",
    "put-creates": "update-404",
    "no-challenge": "auth-401",
    "pages-overlap": "pages",
    "chunked-patch-unread": "own-answer",
    "body-pieces-are-decoded-one-by-one": "own-answer",
    "etag-of-the-id": "conditional",
    "if-match-is-ignored": "conditional",
}
PLAYED = (
    "pages-overlap",
    "no-location",
    "etag-of-the-id",
    "if-match-is-ignored",
    "put-creates",
    "purge-misses-other-languages",
    "delete-heeds-an-id-in-the-query",
    "chunked-patch-unread",
    "body-pieces-are-decoded-one-by-one",
)
"""Those whose script plays the scenario itself, as the same requests would not show the defect again."""
BY_BEHAVE = "-m behave"


@pytest.mark.sampled
@needs_curl
@pytest.mark.parametrize("defect", DEFECTS)
def test_it_exits_with_1_on_the_defect_and_with_0_without(
    faulty: Callable[..., Target], embedded: Target, tmp_path: Path, defect: str
) -> None:
    broken = faulty(defect)
    # What users who sign up at once do to each other depends on their order, which only the API knows.
    selected = [f"--tags=@rule.{DEFECTS[defect]} and not @concurrency and not @scenario and not @slow", "--stop"]
    state = {"STATE_DIR": os.fspath(tmp_path / "state"), "LOG_LEVEL": "ERROR"}
    run = behave(selected, ROOT, tmp_path / "reports", **state, **on(broken))
    scripts = sorted((tmp_path / "reports" / "replay").glob("*.sh"))
    assert scripts, run.out
    text = scripts[0].read_text(encoding="utf-8")
    assert (BY_BEHAVE in text) == (defect in PLAYED)
    for target, code in ((broken, 1), (embedded, 0)):
        own = {"TOKEN": target.token or "", "BASE_URL": target.base_url, "PATH": os.environ["PATH"], **state}
        done = subprocess.run(["sh", scripts[0]], env=own, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == code, f"{text}\n{done.stdout}\n{done.stderr}"


@needs_curl
def test_what_requests_in_turn_do_not_show_is_played_as_it_was(
    faulty: Callable[..., Target], embedded: Target, tmp_path: Path
) -> None:
    broken = faulty("race-check-then-insert", window_ms=30)
    state = {"STATE_DIR": os.fspath(tmp_path / "state"), "LOG_LEVEL": "ERROR"}
    run = behave(["--tags=@rule.race-email", "--stop"], ROOT, tmp_path / "reports", **state, **on(broken))
    (script,) = (tmp_path / "reports" / "replay").glob("*.sh")
    text = script.read_text(encoding="utf-8")
    assert BY_BEHAVE in text
    for target, code in ((broken, 1), (embedded, 0)):
        done = subprocess.run(
            ["sh", script], env={**os.environ, **on(target), **state}, capture_output=True, text=True, check=False
        )
        assert done.returncode == code, f"{run.out}\n{text}\n{done.stdout}\n{done.stderr}"
        assert (f"  repeat     sh {script}\n" in done.stdout) == bool(code)
    assert _command(script.read_text(encoding="utf-8")) == _command(text)


def _command(text: str) -> list[str]:
    return [line for line in text.splitlines() if BY_BEHAVE in line]


KNOWN = """\
name = "known"
description = "an API whose faults are known"
[[deviations]]
rule = "method-405"
scenarios = ["*"]
reason = "a 405 has no Allow"
link = "https://example.com/tickets/1"
since = 2026-11-23
"""


def _place() -> str:
    """Return where a scenario about `method-405` begins."""
    feature = "features/protocol/requests.feature"
    lines = (ROOT / feature).read_text(encoding="utf-8").splitlines()
    number = lines.index("    Example: A POST to Ada's account") + 1
    return f"{feature}:{number}"


def test_a_fault_that_the_profile_knows_by_now_is_there_until_it_is_mended(
    faulty: Callable[..., Target], embedded: Target, tmp_path: Path
) -> None:
    state = {"STATE_DIR": os.fspath(tmp_path / "state"), "LOG_LEVEL": "ERROR"}
    played = keeping.PLAYED.format(
        root=ROOT, reports=tmp_path, python=sys.executable, options="", location=_place(), rule="method-405"
    )
    (tmp_path / "known.toml").write_text(KNOWN, encoding="utf-8")
    for target, code, said in ((faulty("no-allow"), 1, "which is still there"), (embedded, 0, "is not there any more")):
        known = {**on(target), "TARGET": os.fspath(tmp_path / "known.toml")}
        done = subprocess.run(
            ["sh", "-c", played], env={**os.environ, **known, **state}, capture_output=True, text=True, check=False
        )
        assert (done.returncode, said in done.stdout) == (code, True), done.stdout


def test_a_script_that_runs_the_scenario_says_what_came_of_it(
    faulty: Callable[..., Target], embedded: Target, tmp_path: Path
) -> None:
    state = {"STATE_DIR": os.fspath(tmp_path / "state"), "LOG_LEVEL": "ERROR", "REQUEST_TIMEOUT_S": "1"}
    dead = replace(embedded, base_url="http://127.0.0.1:1/users")
    for target, rule, code, said in (
        (faulty("no-allow"), "method-405", 1, "The scenario still fails."),
        (faulty("no-allow"), "delete", 2, "for another reason, shown above: nothing can be said about delete."),
        (embedded, "method-405", 0, "the fault did not show"),
        (dead, "method-405", 2, "Nothing can be said"),
    ):
        played = keeping.PLAYED.format(
            root=ROOT, reports=tmp_path, python=sys.executable, options="", location=_place(), rule=rule
        )
        done = subprocess.run(
            ["sh", "-c", played], env={**os.environ, **on(target), **state}, capture_output=True, text=True, check=False
        )
        assert (done.returncode, said in done.stdout) == (code, True), done.stdout
