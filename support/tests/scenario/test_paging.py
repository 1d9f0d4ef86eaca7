"""Pages are judged by what the API does, not by who comes and goes while they are read."""

from __future__ import annotations

from dataclasses import replace

import pytest

from support.cleanup.marks import new_mark
from support.cleanup.polling import PollPolicy
from support.errors import ContractViolation, Inconclusive
from support.scenario.session import Session
from support.target.embedded import Target
from support.tests.conftest import NewSession, Script
from support.tests.http.clients import permit_all
from support.tests.scripted import Act, answer

ADA, GRACE, ALAN = (
    {"id": number, "name": "Ada", "email": f"{number}@example.com", "createdAt": "2026-01-02T03:04:05Z"}
    for number in ("1", "2", "3")
)
FIRST_LOOK = answer(200, [])
SEEN_RIGHT = [answer(200, shown) for shown in ([ADA, GRACE], [ADA], [GRACE], [], [ADA, GRACE])]
MOVED_BY_ONE = [answer(200, shown) for shown in ([ADA, GRACE], [ADA], [ADA], [], [ADA, GRACE])]
CHANGED = [answer(200, shown) for shown in ([ADA], [ADA], [], [ADA, ALAN])]

PUSHED_ON = [answer(200, shown) for shown in ([ADA, GRACE], [ADA], [ADA], [GRACE], [], [ALAN, ADA, GRACE])]
PUSHED_OFF = [answer(200, shown) for shown in ([ALAN, ADA, GRACE], [ALAN], [GRACE], [], [ADA, GRACE])]
RENAMED = [answer(200, shown) for shown in ([ADA, GRACE], [ADA], [ADA], [], [{**GRACE, "name": "G"}, ADA])]
VISITED = [answer(200, shown) for shown in ([ADA, GRACE], [ALAN], [ADA], [GRACE], [], [ADA, GRACE])]
UNCLEAR = [answer(200, shown) for shown in ([ADA, GRACE], [], [ADA, GRACE, ALAN])]


@pytest.mark.parametrize(
    "before",
    [[], CHANGED, MOVED_BY_ONE, MOVED_BY_ONE * 2, CHANGED + MOVED_BY_ONE + CHANGED, CHANGED + MOVED_BY_ONE * 4],
)
def test_who_comes_and_goes_meanwhile_is_no_fault(new_session: NewSession, script: Script, before: list[Act]) -> None:
    judge(paged(new_session, script, [*before, *SEEN_RIGHT]))


def test_a_page_of_what_is_no_user_is_not_the_last(new_session: NewSession, script: Script) -> None:
    shown: list[list[dict[str, str]]] = [[ADA, {}], [{}], [ADA], [], [ADA, {}]]
    judge(paged(new_session, script, [answer(200, page) for page in shown]))


def test_pages_that_never_fit_are_one(new_session: NewSession, script: Script) -> None:
    with pytest.raises(ContractViolation, match="user 1 is on page 1 and on page 2"):
        judge(paged(new_session, script, MOVED_BY_ONE * 3))


@pytest.mark.parametrize(
    "readings",
    [PUSHED_ON * 3, PUSHED_OFF * 3, RENAMED * 3, VISITED * 3, UNCLEAR + MOVED_BY_ONE * 3 + PUSHED_ON * 3],
)
def test_what_changes_explain_is_let_pass_where_they_go_on(
    new_session: NewSession, script: Script, readings: list[Act]
) -> None:
    judge(paged(new_session, script, readings))


def test_what_they_do_not_explain_is_inconclusive(
    new_session: NewSession, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("support.scenario.directory.PATIENCE", PollPolicy(0.001, 0.001, 0.05))
    with pytest.raises(Inconclusive, match="others are at work"):
        paged(new_session, script, UNCLEAR * 200)


def test_somebody_of_ours_who_is_on_a_page_alone_is_no_visitor(new_session: NewSession, script: Script) -> None:
    ours = {**ALAN, "email": f"alan@{new_mark()}.example.com"}
    reading = [answer(200, shown) for shown in ([ADA, GRACE], [ours], [ADA], [GRACE], [], [ADA, GRACE])]
    with pytest.raises(ContractViolation, match="1 users of the pages are not in the list"):
        paged(new_session, script, reading * 3).directory.pages_are_the_list()


def test_a_user_twice_on_one_page_is_on_two(new_session: NewSession, script: Script) -> None:
    twice = [answer(200, shown) for shown in ([ADA, GRACE], [ADA], [GRACE, GRACE], [], [ADA, GRACE])]
    with pytest.raises(ContractViolation, match="user 2 is on page 2 and on page 2"):
        paged(new_session, script, twice * 3).directory.pages_do_not_overlap()


def test_an_api_that_knows_no_pages_is_not_asked_for_ever(new_session: NewSession, script: Script) -> None:
    reading = [answer(200, shown) for shown in ([ADA, GRACE], [ADA], [ADA], [ADA], [ADA], [ADA, GRACE])]
    with pytest.raises(ContractViolation, match="1 users of the list are on no page"):
        paged(new_session, script, reading * 3).directory.pages_are_the_list()


@pytest.mark.parametrize("tries_until_seen", [1, 2, 3, None])
def test_who_is_on_no_page_is_missed_by_the_pages(
    new_session: NewSession, script: Script, tries_until_seen: int | None
) -> None:
    in_vain = [answer(200, shown) for shown in ([ADA], [], [])]
    shown = in_vain * 3 if tries_until_seen is None else [*in_vain * (tries_until_seen - 1), *[answer(200, [ADA])] * 2]
    acts = [answer(201, ADA), answer(200, ADA), *shown]
    session = new_session(Target(script(FIRST_LOOK, FIRST_LOOK, *acts).url, "t", "scripted"))
    session.begin("user-shape")
    ada = session.accounts.become("Ada")
    if tries_until_seen is None:
        with pytest.raises(ContractViolation, match=r"(?s)contract broken: pages.*she is on no page"):
            session.directory.ask_for_page_of(ada)
    else:
        assert session.directory.ask_for_page_of(ada).status == 200


def test_a_beginning_that_needs_a_deletion_accuses_the_deletion(new_session: NewSession, script: Script) -> None:
    acts = [answer(201, ADA), answer(200, ADA), answer(204), *[answer(200, ADA)] * 50]
    session = new_session(Target(script(FIRST_LOOK, FIRST_LOOK, *acts).url, "t", "scripted"), delete_deadline_s=0.05)
    session.api = replace(session.api, permit=permit_all)
    session.begin("no-secrets")
    with pytest.raises(ContractViolation, match=r"contract broken: delete \("):
        session.accounts.become_and_leave("Ada")


def paged(new_session: NewSession, script: Script, acts: list[Act]) -> Session:
    """Return a world that has paged through a target that answers so."""
    session = new_session(Target(script(FIRST_LOOK, FIRST_LOOK, *acts).url, "t", "scripted"))
    session.begin("pages")
    session.directory.page_through(1)
    return session


def judge(session: Session) -> None:
    session.directory.pages_keep_their_limit()
    session.directory.pages_do_not_overlap()
    session.directory.pages_are_the_list()
