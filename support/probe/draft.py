"""The draft of a profile: its values, and for each of them the exchange that shows it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, is_dataclass, replace
from datetime import date
from itertools import groupby
from typing import Any

from support.cleanup.marks import mark_in
from support.errors import SettingsError
from support.exchange_text import status_of
from support.models import Exchange
from support.profile import Deviation, Exclusion, Profile
from support.profile_files import load, names_from_environment
from support.redaction import redacted

SHOWN = 90
NOT_LEARNED = ("name", "description", "deviations", "excluded")
BARE_KEY = re.compile(r"[\w-]+", re.ASCII)
OBJECT = re.compile(r"\{[^{}]*(?:\}|$|(?=\{))")
TEXT_OR_KEY = re.compile(r'(?P<key>"(?:[^"\\]|\\.)*"\s*:)|"(?:[^"\\]|\\.)*(?:"|$)')
Value = Any


@dataclass
class Draft:
    """A profile as far as it is known; `evidence` has what shows each value, by its path, such as `names.id`."""

    name: str
    url: str
    today: date
    profile: Profile = field(default_factory=Profile)
    evidence: dict[str, str] = field(default_factory=dict)
    deviations: list[tuple[Deviation, str]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    from_environment: Sequence[str] = ()

    def learn(self, path: str, value: Value, *shown: Exchange | str) -> None:
        """Set a value of the profile; the last one learned counts."""
        table, _, key = path.rpartition(".")
        before: Any = getattr(self.profile, table) if table else None
        part: Any = {**before, key: value} if isinstance(before, Mapping) else value
        if table and not isinstance(before, Mapping):
            part = replace(before, **{key: value})
        changes: dict[str, Any] = {table or key: part}
        self.profile = replace(self.profile, **changes)
        self.evidence[path] = "; ".join(one if isinstance(one, str) else brief(one) for one in shown)

    def begin_with(self, target: str) -> None:
        """Begin with a profile, without its deviations; its differences from the contract go into the draft."""
        try:
            known, usual = load(target), Profile()
        except SettingsError as error:
            raise SettingsError(str(error).replace("TARGET", "--from", 1)) from None
        self.from_environment = names_from_environment(target)
        self.profile = replace(known, deviations=())
        for part in fields(known):
            value = getattr(known, part.name)
            if value == getattr(usual, part.name) or part.name in NOT_LEARNED:
                continue
            of_table = vars(value) if is_dataclass(value) else value if isinstance(value, Mapping) else None
            for key in of_table if of_table is not None else ():
                if isinstance(value, Mapping) or getattr(value, key) != getattr(getattr(usual, part.name), key):
                    self.evidence[f"{part.name}.{key}"] = f"from {target}"
            if of_table is None:
                self.evidence[part.name] = f"from {target}"

    def forget(self, path: str) -> bool:
        """Take a value out of a table with free keys, such as `create`; return whether it was there."""
        table, _, key = path.rpartition(".")
        before = getattr(self.profile, table)
        changes: dict[str, Any] = {table: {name: before[name] for name in before if name != key}}
        self.profile = replace(self.profile, **changes)
        self.evidence.pop(path, None)
        return key in before

    def exclude(self, reason: str, scenarios: Sequence[str]) -> None:
        self.profile = replace(self.profile, excluded=(*self.profile.excluded, Exclusion(reason, tuple(scenarios))))

    def deviate(self, known: Deviation, evidence: str) -> None:
        """Add a known deviation, whose link is to be filled in by the reader."""
        self.profile = replace(self.profile, deviations=(*self.profile.deviations, known))
        self.deviations.append((known, evidence))

    def text(self) -> str:
        """Return the draft as TOML, without secrets: those that a profile took from variables appear as `${NAME}`."""
        shown = "\n".join(self._lines()) + "\n"
        for name in self.from_environment:
            shown = re.sub(rf"\${name}\b", f"${{{name}}}", shown)
        return shown

    def _lines(self) -> Iterator[str]:
        yield f"# Drafted on {self.today} from the answers of {_comment(self.url)}."
        yield "# Each comment shows the request and the answer that a value comes from. Review every line: a deliberate"
        yield "# difference may stay; report a fault to the owners of the API. Replace links by better ones."
        yield from (f"# {_comment(remark)}" for remark in self.remarks)
        yield f"name = {_toml(self.name)}"
        yield f"description = {_toml(f'drafted from the answers of {self.url}')}"
        for table, paths in groupby(sorted(self.evidence, key=_table), key=_table):
            yield from ("", f"[{table}]") if table else ()
            for path in paths:
                yield from self._learned(path)
        for excluded in self.profile.excluded:
            yield from ("", "[[excluded]]", f"reason = {_toml(excluded.reason)}")
            yield from _list("scenarios", excluded.scenarios)
        for known, evidence in self.deviations:
            yield from ("", "[[deviations]]", f"rule = {_toml(known.rule)}")
            yield f"reason = {_toml(known.reason)}  # {_comment(evidence)}"
            yield from (f"link = {_toml(known.link)}", f"since = {known.since}")
            yield from _list("scenarios", known.scenarios)
            yield from _list("shows", known.shows) if known.shows else ()
            yield from ("sometimes = true",) if known.sometimes else ()

    def _learned(self, path: str) -> Iterator[str]:
        table, _, key = path.rpartition(".")
        part = getattr(self.profile, table) if table else self.profile
        value = part[key] if isinstance(part, Mapping) else getattr(part, key)
        comment = f"  # {_comment(self.evidence[path])}" if self.evidence[path] else ""
        if value is not None:  # None: a value that was tried, and given up
            yield f"{_key(key)} = {_toml(value)}{comment}"


def brief(exchange: Exchange, most: int = SHOWN) -> str:
    """Return a request and its answer on one short line, with at most `most` characters of each body."""
    call, answer = exchange.call, exchange.answer
    path = "/" + call.url.split("://", 1)[-1].partition("/")[2]
    sent = f" {_short(call.body.decode('utf-8', 'backslashreplace'), most)}" if call.body else ""
    if answer is None:
        return f"{call.method} {path}{sent} -> no answer"
    shown = _short(answer.body.decode("utf-8", "replace"), most)
    return f"{call.method} {path}{sent} -> {status_of(exchange)} {shown}".rstrip()


def _table(path: str) -> str:
    return path.rpartition(".")[0]


def _short(text: str, most: int) -> str:
    text = " ".join(text.split())
    return text if len(text) <= most else f"{text[:most]} …"


def _comment(text: str) -> str:
    """Return a text fit for a comment in TOML: on one line, without control characters and personal data."""
    return re.sub(r"[\x00-\x08\x0a-\x1f\x7f]+", " ", redacted(OBJECT.sub(_without_strangers, text)))


def _without_strangers(found: re.Match[str]) -> str:
    """Blank the texts of a JSON object, which may be cut off, if it may be a user whom the suite has not created."""
    is_whole, text = found[0].endswith("}"), found[0]
    if mark_in(text) or (is_whole and "@" not in text):
        return text
    return TEXT_OR_KEY.sub(lambda one: one["key"] or '"…"', text)


def _toml(value: Value) -> str:
    if is_dataclass(value) and not isinstance(value, type):
        value = {name: inner for name, inner in asdict(value).items() if inner is not None}
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{_key(key)} = {_toml(inner)}' for key, inner in value.items())} }}"
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(_toml, value))}]"
    text = json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return redacted(text) if isinstance(value, str) else text


def _key(name: str) -> str:
    return name if BARE_KEY.fullmatch(name) else json.dumps(name)


def _list(key: str, values: Sequence[str]) -> Iterator[str]:
    yield f"{key} = ["
    yield from (f"    {_toml(value)}," for value in values)
    yield "]"
