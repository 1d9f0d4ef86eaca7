"""Where exchanges, pictures, setup and teardown go to be shown in a report."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from support.http.recorder import Recorder


class ReportSink:
    """Shows and renders nothing, for runs without a report; the subclass for Allure does."""

    def record(self, recorder: Recorder) -> None:
        """Show the exchanges of this recorder from now on."""

    def add_picture(self, name: str, draw: Callable[[], str]) -> None:
        """Show an SVG picture in the current step."""

    def add_setup(self, name: str, seconds: float, describe: Callable[[], str]) -> None:
        """Show a part of the setup that has just ended."""

    @contextlib.contextmanager
    def teardown(self, name: str, describe: Callable[[], str] | None = None) -> Iterator[None]:  # noqa: ARG002 - nothing is shown here
        """Show what the block does as a part of the teardown; afterwards, `describe` says what the block has done."""
        yield
