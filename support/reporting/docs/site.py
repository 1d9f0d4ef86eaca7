"""The features as HTML pages, which need no script, load nothing from elsewhere, and escape all texts."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from support import profile_files
from support.contract.tags import FAMILIES, TAGS, meaning_of
from support.errors import Outcome
from support.reporting.docs import features as parsed
from support.reporting.docs.comparison import Standing, standing
from support.reporting.docs.features import Capabilities, examples, page_of, sections
from support.reporting.docs.last_run import LastRun
from support.reporting.results import Result
from support.reporting.standards import standard_url
from support.rules import RULES

TEMPLATES = Path(__file__).parent / "templates"
NO_RESULT = "no result"
BADGES: Mapping[str, str] = {
    Result.PASSED: "passed",
    Result.FAILED: "failed",
    Outcome.CONTRACT_BROKEN: "failed",
    Result.KNOWN_DEVIATION: "quiet",
    Result.SKIPPED: "quiet",
    Result.NOT_RUN: "quiet",
    Standing.KEPT: "passed",
    Standing.BROKEN: "failed",
    Standing.IN_PART: "fault",
    Standing.SOMETIMES: "fault",
    Standing.NOT_OFFERED: "quiet",
}


def write_site(output: Path, capabilities: Capabilities, last: LastRun) -> Path:
    """Write the site into a folder, which it empties first; return the first page."""
    shutil.rmtree(output, ignore_errors=True)
    output.mkdir(parents=True)
    environment = _environment(capabilities, last)
    pages: dict[str, tuple[str, dict[str, Any]]] = {
        name: (name, {}) for name in ("index.html", "rules.html", "targets.html")
    }
    for capability, features in capabilities.items():
        for feature in features:
            pages[page_of(feature)] = ("feature.html", {"capability": capability, "feature": feature})
    for name, (template, content) in pages.items():
        text = environment.get_template(template).render(**content, page=name)
        (output / name).write_text(text, encoding="utf-8")
    shutil.copy(TEMPLATES / "style.css", output / "style.css")
    return output / "index.html"


def _environment(capabilities: Capabilities, last: LastRun) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    of_model = (examples, page_of, sections, parsed.placeholders, parsed.contract_rules, parsed.plain_tags)
    environment.filters |= {function.__name__: function for function in (*of_model, parsed.scenarios_by_line)}
    environment.filters |= {"badge": badge, "slots": slots, "standard": standard, "meaning": meaning_of}
    environment.filters["result"] = lambda statement: last.worst(parsed.scenarios(statement))
    every = [feature for features in capabilities.values() for feature in features]
    environment.globals |= {
        "capabilities": capabilities,
        "last": last,
        "counts": Counter(str(last.worst([one]) or NO_RESULT) for each in every for one in parsed.scenarios(each)),
        "tags": _tags(capabilities),
        "families": FAMILIES,
        "rules": RULES,
        "examples_by_rule": parsed.examples_by_rule(every),
        "worst": lambda examples: last.worst(one for example in examples for one in parsed.scenarios(example)),
        "standing": lambda profile, rule, examples: standing(
            profile, rule, (one for example in examples for one in parsed.scenarios(example))
        ),
        "profiles": [profile_files.load(path.stem) for path in sorted(profile_files.PROFILES.glob("*.toml"))],
    }
    return environment


def _tags(capabilities: Capabilities) -> list[tuple[str, str, int]]:
    """Return the tags of the closed list with their meaning, and how many features, rules and examples have each."""
    used: Counter[str] = Counter()
    for feature in (feature for features in capabilities.values() for feature in features):
        statements = [feature, *feature.iter_rules(), *(one for each in sections(feature) for one in examples(each))]
        used.update(str(tag) for statement in statements for tag in statement.tags)
    return [(tag, meaning, used[tag]) for tag, meaning in TAGS.items()]


def badge(result: str | None) -> Markup:
    """Return an outcome or a result as a word in its colour."""
    kind = "none" if result is None else BADGES.get(result, "fault")
    return Markup('<span class="badge {}">{}</span>').format(kind, result or NO_RESULT)


def slots(text: str, placeholders: Collection[str]) -> Markup:
    """Return a text with the placeholders of an outline marked."""
    return Markup("").join(
        Markup("<var>{}</var>").format(piece[1:-1]) if piece[1:-1] in placeholders else escape(piece)
        for piece in re.split(r"(<[^<>]+>)", text)
    )


def standard(source: str) -> Markup:
    """Return the source of a rule, as a link if it is a section of an RFC."""
    url = standard_url(source)
    return Markup('<a href="{}">{}</a>').format(url, source) if url else escape(source)
