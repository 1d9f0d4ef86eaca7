"""The private names of other libraries are there, and do what `support/compat.py` uses them for."""

from __future__ import annotations

import ast
import asyncio
import importlib
import inspect
import socket
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import httpcore
import httpx
import pytest
from allure_commons.logger import AllureFileLogger
from behave.model import Scenario
from behave.parser import parse_feature
from behave.runner import Context, ModelRunner

from support import compat
from support.settings import ROOT
from support.tests.house.test_imports import PRODUCT, module_of

OUTLINE = """
Feature: Users
  Rule: A name comes back
    Scenario Outline: A name is <kind>
      Given a user

      Examples:
        | kind  |
        | short |
"""
AT_EXIT = """
import threading
from support.compat import call_before_exit
call_before_exit(lambda: (thread := threading.Thread(target=print, args=("still able to start threads",))).start())
"""


def outlined() -> Scenario:
    (scenario,) = parse_feature(OUTLINE).walk_scenarios()
    assert isinstance(scenario, Scenario)
    return scenario


def test_behave_prints_all_but_the_name_of_its_runner(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    main = importlib.import_module("behave.__main__")
    monkeypatch.setattr(main, "print", print, raising=False)
    assert 'print("USING RUNNER: {0}".format(make_scoped_class_name(' in inspect.getsource(main.run_behave)
    compat.keep_name_of_runner_quiet()
    main.print("USING RUNNER: behave.runner:Runner")
    main.print("ParserError:", "no feature", end="")
    assert capsys.readouterr().out == "ParserError: no feature"


def test_httpx_sends_over_the_pool_that_is_put_in_its_place() -> None:
    class Pool(httpcore.AsyncConnectionPool):
        async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response:
            return httpcore.Response(204 if request.method == b"GET" else 500)

    async def status() -> int:
        transport = httpx.AsyncHTTPTransport()
        assert isinstance(transport._pool, httpcore.AsyncConnectionPool)
        compat.replace_pool(transport, Pool())
        return (await transport.handle_async_request(httpx.Request("GET", "http://127.0.0.1:1/"))).status_code

    assert asyncio.run(status()) == 204


def response_to(octets: bytes) -> compat.FinalResponse:
    here, there = socket.socketpair()
    with here, there:
        there.sendall(octets)
        there.shutdown(socket.SHUT_WR)
        response = compat.FinalResponse(here)
        response.begin()
        return response


def test_http_client_reads_each_status_line_by_the_method_that_is_overridden() -> None:
    interim = b"HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n"
    assert response_to(interim * 2 + b"HTTP/1.1 204 No Content\r\n\r\n").status == 204


def test_threads_can_be_started_in_what_is_called_before_exit() -> None:
    done = subprocess.run([sys.executable, "-c", AT_EXIT], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "still able to start threads\n"


def test_a_context_of_behave_has_its_runner() -> None:
    runner = ModelRunner(SimpleNamespace(), features=[outlined().feature])
    assert compat.runner_of(Context(runner)).features == runner.features


def test_a_scenario_of_behave_has_its_row() -> None:
    row = compat.row_of(outlined())
    assert row is not None
    assert row.as_dict() == {"kind": "short"}


def test_the_logger_of_allure_has_its_folder(tmp_path: Path) -> None:
    assert compat.report_folder_of(AllureFileLogger(str(tmp_path))) == tmp_path  # type: ignore[no-untyped-call]


def private_names(path: Path) -> set[str]:
    """Return the private attributes that a module takes from anything but self, cls and its own classes."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    own = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and _is_own(node.value)}
    own |= {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    found = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and not _is_own(node.value)}
    return {name for name in found - own if name.startswith("_") and not name.startswith("__")} - {"_exit", "_replace"}


def _is_own(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id in ("self", "cls")


@pytest.mark.parametrize("path", [path for path in PRODUCT if path.stem != "compat"], ids=module_of)
def test_private_names_of_others_are_used_in_compat_alone(path: Path) -> None:
    assert private_names(path) == set()
