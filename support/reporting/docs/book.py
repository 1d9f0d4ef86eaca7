"""The features as a book: capabilities, chapters, rules and examples, each with its last result."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from behave.model import Background, Feature, Rule, Scenario, ScenarioOutline
from behave.parser import parse_file

from support.reporting.docs.last_run import ExampleResult, LastRun
from support.reporting.results import RULE_TAG, Result, worst_result
from support.rules import RULES
from support.rules import Rule as Promise

ORDER = ("users", "refusals", "access", "protocol", "concurrency", "resilience")


@dataclass(frozen=True)
class Line:
    """One step: its keyword, its text, and what hangs below it."""

    keyword: str
    text: str
    block: str = ""
    table: Sequence[Sequence[str]] = ()


@dataclass(frozen=True)
class Row:
    """One row of an outline's examples, and what became of it."""

    cells: Sequence[str]
    result: ExampleResult | None


@dataclass(frozen=True)
class Partition:
    """A table of examples under an outline."""

    name: str
    headings: Sequence[str]
    rows: Sequence[Row]


@dataclass(frozen=True)
class Example:
    """One example, or one outline with all its rows."""

    name: str
    anchor: str
    tags: Sequence[str]
    reasons: str
    lines: Sequence[Line]
    result: ExampleResult | None = None
    partitions: Sequence[Partition] = ()

    @property
    def results(self) -> Iterator[ExampleResult | None]:
        """What became of it: one result, or one for each row."""
        if not self.partitions:
            yield self.result
        yield from (row.result for partition in self.partitions for row in partition.rows)

    @property
    def placeholders(self) -> set[str]:
        return {heading for partition in self.partitions for heading in partition.headings}


@dataclass(frozen=True)
class Section:
    """A rule of a feature with its reasons, the promises behind it, and its examples."""

    name: str
    anchor: str
    reasons: str
    promises: Sequence[Promise]
    tags: Sequence[str]
    examples: Sequence[Example]

    @property
    def outcome(self) -> str | None:
        return outcome_of(result for example in self.examples for result in example.results)


@dataclass(frozen=True)
class Chapter:
    """A feature; `page` is the name of its page."""

    name: str
    page: str
    file: str
    reasons: str
    tags: Sequence[str]
    background: Sequence[Line]
    sections: Sequence[Section]

    @property
    def outcome(self) -> str | None:
        return outcome_of(result for section in self.sections for one in section.examples for result in one.results)

    @property
    def count(self) -> int:
        return sum(1 for section in self.sections for example in section.examples for _ in example.results)


@dataclass(frozen=True)
class Capability:
    """A folder of features."""

    name: str
    chapters: Sequence[Chapter] = field(default_factory=list)


@dataclass(frozen=True)
class Shown:
    """Where a promise is shown, and what became of it there."""

    chapter: Chapter
    section: Section
    example: Example


def outcome_of(results: Iterable[ExampleResult | None]) -> Result | None:
    """Return what several results come to; None where nothing was played."""
    found = [one.result for one in results if one is not None]
    return worst_result(found) if found else None


def read_book(root: Path, folder: Path, last: LastRun) -> list[Capability]:
    """Read the features of a folder, by capability; places are told from `root`."""
    capabilities: dict[str, list[Chapter]] = {}
    for path in sorted(folder.rglob("*.feature")):
        chapter = _chapter(parse_file(str(path)), path.relative_to(root), last)
        capabilities.setdefault(path.parent.name if path.parent != folder else "", []).append(chapter)
    ranked = sorted(capabilities, key=lambda name: (ORDER.index(name) if name in ORDER else len(ORDER), name))
    return [Capability(name.replace("_", " ").capitalize() or "Features", capabilities[name]) for name in ranked]


def shown_where(capabilities: Iterable[Capability]) -> dict[str, list[Shown]]:
    """Return for each rule id the examples that show it."""
    found: dict[str, list[Shown]] = {rule_id: [] for rule_id in RULES}
    for capability in capabilities:
        for chapter in capability.chapters:
            for section in chapter.sections:
                for example in section.examples:
                    ids = _ids(example.tags) or [promise.id for promise in section.promises]
                    for rule_id in ids:
                        found.setdefault(rule_id, []).append(Shown(chapter, section, example))
    return found


def _chapter(feature: Feature, path: Path, last: LastRun) -> Chapter:
    place = path.as_posix()
    loose = [item for item in feature.run_items if not isinstance(item, Rule)]
    sections = [_section(feature, rule, place, last, number) for number, rule in enumerate(feature.iter_rules(), 1)]
    if loose:
        own = _tags(feature)
        examples = [_example(one, place, last) for one in loose]
        sections.insert(0, Section("", "examples", "", _promises(own), (), examples))
    return Chapter(
        name=feature.name,
        page=f"{path.parent.name}-{path.stem}.html",
        file=place,
        reasons=" ".join(feature.description),
        tags=_tags(feature),
        background=_background(feature.background),
        sections=sections,
    )


def _section(feature: Feature, rule: Rule, place: str, last: LastRun, number: int) -> Section:
    tags = _tags(rule)
    return Section(
        name=rule.name,
        anchor=f"rule-{number}",
        reasons=" ".join(rule.description),
        promises=_promises([*tags, *_tags(feature)]),
        tags=[tag for tag in tags if not tag.startswith(RULE_TAG)],
        examples=[_example(one, place, last) for one in rule.run_items],
    )


def _example(one: Scenario, place: str, last: LastRun) -> Example:
    outline = isinstance(one, ScenarioOutline)
    return Example(
        name=one.name,
        anchor=f"line-{one.line}",
        tags=_tags(one),
        reasons=" ".join(one.description),
        lines=[_line(step) for step in one.steps],
        result=None if outline else last.of(place, one.line, one.name),
        partitions=_partitions(one, place, last) if outline else (),
    )


def _partitions(outline: ScenarioOutline, place: str, last: LastRun) -> list[Partition]:
    results = {scenario.line: last.of(place, scenario.line, scenario.name) for scenario in outline.scenarios}
    return [
        Partition(
            examples.name or "",
            examples.table.headings,
            [Row(list(row.cells), results.get(row.line)) for row in examples.table.rows],
        )
        for examples in outline.examples
        if examples.table is not None
    ]


def _line(step: Any) -> Line:
    table = [step.table.headings, *(list(row.cells) for row in step.table.rows)] if step.table else ()
    return Line(step.keyword, step.name, str(step.text or ""), table)


def _background(background: Background | None) -> list[Line]:
    return [_line(step) for step in background.steps] if background else []


def _tags(statement: Any) -> list[str]:
    return [str(tag) for tag in statement.tags]


def _ids(tags: Iterable[str]) -> list[str]:
    return [tag.removeprefix(RULE_TAG) for tag in tags if tag.startswith(RULE_TAG)]


def _promises(tags: Iterable[str]) -> list[Promise]:
    return [RULES.get(rule_id) or Promise(rule_id, "", "") for rule_id in dict.fromkeys(_ids(tags))]
