"""`python -m support.demo` ends with a message, even if the API breaks the contract."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from support.settings import ROOT
from support.target.embedded import EmbeddedApi

pytestmark = pytest.mark.sampled


@pytest.mark.parametrize(
    ("defects", "code", "last"),
    [
        ([], 0, "no user is left"),
        (["--defect", "create-answers-200"], 1, "no user is left"),
        (["--defect", "delete-does-nothing"], 1, "The next run against this target tries again to delete them"),
    ],
    ids=["passed", "contract broken", "a user is left"],
)
def test_it_ends_with_a_message(defects: list[str], code: int, last: str, tmp_path: Path) -> None:
    with closing(EmbeddedApi(defects)) as api:
        settings = {"BASE_URL": api.target.base_url, "TOKEN": api.token, "STATE_DIR": os.fspath(tmp_path)}
        deadlines = {"DELETE_DEADLINE_S": "0.2", "CLEANUP_DEADLINE_S": "0.5"}
        done = subprocess.run(
            [sys.executable, "-m", "support.demo"],
            cwd=ROOT,
            env={**os.environ, **settings, **deadlines},
            capture_output=True,
            text=True,
        )
    assert "Traceback" not in done.stderr
    assert last in done.stderr.rstrip().splitlines()[-1]
    assert done.returncode == code, done.stderr
