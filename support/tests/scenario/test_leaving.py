"""A deletion is waited for, agreed on by more than one answer, and told under the rule that it breaks."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import pytest

from support.cleanup.polling import PollPolicy
from support.errors import ContractViolation
from support.scenario.session import Session
from support.scenario.waiting import PATIENT
from support.target.embedded import Target
from support.tests.conftest import NewSession, Script
from support.tests.scripted import Act, answer

ADA = {"id": "7", "name": "Ada", "email": "ada@example.com", "createdAt": "2026-01-02T03:04:05Z"}
SHOWN = answer(200, ADA)
LISTED = answer(200, [ADA])
GONE = answer(404, {"title": "Not Found"})


def leaving(new_session: NewSession, script: Script, answers: Sequence[Act], deadline_s: float = 0.3) -> Session:
    """Return a world in which Ada, who has left, is looked for; its API answers so, after it was opened."""
    session = new_session(Target(script(*[answer(200, [])] * 2, *answers).url, "t", "scripted"))
    session.begin("list")
    session.poll_policy = PollPolicy(0.01, 0.01, deadline_s)
    session.scenario.actor("Ada").id = "7"
    session.scenario.attempted = "Ada leaves"
    return session


def test_servers_that_take_turns_have_to_agree(new_session: NewSession, script: Script) -> None:
    session = leaving(new_session, script, [GONE, SHOWN, GONE, GONE, SHOWN, GONE, GONE, GONE])
    session.waiting.from_reading(session.scenario.actor("Ada"))
    assert [exchange.status for exchange in session.recorder.exchanges] == [404, 200, 404, 404, 200, 404, 404, 404]


def test_who_can_still_be_read_was_not_deleted(new_session: NewSession, script: Script) -> None:
    session = leaving(new_session, script, [SHOWN] * 100)
    with pytest.raises(ContractViolation, match=r"(?s)delete .*status 404 for Ada within 0\.3 s") as caught:
        session.waiting.from_reading(session.scenario.actor("Ada"))
    assert caught.value.rule == "delete"


def test_who_is_back_breaks_what_the_scenario_is_about(new_session: NewSession, script: Script) -> None:
    session = leaving(new_session, script, [GONE] * 3 + [SHOWN] * 100)
    session.waiting.from_reading(session.scenario.actor("Ada"))
    with pytest.raises(ContractViolation) as caught:
        session.waiting.from_reading(session.scenario.actor("Ada"))
    assert caught.value.rule == "list"


def test_a_list_that_shows_who_is_gone_is_at_fault_itself(new_session: NewSession, script: Script) -> None:
    session = leaving(new_session, script, [LISTED] + [GONE] * 3, deadline_s=0.0)
    with pytest.raises(ContractViolation) as caught:
        session.waiting.from_list(session.scenario.actor("Ada"))
    assert caught.value.rule == "list"


@pytest.mark.parametrize("look", ["from_list", "from_look_up"])
def test_a_list_that_shows_who_can_be_read_is_not(new_session: NewSession, script: Script, look: str) -> None:
    session = leaving(new_session, script, [LISTED, SHOWN], deadline_s=0.0)
    with pytest.raises(ContractViolation) as caught:
        getattr(session.waiting, look)(session.scenario.actor("Ada"))
    assert caught.value.rule == "delete"


def test_a_run_is_not_held_up_for_ever(new_session: NewSession, script: Script) -> None:
    session = leaving(new_session, script, [SHOWN] * 300)
    told = []
    for _ in range(PATIENT + 1):
        with pytest.raises(ContractViolation) as caught:
            session.waiting.from_reading(session.scenario.actor("Ada"))
        told.append(str(caught.value))
    assert "within 0.3 s\n" in told[PATIENT - 1]
    assert f"within 0.03 s (no longer 0.3 s, which have passed in vain {PATIENT} times in a row)" in told[PATIENT]


def test_only_the_same_wait_in_vain_again_and_again_makes_it_shorter(new_session: NewSession, script: Script) -> None:
    session = leaving(new_session, script, [SHOWN] * 300, deadline_s=0.1)
    for _ in range(PATIENT):
        session.waiting.poll_until("the address to be free", lambda: 409, lambda came: came != 409)
    with pytest.raises(ContractViolation, match=r"within 0\.1 s\n"):
        session.waiting.from_reading(session.scenario.actor("Ada"))


def test_a_deletion_that_shows_gives_the_others_their_time_again(new_session: NewSession, script: Script) -> None:
    session = leaving(new_session, script, [], deadline_s=0.1)
    for status in (*[404] * PATIENT, 200):
        session.waiting.poll_until("a reading", partial(int, status), lambda came: came == 200)
    assert session.waiting.waits_s("a reading") == 0.1
