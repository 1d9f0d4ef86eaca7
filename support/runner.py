"""behave's runner without a word about itself: the first line of the output is the suite's own."""

from __future__ import annotations

from typing import Any

from behave import runner

from support.compat import keep_name_of_runner_quiet


class Runner(runner.Runner):  # type: ignore[misc]  # behave has no types
    """Runs the features."""

    def __init__(self, config: Any) -> None:
        super().__init__(config)
        keep_name_of_runner_quiet()
