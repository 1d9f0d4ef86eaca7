"""An unused id is one that a read shows to be unused: a write to another user's id would do harm."""

from __future__ import annotations

import re

import pytest

from support.errors import ContractViolation
from support.scenario import accounts, values
from support.scenario.factory import Factory
from support.target.embedded import EmbeddedApi, Target
from support.tests.conftest import NewSession, Script
from support.tests.scripted import answer

ADA = {"id": "7", "name": "Ada", "email": "ada@example.com", "createdAt": "2026-01-02T03:04:05Z"}


@pytest.mark.parametrize(
    "like", ["41", "k7", "401🦉🦉🦉🦉🦉🦉🦉🦉", "user-5:~~~~~~~~", "~~~~", "1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed"]
)
def test_it_differs_from_the_id_that_it_is_like(like: str) -> None:
    factory = Factory(1, "uat-abcdefghijkl")
    drawn = [factory.unused_id(like, longer_by) for longer_by in (0, 0, 0, 1, 2)]
    assert like not in drawn
    assert len(drawn[-1]) >= len(drawn[0])


def test_no_other_user_is_harmed_if_most_ids_are_used(new_session: NewSession) -> None:
    api = EmbeddedApi(["--variant", "short-ids-of-many"])
    try:
        session = new_session(api.target)
        before = session.http.run(session.api.list()).answer
        for _ in range(40):
            session.begin("update-404")
            body = session.factory.new_user().as_json()
            accounts.send_change_to(session.scenario, values.unused_id(session.scenario), "PATCH", body)
            accounts.delete_id(session.scenario, values.unused_id(session.scenario))
        session.registry.confirm_gone()
        after = session.http.run(session.api.list()).answer
        assert before is not None
        assert after is not None
        assert sorted(after.json(), key=str) == sorted(before.json(), key=str)
    finally:
        api.close()


def test_an_api_that_shows_a_user_for_every_id_is_reported(new_session: NewSession, script: Script) -> None:
    server = script(*[answer(200, ADA)] * 20)
    session = new_session(Target(server.url, "t", "scripted"))
    session.scenario.actor("Ada").id = "7"
    with pytest.raises(ContractViolation, match="read-404"):
        values.unused_id(session.scenario)


@pytest.mark.parametrize("known", ["7", "1234", "1152921504606846977", "1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed", "k7"])
def test_no_id_that_resembles_a_known_one_may_be_the_number_of_an_earlier_user(known: str) -> None:
    """A server that reads a number as far as it goes must find the known id, or one far above, or none."""
    made = [resemble(known) for resemble in values.RESEMBLING]
    if known.isdigit():
        made += [resemble(int(known)) for resemble in values.RESEMBLING_NUMBERS]
    numbers = [int(found[1]) for one in made if known.isdigit() and (found := re.match(r"[ +]*0*([1-9]\d*)", one))]
    assert all(number == int(known) or number >= 2**31 for number in numbers)
    assert not [one for one in made if known.isdigit() and one != known and known.startswith(one)]
