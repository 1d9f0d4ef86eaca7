"""behave's runner without the line that names its class: the first line of the output is the suite's own."""

from __future__ import annotations

from behave.runner import Runner

from support.compat import keep_name_of_runner_quiet

__all__ = ["Runner"]
keep_name_of_runner_quiet()
