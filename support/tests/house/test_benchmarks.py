"""The benchmarks follow the code that they measure."""

from __future__ import annotations

import pytest

from support.bench import growth, journal

pytestmark = pytest.mark.sampled


def test_the_journals_share_of_a_create_is_measured(capsys: pytest.CaptureFixture[str]) -> None:
    journal.main(["--creates", "1", "--lines", "10"])
    printed = capsys.readouterr().out
    assert "share of the create" in printed
    assert "a dead run of 10 users" in printed


def test_the_cost_of_each_user_is_measured(capsys: pytest.CaptureFixture[str]) -> None:
    growth.main(["30", "--tags", "@smoke and @rule.read-200"])
    printed = capsys.readouterr().out
    before, made = printed.split("\n\n")[1:]
    for table, least in ((before, "0"), (made, "1")):
        rows = [line.split()[0] for line in table.strip().splitlines()[1:]]
        assert rows == [least, "30"]
    assert before.count("passed") == 2
    assert made.count("sign-ups") == 2
