"""A process that runs a share of the features, and what it has written so far."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from behave.model import Feature

from support.cli.worker import Share
from support.reporting.summary import FILE, Summary, read


class Child:
    """A process that runs a share, and what it has written so far."""

    def __init__(self, number: int, features: Sequence[Feature], folder: Path, command: Sequence[str]) -> None:
        self.number, self.features, self.folder = number, features, folder
        out, err = folder / "stdout", folder / "stderr"
        with out.open("wb") as stdout, err.open("wb") as stderr:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=stdout,
                stderr=stderr,
                start_new_session=True,  # Ctrl-C reaches the parent alone, which passes it on
            )
        self.printed, self.logged = _Tail(out), _Tail(err)

    @property
    def has_ended(self) -> bool:
        return self.process.poll() is not None

    def send(self, share: Share) -> None:
        """Send the process its share."""
        with contextlib.suppress(OSError):
            share.write(self.process.stdin)

    def interrupt(self, name: str = "") -> None:
        """Let the process interrupt itself by the signal of this name (default: SIGTERM); it cleans up and ends."""
        stdin = self.process.stdin
        if stdin is not None and not stdin.closed:
            with contextlib.suppress(OSError), stdin:
                stdin.write(name.encode())

    def summary(self) -> Summary | None:
        """Return the summary that the process has written; None if it died before that."""
        try:
            return read(self.folder / FILE)
        except (OSError, ValueError):
            return None


class _Tail:
    """Reads a file while it grows."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        self._rest = b""

    def lines(self) -> Iterator[str]:
        """Yield the lines that were completed since the last call."""
        *whole, self._rest = (self._rest + self._file.read()).split(b"\n")
        yield from (line.decode(errors="replace").rstrip("\r") for line in whole)
