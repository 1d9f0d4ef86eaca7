"""What is written to a terminal: how wide, in which colours, and what stays plain."""

from __future__ import annotations

import errno
import io
import re
import shlex
from dataclasses import replace
from pathlib import Path

import pytest
from rich.cells import cell_len, chop_cells

from support.errors import Outcome
from support.reporting import screen as screen_module
from support.reporting.results import Failure, Result
from support.reporting.screen import Screen, fitted, wrapped
from support.reporting.summary import Requests, RuleResult, ScenarioResult, Summary, with_results
from support.reporting.table import closing_lines
from support.reporting.terminal import telling

TEXT = (
    """contract broken: create-201 (a valid newcomer gives 201 and the user; reading it back gives the same user)
  attempted: Ada signs up
  expected:  status 201
  but:       the status was 500
  sent:      POST http://127.0.0.1:8000/users {"name": "Ada", "email": "ada@example.com"}
  came:      500 """
    + "much too long " * 40
    + """
  repeat it: curl -i -X POST http://127.0.0.1:8000/users \\
             -H "Authorization: Bearer $TOKEN" \\
             -H 'Accept: application/json' \\
             -H 'Content-Type: application/json' \\
             -H 'Idempotency-Key: 4febbe77-9b41-4e4a-bdcc-7e9fd925fcb1' \\
             --data-binary '{"name": "Ada", "email": "ada@example.com"}'"""
)
FAILURE = Failure(
    Outcome.CONTRACT_BROKEN, "create-201", "Signing up", "Ada joins -- @1.2 ", "a.feature:7", "Then x", TEXT
)


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "160")


def test_a_failure_takes_about_ten_lines_of_a_hundred_columns() -> None:
    lines = list(telling(FAILURE, Screen(io.StringIO())))
    assert 8 <= len(lines) <= 13
    assert max(map(cell_len, lines)) <= 100
    assert lines[0] == "Ada joins"


def test_the_command_of_a_failure_runs_as_pasted() -> None:
    told = "\n".join(telling(FAILURE, Screen(io.StringIO())))
    words = shlex.split(told.split("repeat it: ")[1].replace("\\\n", ""))
    assert words[:4] == ["curl", "-i", "-X", "POST"]
    assert words[-2:] == ["--data-binary", '{"name": "Ada", "email": "ada@example.com"}']
    assert len(words) == 15


def test_a_failure_without_a_command_is_told_whole() -> None:
    failure = Failure("configuration error", "", "A", "B", "a.feature:7", "When x", "KeyError: 'x'\n  a.py:7 in b: c")
    assert list(telling(failure, Screen(io.StringIO())))[2:] == ["  KeyError: 'x'", "    a.py:7 in b: c"]


def test_piped_output_has_no_colour_and_no_line_that_changes() -> None:
    stream = io.StringIO()
    screen = Screen(stream)
    screen.show("in between")
    screen.print(screen.paint("done", "red"))
    assert stream.getvalue() == "done\n"


@pytest.mark.usefixtures("on_a_terminal")
def test_a_terminal_has_colour_and_a_line_that_changes() -> None:
    stream = Terminal()
    screen = Screen(stream)
    screen.show("in between")
    screen.print(screen.paint("done", "red"))
    assert stream.getvalue() == "\r\x1b[2Kin between\r\x1b[2K\x1b[31mdone\x1b[0m\n"
    assert screen.width == 100


@pytest.mark.usefixtures("on_a_terminal")
def test_no_color_is_heeded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert Screen(Terminal()).paint("done", "red") == "done"


@pytest.mark.usefixtures("on_a_terminal")
@pytest.mark.parametrize(("option", "coloured"), [("off", False), ("never", False), ("always", True), ("auto", True)])
def test_the_option_of_behave_is_heeded(option: str, coloured: bool) -> None:
    assert ("\x1b" in Screen(Terminal(), option).paint("done", "red")) is coloured


def test_a_stream_that_knows_no_such_letter_gets_it_escaped() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    Screen(stream).print("李 signs up")
    stream.flush()
    assert raw.getvalue() == b"\\u674e signs up\n"


@pytest.mark.parametrize("text", ["李小龍" * 60, "word " * 80, "x" * 300, "", "a 李小龍李小龍李小龍李小龍李小龍李小龍"])
def test_wrapped_lines_fit_and_lose_nothing(text: str) -> None:
    lines = wrapped(text, 30)
    assert all(cell_len(line) <= 30 for line in lines)
    assert re.sub(r"\s", "", "".join(lines)) == re.sub(r"\s", "", text)


def test_a_word_is_broken_in_one_go(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at = []

    def noted(text: str, width: int) -> list[str]:
        looked_at.append(len(text))
        return chop_cells(text, width)

    monkeypatch.setattr(screen_module, "chop_cells", noted)
    assert len(wrapped("x" * 10_000_000, 100)) == 100_000
    assert sum(looked_at) <= 10_000_000


@pytest.mark.parametrize("text", ["a " * 21 + "::error::b", "a" * 30 + "::error::b", "\t::error::", "::error::"])
def test_no_line_begins_with_a_command_to_a_ci_job(text: str) -> None:
    stream = io.StringIO()
    for line in wrapped(text, 30):
        Screen(stream).print(f"  {line}")
    assert "error" in stream.getvalue()
    assert not [line for line in stream.getvalue().splitlines() if line.lstrip().startswith("::")]


def test_what_is_cut_says_so() -> None:
    assert wrapped("word " * 80, 30, 2)[-1].endswith(" …")
    assert len(wrapped("word " * 80, 30, 2)) == 2
    assert fitted("a long name", 6) == "a lon…"
    assert cell_len(fitted("李小龍李小龍", 6)) == 6


def test_the_last_line_begins_with_the_outcome() -> None:
    bare = Summary(
        Outcome.PASSED, "", "2026-01-02T03:04:05+00:00", 61.0, run="uat-x", seed=7, target="http://127.0.0.1/users"
    )
    scenario = ScenarioResult("A", "features/a.feature", 3, "list", "B", Result.PASSED, 0.5)
    failures = [FAILURE] * 9
    for summary in (with_results(bare, [scenario], []), with_results(bare, [scenario] * 9, failures)):
        lines = list(closing_lines(summary, Path("reports/summary.json"), Screen(io.StringIO())))
        assert lines[-1].startswith(f"{summary.outcome}: ")
        assert max(map(cell_len, lines)) <= 100
        assert any(line.startswith("time       1 min 1 s") for line in lines)


def test_a_retried_500_is_listed_by_itself() -> None:
    requests = Requests(10, 14, 3, {"503": 3, "500": 1})
    summary = Summary(Outcome.PASSED, requests=requests, rules=[RuleResult("list", "", "", Result.PASSED, 2, 4.25)])
    text = "\n".join(closing_lines(summary, Path("x"), Screen(io.StringIO())))
    assert "14 for 10 calls, 3 retried (503 x3, 500 x1)" in text
    assert "status 500 1 times, resolved by a retry" in text
    assert "slowest    list, 4.2 s in 2 scenarios" in text


class Waiting(Terminal):
    """A terminal that was closed."""

    def write(self, _: str) -> int:
        raise OSError(errno.EIO, "Input/output error")


@pytest.mark.usefixtures("on_a_terminal")
def test_a_terminal_that_has_gone_breaks_nothing_off() -> None:
    screen = Screen(Waiting())
    screen.show("in between")
    screen.clear()
    screen.print("done")


@pytest.mark.usefixtures("on_a_terminal")
@pytest.mark.parametrize("columns", ["1", "12", "40"])
def test_a_narrow_terminal_breaks_nothing_off(columns: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    screen = Screen(Terminal())
    deep = replace(FAILURE, text="KeyError: 'x'\n" + " " * 200 + "far on the right")
    for failure in (FAILURE, deep):
        assert list(telling(failure, screen))
    assert list(
        closing_lines(with_results(Summary(Outcome.PASSED), [], [FAILURE]), Path("reports/summary.json"), screen)
    )
