"""Races with the deletion of a user: once it is confirmed, the user stays deleted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from support.cleanup.ledger import Record
from support.concurrency.races import (
    Contender,
    Outcome,
    RaceRequest,
    Verdict,
    broken_answers,
    is_decided,
    verdict_on,
    with_outcome,
)
from support.contract.normalizers import user_of, users_of
from support.errors import number_of
from support.models import NewUser, User
from support.scenario import accounts, one_client
from support.scenario.email_races import becomes_free, shows_as_gone
from support.scenario.paging import read_pages_with
from support.scenario.races import Round, play
from support.scenario.waiting import LIST, SEARCH, poll_until

if TYPE_CHECKING:
    from support.scenario.context import Actor, ScenarioContext

DELETING = 4
MOST_IN_PAGES = 1_000
"""A list of more users has too many pages to read all of them for every race."""
GONE = "what one of the orders leaves: once the deletion is confirmed, no view shows the user, and the email is free"
Deleted = list[tuple[str, Sequence[str]]]
"""The ids of users whose deletion was confirmed, each with the emails that the user had or asked for."""


def change_during_deletion(scenario: ScenarioContext, method: str) -> None:
    """Let Ada's name and email be changed while Ada's account is deleted."""
    deleted: Deleted = []
    changes = one_client.change_by(method), one_client.change_to_capitals_by(method)
    deletions = one_client.delete, one_client.change_deleted_by(method), one_client.sign_up_with_freed_email
    acts = one_client.sign_up, *changes, *deletions
    play(scenario, _changes_during_deletion(scenario, method, deleted), acts)
    check_that_none_returned(scenario, deleted)


def delete_at_once(scenario: ScenarioContext) -> None:
    """Let several clients delete Ada's account at once."""
    deleted: Deleted = []
    acts = one_client.sign_up, one_client.delete, one_client.delete_again, one_client.sign_up_with_freed_email
    play(scenario, _deletions(scenario, deleted), acts)
    check_that_none_returned(scenario, deleted)


def _changes_during_deletion(scenario: ScenarioContext, method: str, deleted: Deleted) -> Iterator[Round]:
    """Yield rounds of a deletion and two changes, which the barrier releases in random order."""
    for ada in accounts.new_users_ahead(scenario, "Ada", room=2):
        changes = scenario.factory.new_users(2)
        records = [scenario.registry.ledger.intend(change.email) for change in changes]
        first, second = (_change(scenario, ada, method, change) for change in changes)
        deletion = scenario.api.send_once(scenario.api.delete_call(ada.known_id))
        requests = [first, RaceRequest("the deletion", deletion, scenario.answers.deleted), second]
        emails = [ada.new_user.email, *(change.email for change in changes)]
        yield Round(requests, partial(_check_change, scenario, ada, emails, records, deleted), GONE)


def _change(scenario: ScenarioContext, ada: Actor, method: str, change: NewUser) -> RaceRequest:
    call = scenario.api.call(method, scenario.api.url_of(ada.known_id), fields=change.as_json())
    return RaceRequest(f"change to {change.name}", scenario.api.send_once(call), (200,), scenario.answers.unknown)


def _check_change(
    scenario: ScenarioContext,
    ada: Actor,
    emails: Sequence[str],
    records: Sequence[Record],
    deleted: Deleted,
    contenders: Sequence[Contender],
) -> Verdict:
    for record in records:
        scenario.registry.mark_not_created(record)
    wrong = broken_answers(contenders)
    if not wrong and contenders[1].outcome is Outcome.WON:
        deleted.append((ada.known_id, emails))
        wrong = _still_there(scenario, ada, deleted)
    return verdict_on(wrong, is_decided(contenders))


def _deletions(scenario: ScenarioContext, deleted: Deleted) -> Iterator[Round]:
    answers = scenario.answers
    for ada in accounts.new_users_ahead(scenario, "Ada", room=2):
        requests = [
            RaceRequest(f"deletion {number}", scenario.api.send_once(call), answers.deleted, answers.deleted_again)
            for number, call in enumerate([scenario.api.delete_call(ada.known_id)] * DELETING, start=1)
        ]
        yield Round(requests, partial(_check_deletions, scenario, ada, deleted), GONE)


def _check_deletions(
    scenario: ScenarioContext, ada: Actor, deleted: Deleted, contenders: Sequence[Contender]
) -> Verdict:
    wrong = broken_answers(contenders)
    if len(with_outcome(contenders, Outcome.REFUSED)) == len(contenders):
        wrong.append("all deletions were answered as if there were no such user")
    if not wrong and with_outcome(contenders, Outcome.WON):
        deleted.append((ada.known_id, [ada.new_user.email]))
        wrong = _still_there(scenario, ada, deleted)
    return verdict_on(wrong, is_decided(contenders))


def _still_there(scenario: ScenarioContext, ada: Actor, deleted: Deleted) -> list[str]:
    """Return what is wrong at the deletion deadline: a view that still shows the user, or an email that is still taken.

    Each round tests one of the user's emails, in turn, by a search for it and a sign-up with it.
    """
    if not shows_as_gone(scenario, ada, wait=True):
        return ["the deletion was confirmed, but the account is still there"]
    emails = deleted[-1][1]
    email = emails[len(deleted) % len(emails)]

    def search() -> Sequence[User]:
        return scenario.run(scenario.api.holders(email)) or ()

    if poll_until(scenario, SEARCH, search, lambda holders: not holders):
        return [f"the deletion was confirmed, but a search for {email} finds a user"]
    if not becomes_free(scenario, email):
        return [f"the deletion was confirmed, but {email} does not become free"]
    return []


def check_that_none_returned(scenario: ScenarioContext, deleted: Deleted) -> None:
    """Look once more for the users whose deletion was confirmed: a late write may have brought one of them back.

    A list may show a deletion late, so only a user who is still shown at the deadline makes the race wrong.
    """
    back = poll_until(scenario, LIST, lambda: _those_who_are_back(scenario, deleted), lambda back: not back)
    if back and scenario.race is not None and not scenario.race.verdict.wrong:
        wrong = f"gone and back again: {number_of(len(back), 'user')}, such as {back[0]}"
        scenario.race = replace(scenario.race, verdict=Verdict((wrong,)))


def _is_given_again(scenario: ScenarioContext, user_id: str) -> bool:
    record = scenario.registry.ledger.facts(user_id).record
    return record is not None and user_id not in record.deleted


def _those_who_are_back(scenario: ScenarioContext, deleted: Deleted) -> list[str]:
    """Return the ids of deleted users whom a read, the list or a page shows with one of their emails.

    An id given to a new user, even to one with a freed email, is a fault that the scenarios about deletion find.
    """
    deleted = [(user_id, emails) for user_id, emails in deleted if not _is_given_again(scenario, user_id)]
    reads = scenario.run_at_once([scenario.api.read(user_id) for user_id, _ in deleted])
    shown = [user_of(read.answer, scenario.profile) for read in reads]
    everyone = scenario.run(scenario.api.list()).answer if scenario.profile.capabilities.list else None
    listed = {user.id: user for user in users_of(everyone, scenario.profile)}
    if len(listed) <= MOST_IN_PAGES:
        pages = [page.answer for page in read_pages_with(scenario, set())]
        listed |= {user.id: user for page in pages for user in users_of(page, scenario.profile)}
    return [
        user_id
        for (user_id, emails), read in zip(deleted, shown, strict=True)
        for user in (read, listed.get(user_id))
        if user is not None and user.email in {email.lower() for email in emails}
    ]
