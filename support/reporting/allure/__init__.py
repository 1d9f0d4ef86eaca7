"""Allure results: a sink that attaches the evidence, labels, and repairs of the formatter."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from support.http.report_sink import ReportSink

FORMATTER = "allure_behave.formatter"


def report_sink(identity: Mapping[str, Any], attaches_all: bool = False) -> ReportSink:
    """Return the sink of the Allure formatter if the run uses it, else one that shows nothing.

    `identity` says what the run is known by. Exchanges of scenarios that passed are only shown with `attaches_all`.
    """
    if FORMATTER not in sys.modules:
        return ReportSink()
    from support.reporting.allure.sink import allure_sink

    return allure_sink(identity, attaches_all) or ReportSink()
