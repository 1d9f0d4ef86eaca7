"""A behave formatter that writes down each scenario as it ends: one JSON object a line.

behave's own `json` knows nothing of a Rule and its tags, nor of what was said by a step that ended in an error.
"""

from __future__ import annotations

import json
from typing import Any

from behave.formatter.base import Formatter
from behave.model import Feature, Scenario

from support.reporting.results import failure_of, rule_of


class Recorder(Formatter):  # type: ignore[misc]  # behave carries no types
    """Writes a line as soon as a scenario is over, so that a run that is cut short has told what it knew."""

    name = "support.prove.recorder"
    description = "What came of each scenario, one JSON object a line"

    def __init__(self, stream_opener: Any, config: Any) -> None:
        super().__init__(stream_opener, config)
        self.stream = self.open()
        self._feature = ""
        self._scenario: Scenario | None = None

    def feature(self, feature: Feature) -> None:
        """Note which feature begins."""
        self._feature = feature.name

    def scenario(self, scenario: Scenario) -> None:
        """Note which scenario begins; the one before is over."""
        self._write()
        self._scenario = scenario

    def eof(self) -> None:
        """Write down the last scenario of a feature."""
        self._write()

    def _write(self) -> None:
        scenario, self._scenario = self._scenario, None
        if scenario is None or scenario.status.name in ("skipped", "untested"):
            return
        self.stream.write(json.dumps(record_of(self._feature, scenario)) + "\n")
        self.stream.flush()


def record_of(feature: str, scenario: Scenario) -> dict[str, Any]:
    """Return what is to be known of a scenario that was played."""
    failure = failure_of(scenario)
    return {
        "feature": feature,
        "name": scenario.name.strip(),
        "location": str(scenario.location),
        "rule": rule_of(scenario),
        "status": scenario.status.name,
        "seconds": round(scenario.duration, 3),
        "step": failure.step if failure else "",
        "said": failure.text if failure else "",
        "broken": failure.rule if failure and failure.evidence else "",
        "silent": bool(failure and failure.evidence and failure.evidence.unanswered),
    }
