"""Run one share of the features: `python -m support.cli.worker`, which `support.cli.parallel` starts.

The arguments are those of behave; the first line of standard input overrides some of them. When standard input ends,
the run is interrupted: by the signal that the rest of the input names, or by SIGTERM if it names none, as when the
parent process has died.
"""

from __future__ import annotations

import _thread
import contextlib
import json
import os
import signal
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import support.early_signals  # noqa: F401 - first: from here on an interrupt ends the process with one line

STDIN = 0


@dataclass(frozen=True)
class Share:
    """What a process runs: feature files, its own settings, its output files (None: standard output)."""

    paths: Sequence[str]
    settings: Mapping[str, str]
    outputs: Sequence[str | None]
    color: str

    def write(self, stdin: Any) -> None:
        """Send the share to the process that runs it."""
        stdin.write(json.dumps(asdict(self)).encode() + b"\n")
        stdin.flush()

    def configure(self, config: Any) -> Any:
        """Return the configuration of behave for this share."""
        from behave.formatter.base import StreamOpener

        config.paths = list(self.paths)
        config.userdata.update(self.settings)
        config.outputs[:] = [StreamOpener(name) if name else StreamOpener(stream=sys.stdout) for name in self.outputs]
        config.color = self.color
        return config


def main() -> None:
    """Run the share that standard input names, as behave does."""
    from behave.__main__ import run_behave
    from behave.configuration import Configuration

    try:
        share = Share(**json.loads(_first_line()))
    except (TypeError, ValueError):
        sys.exit("support.cli.worker: there is no share on standard input. Run: behave -D workers=2")
    threading.Thread(target=_interrupt_when_input_ends, daemon=True).start()
    sys.exit(run_behave(share.configure(Configuration(sys.argv[1:]))))


def _first_line() -> bytes:
    """Read a line without Python's own buffer: a thread that waits for input would keep that buffer locked."""
    line = b""
    while not line.endswith(b"\n") and (octet := os.read(STDIN, 1)):
        line += octet
    return line


def _interrupt_when_input_ends() -> None:
    name = b""
    with contextlib.suppress(OSError):
        while octets := os.read(STDIN, 4096):
            name += octets
    number = signal.Signals[name.decode() or "SIGTERM"]
    if os.name == "posix":
        os.kill(os.getpid(), number)
    else:
        _thread.interrupt_main(number)


if __name__ == "__main__":
    main()
