"""The published schema of `summary.json` is that of the code, and real summaries keep to it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError

from support.errors import Evidence, Outcome, SettingsError
from support.reporting.results import Failure
from support.reporting.run_report import failed_to_start
from support.reporting.schema import schema
from support.reporting.summary import FILE, Summary
from support.settings import ROOT
from support.tests.reporting.conftest import Run
from support.timeline import TimelineRow

PUBLISHED = json.loads((ROOT / "docs" / "summary.schema.json").read_text(encoding="utf-8"))


def check(path: Path) -> dict[str, Any]:
    content = json.loads(path.read_text(encoding="utf-8"))
    Draft202012Validator(PUBLISHED).validate(content)
    return dict(content)


def test_it_is_that_of_the_code() -> None:
    """If it is not: python -m support.reporting.schema > docs/summary.schema.json."""
    Draft202012Validator.check_schema(PUBLISHED)
    assert schema() == PUBLISHED


def test_a_run_that_passed_keeps_to_it(smoke_run: Run) -> None:
    content = check(smoke_run.reports / FILE)
    with pytest.raises(ValidationError, match="'excellent' is not one of"):
        Draft202012Validator(PUBLISHED).validate({**content, "outcome": "excellent"})
    with pytest.raises(ValidationError, match="4 was expected"):
        Draft202012Validator(PUBLISHED).validate({**content, "schema": 3})


def test_a_run_that_could_not_begin_keeps_to_it(tmp_path: Path) -> None:
    failed_to_start(SettingsError("TOKEN: it is not set."), tmp_path)
    check(tmp_path / FILE)


def test_a_race_with_evidence_keeps_to_it(tmp_path: Path) -> None:
    rows = (TimelineRow("Ada 1", 0.0, 0.1, "201", "won"), TimelineRow("Ada 2", None, None, "-", "lost"))
    evidence = Evidence("a race", ("one 201",), ("two",), contenders=rows)
    failure = Failure(Outcome.CONTRACT_BROKEN, "race-email", "a", "b", "a.feature:1", "Then x", "text", evidence)
    check(Summary(Outcome.CONTRACT_BROKEN, failures=[failure]).write(tmp_path))
