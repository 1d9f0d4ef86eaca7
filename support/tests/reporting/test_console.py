"""The console: its width, its colours, what stays plain, and what it shows of failures and of a whole run."""

from __future__ import annotations

import errno
import io
import shlex
from dataclasses import replace
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.text import Text

from support.errors import Evidence, Outcome
from support.reporting.console import Console
from support.reporting.rendering import MAX_TEXT, feature_line, print_again, print_failure, print_summary
from support.reporting.results import Failure, Result
from support.reporting.summary import Requests, RuleResult, ScenarioResult, Summary, with_results
from support.timeline import TimelineRow

CURL = r"""curl -i -X POST http://127.0.0.1:8000/users \
  -H "Authorization: Bearer $TOKEN" \
  -H 'Accept: application/json' \
  -H 'Content-Type: application/json' \
  -H 'Idempotency-Key: 4febbe77-9b41-4e4a-bdcc-7e9fd925fcb1' \
  --data-binary '{"name": "Ada", "email": "ada@example.com"}'"""
EVIDENCE = Evidence(
    "Ada signs up",
    ("status 201",),
    ("the status was 500",),
    (),
    'POST http://127.0.0.1:8000/users {"name": "Ada", "email": "ada@example.com"}',
    "500 " + "much too long " * 20,
    CURL,
)
FAILURE = Failure(
    Outcome.CONTRACT_BROKEN, "create-201", "Signing up", "Ada joins -- @1.2 ", "a.feature:7", "Then x", "", EVIDENCE
)
ERROR = replace(FAILURE, outcome=Outcome.CONFIGURATION_ERROR, text="KeyError: 'x'\n  a.py:7 in b: c", evidence=None)
OUTSIDE = replace(ERROR, outcome=Outcome.LEFT_BEHIND, scenario="", text="1 user is left\n  Ada")
PASSED = ScenarioResult("A", "features/a.feature", 3, "list", "B", Result.PASSED, 0.5)


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


class ClosedTerminal(Terminal):
    """A terminal that was closed."""

    def write(self, _: str) -> int:
        raise OSError(errno.EIO, "Input/output error")


@pytest.fixture
def on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "160")


def shown(failure: Failure) -> list[str]:
    stream = io.StringIO()
    print_failure(Console(stream), failure)
    return stream.getvalue().strip("\n").split("\n")


def summary_lines(summary: Summary) -> list[str]:
    stream = io.StringIO()
    print_summary(Console(stream), summary, Path("reports/summary.json"))
    return stream.getvalue().splitlines()


def test_a_failure_takes_about_ten_lines_of_a_hundred_columns() -> None:
    lines = shown(FAILURE)
    assert lines[0] == "Ada joins"
    assert lines[2].startswith("  contract broken: create-201 (")
    assert "  expected   status 201" in lines
    assert "  request    POST http://127.0.0.1:8000/users" in "\n".join(lines)
    assert 8 <= len(lines) <= 17
    assert max(map(cell_len, lines)) <= 100
    assert not [line for line in lines if line.endswith(" ")]


RACE = tuple(TimelineRow(f"Ada {number}", 0.0, number / 1000, "201", "won") for number in (1, 2))


def test_a_race_shows_the_statuses_first_and_then_each_contender() -> None:
    lines = shown(replace(FAILURE, evidence=replace(EVIDENCE, contenders=RACE)))
    actual = lines.index("  actual     2 x 201; the status was 500")
    assert [line.split()[:2] for line in lines[actual + 1 : actual + 3]] == [["Ada", "1"], ["Ada", "2"]]
    assert max(map(cell_len, lines)) <= 100


def test_failures_of_one_cause_are_told_once_and_then_by_their_place() -> None:
    other = replace(FAILURE, location="b.feature:9", evidence=replace(EVIDENCE, actual=("another email",)))
    assert other.cause == FAILURE.cause
    assert replace(FAILURE, rule="list").cause != FAILURE.cause
    stream = io.StringIO()
    print_again(Console(stream), other, is_new=False)
    assert stream.getvalue() == "create-201 again: b.feature:9  Ada joins\n"
    print_again(Console(stream), other, is_new=True)
    assert stream.getvalue().endswith("Ada joins\n  another email\n")


def test_each_broken_rule_has_a_row_with_its_first_evidence() -> None:
    failures = [FAILURE, replace(FAILURE, location="b.feature:9"), replace(FAILURE, rule="list")]
    rows = [line.split() for line in summary_lines(with_results(Summary(Outcome.PASSED), [], failures))]
    assert ["create-201", "2", "a.feature:7", "the", "status", "was", "500"] in rows
    assert ["list", "1", "a.feature:7", "the", "status", "was", "500"] in rows


@pytest.mark.parametrize(
    ("count", "said", "words"),
    [
        (1, "it", ["-D", "data_seed=7", "a.feature:0"]),
        (2, "them", ["-D", "data_seed=7", "a.feature:0", "a.feature:1"]),
        (9, "them", ["-D", "again=failed"]),
    ],
)
def test_a_command_to_run_the_failures_again_can_be_pasted_whole(count: int, said: str, words: list[str]) -> None:
    failures = [replace(FAILURE, location=f"a.feature:{number}") for number in range(count)]
    lines = summary_lines(with_results(Summary(Outcome.PASSED, seed=7), [], failures))
    command = lines[lines.index(f"Run {said} again with the same seed:") + 1 : -2]
    assert shlex.split("\n".join(command).replace("\\\n", "")) == ["behave", *words]


def test_the_command_of_a_failure_runs_as_pasted() -> None:
    lines = shown(FAILURE)
    command = "\n".join(lines[next(number for number, line in enumerate(lines) if "curl -i" in line) :])
    assert shlex.split(command.replace("\\\n", "")) == shlex.split(CURL.replace("\\\n", ""))


@pytest.mark.usefixtures("on_a_terminal")
def test_nothing_of_a_failure_is_cut_on_a_narrow_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    stream = Terminal()
    print_failure(Console(stream, "never"), FAILURE)
    words = stream.getvalue().split()
    assert set(EVIDENCE.response.split()) <= set(words)
    assert words.count("long") == EVIDENCE.response.split().count("long")


def test_a_failure_without_evidence_is_shown_whole() -> None:
    assert shown(ERROR)[2:] == ["  KeyError: 'x'", "    a.py:7 in b: c"]


def test_a_text_without_end_is_shortened() -> None:
    text = "\n".join(shown(replace(ERROR, text="x" * 10_000_000)))
    assert len(text) < 2 * MAX_TEXT
    assert f"({10_000_000 - MAX_TEXT} characters more)" in text


@pytest.mark.parametrize("markup", ["[red]x[/red]", "[/]", ":smile:", "[link=http://x]y[/link]", r"\[x]"])
def test_no_text_is_markup(markup: str) -> None:
    failure = replace(FAILURE, scenario=markup, evidence=replace(EVIDENCE, actual=(markup,), curl=markup))
    assert "\n".join(shown(failure)).count(markup) == 3
    assert markup in "\n".join(shown(replace(ERROR, text=markup)))


@pytest.mark.parametrize("text", ["a " * 50 + "::error::b", "a" * 96 + "::error::b", "\t::error::", "::error::"])
def test_no_line_begins_with_a_command_to_a_ci_job(text: str) -> None:
    stream = io.StringIO()
    console = Console(stream)
    print_failure(
        console,
        replace(
            FAILURE, evidence=replace(EVIDENCE, response=text, contenders=(TimelineRow(text, 0.0, 0.0, text, text),))
        ),
    )
    print_failure(console, replace(ERROR, text=text))
    assert "error" in stream.getvalue()
    assert not [line for line in stream.getvalue().splitlines() if line.lstrip().startswith("::")]


def test_piped_output_has_no_colour_and_no_status_line() -> None:
    stream = io.StringIO()
    console = Console(stream)
    console.show_status("in between")
    console.print(Text("done", "red"))
    assert stream.getvalue() == "done\n"


@pytest.mark.usefixtures("on_a_terminal")
def test_a_terminal_has_colour_and_a_status_line() -> None:
    stream = Terminal()
    console = Console(stream)
    console.show_status("in between")
    console.print(Text("done", "red"))
    assert stream.getvalue() == "\r\x1b[2Kin between\r\x1b[2K\x1b[31mdone\x1b[0m\n"
    assert console.width == 100


@pytest.mark.usefixtures("on_a_terminal")
@pytest.mark.parametrize(
    ("option", "no_color", "coloured"),
    [
        ("auto", "", True),
        ("auto", "1", False),
        ("always", "1", True),
        ("always", "", True),
        ("off", "", False),
        ("never", "", False),
    ],
)
def test_no_color_and_the_option_of_behave_decide(
    option: str, no_color: str, coloured: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", no_color)
    stream = Terminal()
    Console(stream, option).print(Text("done", "red"))
    assert ("\x1b[31m" in stream.getvalue()) is coloured


def test_letters_that_a_stream_cannot_encode_are_escaped() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    Console(stream).print(Text("李 signs up"))
    stream.flush()
    assert raw.getvalue() == b"\\u674e signs up\n"


def test_a_long_feature_is_wrapped_not_cut() -> None:
    stream = io.StringIO()
    name, counts = "A feature with a name that is much longer than its column", {"passed": 120, "known deviation": 10}
    Console(stream).print(feature_line(name, counts, 12.34))
    text = " ".join(stream.getvalue().split())
    assert all(word in text for word in [*name.split(), "120 passed,", "10", "deviation", "12.3 s"])


def test_the_last_line_begins_with_the_outcome() -> None:
    bare = Summary(Outcome.PASSED, "", "2026-01-02T03:04:05+00:00", 61.0, run="uat-x", seed=7, target="http://x/users")
    passed = summary_lines(with_results(bare, [PASSED], []))
    assert passed[-1] == "passed: 1 scenario of 1 rule (target: http://x/users)"
    assert "time       1 min 1 s" in passed
    failed = summary_lines(with_results(bare, [PASSED] * 9, [FAILURE] * 9))
    assert failed[-1] == "contract broken: 9 of 9 scenarios, rule create-201 (target: http://x/users)"
    assert failed[-4:-2] == ["  behave -D data_seed=7 \\", "    a.feature:7"]
    assert max(map(cell_len, [*passed, *failed])) <= 100


def test_the_first_evidence_keeps_its_white_space() -> None:
    evidence = replace(EVIDENCE, actual=('/name: "Ada  L" instead of "  Ada  L  "',))
    lines = summary_lines(with_results(Summary(Outcome.PASSED), [PASSED], [replace(FAILURE, evidence=evidence)]))
    assert any('/name: "Ada  L" instead of "  Ada  L  "' in line for line in lines)


def test_a_failure_outside_the_scenarios_is_shown_at_the_end() -> None:
    lines = summary_lines(with_results(Summary(Outcome.PASSED), [PASSED], [OUTSIDE]))
    assert lines[-5:] == [
        "left behind in Signing up",
        "  1 user is left",
        "    Ada",
        "",
        "left behind: 1 user is left",
    ]


def test_status_500_has_a_row_of_its_own() -> None:
    requests = Requests(10, 14, 3, {"503": 3, "500": 1})
    rule = RuleResult("list", "", "", Result.PASSED, 2, 4.25)
    text = "\n".join(summary_lines(Summary(Outcome.PASSED, requests=requests, rules=[rule])))
    assert "14 sent, 10 calls, 3 rescued by a retry (503 x3, 500 x1)" in text
    assert "status 500 1 time, resolved by a retry" in text
    assert "slowest    list, 4.2 s in 2 scenarios" in text


@pytest.mark.usefixtures("on_a_terminal")
def test_a_closed_terminal_stops_nothing() -> None:
    console = Console(ClosedTerminal())
    console.show_status("in between")
    console.clear_status()
    console.print("done")
    assert not console.is_whole


@pytest.mark.usefixtures("on_a_terminal")
@pytest.mark.parametrize("columns", ["1", "12", "40"])
def test_a_narrow_terminal_stops_nothing(columns: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    console = Console(Terminal())
    for failure in (FAILURE, replace(ERROR, text="KeyError: 'x'\n" + " " * 200 + "far on the right")):
        print_failure(console, failure)
    print_summary(console, with_results(Summary(Outcome.PASSED), [], [FAILURE]), Path("reports/summary.json"))


def test_the_first_evidence_of_a_rule_is_that_of_its_own_scenarios() -> None:
    crowd = replace(FAILURE, scenario="A crowd signs up", location="b.feature:3")
    blocked = replace(PASSED, file="b.feature", name=crowd.scenario, rule="burst", result=Result.BLOCKED)
    lines = summary_lines(with_results(Summary(Outcome.PASSED), [blocked], [crowd, FAILURE]))
    assert any(line.split()[:3] == ["create-201", "2", "a.feature:7"] for line in lines)


def test_the_path_of_the_summary_is_never_broken() -> None:
    stream = io.StringIO()
    path = Path("reports") / ("a" * 120) / "summary.json"
    print_summary(Console(stream), Summary(Outcome.PASSED), path)
    assert any(
        line.endswith("a/summary.json") and line.startswith("summary ") for line in stream.getvalue().split("\n")
    )
