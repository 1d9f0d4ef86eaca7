"""Crowds on sandboxes of their own, in this process and without Locust."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from pydantic import SecretStr

from support.load.population import Population
from support.tests.conftest import settings_for
from support.tests.sandbox.conftest import TOKEN, Running, running

NewPopulation = Callable[..., Population]
NewApi = Callable[..., Running]


@pytest.fixture
def new_api() -> Iterator[NewApi]:
    """Start sandboxes that end with the test."""
    with ExitStack() as stack:
        yield lambda *options: stack.enter_context(running("--control", "--seed-users", "3", *options))


@pytest.fixture
def new_population(tmp_path: Path) -> Iterator[NewPopulation]:
    """Open populations that end with the test."""
    with ExitStack() as stack:

        def new(api: Running, **changes: object) -> Population:
            target = {"base_url": api.url, "token": SecretStr(TOKEN), "delete_deadline_s": 0.5}
            population = Population(settings_for(tmp_path, **target, **changes))
            stack.callback(population.connection.close)
            return population

        yield new
