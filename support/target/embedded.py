"""The embedded Users API: a separate process that starts with the run and never outlives it."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from support.errors import TargetDown
from support.models import EMBEDDED, EMBEDDED_NAME
from support.settings import ROOT
from support.signals import how_it_ended


@dataclass(frozen=True)
class Target:
    """The URL of a Users API and its token; `key` names it in the journal."""

    base_url: str
    token: str | None = field(repr=False)
    key: str
    control_url: str | None = None

    @property
    def shown(self) -> str:
        """How a report names the target: the port of an embedded API says nothing."""
        return EMBEDDED_NAME if self.key == EMBEDDED else self.base_url


class EmbeddedApi:
    """Runs `python -m support.sandbox` on a free loopback port, with a random token, as long as this process lives."""

    def __init__(self, options: Sequence[str] = ()) -> None:
        self.token = secrets.token_urlsafe(24)
        self._options = list(options)
        self._process = self._start()

    @cached_property
    def target(self) -> Target:
        """The target; waits until the process has started, and raises TargetDown if it does not."""
        where = self._announced()
        return Target(where["url"], self.token, EMBEDDED, where.get("control"))

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "support.sandbox", "--until-stdin-closes", *self._options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env={**os.environ, "SANDBOX_TOKEN": self.token},
            start_new_session=True,
        )

    def _announced(self) -> dict[str, Any]:
        """Wait for the line with the URLs of the process."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            status = self._process.wait()
            raise TargetDown(
                f"the embedded Users API did not start (exit code {status}); to see why, run: python -m support.sandbox"
            )
        return dict(json.loads(line))

    @property
    def end(self) -> str | None:
        """How the process ended; None while it runs."""
        status = self._process.poll()
        return None if status is None else how_it_ended(status)

    def restart(self) -> None:
        """Kill the process and start it again on the same port; its users survive only with `--database`."""
        port = self.target.base_url.rsplit(":", 1)[1].split("/")[0]
        self._process.kill()
        self._process.wait()
        self._options = [*self._options, "--port", port]
        self._process = self._start()
        self._announced()

    def close(self) -> None:
        """End the process and wait for it."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(timeout=2)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
