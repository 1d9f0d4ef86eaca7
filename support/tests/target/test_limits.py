"""Runs against an API that takes only so many requests, and the number of requests that arrive there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from support.tests.sandbox.conftest import Running, running
from support.tests.target.conftest import NewProfile, NewTarget, Play

pytestmark = pytest.mark.sampled
LIMITED = """
import sys
from support.sandbox import __main__
from support.sandbox.variants import traffic
traffic._RATE, traffic._CAPACITY = {per_second}, {at_once}
__main__.main()
"""

AT_ONCE = 5  # a few reads that do not depend on each other


def test_every_request_that_arrives_is_counted(play: Play, new_target: NewTarget) -> None:
    target = new_target("--control")
    ended = play(
        target, "contract", "features/concurrency/duplicate_email_race.feature", "features/users/deleting.feature"
    )
    assert ended.code == 0, ended.said
    assert ended.summary.requests.sent == sum(target.stats()["requests"].values())


@contextmanager
def limited(per_second: int, at_once: int) -> Iterator[Running]:
    """Run a sandbox that takes so many requests at once, and so many a second afterwards; others get 429."""
    start = LIMITED.format(per_second=per_second, at_once=at_once)
    with running("--control", "--variant", "rate-limit", program=("-c", start)) as target:
        yield target


def refused(target: Running) -> int:
    return sum(count for answer, count in target.stats()["answers"].items() if answer.endswith(" 429"))


def test_a_quick_check_is_green_although_the_api_takes_few_requests(play: Play) -> None:
    with limited(per_second=20, at_once=20) as target:
        ended = play(target, "contract", "--tags=@smoke")
        assert ended.code == 0, ended.said
        count = refused(target)
    assert count <= 2 * AT_ONCE  # those that were under way when the first one was refused, too
    assert ("requests in" in ended.summary.requests.limit) == (count > 0)  # none on a very busy machine


def test_a_limit_in_the_profile_is_kept_from_the_first_request_on(play: Play, profile: NewProfile) -> None:
    known = profile("[caps]\nrequests_per_second = 20")
    with limited(per_second=20, at_once=20) as target:
        ended = play(target, known, "features/concurrency/lost_update.feature")
        assert ended.code == 0, ended.said
        assert refused(target) == 0
    assert "this run sends about 560 requests and creates about 61 users" in ended.said
    assert "at 20 requests in 1 s, it takes about 28 s" in ended.said


def test_a_burst_is_as_large_as_the_limit(play: Play, profile: NewProfile) -> None:
    known = profile("[caps]\nrequests_per_second = 20")
    with limited(per_second=20, at_once=20) as target:
        ended = play(target, known, "--name=The configured number of users sign up at once")
        assert ended.code == 0, ended.said
        assert refused(target) == 0
    assert "20 instead of 100 at once" in ended.said


def test_a_race_that_does_not_fit_says_so(play: Play, profile: NewProfile) -> None:
    known = profile("[caps]\nrequests_per_second = 3")
    with limited(per_second=20, at_once=20) as target:
        ended = play(target, known, "--name=Several users change to one email at once with updates")
    assert ended.code == 1
    assert "4 requests at once are more than the API takes: 3 requests in 1 s" in ended.said
    assert ended.summary.outcome == "inconclusive"


@pytest.mark.parametrize(
    ("method", "why"),
    [
        ("GET", "gives 429 (Retry-After: 3600): the limit of requests is used up"),
        ("DELETE", "asks to wait 3600 s, longer than RETRY_DEADLINE_S (75 s) allows"),
    ],
)
def test_a_quota_of_an_hour_ends_the_run_at_once(play: Play, new_target: NewTarget, method: str, why: str) -> None:
    fault = {"kind": "status", "status": 429, "retry_after": "3600", "methods": [method]}
    target = new_target("--control", "--faults", json.dumps([fault]))
    ended = play(target, "contract", "features/users/deleting.feature")
    assert why in " ".join(ended.said.split())
    assert ended.code != 0
    assert ended.summary.outcome == "target down"
    assert target.stats()["requests"][method] == 1


def test_an_outage_that_is_announced_for_long_is_told_with_the_setting(play: Play, new_target: NewTarget) -> None:
    target = new_target("--control")
    target.inject({"kind": "status", "status": 503, "retry_after": "3600", "methods": ["DELETE"]})
    ended = play(target, "contract", "features/users/deleting.feature:10", cleanup_deadline_s="1")
    assert "asks to wait 3600 s (Retry-After), and RETRY_DEADLINE_S (75 s) leaves 75 s" in " ".join(ended.said.split())
    assert ended.summary.outcome == "target down"
    assert "ada.lovelace@" in ended.summary.why
