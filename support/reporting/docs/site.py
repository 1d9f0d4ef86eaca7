"""The features as HTML pages, which work without a script, load nothing from elsewhere, and escape all texts."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Mapping
from itertools import chain
from pathlib import Path

from behave.model import Feature
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from support import profile_files
from support.contract.tags import FAMILIES, TAGS, meaning_of, rule_of
from support.reporting.docs import features as parsed
from support.reporting.docs import pieces
from support.reporting.docs.anchors import anchors_on
from support.reporting.docs.comparison import Standing, deviations, standing
from support.reporting.docs.features import Capabilities, examples, page_of, sections
from support.reporting.docs.last_run import LastRun, date_and_time, day
from support.reporting.docs.played import Example
from support.reporting.docs.search import entries
from support.reporting.results import plain
from support.rules import CONTRACT, RULES

TEMPLATES = Path(__file__).parent / "templates"
COPIED = ("style.css", "site.js")
FIRST = {"index.html": "Overview", "contract.html": "The contract"}
LAST = {"scenarios.html": "All scenarios", "targets.html": "Targets"}


def write_site(output: Path, capabilities: Capabilities, last: LastRun, played: Mapping[str, Example]) -> Path:
    """Write the site into a folder, which it empties first; return the first page."""
    features = list(chain.from_iterable(capabilities.values()))
    anchors = {key: anchor for feature in features for key, anchor in anchors_on(feature).items()}
    environment = _environment(capabilities, last, anchors, played)
    shutil.rmtree(output, ignore_errors=True)
    output.mkdir(parents=True)
    names = {**FIRST, **{page_of(feature): feature.name for feature in features}, **LAST}
    by_page = {page_of(feature): feature for feature in features}
    order = list(names)
    for number, page in enumerate(order):
        content = {"page": page, "feature": by_page.get(page), "names": names}
        content |= {"before": order[number - 1] if number else "", "after": "".join(order[number + 1 : number + 2])}
        template = "feature.html" if page in by_page else page
        (output / page).write_text(environment.get_template(template).render(content), encoding="utf-8")
    index = json.dumps(list(entries(features, anchors)), ensure_ascii=False, separators=(",", ":"))
    (output / "search.js").write_text(f"window.entries = {index};\n", encoding="utf-8")
    for name in COPIED:
        shutil.copy(TEMPLATES / name, output / name)
    return output / "index.html"


def _environment(
    capabilities: Capabilities, last: LastRun, anchors: Mapping[int, str], played: Mapping[str, Example]
) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    features = list(chain.from_iterable(capabilities.values()))
    by_rule = parsed.examples_by_rule(features)
    of_model = (examples, page_of, sections, parsed.placeholders, parsed.contract_rules, parsed.plain_tags)
    of_scenarios = (parsed.scenarios, parsed.scenarios_by_line, rule_of, plain, day)
    of_pages = (pieces.badge, pieces.mark, pieces.message, pieces.slots, pieces.standard)
    environment.filters |= {function.__name__: function for function in (*of_model, *of_scenarios, *of_pages)}
    environment.filters |= {"sign": pieces.SIGNS.get, "kind": pieces.BADGES.get}
    environment.filters |= {"meaning": meaning_of, "date": date_and_time}
    environment.filters["result"] = lambda statement: last.worst(parsed.scenarios(statement))
    environment.filters["anchor"] = lambda statement: anchors.get(id(statement), "examples")
    environment.globals |= {
        "capabilities": capabilities,
        "last": last,
        "counts": _counts(features, last),
        "tags": _tags(features),
        "families": FAMILIES,
        "rules": RULES,
        "version": CONTRACT,
        "played": played,
        "examples_by_rule": by_rule,
        "of_rule": lambda rule: last.of_rule(rule, chain.from_iterable(map(parsed.scenarios, by_rule[rule]))),
        "worst": lambda examples: last.worst(one for example in examples for one in parsed.scenarios(example)),
        "standing": lambda profile, rule, examples: standing(
            profile, rule, (one for example in examples for one in parsed.scenarios(example))
        ),
        "standings": list(Standing),
        "deviations": deviations,
        "profiles": [profile_files.load(path.stem) for path in sorted(profile_files.PROFILES.glob("*.toml"))],
    }
    return environment


def _counts(features: list[Feature], last: LastRun) -> Counter[str]:
    """Return how many scenarios have each result."""
    scenarios = (one for feature in features for one in parsed.scenarios(feature))
    return Counter(str(last.worst([one]) or pieces.NO_RESULT) for one in scenarios)


def _tags(features: list[Feature]) -> list[tuple[str, str, int]]:
    """Return the tags of the closed list with their meaning, and how many scenarios have each."""
    scenarios = (one for feature in features for one in parsed.scenarios(feature))
    used = Counter(str(tag) for scenario in scenarios for tag in scenario.effective_tags)
    return [(tag, meaning, used[tag]) for tag, meaning in TAGS.items()]
