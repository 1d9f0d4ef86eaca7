"""Sandboxes in separate processes, called over a real socket."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest

ROOT = Path(__file__).parents[3]
TOKEN = "correct-horse"
_numbers = count(1)


@dataclass
class Running:
    """A running sandbox. `client` sends the token."""

    process: subprocess.Popen[bytes]
    url: str
    control: str | None
    client: httpx.Client

    def user(self, user_id: str) -> str:
        """Return the URL of a user."""
        return f"{self.url}/{user_id}"

    def new_user(self, **changes: Any) -> dict[str, Any]:
        """Return a valid user with a unique email."""
        return {"name": "Ada Lovelace", "email": f"Ada.{next(_numbers)}+test@Example.org", **changes}

    def create(self, **changes: Any) -> dict[str, Any]:
        """Create a user; return it as the API shows it."""
        response = self.client.post(self.url, json=self.new_user(**changes))
        assert response.status_code == 201, response.text
        created: dict[str, Any] = response.json()
        return created

    def inject(self, *faults: dict[str, Any]) -> None:
        """Replace the active faults."""
        assert self.client.put(f"{self.control}/faults", json=faults).status_code == 200

    def stats(self) -> dict[str, Any]:
        """Read the statistics of the API."""
        stats: dict[str, Any] = self.client.get(f"{self.control}/stats").json()
        return stats


Launch = Callable[..., Running]


@contextmanager
def running(*options: str, program: Sequence[str] = ("-m", "support.sandbox")) -> Iterator[Running]:
    """Run a sandbox, or a program that starts one, with these options for as long as the context lasts."""
    process = subprocess.Popen(
        [sys.executable, *program, "--until-stdin-closes", *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env={**os.environ, "SANDBOX_TOKEN": TOKEN},
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        urls = json.loads(process.stdout.readline())
        with httpx.Client(headers={"Authorization": f"Bearer {TOKEN}"}, timeout=5) as client:
            yield Running(process, urls["url"], urls["control"], client)
    finally:
        process.stdin.close()
        process.wait(5)
        process.stdout.close()


@pytest.fixture
def launch() -> Iterator[Launch]:
    """Start sandboxes that end with the test."""
    with ExitStack() as stack:
        yield lambda *options: stack.enter_context(running(*options))


@pytest.fixture(scope="session")
def shared() -> Iterator[Running]:
    """One sandbox for all tests that clear their faults."""
    with running("--control") as sandbox:
        yield sandbox


@pytest.fixture
def api(shared: Running) -> Iterator[Running]:
    """The shared sandbox, without active faults."""
    yield shared
    if shared.client.get(f"{shared.control}/faults").json():
        shared.inject()
