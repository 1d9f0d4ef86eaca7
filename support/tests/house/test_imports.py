"""The embedded API stands alone, and one module reads the environment."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.settings import ROOT
from support.tests.house.reading import relative

PRODUCT = sorted(
    path
    for path in [*(ROOT / "support").rglob("*.py"), *(ROOT / "steps").glob("*.py"), ROOT / "environment.py"]
    if not {"tests", "sandbox", "bench", "peers", "prove"} & set(path.relative_to(ROOT).parts)
)
SANDBOX = sorted((ROOT / "support" / "sandbox").rglob("*.py"))

BEFORE_THE_FIRST_HOOK = """
import sys
from behave.runner_util import load_step_modules
import environment
load_step_modules(["steps"])
print(*sys.modules)
"""


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def imports_of(path: Path) -> Iterator[str]:
    """Yield the modules that a file imports, wherever in it, as absolute names."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                package = module_of(path).split(".")[: -node.level or None]
                base = ".".join([*package, *([base] if base else [])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", SANDBOX, ids=relative)
def test_the_embedded_api_imports_nothing_of_ours(path: Path) -> None:
    ours = {name for name in imports_of(path) if name.split(".")[0] in ("support", "steps", "environment")}
    assert {name for name in ours if not name.startswith("support.sandbox")} == set()


@pytest.mark.parametrize("path", PRODUCT, ids=relative)
def test_nothing_of_ours_imports_the_embedded_api(path: Path) -> None:
    assert {name for name in imports_of(path) if name.startswith("support.sandbox")} == set()


@pytest.mark.parametrize("path", PRODUCT, ids=relative)
def test_the_product_imports_no_tests(path: Path) -> None:
    outside = ("support.tests", "support.bench", "support.peers", "support.prove", "pytest")
    assert {name for name in imports_of(path) if name.startswith(outside)} == set()


def reads_environment(path: Path) -> bool:
    """Tell whether a module looks into the environment; passing all of it on to a child is no look into it."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    passed_on = {
        id(value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Dict)
        for key, value in zip(node.keys, node.values, strict=True)
        if key is None
    }
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Attribute)
            and node.attr in ("environ", "environb", "getenv")
            and id(node) not in passed_on
        ):
            return True
        if isinstance(node, ast.ImportFrom) and {alias.name for alias in node.names} & {"environ", "getenv"}:
            return True
    return False


def test_the_modules_of_the_settings_alone_read_the_environment() -> None:
    reading = {relative(path) for path in PRODUCT if reads_environment(path)}
    assert reading == {"support/settings.py", "support/wrong_settings.py"}


def test_no_module_is_very_long() -> None:
    """A very long module has more than one purpose."""
    lengths = {relative(path): len(path.read_text(encoding="utf-8").splitlines()) for path in PRODUCT}
    assert {path: length for path, length in lengths.items() if length > 300} == {}


def test_other_processes_can_be_started_before_the_clients_are_loaded() -> None:
    """What behave loads before the first hook begins is what every start waits for."""
    loaded = subprocess.run(
        [sys.executable, "-c", BEFORE_THE_FIRST_HOOK], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert set(loaded.stdout.split()) & {"requests", "httpx", "faker", "jsonschema"} == set()
