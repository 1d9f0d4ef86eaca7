"""Pages are checked by what the API does, not by changes of other clients while they are read."""

from __future__ import annotations

from dataclasses import replace

import pytest

from support.cleanup.marks import new_mark
from support.cleanup.polling import PollPolicy
from support.errors import ContractViolation, Inconclusive
from support.profile_answers import Pages
from support.scenario import accounts, paging
from support.scenario.context import ScenarioContext
from support.target.embedded import Target
from support.tests.conftest import NewSession, Script
from support.tests.http.clients import permit_all
from support.tests.scripted import Act, answer

ADA, GRACE, ALAN = (
    {"id": number, "name": "Ada", "email": f"{number}@example.com", "createdAt": "2026-01-02T03:04:05Z"}
    for number in ("1", "2", "3")
)
FIRST_LOOK = answer(200, [])


def reading(before: list[dict[str, str]], first: list[dict[str, str]], *later: list[dict[str, str]]) -> list[Act]:
    """Return the answers to one reading: the list, a page of another size, the pages, the list.

    After the first page two users are read, one who is on it and one who is not, as far as there are any.
    """
    ids = {user["id"] for user in first if user}
    others = [user for user in before if user and user["id"] not in ids]
    users = [answer(200, ADA)] * ((bool(ids) + bool(others)) if first else 0)
    return [*[answer(200, shown) for shown in (before, first, first)], *users, *[answer(200, one) for one in later]]


SEEN_RIGHT = reading([ADA, GRACE], [ADA], [GRACE], [], [ADA, GRACE])
MOVED_BY_ONE = reading([ADA, GRACE], [ADA], [ADA], [], [ADA, GRACE])
CHANGED = reading([ADA], [ADA], [], [ADA, ALAN])

PUSHED_ON = reading([ADA, GRACE], [ADA], [ADA], [GRACE], [], [ALAN, ADA, GRACE])
PUSHED_OFF = reading([ALAN, ADA, GRACE], [ALAN], [GRACE], [], [ADA, GRACE])
RENAMED = reading([ADA, GRACE], [ADA], [ADA], [], [{**GRACE, "name": "G"}, ADA])
VISITORS = [{**ALAN, "id": number, "email": f"{number}@example.com"} for number in ("7", "8", "9")]
VISITED = [reading([ADA, GRACE], [visitor], [ADA], [GRACE], [], [ADA, GRACE]) for visitor in VISITORS]
UNCLEAR = reading([ADA, GRACE], [], [ADA, GRACE, ALAN])


@pytest.mark.parametrize(
    "before",
    [[], CHANGED, MOVED_BY_ONE, MOVED_BY_ONE * 2, CHANGED + MOVED_BY_ONE + CHANGED, CHANGED + MOVED_BY_ONE * 4],
)
def test_changes_by_others_are_no_fault(new_session: NewSession, script: Script, before: list[Act]) -> None:
    check(paged(new_session, script, [*before, *SEEN_RIGHT]))


def test_a_page_without_valid_users_is_not_the_last(new_session: NewSession, script: Script) -> None:
    check(paged(new_session, script, reading([ADA, {}], [{}], [ADA], [], [ADA, {}])))


def test_pages_that_never_fit_are_a_fault(new_session: NewSession, script: Script) -> None:
    with pytest.raises(ContractViolation, match="user 1 is on page 1 and on page 2"):
        check(paged(new_session, script, MOVED_BY_ONE * 3))


@pytest.mark.parametrize(
    "readings",
    [
        PUSHED_ON * 3,
        PUSHED_OFF * 3,
        RENAMED * 3,
        [act for visited in VISITED for act in visited],
        UNCLEAR + MOVED_BY_ONE * 3 + PUSHED_ON * 3,
    ],
)
def test_what_ongoing_changes_explain_is_accepted(new_session: NewSession, script: Script, readings: list[Act]) -> None:
    check(paged(new_session, script, readings))


def test_what_changes_do_not_explain_is_inconclusive(
    new_session: NewSession, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("support.scenario.paging.POLLING", PollPolicy(0.001, 0.001, 0.05))
    with pytest.raises(Inconclusive, match="other clients changed the list"):
        paged(new_session, script, UNCLEAR * 200)


def test_a_user_who_is_only_on_a_page_each_time_is_a_fault(new_session: NewSession, script: Script) -> None:
    with pytest.raises(ContractViolation, match="not in the list: 1 user of the pages, such as 7 on page 1"):
        check(paged(new_session, script, VISITED[0] * 3))


def test_a_user_of_ours_who_is_only_on_a_page_is_a_fault(new_session: NewSession, script: Script) -> None:
    ours = {**ALAN, "email": f"alan@{new_mark()}.example.com"}
    once = reading([ADA, GRACE], [ours], [ADA], [GRACE], [], [ADA, GRACE])
    with pytest.raises(ContractViolation, match="not in the list: 1 user of the pages"):
        paging.are_the_list(paged(new_session, script, once * 3))


def test_a_user_twice_on_one_page_is_on_two(new_session: NewSession, script: Script) -> None:
    twice = reading([ADA, GRACE], [ADA], [GRACE, GRACE], [], [ADA, GRACE])
    with pytest.raises(ContractViolation, match="user 2 is on page 2 and on page 2"):
        paging.do_not_overlap(paged(new_session, script, twice * 3))


def test_an_api_without_pages_is_not_asked_for_ever(new_session: NewSession, script: Script) -> None:
    once = reading([ADA, GRACE], [ADA], [ADA], [ADA], [ADA], [ADA, GRACE])
    with pytest.raises(ContractViolation, match="on no page: 1 user of the list"):
        paging.are_the_list(paged(new_session, script, once * 3))


@pytest.mark.parametrize("tries_until_seen", [1, 2, 3, None])
def test_a_user_who_is_on_no_page_breaks_the_rule_of_pages(
    new_session: NewSession, script: Script, tries_until_seen: int | None
) -> None:
    in_vain = [answer(200, shown) for shown in ([ADA], [], [])]
    shown = in_vain * 3 if tries_until_seen is None else [*in_vain * (tries_until_seen - 1), *[answer(200, [ADA])] * 2]
    acts = [answer(201, ADA), answer(200, ADA), *shown]
    session = new_session(Target(script(FIRST_LOOK, FIRST_LOOK, *acts).url, "t", "scripted"))
    session.begin("user-shape")
    ada = accounts.become_user(session.scenario, session.scenario.actor("Ada"))
    if tries_until_seen is None:
        with pytest.raises(ContractViolation, match=r"(?s)contract broken: pages.*is on no page"):
            paging.read_page_of(session.scenario, ada)
    else:
        assert paging.read_page_of(session.scenario, ada).status == 200


def test_no_page_is_larger_than_the_profile_says(new_session: NewSession, script: Script) -> None:
    server = script(FIRST_LOOK, FIRST_LOOK, *[answer(200, [ADA])] * 2)
    session = new_session(Target(server.url, "t", "scripted"))
    session.profile = replace(session.profile, pages=Pages(size=50))
    session.begin("exact-text")
    server.arrived.clear()
    paging.read_pages_with(session.scenario, set())
    assert [request.target for request in server.arrived] == [f"/users?page={number}&limit=50" for number in (1, 2)]


@pytest.mark.parametrize(
    ("answers", "pages"),
    [
        ([answer(200, [ADA]), answer(200, [GRACE]), answer(200, [])], 3),
        ([answer(200, [ADA]), answer(404, {"title": "there is no such page"})], 1),
        ([answer(404, {"title": "there is no such page"})], 1),
    ],
)
def test_pages_with_fewer_users_than_asked_for_are_read_to_the_end(
    new_session: NewSession, script: Script, answers: list[Act], pages: int
) -> None:
    session = new_session(Target(script(FIRST_LOOK, FIRST_LOOK, *answers).url, "t", "scripted"))
    session.begin("exact-text")
    assert len(paging.read_pages_with(session.scenario, set())) == pages


def test_a_given_that_needs_a_deletion_blames_the_deletion(new_session: NewSession, script: Script) -> None:
    acts = [answer(201, ADA), answer(200, ADA), answer(204), *[answer(200, ADA)] * 50]
    session = new_session(Target(script(FIRST_LOOK, FIRST_LOOK, *acts).url, "t", "scripted"), delete_deadline_s=0.05)
    session.api = replace(session.api, permit=permit_all)
    session.begin("no-secrets")
    with pytest.raises(ContractViolation, match=r"contract broken: delete \("):
        accounts.become_former_user(session.scenario, session.scenario.actor("Ada"))


def paged(new_session: NewSession, script: Script, acts: list[Act]) -> ScenarioContext:
    """Return a scenario that has read all pages of an API that answers like this."""
    session = new_session(Target(script(FIRST_LOOK, FIRST_LOOK, *acts, answer(200, [ADA])).url, "t", "scripted"))
    session.begin("pages")
    paging.read_all_pages(session.scenario, 1)
    return session.scenario


def check(scenario: ScenarioContext) -> None:
    paging.keep_their_size(scenario)
    paging.do_not_overlap(scenario)
    paging.are_the_list(scenario)
