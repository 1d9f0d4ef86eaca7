"""What the README repeats of the code is what the code says."""

from __future__ import annotations

import re

from support.contract.tags import FAMILIES, NEEDS, RULE, TAGS
from support.settings import ROOT

README = ROOT / "README.md"


def test_its_list_of_tags_is_the_closed_list() -> None:
    """If it is not, copy this table between the two comments."""
    named = {**{f"@{tag}": said for tag, said in TAGS.items()}}
    named |= {f"@{RULE}<id>": FAMILIES[RULE], f"@{NEEDS}<what>=yes": FAMILIES[NEEDS]}
    table = ["| tag | what it says about a scenario |", "| --- | --- |"]
    table += [f"| `{tag}` | {said} |" for tag, said in named.items()]
    shown = re.search(r"<!-- tags:[^>]*-->\n(.*?)\n?<!-- /tags -->", README.read_text(encoding="utf-8"), re.DOTALL)
    assert shown is not None, "the README has no place for the tags"
    assert shown.group(1).strip().split("\n") == table
