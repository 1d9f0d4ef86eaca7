"""Users who were created although they were refused are found, however many were refused, with a list or without."""

from __future__ import annotations

from dataclasses import replace

import pytest

from support.errors import ContractViolation
from support.scenario import outcomes
from support.target.embedded import Target
from support.tests.conftest import NewSession


@pytest.mark.parametrize("has_list", [True, False])
def test_the_last_of_many_is_found(new_session: NewSession, embedded: Target, has_list: bool) -> None:
    session = new_session(embedded)
    capabilities = replace(session.profile.capabilities, list=has_list)
    session.profile = replace(session.profile, capabilities=capabilities)
    session.begin("create-invalid")
    new_users = session.factory.new_users(outcomes.MOST_SEARCHED + 2)
    session.scenario.emails_tried = [one.email for one in new_users]
    outcomes.no_user_is_created(session.scenario)
    kept = new_users[-1]
    call = session.api.create_call(kept.as_json())
    session.scenario.keep(session.http.run(session.registry.create(call, kept.email, kept.name)))
    with pytest.raises(ContractViolation, match=kept.email):
        outcomes.no_user_is_created(session.scenario)
    session.registry.prove_nothing_is_left(20)
