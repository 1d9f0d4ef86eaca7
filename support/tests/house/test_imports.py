"""Imports point one way, the embedded API stands alone, and one module reads the environment."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.settings import ROOT
from support.tests.house.reading import relative

LAYERS = (
    (
        "support.errors",
        "support.rules",
        "support.bounds",
        "support.statuses",
        "support.signals",
        "support.early_signals",
    ),
    ("support.models", "support.escaping"),
    ("support.redaction",),
    ("support.exchange_text",),
    ("support.settings",),
    ("support.profile", "support.profile_files", "support.target.embedded"),
    ("support.contract",),
    ("support.http",),
    ("support.scenario.factory", "support.cleanup", "support.concurrency", "support.known_deviations"),
    ("support.target",),
    ("support.reporting",),
    ("support.cleanup.__main__",),
    ("support.scenario",),
    ("support.run_checks",),
    ("support.run",),
    ("support.bootstrap",),
    ("environment", "steps", "support.cli", "support.probe", "support.demo"),
)
"""From the ground up: a module imports from its own layer and from those below it."""
UPWARD: dict[tuple[str, str], str] = {}
"""What points upward all the same, and why."""
PRODUCT = sorted(
    path
    for path in [*(ROOT / "support").rglob("*.py"), *(ROOT / "steps").glob("*.py"), ROOT / "environment.py"]
    if not {"tests", "sandbox", "bench", "golden", "peers", "prove"} & set(path.relative_to(ROOT).parts)
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


def layer_of(module: str) -> int | None:
    def within(parent: str) -> bool:
        return module == parent or module.startswith(f"{parent}.")

    named = [(parent, number) for number, layer in enumerate(LAYERS) for parent in layer if within(parent)]
    return max(named, key=lambda found: len(found[0]))[1] if named else None


def allowed_upward(module: str, imported: str) -> bool:
    return any(
        (module == low or module.startswith(f"{low}.")) and (imported == high or imported.startswith(f"{high}."))
        for low, high in UPWARD
    )


@pytest.mark.parametrize("path", PRODUCT, ids=relative)
def test_imports_point_one_way(path: Path) -> None:
    module = module_of(path)
    own = layer_of(module)
    assert own is not None or module == "support", "a module without a place in the layers"
    upward = {
        imported
        for imported in imports_of(path)
        if (other := layer_of(imported)) is not None and other > (own or 0) and not allowed_upward(module, imported)
    }
    assert upward == set()


def test_every_exception_is_made_use_of() -> None:
    used = {
        (low, high)
        for path in PRODUCT
        for low, high in UPWARD
        for imported in imports_of(path)
        if module_of(path).startswith(low) and imported.startswith(high)
    }
    assert set(UPWARD) == used


@pytest.mark.parametrize("path", SANDBOX, ids=relative)
def test_the_embedded_api_imports_nothing_of_ours(path: Path) -> None:
    ours = {name for name in imports_of(path) if name.split(".")[0] in ("support", "steps", "environment")}
    assert {name for name in ours if not name.startswith("support.sandbox")} == set()


@pytest.mark.parametrize("path", PRODUCT, ids=relative)
def test_nothing_of_ours_imports_the_embedded_api(path: Path) -> None:
    assert {name for name in imports_of(path) if name.startswith("support.sandbox")} == set()


@pytest.mark.parametrize("path", PRODUCT, ids=relative)
def test_the_product_imports_no_tests(path: Path) -> None:
    apart = ("support.tests", "support.bench", "support.peers", "support.prove", "pytest", "hypothesis")
    assert {name for name in imports_of(path) if name.startswith(apart)} == set()


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


def test_one_module_reads_the_environment() -> None:
    assert {relative(path) for path in PRODUCT if reads_environment(path)} == {"support/settings.py"}


def test_no_module_is_very_long() -> None:
    """About 200 lines a module; whoever goes far beyond says one thing too many."""
    lengths = {relative(path): len(path.read_text(encoding="utf-8").splitlines()) for path in PRODUCT}
    assert {path: length for path, length in lengths.items() if length > 550} == {}


def test_other_processes_can_be_started_before_the_clients_are_loaded() -> None:
    """What behave loads before the first hook begins is what every start waits for."""
    told = subprocess.run(
        [sys.executable, "-c", BEFORE_THE_FIRST_HOOK], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert set(told.stdout.split()) & {"requests", "httpx", "hamcrest", "faker", "jsonschema", "tenacity"} == set()
