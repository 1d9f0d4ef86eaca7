"""A burst of one request gives no verdict, and each new user needs a Location of their own."""

from __future__ import annotations

from dataclasses import replace

import pytest

from support.errors import ContractViolation, Inconclusive
from support.profile import Caps
from support.scenario import bursts
from support.target.embedded import EmbeddedApi, Target
from support.tests.conftest import NewSession


def test_one_request_is_no_burst(new_session: NewSession, embedded: Target) -> None:
    session = new_session(embedded)
    session.profile = replace(session.profile, caps=Caps(concurrency=1))
    session.begin("burst")
    with pytest.raises(Inconclusive, match="20 concurrent requests are wanted, and the target has room for 1"):
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
