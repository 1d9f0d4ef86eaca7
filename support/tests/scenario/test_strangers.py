"""An id that nobody has is one that was seen to be nobody's: a write to a stranger's would harm her."""

from __future__ import annotations

import pytest

from support.errors import ContractViolation
from support.scenario.factory import Factory
from support.target.embedded import EmbeddedApi, Target
from support.tests.conftest import NewSession, Script
from support.tests.scripted import answer

ADA = {"id": "7", "name": "Ada", "email": "ada@example.com", "createdAt": "2026-01-02T03:04:05Z"}


@pytest.mark.parametrize(
    "like", ["41", "k7", "401🦉🦉🦉🦉🦉🦉🦉🦉", "user-5:~~~~~~~~", "~~~~", "1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed"]
)
def test_it_is_never_the_one_that_it_is_like(like: str) -> None:
    factory = Factory(1, "uat-abcdefghijkl")
    drawn = [factory.unused_id(like, longer_by) for longer_by in (0, 0, 0, 1, 2)]
    assert like not in drawn
    assert len(drawn[-1]) >= len(drawn[0])


def test_where_most_ids_are_given_nobody_is_harmed(new_session: NewSession) -> None:
    api = EmbeddedApi(["--variant", "short-ids-of-many"])
    try:
        session = new_session(api.target)
        before = session.run(session.api.list()).answer
        for _ in range(40):
            session.begin("update-404")
            session.accounts.change_unknown("never existed", "an update")
            session.accounts.delete_id(session.values.stranger_id())
        session.registry.confirm_gone()
        after = session.run(session.api.list()).answer
        assert before is not None
        assert after is not None
        assert sorted(after.json(), key=str) == sorted(before.json(), key=str)
    finally:
        api.close()


def test_where_everybody_is_found_under_any_id_that_is_told(new_session: NewSession, script: Script) -> None:
    server = script(*[answer(200, ADA)] * 20)
    session = new_session(Target(server.url, "t", "scripted"))
    session.scenario.actor("Ada").id = "7"
    with pytest.raises(ContractViolation, match="read-404"):
        session.values.stranger_id()
