"""The benchmarks follow the code that they measure."""

from __future__ import annotations

import pytest

from support.bench import journal


def test_the_journals_share_of_a_create_is_measured(capsys: pytest.CaptureFixture[str]) -> None:
    journal.main(["--creates", "1"])
    assert "share of the create" in capsys.readouterr().out
