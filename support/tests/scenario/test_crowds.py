"""A crowd that is none is no verdict, and each of its newcomers is held to her own Location."""

from __future__ import annotations

from dataclasses import replace

import pytest

from support.errors import ContractViolation, Inconclusive
from support.profile import Caps
from support.target.embedded import EmbeddedApi, Target
from support.tests.conftest import NewSession


def test_a_crowd_of_one_is_none(new_session: NewSession, embedded: Target) -> None:
    session = new_session(embedded)
    session.profile = replace(session.profile, caps=Caps(concurrency=1))
    with pytest.raises(Inconclusive, match="a crowd of 20 is wanted, and the target has room for 1"):
        session.bursts.sign_up_at_once(20)


def test_the_location_of_another_is_told(new_session: NewSession) -> None:
    api = EmbeddedApi(["--defect", "burst-locations-of-the-newest"])
    try:
        session = new_session(api.target)
        session.begin("burst")
        session.bursts.sign_up_at_once(20)
        with pytest.raises(ContractViolation, match="was given the Location of"):
            session.bursts.each_welcomed()
        session.registry.confirm_gone()
    finally:
        api.close()
