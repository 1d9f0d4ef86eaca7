"""The draft of a profile: what was learned, and from which request and answer."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from support.models import Exchange
from support.redaction import redacted

SHOWN = 90
TABLES = ("answers", "capabilities", "names", "shape", "lookup", "pages", "deadlines")
Value = bool | int | float | str | tuple[int, ...]


@dataclass(frozen=True)
class Line:
    """One value of a profile, and what it was learned from."""

    key: str
    value: Value
    evidence: str


@dataclass(frozen=True)
class Known:
    """A deviation as it is drafted; the whole rule where no scenarios are named."""

    rule: str
    reason: str
    evidence: str
    scenarios: tuple[str, ...] = ()
    sometimes: bool = False


@dataclass
class Draft:
    """A profile as far as it is known."""

    name: str
    address: str
    today: date
    tables: dict[str, list[Line]] = field(default_factory=dict)
    deviations: list[Known] = field(default_factory=list)
    excluded: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def learn(self, table: str, key: str, value: Value, evidence: str) -> None:
        """Write down a value; the last one learned counts."""
        lines = [line for line in self.tables.get(table, []) if line.key != key]
        self.tables[table] = [*lines, Line(key, value, evidence)]

    def deviates(self, rule: str, reason: str, evidence: str) -> None:
        """Write down that a rule is not kept; only the first thing that shows it."""
        if all(known.rule != rule for known in self.deviations):
            self.deviations.append(Known(rule, reason, evidence))

    def exclude(self, reason: str, scenarios: Sequence[str]) -> None:
        self.excluded.append((reason, tuple(scenarios)))

    def remark(self, text: str) -> None:
        self.remarks.append(text)

    def text(self) -> str:
        """Return the draft as TOML; it holds no secrets."""
        return redacted("\n".join(self._lines()) + "\n")

    def _lines(self) -> Iterator[str]:
        yield f"# Drafted on {self.today} by looking at {_comment(self.address)}."
        yield "# Beside each line stands what was asked and what came. Look it through: what is a habit of the target"
        yield "# may stay, what is a fault belongs to whoever can mend it. Put where that is told into each link."
        yield from (f"# {_comment(remark)}" for remark in self.remarks)
        yield f"name = {_toml(self.name)}"
        yield f"description = {_toml(f'drafted by looking at {self.address}')}"
        for line in self.tables.get("", []):
            yield f"{line.key} = {_toml(line.value)}  # {_comment(line.evidence)}"
        for table in TABLES:
            if self.tables.get(table):
                yield from ("", f"[{table}]")
                yield from (f"{one.key} = {_toml(one.value)}  # {_comment(one.evidence)}" for one in self.tables[table])
        for reason, scenarios in self.excluded:
            yield from ("", "[[excluded]]", f"reason = {_toml(reason)}")
            yield from _list("scenarios", scenarios)
        for known in self.deviations:
            yield from ("", "[[deviations]]", f"rule = {_toml(known.rule)}")
            yield f"reason = {_toml(known.reason)}  # {_comment(known.evidence)}"
            yield f"link = {_toml(self.address)}"
            yield f"since = {self.today}"
            yield from _list("scenarios", known.scenarios) if known.scenarios else ()
            yield from ("sometimes = true",) if known.sometimes else ()


def told(*exchanges: Exchange) -> str:
    """Return requests and their answers in brief."""
    return "; ".join(_told(exchange) for exchange in exchanges)


def _told(exchange: Exchange) -> str:
    call, answer = exchange.call, exchange.answer
    path = "/" + call.url.split("://", 1)[-1].partition("/")[2]
    sent = f" {_short(call.body.decode('utf-8', 'backslashreplace'))}" if call.body else ""
    if answer is None:
        return f"{call.method} {path}{sent} -> no answer"
    said = _short(answer.body.decode("utf-8", "replace"))
    return f"{call.method} {path}{sent} -> {answer.status} {said}".rstrip()


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= SHOWN else f"{text[:SHOWN]} …"


def _comment(text: str) -> str:
    """Return a text as it may stand in a comment of TOML: one line, without control characters."""
    return re.sub(r"[\x00-\x08\x0a-\x1f\x7f]+", " ", redacted(text))


def _toml(value: Value) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(str, value))}]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _list(key: str, values: Sequence[str]) -> Iterator[str]:
    yield f"{key} = ["
    yield from (f"    {_toml(value)}," for value in values)
    yield "]"
