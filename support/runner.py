"""behave's runner without a word about itself: the first line of the output is the suite's own."""

from __future__ import annotations

from behave.runner import Runner

from support.compat import keep_name_of_runner_quiet

__all__ = ["Runner"]
keep_name_of_runner_quiet()
