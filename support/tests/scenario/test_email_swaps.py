"""Races of two users for each other's email: which outcomes are right."""

from __future__ import annotations

from dataclasses import replace

import pytest

from support.concurrency.races import Contender, Outcome, Verdict
from support.scenario import accounts, email_swaps
from support.scenario.context import Actor
from support.scenario.session import Session
from support.target.embedded import Target
from support.tests.conftest import NewSession

WON, REFUSED, BROKEN, UNKNOWN = Outcome.WON, Outcome.REFUSED, Outcome.BROKEN, Outcome.UNKNOWN


@pytest.fixture
def played(new_session: NewSession, embedded: Target) -> tuple[Session, Actor, Actor]:
    session = new_session(embedded)
    session.begin("update-taken")
    return session, *email_swaps._become_users(session.scenario)


def contenders(session: Session, *outcomes: Outcome) -> list[Contender]:
    exchange = session.scenario.exchanges[-1] if session.scenario.exchanges else session.listed_at_first
    assert exchange is not None
    return [Contender(f"request {number}", one, exchange, 0.0, 0.1) for number, one in enumerate(outcomes, 1)]


@pytest.mark.parametrize(
    ("outcomes", "is_named_anew", "is_right"),
    [
        ((REFUSED, REFUSED, REFUSED, WON), True, True),
        ((REFUSED, REFUSED, REFUSED, WON), False, False),
        ((REFUSED, REFUSED, REFUSED, UNKNOWN), False, True),
        ((REFUSED, BROKEN, REFUSED, WON), True, False),
        ((REFUSED, REFUSED, BROKEN, WON), True, False),
    ],
    ids=["all right", "the name is lost", "no answer to the change", "a change is accepted", "a sign-up is accepted"],
)
def test_only_the_name_may_change(
    played: tuple[Session, Actor, Actor], outcomes: tuple[Outcome, ...], is_named_anew: bool, is_right: bool
) -> None:
    session, ada, grace = played
    name = session.factory.new_user("Ada").name
    if is_named_anew:
        accounts.send_change(session.scenario, ada, "PATCH", {"name": name})
    verdict = email_swaps._check_refusals(
        session.scenario, ada, grace, name, "update-taken", contenders(session, *outcomes)
    )
    assert bool(verdict.wrong) is not is_right, verdict.wrong
    assert session.scenario.rule == ("email-unique" if outcomes[2] is BROKEN else "update-taken")


def test_an_email_that_changes_although_the_change_was_refused_is_wrong(played: tuple[Session, Actor, Actor]) -> None:
    session, ada, grace = played
    name = ada.shown["name"]
    accounts.send_change(session.scenario, grace, "PATCH", {"email": session.factory.new_user("Grace").email})
    outcomes = contenders(session, REFUSED, REFUSED, REFUSED, UNKNOWN)
    assert email_swaps._check_refusals(session.scenario, ada, grace, name, "update-taken", outcomes).wrong


def handed_over(session: Session, ada: Actor, grace: Actor, taken: bool, *outcomes: Outcome) -> Verdict:
    new, old = session.factory.new_user("Ada").email, ada.shown["email"]
    record = session.registry.ledger.intend(new)
    accounts.send_change(session.scenario, ada, "PATCH", {"email": new})
    if taken:
        accounts.send_change(session.scenario, grace, "PATCH", {"email": old})
    return email_swaps._check_hand_over(session.scenario, ada, grace, new, record, contenders(session, *outcomes))


@pytest.mark.parametrize(
    ("taken", "outcomes", "is_right"),
    [
        (True, (WON, WON), True),
        (False, (WON, REFUSED), True),
        (False, (WON, WON), False),
        (True, (WON, REFUSED), False),
        (False, (WON, BROKEN), False),
        (False, (REFUSED, REFUSED), False),
        (True, (UNKNOWN, UNKNOWN), True),
    ],
)
def test_an_email_that_is_given_up_goes_to_whoever_was_accepted(
    played: tuple[Session, Actor, Actor], taken: bool, outcomes: tuple[Outcome, ...], is_right: bool
) -> None:
    session, ada, grace = played
    verdict = handed_over(session, ada, grace, taken, *outcomes)
    assert bool(verdict.wrong) is not is_right, verdict.wrong


def test_a_round_without_any_answer_is_void(played: tuple[Session, Actor, Actor]) -> None:
    session, ada, grace = played
    verdict = handed_over(session, ada, grace, False, UNKNOWN, UNKNOWN)
    assert replace(verdict, void="x") == Verdict((), "x")
    assert verdict.void == "all outcomes are unknown"
