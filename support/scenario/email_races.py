"""Races for one email: concurrent sign-ups and changes to it, and a sign-up while its owner is deleted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain, cycle
from typing import TYPE_CHECKING, Any

from support.cleanup.ledger import Record
from support.concurrency.races import (
    Contender,
    Outcome,
    RaceRequest,
    Verdict,
    broken_answers,
    check_single_winner,
    is_decided,
    one_winner,
    verdict_on,
    with_outcome,
)
from support.contract.matchers import moment_of
from support.contract.normalizers import listed, normal_user, user_of
from support.errors import Inconclusive
from support.http.operations import Operation
from support.models import Exchange, NewUser, User
from support.scenario import accounts, bursts, directory, one_client
from support.scenario.races import Round, differs, play
from support.scenario.waiting import READ, SEARCH, poll_until

if TYPE_CHECKING:
    from support.scenario.context import Actor, ScenarioContext

SIGN_UPS = one_client.sign_up, one_client.find, one_client.sign_up_with_taken_email
EITHER_ORDER = "what one of the two orders leaves: at most one user with the email, who can be read"
CHANGING = ("Ada", "Grace", "Alan", "Barbara")
SPELLINGS: Mapping[str, Callable[[str, int], str]] = {
    "one email": lambda email, _: email,
    "one email in different letter cases": lambda email, number: _with_capitals(email, number),
}


# Sign-ups with one email


def sign_up_with_one_email(scenario: ScenarioContext, spelling: str) -> None:
    """Race sign-ups with one email in this spelling, then check that the list shows each email at most once."""
    emails: list[str] = []
    play(scenario, _sign_ups(scenario, SPELLINGS[spelling], emails), SIGN_UPS)
    if not scenario.profile.capabilities.list:
        return
    exchange = directory.read_list(scenario)
    users = [normal_user(entry, scenario.names) for entry in listed(exchange.answer, scenario.profile) or []]
    counts = Counter(user.email for user in users if user is not None)
    wrong = tuple(f"the list shows {counts[one]} users with the email {one}" for one in emails if counts[one] > 1)
    if wrong and scenario.race is not None and not scenario.race.verdict.wrong:
        scenario.race = replace(scenario.race, verdict=Verdict(wrong))


def _sign_ups(scenario: ScenarioContext, spell: Callable[[str, int], str], emails: list[str]) -> Iterator[Round]:
    while True:
        count = bursts.size(scenario, scenario.session.settings.race_contenders)
        scenario.registry.make_room(count, delete_current=True)
        email = scenario.factory.new_user().email
        emails.append(email)
        requests = [_sign_up(scenario, spell(email, number), number) for number in range(1, count + 1)]
        yield Round(requests, partial(_check_sign_ups, scenario, email), one_winner(requests))


def _check_sign_ups(scenario: ScenarioContext, email: str, contenders: Sequence[Contender]) -> Verdict:
    holders = _answered(scenario.run(scenario.api.holders(email)), email)
    verdict = check_single_winner(contenders, [str(user.name) for user in holders])
    if verdict.wrong or not holders:
        return verdict
    wrong = _answered_otherwise(scenario, contenders, holders[0])
    if not wrong and _can_sign_up(scenario, email):
        wrong = [f"after the race another user could sign up with the email of {holders[0].name}"]
    return verdict_on(wrong, decided=True)


def _answered_otherwise(scenario: ScenarioContext, contenders: Sequence[Contender], holder: User) -> list[str]:
    """Return how a winner's answer differs, in the id or in createdAt, from the user who has the email."""
    for winner in with_outcome(contenders, Outcome.WON):
        answered = user_of(winner.exchange.answer, scenario.profile)
        if answered is None or answered.id != holder.id:
            return [f"{winner.label} got the id {answered.id if answered else None}, but {holder.id} has the email"]
        is_shown = scenario.profile.shape.created == "user"
        if is_shown and moment_of(answered.created_at) != moment_of(holder.created_at):
            shown = f"{holder.created_at!r} is shown after the race"
            return [f"{winner.label} was answered with createdAt {answered.created_at!r}, but {shown}"]
    return []


def _sign_up(scenario: ScenarioContext, email: str, number: int) -> RaceRequest:
    new_user = NewUser(f"{scenario.factory.new_user().name} {number}", email)
    return _race_sign_up(scenario, new_user, new_user.name)


def _race_sign_up(scenario: ScenarioContext, new_user: NewUser, label: str) -> RaceRequest:
    call = scenario.api.create_call(new_user.as_json())
    operation = scenario.registry.create_once(call, new_user.email, new_user.name)
    return RaceRequest(label, operation, scenario.answers.created, scenario.answers.taken)


# Changes to one email


def change_to_one_email(
    scenario: ScenarioContext, *methods: str, changing: int = len(CHANGING), signing_up: int = 0
) -> None:
    """Let `changing` users change to one email, by the methods in turn, while `signing_up` others sign up with it."""
    scenario.registry.make_room(changing)
    actors = [accounts.become_user(scenario, scenario.actor(persona)) for persona in CHANGING[:changing]]
    kinds = one_client.change_by, one_client.change_to_capitals_by, one_client.change_to_taken_email_by
    acts = *SIGN_UPS, *(act(method) for method in methods for act in kinds)
    play(scenario, _changes(scenario, list(zip(actors, cycle(methods), strict=False)), signing_up), acts)


def _changes(scenario: ScenarioContext, changing: Sequence[tuple[Actor, str]], signing_up: int) -> Iterator[Round]:
    actors = [actor for actor, _ in changing]
    for spell in cycle(SPELLINGS.values()):
        scenario.registry.make_room(signing_up)
        email = scenario.factory.new_user().email
        record = scenario.registry.ledger.intend(email)
        numbers = range(len(CHANGING) + 1, len(CHANGING) + 1 + signing_up)
        requests = [
            *(_change(scenario, one, spell(email, number), by) for number, (one, by) in enumerate(changing, start=1)),
            *(_sign_up(scenario, spell(email, number), number) for number in numbers),
        ]
        yield Round(requests, partial(_check_changes, scenario, email, record, actors), one_winner(requests))


def _change(scenario: ScenarioContext, actor: Actor, email: str, method: str) -> RaceRequest:
    """Return the request that changes the email and keeps the name."""
    fields = {"email": email} if method == "PATCH" else {"name": actor.shown.get("name"), "email": email}
    call = scenario.api.call(method, scenario.api.url_of(actor.known_id), fields=fields)
    return RaceRequest(actor.persona, scenario.api.send_once(call), (200,), scenario.answers.taken)


def _check_changes(
    scenario: ScenarioContext, email: str, record: Record, actors: Sequence[Actor], contenders: Sequence[Contender]
) -> Verdict:
    scenario.registry.mark_not_created(record)
    personas, labels = {actor.known_id: actor.persona for actor in actors}, [one.label for one in contenders]
    checks: list[Operation[Any]] = [
        _changed_otherwise(scenario, actor, contender.outcome)
        for actor, contender in zip(actors, contenders, strict=False)
    ]
    found, *others = scenario.run_at_once([scenario.api.holders(email), *checks])
    holders = [
        personas.get(user.id) or (user.name if user.name in labels else None) or f"user {user.id}"
        for user in _answered(found, email)
    ]
    verdict = check_single_winner(contenders, holders)
    wrong = [*verdict.wrong, *chain.from_iterable(others)]
    return Verdict(tuple(wrong), None if wrong else verdict.void)


def _changed_otherwise(scenario: ScenarioContext, actor: Actor, outcome: Outcome) -> Operation[list[str]]:
    """Return what is wrong: a refused user must be unchanged and found, a winner may differ only in the email."""
    before = actor.shown
    shown = accounts.fields_of(scenario, (yield from accounts.reading(scenario, actor)))
    if outcome is Outcome.WON and differs(shown, {key: before[key] for key in before if key != "email"}):
        return [f"{actor.persona} won, but more than the email has changed: a read shows {shown}"]
    if outcome is not Outcome.REFUSED:
        return []
    if differs(shown, before):
        return [f"{actor.persona} was refused, but a read shows {shown}"]
    holders = yield from scenario.api.holders(str(actor.shown.get("email")))
    if holders is not None and actor.known_id not in {user.id for user in holders}:
        return [f"{actor.persona} was refused, but is no longer found by their own email"]
    return []


# A sign-up during the deletion of the email's owner


def sign_up_during_deletion(scenario: ScenarioContext) -> None:
    """Let Ada sign up with Grace's email while Grace's account is deleted."""
    acts = *SIGN_UPS, one_client.delete, one_client.sign_up_with_freed_email
    play(scenario, _sign_ups_during_deletion(scenario), acts, share=0.5)


def _sign_ups_during_deletion(scenario: ScenarioContext) -> Iterator[Round]:
    graces = accounts.new_users_ahead(scenario, "Grace", room=3)
    for grace, order in zip(graces, cycle((1, -1)), strict=False):
        ada = NewUser(scenario.factory.new_user("Ada").name, grace.new_user.email)
        deletion = scenario.api.send_once(scenario.api.delete_call(grace.known_id))
        requests = [
            _race_sign_up(scenario, ada, "Ada's sign-up"),
            RaceRequest("Grace's deletion", deletion, scenario.answers.deleted),
        ]
        yield Round(requests[::order], partial(_check_sign_up_during_deletion, scenario, grace, order), EITHER_ORDER)


def _check_sign_up_during_deletion(
    scenario: ScenarioContext, grace: Actor, order: int, contenders: Sequence[Contender]
) -> Verdict:
    sign_up, deletion = contenders[::order]
    wrong = broken_answers([sign_up, deletion])
    if not wrong:
        wrong = _mixture(scenario, grace, sign_up, deletion)
    return verdict_on(wrong, is_decided(contenders))


def _mixture(scenario: ScenarioContext, grace: Actor, sign_up: Contender, deletion: Contender) -> list[str]:
    """Return how the final state contradicts the two answers; a confirmed deletion may take a while to show."""
    deleted = deletion.outcome is Outcome.WON
    is_there = not shows_as_gone(scenario, grace, wait=deleted)
    holders = _holders_after_deletion(scenario, grace, is_there)
    others = [user for user in holders if user.id != grace.known_id]
    wrong = ["Grace's deletion was confirmed, but the account is still there"] if deleted and is_there else []
    if len(holders) > 1:
        wrong.append(f"{len(holders)} users have the email in the end")
    if sign_up.outcome is Outcome.WON:
        wrong += _wrong_with_new_user(scenario, sign_up, others, grace.new_user.email)
    elif sign_up.outcome is Outcome.REFUSED and others:
        wrong.append("Ada was refused, but a new user has the email")
    elif (
        sign_up.outcome is Outcome.REFUSED
        and deleted
        and not wrong
        and not becomes_free(scenario, grace.new_user.email)
    ):
        wrong.append("Grace was deleted and Ada was refused, but the email does not become free")
    return wrong


def _wrong_with_new_user(
    scenario: ScenarioContext, sign_up: Contender, others: Sequence[User], email: str
) -> list[str]:
    user = user_of(sign_up.exchange.answer, scenario.profile)
    if [one.id for one in others] != [user.id if user else None]:
        holders = f"another new user ({others[0].id})" if len(others) == 1 else f"{len(others)} new users"
        return [f"Ada's account was created, but the email is that of {holders} in the end"]
    if scenario.run(scenario.api.read(others[0].id)).status != 200:
        return ["Ada's account was created, but cannot be read"]
    if _can_sign_up(scenario, email):
        return ["Ada's account was created, but another user could sign up with the email afterwards"]
    return []


def shows_as_gone(scenario: ScenarioContext, actor: Actor, wait: bool) -> bool:
    """Whether a read says that the user is gone; with `wait`, read until it does or the deletion deadline is over."""
    gone = scenario.answers.gone
    exchange = poll_until(
        scenario,
        READ,
        lambda: scenario.run(scenario.api.read(actor.known_id)),
        lambda exchange: exchange.status in gone or not wait,
    )
    return exchange.status in gone


def _holders_after_deletion(scenario: ScenarioContext, actor: Actor, is_there: bool) -> Sequence[User]:
    """Return the users with the actor's email; if the actor is gone, wait until a search no longer shows the actor."""
    return poll_until(
        scenario,
        SEARCH,
        lambda: scenario.run(scenario.api.holders(actor.new_user.email)) or (),
        lambda holders: is_there or actor.known_id not in {user.id for user in holders},
    )


def becomes_free(scenario: ScenarioContext, email: str) -> bool:
    """Whether, within the deletion deadline, a sign-up with a deleted user's email is no longer refused as taken."""
    exchange = accounts.when_free(scenario, lambda: _sign_up_afterwards(scenario, email))
    return exchange.status not in scenario.answers.taken


# The final state


def _answered(holders: Sequence[User] | None, email: str) -> Sequence[User]:
    if holders is None:
        raise Inconclusive(f"after the race no search for {email} was possible")
    return holders


def _can_sign_up(scenario: ScenarioContext, email: str) -> bool:
    """Whether, after the race, another user can sign up with an email that a user already has."""
    exchange = _sign_up_afterwards(scenario, email)
    return exchange.status in scenario.answers.created and not exchange.adopted


def _sign_up_afterwards(scenario: ScenarioContext, email: str) -> Exchange:
    return scenario.run(accounts.signing_up(scenario, NewUser(scenario.factory.new_user().name, email)))


def _with_capitals(email: str, number: int) -> str:
    """Return the email with a different set of letters in upper case for each of 32 numbers in a row."""
    return "".join(sign.upper() if number >> (place % 5) & 1 else sign for place, sign in enumerate(email))
