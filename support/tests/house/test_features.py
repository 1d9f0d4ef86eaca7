"""What is true of every feature: rules, tags, names, words and form."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Container
from http import HTTPStatus
from itertools import pairwise
from pathlib import Path

import pytest
from behave.model import ScenarioOutline

from support.contract.tags import FAMILIES, RULE, TAGS, meaning_of
from support.rules import RULES
from support.tests.house.reading import FEATURES, feature_files, features, read, relative, scenarios, tags, written

FILES = feature_files()
IDS = [relative(path) for path in FILES]


def each_file(*, without: Container[Path] = ()) -> pytest.MarkDecorator:
    """Run a test for each feature file."""
    chosen = [path for path in FILES if path.parent not in without]
    return pytest.mark.parametrize("path", chosen, ids=[relative(path) for path in chosen])


SPEAKS_HTTP = {FEATURES / "protocol", FEATURES / "robustness", FEATURES / "resilience"}
"""The features that may name methods, paths and statuses; operators know an outage by its status."""


CHANGES = re.compile(
    r"\b(changed (their|to)|(changes|updates|replaces) (their|to (?!each)|back|the)"
    r"|an update|a replacement|PATCH|PUT)\b"
)
CAN_CHANGE = {"use.with_changes=yes", "use.with_patch=yes", "use.with_put=yes"}


def rules_of(found: set[str]) -> set[str]:
    return {tag.removeprefix(RULE) for tag in found if tag.startswith(RULE)}


class TestRules:
    def test_every_rule_has_a_scenario(self) -> None:
        shown = {rule for feature in features() for one in scenarios(feature) for rule in rules_of(tags(one))}
        assert set(RULES) - shown == set()

    def test_every_rule_has_a_contract_scenario(self) -> None:
        checked = {
            rule
            for feature in features()
            for one in scenarios(feature)
            if "contract" in tags(one)
            for rule in rules_of(tags(one))
        }
        assert set(RULES) - checked == set()

    @pytest.mark.parametrize("path", FILES, ids=IDS)
    def test_every_scenario_shows_exactly_one_known_rule(self, path: Path) -> None:
        for scenario in scenarios(read(path)):
            shown = rules_of(tags(scenario))
            assert len(shown) == 1, f"{scenario.name}: {shown or 'no rule'}"
            assert shown <= set(RULES), f"{scenario.name}: {shown}"

    def test_there_are_at_least_60_contract_scenarios(self) -> None:
        contract = [one for feature in features() for one in scenarios(feature) if "contract" in tags(one)]
        assert len(contract) >= 60


class TestTags:
    @pytest.mark.parametrize("path", FILES, ids=IDS)
    def test_only_listed_tags_are_used(self, path: Path) -> None:
        used = {tag for scenario in scenarios(read(path)) for tag in tags(scenario)}
        assert {tag for tag in used if meaning_of(tag) is None} == set()

    def test_every_listed_tag_is_used(self) -> None:
        used = {tag for feature in features() for one in scenarios(feature) for tag in tags(one)}
        assert set(TAGS) - used <= {"wip"}, "a tag that selects nothing"

    @pytest.mark.parametrize("path", FILES, ids=IDS)
    def test_every_scenario_is_of_the_contract_or_of_resilience(self, path: Path) -> None:
        for scenario in scenarios(read(path)):
            assert len(tags(scenario) & {"contract", "resilience"}) == 1, scenario.name

    @pytest.mark.parametrize("path", FILES, ids=IDS)
    def test_concurrent_scenarios_are_tagged_so(self, path: Path) -> None:
        for scenario in scenarios(read(path)):
            concurrent = tags(scenario) & {"burst", "race", "async", "threads"}
            assert not concurrent or "concurrency" in tags(scenario), scenario.name

    @each_file(without={FEATURES / "resilience"})
    def test_every_scenario_that_changes_a_user_needs_a_target_that_does(self, path: Path) -> None:
        for scenario in scenarios(read(path)):
            changes = [step.name for step in scenario.all_steps if CHANGES.search(step.name)]
            assert not changes or tags(scenario) & CAN_CHANGE, f"{scenario.name}: {changes}"

    def test_the_list_has_families_for_rules_and_capabilities(self) -> None:
        assert meaning_of("rule.create-201") == FAMILIES["rule."]
        assert meaning_of("use.with_access=yes") == FAMILIES["use.with_"]
        unknown = ["rule.no-such-rule", "use.with_magic=yes", "use.with_access=no", "Contract", "rule.", "flaky"]
        assert [tag for tag in unknown if meaning_of(tag) is not None] == []

    def test_every_tag_is_explained_in_one_line(self) -> None:
        assert all(meaning and "\n" not in meaning and len(meaning) < 90 for meaning in TAGS.values())


class TestNames:
    @each_file()
    def test_rules_and_scenarios_have_unique_names(self, path: Path) -> None:
        feature = read(path)
        rules = Counter(rule.name for rule in feature.rules)
        names = Counter(one.name for one in written(feature))
        assert {name: count for name, count in (rules + names).items() if count > 1} == {}

    def test_no_two_features_have_one_name(self) -> None:
        assert len({feature.name for feature in features()}) == len(FILES)

    @each_file()
    def test_every_row_of_an_outline_gives_a_unique_name(self, path: Path) -> None:
        names = Counter(re.sub(r" -- @\S+.*$", "", one.name) for one in scenarios(read(path)))
        assert {name: count for name, count in names.items() if count > 1} == {}


class TestShape:
    @pytest.mark.parametrize("path", FILES, ids=IDS)
    def test_every_rule_has_an_example_and_every_example_a_rule(self, path: Path) -> None:
        feature = read(path)
        assert feature.rules, "a feature without a rule"
        for rule in feature.rules:
            assert list(rule.walk_scenarios()), f"no example of: {rule.name}"
        of_rules = {id(one) for rule in feature.rules for one in rule.walk_scenarios()}
        assert [one.name for one in scenarios(feature) if id(one) not in of_rules] == []

    @pytest.mark.parametrize("path", FILES, ids=IDS)
    def test_every_feature_says_why_it_matters(self, path: Path) -> None:
        assert 1 <= len(read(path).description) <= 4

    @each_file()
    def test_every_scenario_acts_and_ends_with_a_check(self, path: Path) -> None:
        for scenario in scenarios(read(path)):
            kinds = [step.step_type for step in scenario.all_steps]
            assert "when" in kinds, f"no action: {scenario.name}"
            assert kinds[-1] == "then", f"no check at the end: {scenario.name}"

    @pytest.mark.parametrize("path", FILES, ids=IDS)
    def test_every_table_has_several_rows(self, path: Path) -> None:
        outlines = [one for one in written(read(path)) if isinstance(one, ScenarioOutline)]
        short = [one.name for one in outlines for table in one.examples if len(table.table.rows) < 2]
        assert short == [], "a table of one row: write it as an example"

    @pytest.mark.parametrize("path", FILES, ids=IDS)
    def test_no_scenario_is_empty(self, path: Path) -> None:
        assert [one.name for one in written(read(path)) if not one.steps] == []


class TestWords:
    HTTP = re.compile(
        r"\b(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|HTTP|JSON|Content-Type|Authorization)\b|(?<![\w.])/\w+"
        rf"|\b(?:{'|'.join(str(int(status)) for status in HTTPStatus)})\b(?! (?:\w+ )?(?:characters?|emoji))"
    )

    @each_file(without=SPEAKS_HTTP)
    def test_methods_paths_and_statuses_stand_only_where_they_may(self, path: Path) -> None:
        lines = path.read_text(encoding="utf-8").splitlines()
        sentences = [line for line in lines if not line.lstrip().startswith(("@", "|", "#"))]
        assert {found.group() for line in sentences for found in self.HTTP.finditer(line)} == set()

    @pytest.mark.parametrize(
        ("line", "speaks"),
        [
            ("When POST is sent", True),
            ("Then the status is 404", True),
            ("When /users is read", True),
            ("Then a name of 201 characters is refused", False),
            ("Then Ada and/or Grace are found", False),
            ("Given 120 users", False),
            ("When 20 users sign up", False),
            ("Then a name of 200 Chinese characters is kept", False),
        ],
    )
    def test_they_are_recognised(self, line: str, speaks: bool) -> None:
        assert bool(self.HTTP.search(line)) == speaks


INDENT = {
    "Feature:": 0,
    "Rule:": 2,
    "Background:": 4,
    "Example:": 4,
    "Scenario:": 4,
    "Scenario Outline:": 4,
    "Examples:": 6,
    "Given ": 6,
    "When ": 6,
    "Then ": 6,
    "And ": 6,
    "But ": 6,
    "|": 8,
}


class TestForm:
    """A formatter's check: what is written the same way everywhere is easy to read.

    A check of our own: reformat-gherkin writes tables and tags in another way than these files have them, and does not
    know Rule.
    """

    @pytest.mark.parametrize("path", FILES, ids=IDS)
    def test_every_line_is_indented_by_its_kind(self, path: Path) -> None:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            kind = next((kind for kind in INDENT if line.lstrip().startswith(kind)), None)
            if kind is not None:
                assert len(line) - len(line.lstrip()) == INDENT[kind], f"{relative(path)}:{number}: {line}"

    @pytest.mark.parametrize("path", FILES, ids=IDS)
    def test_tags_are_indented_like_what_they_tag(self, path: Path) -> None:
        lines = path.read_text(encoding="utf-8").splitlines()
        for number, (line, below) in enumerate(pairwise(lines), 1):
            if line.lstrip().startswith("@"):
                indents = len(line) - len(line.lstrip()), len(below) - len(below.lstrip())
                assert indents[0] == indents[1], f"{relative(path)}:{number}: {line}"

    @each_file()
    def test_the_bars_of_a_table_are_aligned(self, path: Path) -> None:
        lines = path.read_text(encoding="utf-8").splitlines()
        for number, (line, below) in enumerate(pairwise(lines), 1):
            joined = "\u200d" in line + below  # terminals do not agree on how wide a joined emoji is
            if line.lstrip().startswith("|") and below.lstrip().startswith("|") and not joined:
                assert bars(line) == bars(below), f"{relative(path)}:{number + 1}: {below}"

    @pytest.mark.parametrize("path", FILES, ids=IDS)
    def test_there_are_no_trailing_spaces_and_no_tabs(self, path: Path) -> None:
        text = path.read_text(encoding="utf-8")
        assert text.endswith("\n")
        assert not text.endswith("\n\n")
        assert "\t" not in text
        assert "\n\n\n" not in text
        assert [line for line in text.splitlines() if line != line.rstrip()] == []


def bars(line: str) -> list[int]:
    """Return the columns in which a table line has its bars, as wide as a terminal shows the signs between them."""
    columns, column = [], 0
    for sign in line:
        if sign == "|":
            columns.append(column)
        if not unicodedata.combining(sign):
            column += 2 if unicodedata.east_asian_width(sign) in "WF" else 1
    return columns
