"""Evidence of a run beside its verdicts: pictures, texts, and what was done before and after the scenarios."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from support.http.recorder import Recorder
from support.profile import Profile

ALLURE = "allure_behave.formatter"


class Evidence:
    """Takes evidence and shows it nowhere: what a run without a report does. Nothing is drawn or written for it."""

    def watch(self, recorder: Recorder, profile: Profile) -> None:
        """Show the exchanges of this transcript from now on; `profile` says how the target names ids."""

    def picture(self, name: str, draw: Callable[[], str]) -> None:
        """Show an SVG picture in the present step."""

    def was_set_up(self, name: str, seconds: float, tell: Callable[[], str]) -> None:
        """Show something that was done before the first scenario, and has just ended."""

    @contextlib.contextmanager
    def clearing(self, name: str, tell: Callable[[], str] | None = None) -> Iterator[None]:  # noqa: ARG002 - nothing is shown here
        """Show what is done inside as a part of clearing away; `tell` says afterwards what came of it."""
        yield


def evidence_for(identity: Mapping[str, Any]) -> Evidence:
    """Return where evidence goes: into the Allure results where that formatter is in use, else nowhere."""
    if ALLURE not in sys.modules:
        return Evidence()
    from support.reporting.allure.evidence import allure_evidence

    return allure_evidence(identity) or Evidence()
