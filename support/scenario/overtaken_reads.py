"""Reads that a write overtakes: once the write is confirmed, no view may still show the old state that a read found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from http import HTTPStatus
from itertools import chain
from typing import TYPE_CHECKING

from support.concurrency.races import Contender, Outcome, RaceRequest, Verdict, broken_answers, verdict_on, with_outcome
from support.contract.normalizers import user_of, users_in, users_of
from support.models import Call, NewUser, User
from support.scenario import accounts, directory, one_client
from support.scenario.context import Actor
from support.scenario.races import Round, play
from support.scenario.waiting import LIST, poll_until

if TYPE_CHECKING:
    from support.scenario.context import ScenarioContext

READS = SIGN_UPS = DELETIONS = 3
SHOWS_THE_USERS = "a list that shows each new user once"
SHOWS_NO_DELETED_USER = "a list without the deleted users"
VIEWS = {"patch": "a read", "put": "a read", "list": "the list", "filter-email": "a search"}
SHOWS_THE_CHANGE = "the new name in a read, the list and a search"


def sign_up_while_the_list_is_read(scenario: ScenarioContext) -> None:
    """Let users sign up while others read the list, which must show all of the new users afterwards."""
    play(scenario, _sign_ups(scenario), (one_client.sign_up, one_client.find))


def _sign_ups(scenario: ScenarioContext) -> Iterator[Round]:
    """Release sign-ups and reads together: one sign-up may empty a cache, and the next come while a read fills it."""
    while True:
        scenario.registry.make_room(SIGN_UPS, delete_current=True)
        new_users = scenario.factory.new_users(SIGN_UPS)
        reads = [_read(scenario, scenario.api.call("GET"), number) for number in range(1, SIGN_UPS + 1)]
        pairs = zip([_sign_up(scenario, one) for one in new_users], reads, strict=True)
        yield Round([*chain.from_iterable(pairs)], partial(_check_sign_ups, scenario, new_users), SHOWS_THE_USERS)


def _sign_up(scenario: ScenarioContext, new_user: NewUser) -> RaceRequest:
    create = scenario.registry.create_once(scenario.api.create_call(new_user.as_json()), new_user.email, new_user.name)
    return RaceRequest(f"sign-up of {new_user.name}", create, scenario.answers.created)


def _read(scenario: ScenarioContext, call: Call, number: int) -> RaceRequest:
    return RaceRequest(f"read {number}", scenario.api.send_once(call), (200,))


def _check_sign_ups(
    scenario: ScenarioContext, new_users: Sequence[NewUser], contenders: Sequence[Contender]
) -> Verdict:
    wrong = broken_answers(contenders)
    done = [one for one, sign_up in zip(new_users, contenders[::2], strict=True) if sign_up.outcome is Outcome.WON]
    if done and not wrong:
        shown = Counter(user.email for user in users_of(directory.read_list(scenario).answer, scenario.profile))
        counts = {one.name: shown[one.email.lower()] for one in done}
        wrong = [
            f"the sign-up of {name} was confirmed, but the list shows them {count} times"
            for name, count in counts.items()
            if count != 1
        ]
    return verdict_on(wrong, bool(done))


def delete_while_the_list_is_read(scenario: ScenarioContext) -> None:
    """Let users delete their accounts while others read the list, which must show no deleted user afterwards."""
    play(scenario, _deletions(scenario), (one_client.sign_up, one_client.delete))


def _deletions(scenario: ScenarioContext) -> Iterator[Round]:
    while True:
        scenario.registry.make_room(DELETIONS, delete_current=True)
        leaving = [Actor("Edsger", new_user) for new_user in scenario.factory.new_users(DELETIONS)]
        accounts.become_users(scenario, leaving)
        deletions = [_delete(scenario, one) for one in leaving]
        reads = [_read(scenario, scenario.api.call("GET"), number) for number in range(1, DELETIONS + 1)]
        requests = [*chain.from_iterable(zip(reads, deletions, strict=True))]
        yield Round(requests, partial(_check_deletions, scenario, leaving), SHOWS_NO_DELETED_USER)


def _delete(scenario: ScenarioContext, leaver: Actor) -> RaceRequest:
    deletion = scenario.api.send_once(scenario.api.delete_call(leaver.known_id))
    return RaceRequest(f"deletion of {leaver.known_id}", deletion, scenario.answers.deleted)


def _check_deletions(scenario: ScenarioContext, leaving: Sequence[Actor], contenders: Sequence[Contender]) -> Verdict:
    wrong = broken_answers(contenders)
    pairs = zip(leaving, contenders[1::2], strict=True)
    gone = {leaver.known_id for leaver, deletion in pairs if deletion.outcome is Outcome.WON}
    if gone and not wrong:
        wrong = poll_until(scenario, LIST, lambda: _still_listed(scenario, gone), lambda wrong: not wrong)
    return verdict_on(wrong, bool(gone))


def _still_listed(scenario: ScenarioContext, gone: set[str]) -> list[str]:
    """Return what is wrong with the list after the deletion of these users was confirmed."""
    exchange = directory.read_list(scenario)
    users = users_in(exchange.answer, scenario.profile)
    if exchange.status != HTTPStatus.OK or users is None:
        return [f"the list was answered by {exchange.status}, and not with users"]
    shown = gone & {user.id for user in users}
    return [f"the deletion of user {user_id} was confirmed, but the list shows them" for user_id in sorted(shown)]


def change_while_it_is_read(scenario: ScenarioContext, method: str) -> None:
    """Let Ada's name be changed while others read the account; a change before each round empties any cache of it."""
    ada = accounts.become_user(scenario, scenario.actor("Ada"))
    play(scenario, _changes(scenario, ada, method), (one_client.sign_up, one_client.change_by(method, "name")))


def _changes(scenario: ScenarioContext, ada: Actor, method: str) -> Iterator[Round]:
    has, url, rule = scenario.profile.capabilities, scenario.api.url_of(ada.known_id), scenario.rule
    calls = [scenario.api.call("GET", url), *([scenario.api.call("GET")] if has.list else [])]
    while True:
        accounts.change(scenario, ada, method, **accounts.new_values(scenario, ada, "name"))
        name = scenario.factory.new_user("Ada").name
        change = scenario.api.send_once(
            scenario.api.call(method, url, fields=accounts.complete(method, {"name": name}, ada.new_user))
        )
        reads = [_read(scenario, calls[number % len(calls)], number) for number in range(1, READS * len(calls) + 1)]
        requests = [*reads, RaceRequest("the change", change, (200,))]
        yield Round(requests, partial(_check_change, scenario, ada, name, rule), SHOWS_THE_CHANGE)


def _check_change(
    scenario: ScenarioContext, ada: Actor, name: str, rule: str, contenders: Sequence[Contender]
) -> Verdict:
    wrong, is_done = broken_answers(contenders), contenders[-1].outcome is Outcome.WON
    broken = with_outcome(contenders[:-1], Outcome.BROKEN)
    scenario.rule = rule if not broken else "list" if broken[0].exchange.call.lists else "read-200"
    if is_done and not wrong:
        for broken_rule, user in _views(scenario, ada).items():
            if user is None or user.name != name:
                scenario.rule = broken_rule
                shown = user.name if user is not None else None
                wrong = [f"{name!r} was confirmed, but {VIEWS[broken_rule]} shows {shown!r}"]
                break
    return verdict_on(wrong, is_done)


def _views(scenario: ScenarioContext, ada: Actor) -> dict[str, User | None]:
    """Return Ada as each view shows them, by the rule that an outdated view breaks; the read comes first."""
    profile = scenario.profile
    read = scenario.run(scenario.api.read(ada.known_id)).answer
    found = {rule: users_of(view.answer, profile) for rule, view in directory.views_of(scenario, ada).items()}
    own = {rule: next((user for user in users if user.id == ada.known_id), None) for rule, users in found.items()}
    return {scenario.rule: user_of(read, profile), **own}
