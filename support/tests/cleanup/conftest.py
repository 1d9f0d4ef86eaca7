"""Registries without a network."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.http.loop import LoopThread
from support.tests.cleanup.fake import Stand


@pytest.fixture
def loop() -> Iterator[LoopThread]:
    running = LoopThread()
    yield running
    running.close()


@pytest.fixture
def stand(tmp_path: Path, loop: LoopThread) -> Iterator[Stand]:
    """A registry on an API in memory."""
    made = Stand(tmp_path / "state", loop)
    yield made
    made.journal.close()
