"""The anchor of each statement of a feature on its page: its title, as line numbers change with every edit."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

from behave.model import Feature, ScenarioOutline

from support.reporting.docs.features import examples, sections
from support.reporting.results import plain

TAKEN = ("main", "menu", "background", "examples", "toc", "search", "found")
"""Anchors that the pages themselves use."""


def slug(title: str) -> str:
    """Return a title as the end of a URL."""
    return "-".join(re.findall(r"\w+", re.sub("['’]", "", title.lower())))


def anchors_on(feature: Feature) -> Mapping[int, str]:
    """Return the anchors of the rules, the examples and the rows of a feature, by the id of each."""
    anchors: dict[int, str] = {}
    taken = set(TAKEN)
    for statement in _statements(feature):
        own = slug(plain(statement.name)) or "example"
        anchors[id(statement)] = next(one for one in _numbered(own) if one not in taken)
        taken.add(anchors[id(statement)])
    return anchors


def _statements(feature: Feature) -> Iterator[Any]:
    for section in sections(feature):
        yield from () if section is feature else (section,)
        for example in examples(section):
            yield example
            yield from example.scenarios if isinstance(example, ScenarioOutline) else ()


def _numbered(own: str) -> Iterator[str]:
    return chain([own], (f"{own}-{number}" for number in range(2, 1_000_000)))
