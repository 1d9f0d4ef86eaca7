"""The token is in no file and no output of a failing run, even if the API repeats it."""

from __future__ import annotations

import base64
import html
import re
from pathlib import Path
from urllib.parse import unquote

import pytest

from support.tests.interruption.echoing import echoing
from support.tests.interruption.target_process import TOKEN, Ended, Place, an_api

AWKWARD = TOKEN + "\"<&>'/+%\\x"
DEFECTS = ("create-answers-200", "delete-again-is-500", "duplicate-is-500", "no-challenge", "delete-does-nothing")


@pytest.mark.sampled
@pytest.mark.parametrize("token", [TOKEN, AWKWARD], ids=["plain", "awkward"])
def test_nothing_that_a_failing_run_writes_or_prints_holds_the_token(tmp_path: Path, token: str) -> None:
    patience = {"RETRY_BASE_S": "0.01", "RETRY_CAP_S": "0.02", "DELETE_DEADLINE_S": "0.5", "CLEANUP_DEADLINE_S": "3"}
    place = Place(tmp_path, {"LOG_LEVEL": "DEBUG", **patience})
    options = [word for defect in DEFECTS for word in ("--defect", defect)]
    with an_api(*options, token=token) as api, echoing(api.url) as url:
        ended = place.run(*_formats(place), *_selection(), api=api, at=url)
    assert ended.code != 0
    assert "contract broken" in ended.said
    assert (place.state / "journal.sqlite3").exists()
    _holds_no(token, place, ended)


def test_nor_does_a_run_that_is_refused(tmp_path: Path) -> None:
    place = Place(tmp_path, {"LOG_LEVEL": "DEBUG"})
    with an_api(token=TOKEN[::-1]) as api, echoing(api.url) as url:
        ended = place.run("--tags=@smoke", *_formats(place), api=api, at=url, token=TOKEN)
    assert ended.code != 0
    assert "refuses the token" in ended.err
    _holds_no(TOKEN, place, ended)


@pytest.mark.sampled
def test_nor_does_it_hold_a_hidden_base_url(tmp_path: Path) -> None:
    place = Place(tmp_path, {"LOG_LEVEL": "DEBUG", "HIDE_BASE_URL": "true", "RETRY_BASE_S": "0.01"})
    with an_api("--defect", "duplicate-is-500") as api, echoing(api.url) as url:
        ended = place.run(
            "--tags=not @slow", *_formats(place), "features/refusals/taken_emails.feature", api=api, at=url
        )
    assert ended.code != 0
    assert "POST $BASE_URL {" in (place.folder / "out" / "plain.txt").read_text(encoding="utf-8")
    assert '"target": "$BASE_URL"' in (place.reports / "summary.json").read_text(encoding="utf-8")
    _holds_no_host(place, ended)


@pytest.mark.parametrize(
    ("settings", "reported"),
    [
        ({}, "$BASE_URL cannot be reached: connection refused"),
        ({"RETRY_BASE_S": "none"}, "RETRY_BASE_S"),
        ({"TARGET": "mockapi"}, "$BASE_URL cannot be reached"),
        ({"BASE_URL": "http://127.0.0.1/users#"}, "BASE_URL (from the environment): it got a value that is not shown"),
    ],
)
def test_nor_does_a_run_that_cannot_begin(
    tmp_path: Path, unused_port: int, settings: dict[str, str], reported: str
) -> None:
    own = {"BASE_URL": f"http://127.0.0.1:{unused_port}/users", "TOKEN": TOKEN, "HIDE_BASE_URL": "1", **settings}
    place = Place(tmp_path, {"RETRY_ATTEMPTS": "1", "LOG_LEVEL": "DEBUG", **own})
    ended = place.run("--tags=@smoke", *_formats(place), api=None)
    assert reported in ended.err
    _holds_no_host(place, ended)


def _holds_no_host(place: Place, ended: Ended) -> None:
    """Check that the journal, which is never published, is the only file that contains the host."""
    files = [path for path in place.folder.rglob("*") if path.is_file() and place.state not in path.parents]
    texts = {str(path): path.read_bytes() for path in files} | {"the terminal": ended.said.encode()}
    assert [name for name, text in texts.items() if b"127.0.0.1" in text] == []


def _selection() -> list[str]:
    return [
        "--tags=@contract and not @slow",
        "features/access",
        "features/protocol",
        "features/refusals/taken_emails.feature",
    ]


def _formats(place: Place) -> list[str]:
    """Return the options for every format and the most verbose output of behave."""
    out = place.folder / "out"
    formats = {"json": "behave.json", "progress3": "progress.txt", "plain": "plain.txt", "pretty": "pretty.txt"}
    written = [word for name, file in formats.items() for word in ("--format", name, "--outfile", str(out / file))]
    allure = ["--format", "allure_behave.formatter:AllureFormatter", "--outfile", str(out / "allure")]
    return ["--verbose", "--junit", "--junit-directory", str(out / "junit"), *written, *allure]


def _holds_no(token: str, place: Place, ended: Ended) -> None:
    files = [path for path in place.folder.rglob("*") if path.is_file()]
    assert "summary.json" in {path.name for path in files}
    texts = {str(path): path.read_bytes() for path in files} | {"the terminal": ended.said.encode()}
    found = [f"{form!r} in {name}" for name, text in texts.items() for form in _forms_of(token) if form in _bare(text)]
    assert not found


def _forms_of(secret: str) -> set[bytes]:
    """Return the forms that must be nowhere: 12 characters from either end, and their base64 at any offset."""
    ends = [secret[:12].lower().encode(), TOKEN[-12:].lower().encode()]
    encoded = [base64.b64encode(bytes(before) + secret.encode())[4:16].lower() for before in range(3)]
    return {*ends, *encoded}


def _bare(text: bytes) -> bytes:
    """Return a text in small letters, with its escapes decoded, and without white space and backslashes."""
    plain = html.unescape(unquote(re.sub(r"\\+u00(..)", r"%\1", text.decode("utf-8", "replace"))))
    return re.sub(r"\\+[nrt]?|\s", "", plain).lower().encode()
