"""An answer that shows somebody is looked through for the server's inside, and not for what people are called."""

from __future__ import annotations

from typing import Any

import pytest

from support.cleanup.marks import new_mark
from support.contract.matchers import leak_mismatches
from support.profile import Profile
from support.scenario.protocol import without_people
from support.tests.contract.exchanges import ADA, answered

SQL = "SELECT id, name FROM users WHERE id = 7"
OURS = {**ADA, "email": f"ada@{new_mark()}.example.com"}


@pytest.mark.parametrize(
    "shown", [{**ADA, "name": SQL}, [{**OURS, "name": SQL}], [{**ADA, "bio": SQL}, OURS], [], {"name": SQL}]
)
def test_what_people_are_called_is_no_leak(shown: Any) -> None:
    assert not leak_mismatches(without_people(answered(200, shown), Profile()))


@pytest.mark.parametrize("shown", [{**ADA, "_debug": {"sql": SQL}}, [ADA, {**OURS, "_sql": SQL}], {"detail": SQL}])
def test_what_the_server_adds_is_one(shown: Any) -> None:
    assert leak_mismatches(without_people(answered(200, shown), Profile()))


def test_what_is_no_json_is_looked_through_as_it_is() -> None:
    assert leak_mismatches(without_people(answered(200, body=SQL.encode()), Profile()))
