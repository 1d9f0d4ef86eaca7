"""Quotas in the headers of answers."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.http.quotas import Quota, quotas_in
from support.models import Answer

DATE = "Sat, 28 Nov 2026 12:00:00 GMT"
NOON = 1795867200


def quotas(**headers: str) -> list[Quota]:
    return quotas_in(Answer(200, {name.replace("_", "-"): value for name, value in headers.items()}, b"", 0.0))


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        ({"RateLimit": '"a";r=50;t=30', "RateLimit_Policy": '"a";q=100;w=60'}, [Quota(100, 50, 30)]),
        (
            {"RateLimit": '"s";r=4;t=1, "h";r=90;t=1800', "RateLimit_Policy": '"h";q=99;w=3600,"s";q=5;w=1'},
            [Quota(5, 4, 1), Quota(99, 90, 1800)],
        ),
        ({"RateLimit": "limit=100, remaining=50, reset=30", "RateLimit_Policy": "100;w=60"}, [Quota(100, 50, 30)]),
        (
            {"ratelimit_limit": "60, 60;w=60", "ratelimit_remaining": "59", "ratelimit_reset": "42"},
            [Quota(60, 59, 42)],
        ),
        (
            {"X_RateLimit_Limit": "60", "X_RateLimit_Remaining": "0", "X_RateLimit_Reset": "7"},
            [Quota(60, 0, 7)],
        ),
        ({"X_Rate_Limit_Limit": "60", "X_Rate_Limit_Remaining": "1", "X_Rate_Limit_Reset": "7"}, [Quota(60, 1, 7)]),
        (
            {"X_RateLimit_Limit": "9", "X_RateLimit_Remaining": "1", "X_RateLimit_Reset": str(NOON + 9), "Date": DATE},
            [Quota(9, 1, 9)],
        ),
        (
            {"X_RateLimit_Limit": "9", "X_RateLimit_Remaining": "1", "X_RateLimit_Reset": f"{NOON}500", "Date": DATE},
            [Quota(9, 1, 0.5)],
        ),
        ({"X_RateLimit_Limit": "60", "X_RateLimit_Remaining": "5"}, []),
        ({"X_RateLimit_Limit": "many", "X_RateLimit_Remaining": "5", "X_RateLimit_Reset": "7"}, []),
        ({"X_RateLimit_Limit": "0", "X_RateLimit_Remaining": "0", "X_RateLimit_Reset": "7"}, []),
        ({"RateLimit": '"a";r=50'}, []),
        ({"Content_Type": "application/json"}, []),
    ],
)
def test_what_headers_tell(headers: dict[str, str], told: list[Quota]) -> None:
    assert quotas(**headers) == told


def test_a_time_of_day_without_a_date_is_by_our_clock() -> None:
    told = quotas(X_RateLimit_Limit="9", X_RateLimit_Remaining="1", X_RateLimit_Reset=str(int(time.time()) + 100))
    assert 90 < told[0].resets_s <= 100


@given(st.lists(st.text(max_size=30), min_size=5, max_size=5))
def test_no_value_raises_an_error(values: list[str]) -> None:
    names = ("RateLimit", "RateLimit-Policy", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")
    quotas_in(Answer(200, dict(zip(names, values, strict=True)), b"", 0.0))
