"""Whole runs of the suite in separate processes, against an API in a separate process, observed from outside."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from support.settings import ROOT, Settings
from support.tests.commands import run_module

TOKEN = "canary-7Qf2-nightingale"
EXISTING_USERS = 5
LONGEST_S = 400.0
LOOK_AGAIN_S = 0.01
TRIES = 40

Users = Mapping[str, str]
"""What the list shows of each user, as JSON by id."""


class Api:
    """A sandbox with existing users, called over HTTP."""

    def __init__(self, *options: str, port: int = 0, token: str = TOKEN) -> None:
        self.token = token
        arguments = ["--control", "--seed-users", str(EXISTING_USERS), "--port", str(port), *options]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "support.sandbox", "--until-stdin-closes", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env={**os.environ, "SANDBOX_TOKEN": token},
        )
        assert self.process.stdout is not None
        where = json.loads(self.process.stdout.readline())
        self.url: str = where["url"]
        self.control: str = where["control"]
        self.port = httpx.URL(self.url).port or 0
        self._client = httpx.Client(headers={"Authorization": f"Bearer {token}"}, timeout=20)
        self.before = self.users()

    def users(self) -> Users:
        """Return all users, even if the API has to be asked several times."""
        return {user["id"]: json.dumps(user, sort_keys=True) for user in self._asked(self.url)}

    def stats(self) -> dict[str, Any]:
        stats: dict[str, Any] = self._asked(f"{self.control}/stats")
        return stats

    def asked(self, method: str | None) -> int:
        """Return how many requests of a method there were."""
        requests: int = self.stats()["requests"].get(method, 0)
        return requests

    def in_progress(self, method: str) -> int:
        """Return how many requests of a method have arrived and are not carried out yet."""
        stats = self.stats()
        done = sum(number for answer, number in stats["answers"].items() if answer.startswith(f"{method} "))
        return int(stats["requests"].get(method, 0) - done)

    def inject(self, *faults: Mapping[str, Any]) -> None:
        """Replace the active faults."""
        self._client.put(f"{self.control}/faults", json=list(faults)).raise_for_status()

    def fired(self) -> list[int]:
        """Return how often each active fault was injected."""
        return [fault["fired"] for fault in self._asked(f"{self.control}/faults")]

    def create(self, name: str, email: str) -> str:
        """Create a user that the suite does not own; return the id."""
        answer = self._client.post(self.url, json={"name": name, "email": email})
        answer.raise_for_status()
        user_id: str = answer.json()["id"]
        return user_id

    def _asked(self, url: str) -> Any:
        answer: httpx.Response | None = None
        for _ in range(TRIES):
            with contextlib.suppress(httpx.TransportError):
                answer = self._client.get(url)
                if answer.status_code == 200:
                    return answer.json()
        raise AssertionError(f"{url} cannot be read: {answer}")

    def kill(self) -> None:
        """Kill the process."""
        self.process.kill()
        self.process.wait()

    def close(self) -> None:
        self._client.close()
        self.kill()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()


@contextlib.contextmanager
def an_api(*options: str, port: int = 0, token: str = TOKEN) -> Iterator[Api]:
    """Run a sandbox for as long as the context lasts."""
    api = Api(*options, port=port, token=token)
    try:
        yield api
    finally:
        api.close()


@dataclass
class Ended:
    """How a run ended: its exit code (negative: the signal), and all that it printed."""

    code: int
    out: str
    err: str
    seconds: float

    @property
    def said(self) -> str:
        return f"{self.out}\n{self.err}"

    @property
    def last_line(self) -> str:
        lines = self.out.strip().splitlines()
        return lines[-1] if lines else ""


@dataclass
class Place:
    """The folder of the journal and reports of runs, and their other settings."""

    folder: Path
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def state(self) -> Path:
        return self.folder / "state"

    @property
    def reports(self) -> Path:
        return self.folder / "reports"

    def environment(self, api: Api | None, at: str | None, token: str | None) -> dict[str, str]:
        """Return the environment of a run: that of this process, without its settings of the suite."""
        own = {name for name in os.environ if name.lower() in Settings.model_fields}
        environment = {name: value for name, value in os.environ.items() if name not in own}
        environment["PYTHONPATH"] = str(ROOT)  # for copies of the features in other folders
        target = {"BASE_URL": at or api.url, "TOKEN": token or api.token} if api else {}
        folders = {"STATE_DIR": str(self.state), "REPORTS_DIR": str(self.reports)}
        output = {"NO_COLOR": "1", "PYTHONUNBUFFERED": "1", "PYTHONFAULTHANDLER": "1"}
        return {**environment, **output, **target, **folders, **self.settings}

    def start(
        self,
        *arguments: str,
        api: Api | None,
        at: str | None = None,
        token: str | None = None,
        root: Path = ROOT,
        module: str = "behave",
        into: int | None = None,
        own_group: bool = False,
    ) -> Started:
        """Start a run that can be sent signals, against an API or the embedded one.

        `at` is another URL of the API, `root` the folder to start in, `into` the descriptor for the output, which is
        read at the end by default. `own_group` starts the run in its own process group.
        """
        command = [sys.executable, "-m", module, *arguments]
        return Started(command, self.environment(api, at, token), root, into, own_group)

    def run(
        self,
        *arguments: str,
        api: Api | None,
        at: str | None = None,
        token: str | None = None,
        root: Path = ROOT,
        module: str = "behave",
    ) -> Ended:
        """Run to the end, in a process that nobody sends a signal."""
        begun = time.monotonic()
        done = run_module(module, *arguments, environment=self.environment(api, at, token), folder=root)
        return Ended(done.code, done.out, done.err, time.monotonic() - begun)


class Started:
    """A run in progress."""

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        root: Path,
        into: int | None,
        own_group: bool = False,
    ) -> None:
        self._output = [tempfile.TemporaryFile() for _ in range(2)]  # noqa: SIM115 - closed when the run has ended
        self._begun = time.monotonic()
        self.process = subprocess.Popen(
            command,
            cwd=root,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=self._output[0] if into is None else into,
            stderr=self._output[1],
            start_new_session=own_group,
        )

    def wait_for(self, happened: Callable[[], bool]) -> bool:
        """Wait until something has happened; return False if the run ended before."""
        while self.process.poll() is None:
            if happened():
                return True
            time.sleep(LOOK_AGAIN_S)
        return False

    def wait_a(self, while_s: float) -> bool:
        """Wait so many seconds; return False if the run ended before."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(while_s)
        return self.process.poll() is None

    def handles(self, number: signal.Signals) -> bool:
        """Whether a signal would not just end the process, as before the suite is loaded; always without /proc."""
        try:
            status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8")
        except OSError:
            return True
        caught = re.search(r"^SigCgt:\s*(\w+)", status, re.MULTILINE)
        return caught is None or bool(int(caught[1], 16) >> (number - 1) & 1)

    def said(self) -> str:
        """Return what was printed so far."""
        return "".join(_text_in(output) for output in self._output)

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the process alone, as a supervisor does."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.process.pid, number)

    def ended(self) -> Ended:
        """Wait for the end; a run that hangs is made to print the stacks of its threads."""
        try:
            code = self.process.wait(LONGEST_S)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGABRT)
            self.process.wait()
            raise AssertionError(f"the run did not end within {LONGEST_S} s:\n{self.said()}") from None
        finally:
            self.process.kill()
            self.process.wait()
        out, err = (_text_in(output) for output in self._output)
        for output in self._output:
            output.close()
        return Ended(code, out, err, time.monotonic() - self._begun)


def _text_in(file: Any) -> str:
    return os.pread(file.fileno(), 1 << 24, 0).decode("utf-8", "replace")


def poll_until(happened: Callable[[], bool], within_s: float = 30.0) -> None:
    """Wait until something has happened; raises AssertionError if it does not."""
    ends = time.monotonic() + within_s
    while not happened():
        assert time.monotonic() < ends, "it did not happen"
        time.sleep(LOOK_AGAIN_S)


def difference(before: Users, after: Users) -> str:
    """Return which users are left or changed, and which are missing."""
    return f"left or changed {dict(set(after.items()) - set(before.items()))}, missing {set(before) - set(after)}"
