"""The book as pages: HTML that needs no script, loads nothing from elsewhere, and escapes whatever a feature says."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from support import profile_files
from support.contract.tags import FAMILIES, TAGS, meaning_of
from support.errors import Outcome
from support.profile import Profile
from support.reporting.docs.book import Capability, outcome_of, shown_where
from support.reporting.docs.last_run import LastRun
from support.reporting.results import Result
from support.reporting.standards import standard_url
from support.rules import RULES

HERE = Path(__file__).parent
BADGES: Mapping[str, str] = {
    Result.PASSED: "passed",
    Result.FAILED: "failed",
    Outcome.CONTRACT_BROKEN: "failed",
    Result.KNOWN_DEVIATION: "quiet",
    Result.SKIPPED: "quiet",
    Result.NOT_RUN: "quiet",
}
UNPLAYED = "no result"


def write_site(output: Path, book: Sequence[Capability], last: LastRun) -> Path:
    """Write the site into a folder of its own, which is emptied before; return its first page."""
    shutil.rmtree(output, ignore_errors=True)
    output.mkdir(parents=True)
    shown = shown_where(book)
    everywhere = {"book": book, "last": last}
    matrix = [(RULES.get(rule_id), rule_id, places, _together(places)) for rule_id, places in shown.items()]
    pages: dict[str, tuple[str, dict[str, Any]]] = {
        "index.html": ("index.html", {"counts": _counts(book), "tags": _tags(book), "families": FAMILIES}),
        "rules.html": ("rules.html", {"matrix": matrix}),
        "targets.html": ("targets.html", {"profiles": _profiles(), "rules": RULES}),
    }
    for capability in book:
        for chapter in capability.chapters:
            pages[chapter.page] = ("chapter.html", {"capability": capability, "chapter": chapter})
    environment = _environment()
    for name, (template, content) in pages.items():
        text = environment.get_template(template).render(**everywhere, **content, page=name)
        (output / name).write_text(text, encoding="utf-8")
    shutil.copy(HERE / "templates" / "style.css", output / "style.css")
    return output / "index.html"


def _environment() -> Environment:
    loader = FileSystemLoader(HERE / "templates")
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"badge": badge, "slots": slots, "standard": standard, "meaning": meaning_of}
    return environment


def badge(outcome: str | None) -> Markup:
    """Return an outcome or a result as a word in its colour."""
    kind = "none" if outcome is None else BADGES.get(outcome, "fault")
    return Markup('<span class="badge {}">{}</span>').format(kind, outcome or UNPLAYED)


def slots(text: str, placeholders: Collection[str]) -> Markup:
    """Return a text with the places marked that the rows of an outline fill in."""
    return Markup("").join(
        Markup("<var>{}</var>").format(piece[1:-1]) if piece[1:-1] in placeholders else escape(piece)
        for piece in re.split(r"(<[^<>]+>)", text)
    )


def standard(source: str) -> Markup:
    """Return the source of a rule, as a link where it is a section of an RFC."""
    url = standard_url(source)
    return Markup('<a href="{}">{}</a>').format(url, source) if url else escape(source)


def _together(places: Sequence[Any]) -> str | None:
    return outcome_of(result for place in places for result in place.example.results)


def _counts(book: Sequence[Capability]) -> dict[str, int]:
    results = [
        result
        for capability in book
        for chapter in capability.chapters
        for section in chapter.sections
        for example in section.examples
        for result in example.results
    ]
    return dict(Counter(result.result if result else UNPLAYED for result in results).most_common())


def _tags(book: Sequence[Capability]) -> list[tuple[str, str, int]]:
    """Return the tags of the closed list with their meaning, and how many features, rules and examples carry each."""
    used: Counter[str] = Counter()
    for capability in book:
        for chapter in capability.chapters:
            used.update(chapter.tags)
            for section in chapter.sections:
                used.update(section.tags)
                for example in section.examples:
                    used.update(example.tags)
    return [(tag, meaning, used[tag]) for tag, meaning in TAGS.items()]


def _profiles() -> list[Profile]:
    return [profile_files.load(path.stem) for path in sorted(profile_files.PROFILES.glob("*.toml"))]
