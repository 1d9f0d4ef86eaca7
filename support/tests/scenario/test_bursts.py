"""A burst of one request gives no verdict, each new user needs a Location of their own, and none gets a 500."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from support.errors import ContractViolation, Inconclusive
from support.profile import Caps
from support.scenario import bursts, histories
from support.scenario.context import ScenarioContext
from support.target.embedded import EmbeddedApi, Target
from support.tests.conftest import NewSession


def test_one_request_is_no_burst(new_session: NewSession, embedded: Target) -> None:
    session = new_session(embedded)
    session.profile = replace(session.profile, caps=Caps(concurrency=1))
    session.begin("burst")
    with pytest.raises(
        Inconclusive, match=r"20 concurrent requests are wanted, and caps\.concurrency leaves room for 1"
    ):
        bursts.sign_up(session.scenario, 20)


def test_the_location_of_another_user_is_reported(new_session: NewSession) -> None:
    api = EmbeddedApi(["--defect", "burst-locations-of-the-newest"])
    try:
        session = new_session(api.target)
        session.begin("burst")
        bursts.sign_up(session.scenario, 20)
        with pytest.raises(ContractViolation, match="got the Location of"):
            bursts.check_each_created(session.scenario)
        session.registry.confirm_gone()
    finally:
        api.close()


@pytest.mark.parametrize(
    ("send", "check"),
    [(bursts.sign_up, bursts.check_each_created), (bursts.run_lifecycles, bursts.check_lifecycles)],
)
def test_a_500_that_a_retry_made_good_is_reported(
    new_session: NewSession, send: Callable[[ScenarioContext, int], None], check: Callable[[ScenarioContext], None]
) -> None:
    api = EmbeddedApi(["--defect", "burst-crashes-at-first"])
    try:
        session = new_session(api.target)
        session.begin("burst")
        send(session.scenario, 20)
        with pytest.raises(ContractViolation, match="the status was 500 before attempt 2"):
            check(session.scenario)
        session.registry.confirm_gone()
    finally:
        api.close()


def test_a_change_by_an_old_id_that_reaches_a_successor_is_reported(new_session: NewSession) -> None:
    api = EmbeddedApi(["--defect", "late-patch-renames-successor"])
    try:
        session = new_session(api.target)
        session.begin("patch")
        histories.live(session.scenario)
        histories.delete_all(session.scenario)
        with pytest.raises(ContractViolation, match=r"reading the successor(.|\n)*Renamed"):
            histories.check_ends(session.scenario)
        session.registry.confirm_gone()
    finally:
        api.close()
