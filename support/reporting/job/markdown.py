"""A summary as Markdown, for the page of a CI job or a comment."""

from __future__ import annotations

import re
from collections.abc import Iterator

from support.errors import Outcome
from support.escaping import escaped
from support.reporting.rendering import counted
from support.reporting.results import KNOWN_DEVIATION, Failure, plain
from support.reporting.summary import Summary

MOST = 20
LINKED = re.compile(r"@|:(?=//)|\bwww(?=\.)|\bGH(?=-\d)", re.IGNORECASE)
SIGNS = {Outcome.PASSED: "✅", Outcome.CONTRACT_BROKEN: "❌", Outcome.INCONCLUSIVE: "❔"}


def markdown(summary: Summary) -> str:
    """Return a summary as Markdown; texts of the API stay plain text."""
    return "\n".join(_lines(summary)) + "\n"


def _lines(summary: Summary) -> Iterator[str]:
    why = f": {in_plain_text(summary.why)}" if summary.why else ""
    yield f"## {SIGNS.get(summary.outcome, '⚠️')} {in_plain_text(summary.outcome)}{why}"
    yield ""
    yield from ("| | |", "| --- | --- |")
    yield f"| target | {in_plain_text(summary.target or 'none')} ({in_plain_text(summary.profile or 'no profile')}) |"
    yield f"| scenarios | {counted(summary.scenarios_by_result)} |"
    yield f"| rules | {counted(summary.rules_by_result)} |"
    users = summary.users
    yield f"| users | {users.created} created, {users.gone} gone, {users.left_behind} left behind |"
    causes = ", ".join(f"{in_plain_text(cause)} x{number}" for cause, number in summary.requests.retried_causes.items())
    sent = f"{summary.requests.sent} for {summary.requests.calls} calls"
    yield f"| requests | {sent}{f', resolved by retries: {causes}' if causes else ''} |"
    yield f"| run | {in_plain_text(summary.run or 'none')}, {summary.data_seed}, {summary.seconds:.0f} s |"
    yield ""
    failures = [failure for failure in summary.failures if failure.outcome != KNOWN_DEVIATION]
    for failure in failures[:MOST]:
        yield from _failure(failure)
    if len(failures) > MOST:
        yield f"… and {len(failures) - MOST} more."


def _failure(failure: Failure) -> Iterator[str]:
    rule = f"<code>{in_plain_text(failure.rule)}</code> " if failure.rule else ""
    name = plain(failure.scenario) or failure.feature or failure.outcome
    yield f"<details><summary>{rule}{in_plain_text(name)}</summary>"
    yield ""
    fence = "`" * (max((len(run) for run in re.findall(r"`+", failure.text)), default=0) + 3)
    yield from (f"{fence}text", escaped(failure.text), fence)
    if failure.location:
        yield f"{in_plain_text(failure.location)}"
    yield from ("", "</details>", "")


def in_plain_text(text: str) -> str:
    """Return a text that stays plain text in Markdown, HTML and tables.

    A zero-width space keeps a site from linking a URL, and from notifying the users that it names.
    """
    text = " ".join(escaped(text).split()).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    text = re.sub(r"([\\`*_~$\[\]|#])", r"\\\1", text)
    return LINKED.sub(lambda begun: f"{begun[0]}&#8203;", text)
