"""Commands of the suite, run to their end in forked processes. To send one a signal, start a process of its own."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from support.prove.processes import Command, running
from support.settings import ROOT

HANGS_S = 1_200.0
KILLED = -9


@dataclass(frozen=True)
class Done:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str


def run_module(module: str, *arguments: str, environment: Mapping[str, str], folder: Path = ROOT) -> Done:
    """Run `python -m MODULE ARGUMENTS` in a folder; one that hangs is killed, which its exit code shows."""
    with tempfile.TemporaryDirectory() as outputs:
        out, err = Path(outputs) / "out", Path(outputs) / "err"
        with running(Command(module, arguments, environment, out, err, folder)) as process:
            code = process.wait(HANGS_S)
        texts = (file.read_text(encoding="utf-8", errors="replace") for file in (out, err))
        return Done(KILLED if code is None else code, *texts)
