"""The composite action for GitHub: its own commands, run as a runner would run them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.settings import ROOT
from support.target.embedded import Target

pytestmark = pytest.mark.sampled
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
STEPS: dict[str, dict[str, Any]] = {step.get("name", step.get("uses")): step for step in ACTION["runs"]["steps"]}
PLAY, COMMENT = STEPS["Run the contract"], STEPS["Comment on the pull request"]
GH = '#!/bin/sh\nwhile [ "$1" != --body-file ]; do echo "$1"; shift; done > "$0.arguments"\ncp "$2" "$0.comment"\n'


class Runner:
    """The folders and variables of a job on GitHub; `gh` keeps what it is told to comment."""

    def __init__(self, folder: Path) -> None:
        self.workspace, self.output, self.page = folder / "workspace", folder / "output", folder / "page"
        self.workspace.mkdir()
        self.gh = folder / "bin" / "gh"
        self.gh.parent.mkdir()
        self.gh.write_text(GH, encoding="utf-8")
        self.gh.chmod(0o755)
        (folder / "bin" / "python").symlink_to(sys.executable)
        self._variables = {
            **os.environ,
            "PATH": f"{self.gh.parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": f"{ROOT}{os.pathsep}{os.pathsep.join(sys.path)}",
            "GITHUB_ACTION_PATH": str(ROOT),
            "GITHUB_WORKSPACE": str(self.workspace),
            "GITHUB_OUTPUT": str(self.output),
            "GITHUB_STEP_SUMMARY": str(self.page),
            "GITHUB_REPOSITORY": "ours/api",
            "RUNNER_TEMP": str(folder),
        }

    def run(self, step: dict[str, Any], **inputs: str) -> int:
        """Run a step with inputs in the place of the defaults; return its exit code."""
        values = {name: str(each["default"]) for name, each in ACTION["inputs"].items()}
        values |= {name.replace("_", "-"): value for name, value in inputs.items()}
        expressions = {"${{ inputs." + name + " }}": value for name, value in values.items()}
        own = {name: expressions.get(value, "7") for name, value in step["env"].items()}
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
        return subprocess.run(command, env={**self._variables, **own}, capture_output=True, check=False).returncode


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    return Runner(tmp_path)


def test_it_plays_the_contract_and_tells_what_came_of_it(runner: Runner, faulty: Any) -> None:
    assert runner.run(PLAY, tags="@smoke and @rule.create-201") == 0
    assert runner.output.read_text(encoding="utf-8") == "outcome=passed\n"
    assert "✅" in runner.page.read_text(encoding="utf-8")
    reports = runner.workspace / "users-acceptance"
    assert list((reports / "allure-results").glob("*-result.json"))
    broken: Target = faulty("create-answers-200")
    on = {"base_url": broken.base_url, "token": broken.token or ""}
    assert runner.run(PLAY, tags="@smoke and @rule.create-201", **on) == 1
    assert runner.output.read_text(encoding="utf-8").endswith("outcome=contract broken\n")
    assert json.loads((reports / "summary.json").read_text(encoding="utf-8"))["target"] == broken.base_url
    assert runner.run(COMMENT) == 0
    comment = Path(f"{runner.gh}.comment").read_text(encoding="utf-8")
    assert "contract broken" in comment
    assert "### Newly broken" in comment


def test_a_profile_is_found_in_the_repository_that_uses_it(runner: Runner) -> None:
    inputs = {"tags": "@smoke and @rule.create-201", "target": "ours.toml", "token": "none"}
    assert runner.run(PLAY, base_url="http://127.0.0.1:9/users", **inputs) == 2
    page = runner.page.read_text(encoding="utf-8")
    assert f"{runner.workspace}/ours.toml" in page


def test_an_earlier_summary_is_not_taken_for_that_of_a_run_that_cannot_begin(runner: Runner) -> None:
    assert runner.run(PLAY, tags="@smoke and @rule.create-201") == 0
    assert runner.run(PLAY, hide_base_url="perhaps") == 2
    assert runner.output.read_text(encoding="utf-8") == "outcome=passed\n"
    assert runner.page.read_text(encoding="utf-8").endswith("or it was killed\n")


def test_inputs_reach_a_command_only_by_its_environment() -> None:
    assert [name for name, step in STEPS.items() if "${{" in step.get("run", "")] == []
