"""Every step of the features has exactly one definition, and every definition a step."""

from __future__ import annotations

import ast
import sys
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from behave.matchers import Matcher
from behave.model import Step
from behave.runner_util import load_step_modules
from behave.step_registry import registry

from support.settings import ROOT
from support.tests.house.reading import all_steps, relative

STEPS = ROOT / "steps"
FILES = sorted(STEPS.glob("*.py"))


@cache
def definitions() -> dict[str, tuple[Matcher, ...]]:
    """Return the definitions by kind of step, those of `@step` under each."""
    if not any(registry.steps.values()):
        load_step_modules([str(STEPS)])
    general = tuple(registry.steps["step"])
    return {kind: (*registry.steps[kind], *general) for kind in ("given", "when", "then")}


def matching(step: Step) -> list[Matcher]:
    """Return all definitions that match a step."""
    return [one for one in definitions()[step.step_type] if one.match(step.name) is not None]


def test_every_step_is_defined() -> None:
    missing = {f"{relative(path)}: {step.step_type} {step.name}" for path, step in all_steps() if not matching(step)}
    assert missing == set()


def test_no_step_is_ambiguous() -> None:
    ambiguous = {
        f"{step.step_type} {step.name}: {[one.pattern for one in found]}"
        for _, step in all_steps()
        if len(found := matching(step)) > 1
    }
    assert ambiguous == set()


def test_no_definition_is_unused() -> None:
    used = {id(one) for _, step in all_steps() for one in matching(step)[:1]}
    unused = {one.pattern for kind in definitions().values() for one in kind if id(one) not in used}
    assert unused == set()


def test_no_sentence_is_defined_twice() -> None:
    sentences = Counter((kind, one.pattern) for kind, found in definitions().items() for one in found)
    assert {sentence: count for sentence, count in sentences.items() if count > 1} == {}


def functions(path: Path) -> list[ast.FunctionDef]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]  # type: ignore[misc]


@pytest.mark.parametrize("path", FILES, ids=relative)
class TestStepFile:
    """A step acts in a few lines: loops are fine, branches, sleeps and HTTP of its own are not."""

    def test_a_step_is_a_few_lines_without_branches(self, path: Path) -> None:
        for function in functions(path):
            lines = (function.end_lineno or 0) - function.body[0].lineno + 1
            assert lines <= 8, f"{function.name} has {lines} lines"
            forbidden = (ast.If, ast.While, ast.Try, ast.IfExp, ast.Match)
            found = [type(node).__name__ for node in ast.walk(function) if isinstance(node, forbidden)]
            assert found == [], f"{function.name} has {found}"

    def test_it_sends_nothing_by_itself(self, path: Path) -> None:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        imported = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        imported |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
        assert {name for name in imported if name.split(".")[0] in ("requests", "httpx", "time", "json")} == set()
        assert "execute_steps" not in path.read_text(encoding="utf-8")

    def test_its_name_is_not_one_of_the_standard_library(self, path: Path) -> None:
        assert path.stem not in sys.stdlib_module_names, "steps/ comes before the standard library on the import path"
