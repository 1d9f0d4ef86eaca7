"""Each command of the README works as it stands, in order, in a fresh copy of the project on a clean machine."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support.settings import ROOT
from support.target.embedded import Target

pytestmark = pytest.mark.sampled
SYSTEM = "/usr/local/bin:/usr/bin:/bin"
NOT_RUN = {"behave -D again=failed": "nothing has failed, and so it says that there is nothing to play"}
QUICKER = {"--tags=@contract": "--tags=@smoke", "repeat=5": "repeat=2"}
"""Other tests play the whole contract; these only see that the command is right."""
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)


def commands() -> list[str]:
    """Return the commands of all shell blocks, without comments."""
    blocks = "".join(BLOCK.findall((ROOT / "README.md").read_text(encoding="utf-8")))
    return [line for line in (line.partition("  #")[0].strip() for line in blocks.splitlines()) if line]


def quicker(command: str) -> str:
    for slow, quick in QUICKER.items():
        command = command.replace(slow, quick)
    return command


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """What a clone would have, with the changes that are not committed yet."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    for name in filter(None, names):
        if (ROOT / name).is_file():
            (tmp_path / "clone" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, tmp_path / "clone" / name)
    return tmp_path / "clone"


def clean_environment(home: Path) -> dict[str, str]:
    """Return an environment that has only the tools of the system, and what pip has downloaded before."""
    home.mkdir()
    cache = subprocess.run([sys.executable, "-m", "pip", "cache", "dir"], capture_output=True, text=True, check=True)
    return {
        "HOME": os.fspath(home),
        "PATH": SYSTEM,
        "PIP_CACHE_DIR": cache.stdout.strip(),
        "BEHAVE_ARGS": "--tags=@smoke",
    }


def see_that_python_is_there() -> None:
    """Skip the test with the reason if the system has no Python that can make a virtual environment."""
    python = shutil.which("python3", path=SYSTEM)
    check = "import ensurepip, sys; sys.exit(sys.version_info < (3, 11))"
    if python is None or subprocess.run([python, "-c", check], check=False, capture_output=True).returncode:
        pytest.skip("the system has no Python 3.11 or newer that can make virtual environments")
    if shutil.which("make", path=SYSTEM) is None:
        pytest.skip("the system has no make")


def test_each_command_works_in_order(copy: Path, tmp_path: Path, embedded: Target) -> None:
    """The reader puts the URL and the token of an API into .env; the test does that once the file is there."""
    see_that_python_is_there()
    reader = f"sed -i 's|^BASE_URL=.*|BASE_URL={embedded.base_url}|; s|^TOKEN=.*|TOKEN={embedded.token}|' .env"
    played = [quicker(command) for command in commands() if command not in NOT_RUN]
    lines = [f"echo {shlex.quote(f'$ {command}')}\n{command}" for command in played]
    script = "set -e\n" + "\n".join(lines).replace("\ncp .env.example .env", f"\ncp .env.example .env\n{reader}")
    environment = clean_environment(tmp_path / "home")
    done = subprocess.run(
        ["sh", "-c", script], cwd=copy, env=environment, capture_output=True, text=True, check=False, timeout=600
    )
    reached = [line for line in done.stdout.splitlines() if line.startswith("$ ")]
    assert done.returncode == 0, f"{reached[-1:]}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    assert len(reached) == len(played) > 10
    assert set(NOT_RUN) <= set(commands())
    assert (copy / "reports" / "last-results.json").is_file()


def test_what_is_not_run_says_so() -> None:
    """What is marked is still in the README."""
    assert set(NOT_RUN) <= set(commands())
    assert all(any(slow in command for command in commands()) for slow in QUICKER)
