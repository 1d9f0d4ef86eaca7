"""The sandbox is a black box: it shares nothing with the suite."""

import ast
from pathlib import Path

import pytest

from support.tests.sandbox.conftest import ROOT

_SANDBOX = ROOT / "support" / "sandbox"
_OUTSIDE = {"starlette", "uvicorn"}


def _imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            names.add(node.module or "")
    return names


@pytest.mark.parametrize("path", sorted(_SANDBOX.rglob("*.py")), ids=lambda path: str(path.relative_to(_SANDBOX)))
def test_it_imports_nothing_of_the_suite(path: Path) -> None:
    ours = {name for name in _imported(path) if name.split(".")[0] in ("support", "steps", "environment")}
    assert all(name == "support.sandbox" or name.startswith("support.sandbox.") for name in ours)


def test_it_needs_only_the_server_beside_the_standard_library() -> None:
    import sys

    names = {name.split(".")[0] for path in _SANDBOX.rglob("*.py") for name in _imported(path)}
    assert names - set(sys.stdlib_module_names) - {"support"} <= _OUTSIDE


def test_nothing_of_the_suite_imports_it() -> None:
    others = [path for path in (ROOT / "support").rglob("*.py") if _SANDBOX not in path.parents]
    tests = ROOT / "support" / "tests"
    for path in [*others, *(ROOT / "steps").rglob("*.py")]:
        if tests not in path.parents:
            assert not {name for name in _imported(path) if name.startswith("support.sandbox")}, path
