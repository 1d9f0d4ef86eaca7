"""An answer that shows users is searched for leaks of the server, but not in what users call themselves."""

from __future__ import annotations

from typing import Any

import pytest

from support.cleanup.marks import new_mark
from support.contract.matchers import leak_mismatches
from support.profile import Profile
from support.scenario.answers import without_user_data
from support.tests.contract.exchanges import ADA, answered

SQL = "SELECT id, name FROM users WHERE id = 7"
OURS = {**ADA, "email": f"ada@{new_mark()}.example.com"}


@pytest.mark.parametrize(
    "shown", [{**ADA, "name": SQL}, [{**OURS, "name": SQL}], [{**ADA, "bio": SQL}, OURS], [], {"name": SQL}]
)
def test_the_data_of_users_is_no_leak(shown: Any) -> None:
    assert not leak_mismatches(without_user_data(answered(200, shown), Profile()))


@pytest.mark.parametrize("shown", [{**ADA, "_debug": {"sql": SQL}}, [ADA, {**OURS, "_sql": SQL}], {"detail": SQL}])
def test_other_fields_may_leak(shown: Any) -> None:
    assert leak_mismatches(without_user_data(answered(200, shown), Profile()))


def test_text_that_is_not_json_may_leak() -> None:
    assert leak_mismatches(without_user_data(answered(200, body=SQL.encode()), Profile()))
