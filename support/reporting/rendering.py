"""What the console shows of features, failures and a whole run. Texts are never interpreted as markup of rich."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from rich.cells import cell_len
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from support.errors import Evidence, Outcome, in_short, number_of
from support.reporting.console import Console
from support.reporting.progress import duration
from support.reporting.results import KNOWN_DEVIATION, Failure, Result, plain, relative, worst_result
from support.reporting.summary import Summary
from support.rules import RULES
from support.timeline import drawn, status_counts

INDENT = 2
MAX_INDENT = 8
LABEL = 10
MAX_TEXT = 2_000
MAX_RERUN = 5
SHORT = 100
ORDER = (Result.PASSED, *(result for result in Result if result is not Result.PASSED))
STYLES: Mapping[str, str] = {
    Outcome.PASSED: "green",
    Outcome.CONTRACT_BROKEN: "red",
    Outcome.LEFT_BEHIND: "magenta",
    Result.FAILED: "red",
    Result.KNOWN_DEVIATION: "dim",
    Result.NOT_RUN: "dim",
    Result.SKIPPED: "dim",
}


def style_of(word: str) -> str:
    """Return the style of an outcome or a result."""
    return STYLES.get(word, "yellow")


def counted(counts: Mapping[str, int]) -> str:
    """Return counts of results in words, passed ones first."""
    return ", ".join(f"{counts[result]} {result}" for result in ORDER if counts.get(result)) or "none"


def feature_line(name: str, counts: Mapping[str, int], seconds: float) -> Table:
    """Return the line of a feature that has ended."""
    line = Table.grid(padding=(0, 1), expand=True)
    line.add_column(ratio=1)
    line.add_column(ratio=1)
    line.add_column(justify="right", min_width=8, no_wrap=True)
    line.add_row(
        Text(name), Text(counted(counts), style_of(worst_result(map(Result, counts)))), Text(f"{seconds:.1f} s")
    )
    return line


def print_failure(console: Console, failure: Failure) -> None:
    """Print a failure as a block: the scenario, where it failed, what was expected, and how to repeat it."""
    console.gap()
    console.print(
        Text(plain(failure.scenario), f"bold {style_of(failure.outcome)}"),
        _indented(Text(f"{failure.location}  {failure.step}", "dim")),
    )
    if failure.flaky:
        console.print(_table({Result.FLAKY: failure.flaky}))
    if failure.evidence is not None:
        _print_evidence(console, failure.rule, failure.evidence)
    else:
        console.print(*_text_of(failure))
    console.gap()


def print_again(console: Console, failure: Failure, is_new: bool) -> None:
    """Print one line for a failure whose cause is shown already, and what was found wrong if that is new."""
    what = failure.rule if failure.rule and failure.evidence is not None else failure.outcome
    again = f"{what} again: {failure.location}  {plain(failure.scenario)}"
    console.print(Text(again, style_of(failure.outcome)), wrap=False)
    if is_new:
        console.print(Padding(Text(in_short(failure.shown, SHORT)), (0, 0, 0, 2)))


def _print_evidence(console: Console, rule_id: str, evidence: Evidence) -> None:
    rule = RULES.get(rule_id)
    sentence = f" ({rule.promise})" if rule else ""
    console.print(_indented(Text(f"{Outcome.CONTRACT_BROKEN}: {rule_id}{sentence}", "red")))
    rows = {"attempted": evidence.attempted, "expected": "; ".join(evidence.expected)}
    console.print(_table({**rows, "actual": "; ".join([*status_counts(evidence.contenders), *evidence.actual])}))
    timeline = drawn(evidence.contenders, console.width - INDENT)
    console.print(*(Text(" " * INDENT + line) for line in timeline), wrap=False)
    console.print(_table({"after": evidence.after, "request": evidence.request, "response": evidence.response}))
    if evidence.curl:
        console.print(Text(_packed(evidence.curl, console.width)), wrap=False)
    if evidence.replay:
        console.print(Text(f"{'  repeat':<{INDENT + LABEL}} {evidence.replay}"), wrap=False)


def _text_of(failure: Failure) -> Iterator[Padding]:
    """Yield the lines of a failure without evidence, each with its own indentation."""
    for number, line in enumerate(failure.text.rstrip().splitlines()):
        depth = min(len(line) - len(line.lstrip()), MAX_INDENT)
        yield Padding(Text(_shortened(line.strip()), "red" if number == 0 else ""), (0, 0, 0, INDENT + depth))


def _table(rows: Mapping[str, str], indent: int = INDENT) -> Padding:
    table = Table.grid(padding=(0, 1))
    table.add_column(style="dim", min_width=LABEL, no_wrap=True)
    table.add_column(overflow="fold")
    for label, text in rows.items():
        if text:
            table.add_row(Text(label), Text(_shortened(text)))
    return Padding(table, (0, 0, 0, indent))


def _indented(text: Text) -> Padding:
    return Padding(text, (0, 0, 0, INDENT))


def _shortened(text: str) -> str:
    return text if len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]} … ({len(text) - MAX_TEXT} characters more)"


def _packed(command: str, width: int) -> str:
    """Return a curl command with as many arguments on a line as fit; it still runs as pasted."""
    lines: list[str] = []
    for argument in (argument.strip() for argument in command.split(" \\\n")):
        if lines and cell_len(f"    {lines[-1]} {argument} \\") <= width:
            lines[-1] += f" {argument}"
        else:
            lines.append(argument)
    return "  " + " \\\n    ".join(lines)


def print_summary(
    console: Console, summary: Summary, path: Path | None, table: bool = True, options: Sequence[str] = ()
) -> None:
    """Print the end of a run; its last line begins with the outcome. `options` are those that behave was given."""
    if table:
        console.print("", _table(dict(_rows(summary)), indent=0))
        written = relative(path) if path else "not written"
        console.print(Text.assemble((f"{'summary':<{LABEL}} ", "dim"), written), wrap=False)
        console.gap()
        _print_failures_outside_scenarios(console, summary.failures)
        _print_broken_rules(console, summary)
        _print_rerun(console, summary, options)
    console.print(Text(summary.in_one_line, f"bold {style_of(summary.outcome)}"), wrap=False)


def _rows(summary: Summary) -> Iterator[tuple[str, str]]:
    users, requests = summary.users, summary.requests
    yield "features", counted(summary.features_by_result)
    yield "rules", counted(summary.rules_by_result)
    yield "scenarios", counted(summary.scenarios_by_result)
    recovered = f", {users.recovered} left by dead runs deleted first" if users.recovered else ""
    gone = f"{users.gone} gone, {users.left_behind} left behind"
    yield "users", f"{users.created} created, {users.deleted} deleted by cleanup, {gone}{recovered}"
    causes = ", ".join(f"{cause} x{number}" for cause, number in requests.retried_causes.items())
    retried = f"{requests.retried_calls} rescued by a retry ({causes})" if causes else "none rescued by a retry"
    yield "requests", f"{requests.sent} sent, {requests.calls} calls, {retried}"
    if requests.limit:
        yield "limit", f"{requests.limit}, for which requests waited {duration(requests.waited_s, 1)} in all"
    if server_errors := requests.retried_causes.get("500"):
        yield "status 500", f"{number_of(server_errors, 'time')}, resolved by a retry; 500 is never a correct answer"
    if slowest := max(summary.rules, key=lambda rule: rule.seconds, default=None):
        yield (
            "slowest",
            f"{slowest.id}, {slowest.seconds:.1f} s in {number_of(slowest.scenarios, 'scenario')}",
        )
    if summary.learned:
        yield "learned", "; ".join(summary.learned)
    yield "time", duration(summary.seconds, 1)
    yield "run", f"{summary.run or 'without a mark'}, {summary.data_seed}, target {summary.target or 'unknown'}"


def _print_failures_outside_scenarios(console: Console, failures: Iterable[Failure]) -> None:
    for failure in failures:
        if not failure.scenario:
            where = f" in {failure.feature}" if failure.feature else ""
            console.print(Text(f"{failure.outcome}{where}", style_of(failure.outcome)), *_text_of(failure))
            console.gap()


def _print_broken_rules(console: Console, summary: Summary) -> None:
    """Print for each broken rule how many scenarios found it, and the first evidence, if possible of its own."""
    found: defaultdict[str, list[Failure]] = defaultdict(list)
    for failure in summary.failures:
        if failure.outcome == Outcome.CONTRACT_BROKEN and failure.scenario:
            found[failure.rule].append(failure)
    blocked = {(one.file, one.name) for one in summary.scenarios if one.result is Result.BLOCKED}
    table = Table("rule", "found by", "first evidence", box=None, padding=(0, 2, 0, 0), header_style="dim")
    for rule, failures in found.items():
        first = next(
            (one for one in failures if (one.location.rpartition(":")[0], one.scenario) not in blocked), failures[0]
        )
        shown = first.shown if len(first.shown) <= SHORT else f"{first.shown[:SHORT].rstrip()} …"
        table.add_row(Text(rule, "red"), str(len(failures)), Text(f"{first.location}  {shown}"))
    if found:
        console.print(table)
        console.gap()


def _print_rerun(console: Console, summary: Summary, options: Sequence[str]) -> None:
    """Print the command that repeats the scenarios that did not pass, with the same seed; it can be pasted whole."""
    failed = [failure for failure in summary.failures if failure.outcome != KNOWN_DEVIATION and failure.scenario]
    places = list(dict.fromkeys(failure.location for failure in failed))
    if places:
        seed = [f"-D data_seed={summary.seed}"] if summary.seed is not None else []
        how = " with the same seed" if seed else ""
        console.print(Text(f"Run {'it' if len(places) == 1 else 'them'} again{how}:", "dim"))
        few = len(places) <= MAX_RERUN
        command = " ".join([_program(), *(seed if few else ["-D again=failed"]), *options])
        lines = [f"  {command}", *(f"    {shlex.quote(place)}" for place in places if few)]
        console.print(Text(" \\\n".join(lines)), wrap=False)
        console.gap()


def _program() -> str:
    """Return the command that starts behave in this shell."""
    program = Path(sys.argv[0])
    if program.name == "__main__.py":
        return "python -m behave"
    if program.stem != "behave" or shutil.which("behave") == os.fspath(program.resolve()):
        return "behave"
    return shlex.quote(relative(program))
