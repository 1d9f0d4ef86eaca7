"""The table of what a status means."""

from __future__ import annotations

import pytest

from support import statuses

MEANINGS = {
    "retried": lambda status: status in statuses.RETRIED,
    "in doubt": statuses.may_have_done_the_work,
    "any time": lambda status: status in statuses.ALLOWED_AT_ANY_TIME,
    "fault": statuses.is_server_fault,
    "success": statuses.is_success,
    "client error": statuses.is_client_error,
}


@pytest.mark.parametrize(
    ("status", "meanings"),
    [
        (None, set()),
        (200, {"success"}),
        (299, {"success"}),
        (301, set()),
        (400, {"client error"}),
        (408, {"client error"}),
        (429, {"client error", "retried", "in doubt", "any time"}),
        (499, {"client error"}),
        (500, {"retried", "in doubt", "fault"}),
        (501, {"retried", "in doubt", "fault"}),
        (502, {"retried", "in doubt", "any time"}),
        (503, {"retried", "in doubt", "any time"}),
        (504, {"retried", "in doubt", "any time"}),
        (599, {"retried", "in doubt", "fault"}),
        (600, {"in doubt", "fault"}),
    ],
)
def test_what_a_status_means(status: int | None, meanings: set[str]) -> None:
    assert {name for name, holds in MEANINGS.items() if holds(status)} == meanings


@pytest.mark.parametrize(("status", "interim"), [(100, True), (101, False), (103, True), (199, True), (200, False)])
def test_an_interim_answer_is_followed_by_another(status: int, interim: bool) -> None:
    assert statuses.is_interim(status) is interim
