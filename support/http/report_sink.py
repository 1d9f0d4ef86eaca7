"""Where exchanges, pictures, setup and teardown go to be shown in a report."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from support.http.recorder import Recorder


class ReportSink:
    """Shows nothing, as in a run without a report, and renders nothing for it; Allure has a subclass."""

    def record(self, recorder: Recorder) -> None:
        """Show the exchanges of this recorder from now on."""

    def add_picture(self, name: str, draw: Callable[[], str]) -> None:
        """Show an SVG picture in the current step."""

    def add_setup(self, name: str, seconds: float, describe: Callable[[], str]) -> None:
        """Show a part of the setup that has just ended."""

    @contextlib.contextmanager
    def teardown(self, name: str, describe: Callable[[], str] | None = None) -> Iterator[None]:  # noqa: ARG002 - nothing is shown here
        """Show what is done inside as a part of the teardown; `describe` says afterwards what it did."""
        yield
