"""What the README repeats of the code is what the code says."""

from __future__ import annotations

import importlib.util
import re
from dataclasses import fields

from support.contract.tags import FAMILIES, NEEDS, RULE, TAGS
from support.sandbox.twists import Sandbox
from support.settings import ROOT

README, CONTRIBUTING = ROOT / "README.md", ROOT / "CONTRIBUTING.md"


def test_its_list_of_tags_is_the_closed_list() -> None:
    """If it is not, copy this table between the two comments."""
    named = {**{f"@{tag}": said for tag, said in TAGS.items()}}
    named |= {f"@{RULE}<id>": FAMILIES[RULE], f"@{NEEDS}<what>=yes": FAMILIES[NEEDS]}
    table = ["| tag | what it says about a scenario |", "| --- | --- |"]
    table += [f"| `{tag}` | {said} |" for tag, said in named.items()]
    shown = re.search(r"<!-- tags:[^>]*-->\n(.*?)\n?<!-- /tags -->", README.read_text(encoding="utf-8"), re.DOTALL)
    assert shown is not None, "the README has no place for the tags"
    assert shown.group(1).strip().split("\n") == table


def test_its_links_lead_to_files_and_headings() -> None:
    text = README.read_text(encoding="utf-8")
    titles = re.findall(r"^##+ (.*)", text, re.MULTILINE)
    headings = {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}
    for place in re.findall(r"\]\((?!https?:)([^)]+)\)", text):
        path, _, anchor = place.partition("#")
        assert (ROOT / path).exists(), place
        assert path or anchor in headings, place


def test_its_pictures_are_small_and_load_nothing_from_elsewhere() -> None:
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", README.read_text(encoding="utf-8"))
    assert len(pictures) == 2
    for path in (ROOT / picture for picture in pictures):
        assert path.stat().st_size < 200_000
        assert path.suffix != ".svg" or "url(http" not in path.read_text(encoding="utf-8")


def test_its_modules_and_targets_of_make_are_there() -> None:
    text = README.read_text(encoding="utf-8")
    targets = re.search(r"^\.PHONY: (.*)", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert targets is not None
    assert set(re.findall(r"(?:`|^)make (\w+)", text, re.MULTILINE)) <= set(targets.group(1).split())
    named = set(re.findall(r"python -m (support[\w.]*\w)", text))
    assert [name for name in named if importlib.util.find_spec(name) is None] == []


def test_the_files_and_decisions_that_contributing_names_are_there() -> None:
    text = CONTRIBUTING.read_text(encoding="utf-8")
    assert [path for path in re.findall(r"`([\w./-]+/[\w./-]*)`", text) if not (ROOT / path).exists()] == []
    parts = {field.name: field.type for field in fields(Sandbox)}
    decisions = re.findall(r"[`\"](store|app|api)\.(\w+)[`\"]", text)
    assert decisions != []
    assert [name for part, name in decisions if not hasattr(parts[part], name)] == []
