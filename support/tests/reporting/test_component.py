"""The component for the pipelines of other projects on GitLab: its inputs, and the commands of its job."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.settings import ROOT
from support.target.embedded import Target

pytestmark = pytest.mark.sampled
COMPONENT = ROOT / "templates" / "users-acceptance.yml"
HEAD, JOB = COMPONENT.read_text(encoding="utf-8").split("\n---\n")
INPUTS: dict[str, dict[str, str]] = yaml.safe_load(HEAD)["spec"]["inputs"]
SLOT = re.compile(r"\$\[\[ inputs\.(\w+) \]\]")


def job(**given: str) -> dict[str, Any]:
    """Return the job as GitLab makes it with these inputs."""
    values = {name: given.get(name, one.get("default", "")) for name, one in INPUTS.items()}
    text = SLOT.sub(lambda slot: values[slot[1]], JOB).replace("$[[ component.sha ]]", "0" * 40)
    made: dict[str, Any] = yaml.safe_load(text)["users-acceptance"]
    return made


def test_each_input_is_described_and_used() -> None:
    assert set(SLOT.findall(JOB)) == set(INPUTS)
    assert [name for name, one in INPUTS.items() if not one.get("description")] == []
    assert [name for name, one in INPUTS.items() if "default" not in one] == ["suite", "base_url"]


def test_no_input_but_the_name_of_a_variable_is_part_of_a_command() -> None:
    script = JOB.partition("before_script:")[2].partition("artifacts:")[0]
    assert set(SLOT.findall(script)) == {"token_variable"}
    assert not re.fullmatch(INPUTS["token_variable"]["regex"], "TOKEN; rm -r /")


def test_what_it_settles_for_other_jobs_is_nothing() -> None:
    """Such keywords would apply to the whole pipeline that includes it."""
    assert not {"default", "variables", "stages", "workflow"} & set(yaml.safe_load(SLOT.sub("x", JOB)))


def test_its_commands_play_the_suite_with_the_profile_of_the_project(tmp_path: Path, embedded: Target) -> None:
    (tmp_path / "ours.toml").write_text('name = "ours"\ndescription = "the API of this project"\n', encoding="utf-8")
    made = job(base_url=embedded.base_url, token_variable="SECRET", target="ours.toml", tags="@smoke")
    variables = {name: value.replace("$CI_PROJECT_DIR", str(tmp_path)) for name, value in made["variables"].items()}
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**os.environ, **variables, "PATH": path, "CI_PROJECT_DIR": str(tmp_path)}
    done = subprocess.run(
        ["bash", "-e", "-c", "\n".join(made["script"])],
        cwd=ROOT,
        env={**environment, "SECRET": embedded.token or ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    reports = tmp_path / "users-acceptance"
    assert '"profile": "ours"' in (reports / "summary.json").read_text(encoding="utf-8")
    assert list(reports.glob("junit/*.xml"))
    assert (reports / "docs" / "contract.html").is_file()
