"""A deletion is polled for, confirmed by more than one answer, and reported under the rule that it breaks."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from support.cleanup.polling import PollPolicy
from support.concurrency.races import Verdict
from support.errors import ContractViolation, Inconclusive
from support.models import User
from support.scenario import waiting
from support.scenario.context import Actor, ScenarioContext
from support.scenario.deletion_races import check_that_none_returned
from support.scenario.races import Race
from support.scenario.waiting import TIMEOUTS_IN_A_ROW, Deadlines
from support.target.embedded import Target
from support.tests.conftest import NewSession, Script
from support.tests.scripted import Act, answer

ADA = {"id": "7", "name": "Ada", "email": "ada@example.com", "createdAt": "2026-01-02T03:04:05Z"}
SHOWN = answer(200, ADA)
LISTED = answer(200, [ADA])
GONE = answer(404, {"title": "Not Found"})

Deleted = Callable[..., tuple[ScenarioContext, Actor]]


@pytest.fixture
def deleted(new_session: NewSession, script: Script) -> Deleted:
    """Begin scenarios in which Ada was deleted, on an API that answers like this."""

    def begin(answers: Sequence[Act], deadline_s: float = 0.3) -> tuple[ScenarioContext, Actor]:
        session = new_session(Target(script(*[answer(200, [])] * 2, *answers).url, "t", "scripted"))
        session.begin("list")
        session.deadlines = Deadlines(PollPolicy(0.01, 0.01, deadline_s))
        ada = session.scenario.actor("Ada")
        ada.id = "7"
        return session.scenario, ada

    return begin


def test_servers_behind_a_load_balancer_have_to_agree(deleted: Deleted) -> None:
    scenario, ada = deleted([GONE, SHOWN, GONE, GONE, GONE, SHOWN, GONE, GONE, GONE])
    waiting.is_gone(scenario, ada)
    statuses = [exchange.status for exchange in scenario.session.recorder.exchanges]
    assert statuses.count(200) == 2
    assert statuses[-3:] == [404, 404, 404]


def test_a_user_who_can_still_be_read_was_not_deleted(deleted: Deleted) -> None:
    scenario, ada = deleted([SHOWN] * 100)
    with pytest.raises(ContractViolation, match=r"(?s)delete .*status 404 for Ada within 0\.3 s") as caught:
        waiting.is_gone(scenario, ada)
    assert caught.value.rule == "delete"


def test_a_deletion_that_has_to_wait_for_longer_than_there_is_time_proves_nothing(deleted: Deleted) -> None:
    later = answer(503, {"title": "Later"}, headers={"Retry-After": "3600"})
    scenario, ada = deleted([later, *[SHOWN] * 100])
    scenario.keep(scenario.run(scenario.api.read("7")))
    with pytest.raises(Inconclusive, match=r"answered by 503 and not sent again: it asks to wait 3600 s"):
        waiting.is_gone(scenario, ada)


def test_a_user_who_is_shown_again_breaks_the_rule_of_the_scenario(deleted: Deleted) -> None:
    scenario, ada = deleted([GONE] * 3 + [SHOWN] * 100)
    waiting.is_gone(scenario, ada)
    with pytest.raises(ContractViolation) as caught:
        waiting.is_gone(scenario, ada)
    assert caught.value.rule == "list"


def test_a_list_that_shows_a_deleted_user_breaks_its_own_rule(deleted: Deleted) -> None:
    scenario, ada = deleted([LISTED] + [GONE] * 3, deadline_s=0.0)
    with pytest.raises(ContractViolation) as caught:
        waiting.is_gone_from_list(scenario, ada)
    assert caught.value.rule == "list"


@pytest.mark.parametrize("check", [waiting.is_gone_from_list, waiting.is_gone_from_search])
def test_a_list_that_shows_a_user_who_can_be_read_does_not(
    deleted: Deleted, check: Callable[[ScenarioContext, Actor], None]
) -> None:
    scenario, ada = deleted([LISTED, *[SHOWN] * 3], deadline_s=0.0)
    with pytest.raises(ContractViolation) as caught:
        check(scenario, ada)
    assert caught.value.rule == "delete"


def test_the_deadline_gets_shorter_after_timeouts_in_a_row(deleted: Deleted) -> None:
    scenario, ada = deleted([SHOWN] * 300)
    messages = []
    for _ in range(TIMEOUTS_IN_A_ROW + 1):
        with pytest.raises(ContractViolation) as caught:
            waiting.is_gone(scenario, ada)
        messages.append(str(caught.value))
    assert "within 0.3 s\n" in messages[-2]
    assert f"within 0.03 s (instead of 0.3 s, which were not enough {TIMEOUTS_IN_A_ROW} times in a row)" in messages[-1]


def test_timeouts_count_for_each_thing_by_itself(deleted: Deleted) -> None:
    scenario, ada = deleted([SHOWN] * 300, deadline_s=0.1)
    for _ in range(TIMEOUTS_IN_A_ROW):
        waiting.poll_until(scenario, "a free email", lambda: 409, lambda status: status != 409)
    with pytest.raises(ContractViolation, match=r"within 0\.1 s\n"):
        waiting.is_gone(scenario, ada)


def test_a_success_restores_the_deadline() -> None:
    deadlines = Deadlines(PollPolicy(0.01, 0.01, 0.1))
    for status in (*[404] * TIMEOUTS_IN_A_ROW, 200):
        deadlines.poll_until("a read", lambda status=status: status, lambda status: status == 200)  # type: ignore[misc]
    assert deadlines.for_("a read") == 0.1


@pytest.mark.parametrize(("lists", "wrong"), [([LISTED, answer(200, [])], ()), ([LISTED] * 200, ("7",))])
def test_after_a_race_the_list_has_time_to_leave_users_out(
    deleted: Deleted, lists: Sequence[Act], wrong: Sequence[str]
) -> None:
    scenario, _ = deleted([act for listed in lists for act in (GONE, listed)])
    scenario.race = Race([], Verdict(), [], "")
    check_that_none_returned(scenario, [("7", ["Ada@example.com"])])
    assert [text.rpartition(" ")[2] for text in scenario.race.verdict.wrong] == list(wrong)


def test_after_a_race_a_new_user_with_a_deleted_id_is_not_taken_for_the_deleted_one(deleted: Deleted) -> None:
    scenario, _ = deleted([act for _ in range(200) for act in (SHOWN, LISTED)])
    scenario.race = Race([], Verdict(), [], "")
    ledger = scenario.registry.ledger
    ledger.note_created(ledger.intend("ada@example.com"), User("7", "Ada", "ada@example.com", None))
    check_that_none_returned(scenario, [("7", ["ada@example.com"])])
    assert scenario.race.verdict.wrong == ()
