"""Sign up, read, change and delete: what actors do with their accounts, and how Given steps set accounts up."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from support.contract.matchers import body_of, has_an_id, has_status, moment_of, shows
from support.contract.normalizers import user_of
from support.contract.violation import check, fail
from support.http.operations import Operation
from support.http.urls import with_query
from support.models import Exchange, NewUser
from support.profile_answers import USER_FIELDS
from support.scenario.context import Actor, ScenarioContext
from support.scenario.waiting import FREE_EMAIL, NEW_USER, is_gone, poll_until
from support.statuses import is_success

A_SECOND = 1.05
AHEAD = 5

# Signing up


def sign_up(scenario: ScenarioContext, actor: Actor, **fields: str) -> Exchange:
    """Sign up; `fields` replace the actor's own name or email."""
    actor.new_user = replace(actor.new_user, **fields)
    return send_sign_up(scenario, actor, actor.new_user.as_json())


def send_sign_up(
    scenario: ScenarioContext, actor: Actor, body: Any, query: Mapping[str, str] | None = None
) -> Exchange:
    """Sign up with this body, valid or not."""
    return scenario.run(sending_sign_up(scenario, actor, body, query=query))


def sending_sign_up(
    scenario: ScenarioContext,
    actor: Actor,
    body: Any,
    headers: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
) -> Operation[Exchange]:
    scenario.last_actor = actor
    call = scenario.api.create_call(body, headers)
    if query:
        call = replace(call, url=with_query(call.url, query))
    email, name = _requested(body, actor.new_user)
    exchange = yield from scenario.registry.create(call, email, name, scenario.ids_before)
    actor.sign_up = exchange
    scenario.keep(exchange)
    scenario.emails_tried += [email] if email else []
    scenario.names_tried += [name] if name else []
    user = user_of(exchange.answer, scenario.profile)
    if user is not None and is_success(exchange.status):
        actor.id, actor.is_gone, actor.was_read = user.id, False, False
        actor.shown = fields_of(scenario, exchange)
    return exchange


def signing_up(scenario: ScenarioContext, new_user: NewUser) -> Operation[Exchange]:
    """Return the operation that signs up a user who is not an actor of the scenario."""
    return scenario.registry.create(scenario.api.create_call(new_user.as_json()), new_user.email, new_user.name)


def send_sign_ups(scenario: ScenarioContext, bodies: Sequence[Mapping[str, Any]]) -> None:
    """Sign up with each of these bodies, all at once."""
    operations = []
    for body in bodies:
        email, name = _requested(body, scenario.factory.new_user())
        scenario.emails_tried += [email] if email else []
        scenario.names_tried += [name] if name else []
        operations.append(scenario.registry.create(scenario.api.create_call(body), email, name, scenario.ids_before))
    scenario.keep(*scenario.run_few_at_once(operations))


def when_free(scenario: ScenarioContext, act: Callable[[], Exchange]) -> Exchange:
    """Repeat a sign-up or a change until its email is free or the deletion deadline is over; return the last exchange.

    The owner of the email is being deleted, which may take a while to show.
    """
    taken = scenario.answers.taken
    return poll_until(scenario, FREE_EMAIL, act, lambda exchange: exchange.status not in taken)


def become_user(scenario: ScenarioContext, actor: Actor, **fields: str) -> Actor:
    """Sign up for a scenario that starts with a user; raises ContractViolation if that fails."""
    actor.new_user = replace(actor.new_user, **fields)
    become_users(scenario, [actor])
    return actor


def become_users(scenario: ScenarioContext, actors: Sequence[Actor]) -> None:
    """Sign up at once for a scenario that starts with these users; raises ContractViolation if that fails."""
    operations = [_signing_up_and_reading(scenario, actor) for actor in actors]
    for actor, (exchange, shown) in zip(actors, scenario.run_few_at_once(operations), strict=True):
        scenario.session.first_creates.note(exchange, scenario.api.url, scenario.names)
        attempted = f"setting up the scenario: {actor.persona} signs up"
        check(exchange, "create-201", attempted, has_status(scenario.answers.created), has_an_id(scenario.names))
        if shown is not None and shown.status in scenario.answers.unknown:
            attempted = f"{attempted}; then reading {actor.persona}"
            check(shown, rule_of_missing(scenario, actor), attempted, has_status([200]))
        scenario.last_actor, scenario.exchanges = actor, [exchange]


def new_users_ahead(scenario: ScenarioContext, persona: str, room: int) -> Iterator[Actor]:
    """Yield new users of one persona without end, signing up a few ahead; a round has up to `room` users."""
    while True:
        most = scenario.registry.room
        count = AHEAD if most is None else max(1, min(AHEAD, most // room))
        scenario.registry.make_room(count * room, delete_current=True)
        actors = [Actor(persona, scenario.factory.new_user(persona)) for _ in range(count)]
        become_users(scenario, actors)
        yield from actors


def _signing_up_and_reading(scenario: ScenarioContext, actor: Actor) -> Operation[tuple[Exchange, Exchange | None]]:
    exchange = yield from sending_sign_up(scenario, actor, actor.new_user.as_json())
    return exchange, None if actor.id is None else (yield from reading(scenario, actor))


def rule_of_missing(scenario: ScenarioContext, actor: Actor) -> str:
    """Return the rule that is broken if a new user cannot be read.

    It is read-200 if a search finds the user and waiting does not help, else create-201.
    """
    holders = scenario.run(scenario.api.holders(actor.new_user.email)) or ()
    if actor.id not in {user.id for user in holders}:
        return "create-201"
    later = poll_until(scenario, NEW_USER, lambda: read(scenario, actor), lambda exchange: exchange.status == 200)
    return "create-201" if later.status == 200 else "read-200"


def become_former_user(scenario: ScenarioContext, actor: Actor) -> Actor:
    """Sign up and delete the account for a scenario that starts with a former user."""
    become_user(scenario, actor)
    return be_deleted(scenario, actor)


def _requested(body: Any, new_user: NewUser) -> tuple[str | None, str | None]:
    """Return the email and the name in a body, if they are text; if the body is no object, the email of `new_user`."""
    if not isinstance(body, Mapping):
        return new_user.email, None
    email, name = body.get("email"), body.get("name")
    return email if isinstance(email, str) else None, name if isinstance(name, str) else None


# Reading


def read(scenario: ScenarioContext, actor: Actor) -> Exchange:
    """Read a user and remember what is shown."""
    return scenario.run(reading(scenario, actor))


def reading(scenario: ScenarioContext, actor: Actor) -> Operation[Exchange]:
    """Return the operation that reads a user and remembers the fields shown, unless they have another user's id."""
    exchange = yield from scenario.api.read(actor.known_id)
    if exchange.status == 200:
        shown = fields_of(scenario, exchange)
        is_own = bool(shown) and str(shown.get("id", actor.known_id)) == actor.known_id
        actor.shown, actor.expected, actor.was_read = shown if is_own else actor.shown, None, True
    return exchange


def fields_of(scenario: ScenarioContext, exchange: Exchange) -> dict[str, Any]:
    """Return the contract's fields that an answer shows, under the names that the contract gives them."""
    value, _ = body_of(exchange.answer)
    shown = scenario.names.to_contract(value) if isinstance(value, Mapping) else {}
    return {key: shown[key] for key in USER_FIELDS if key in shown}


# Changing


def new_values(scenario: ScenarioContext, actor: Actor, *names: str) -> dict[str, str]:
    """Draw new values for these fields of an actor."""
    fresh = scenario.factory.new_user(actor.persona).as_json()
    return {name: fresh[name] for name in names}


def change(scenario: ScenarioContext, actor: Actor, method: str | None = None, **fields: str) -> Exchange:
    """Change fields, with the target's update method by default; a PUT also sends the current value of the other field.

    Remembers what a read is expected to show after the change.
    """
    method = method or scenario.update_method
    sent = complete(method, fields, actor.new_user)
    actor.expect(sent)
    exchange = send_change(scenario, actor, method, sent)
    if exchange.status == 200:
        actor.old_email, actor.new_user = actor.new_user.email, replace(actor.new_user, **fields)
    return exchange


def complete(method: str, fields: Mapping[str, str], rest: NewUser) -> dict[str, str]:
    """Return the fields to send for a change: a PUT needs all of them, and takes those that stay from `rest`."""
    return {**fields} if method == "PATCH" else {**rest.as_json(), **fields}


def send_change(
    scenario: ScenarioContext, actor: Actor, method: str, body: Any, headers: Mapping[str, str] | None = None
) -> Exchange:
    """Change an account with this body, valid or not."""
    scenario.last_actor = actor
    return scenario.run(sending_change_to(scenario, actor.known_id, method, body, headers))


def send_change_to(scenario: ScenarioContext, user_id: str, method: str, body: Any) -> Exchange:
    """Change the user with this id, if any, with this body, valid or not."""
    return scenario.run(sending_change_to(scenario, user_id, method, body))


def sending_change_to(
    scenario: ScenarioContext, user_id: str, method: str, body: Any, headers: Mapping[str, str] | None = None
) -> Operation[Exchange]:
    """Return the operation that changes the user with this id, if any, with this body, valid or not."""
    call = scenario.api.call(method, scenario.api.url_of(user_id), fields=body, headers=headers)
    email = body.get("email") if isinstance(body, Mapping) else None
    scenario.sent_id, scenario.sent_email = user_id, email if isinstance(email, str) else ""
    exchange = yield from scenario.registry.change(call, scenario.sent_email or None)
    scenario.keep(exchange)
    return exchange


def send_changes(scenario: ScenarioContext, actor: Actor, method: str, bodies: Sequence[Mapping[str, Any]]) -> None:
    """Change an account with each of these bodies, all at once."""
    scenario.last_actor, url = actor, scenario.api.url_of(actor.known_id)
    calls = [scenario.api.call(method, url, fields=body) for body in bodies]
    emails = [body["email"] if isinstance(body.get("email"), str) else None for body in bodies]
    pairs = zip(calls, emails, strict=True)
    scenario.keep(*scenario.run_few_at_once([scenario.registry.change(call, email) for call, email in pairs]))


def be_changed(scenario: ScenarioContext, actor: Actor, method: str, **fields: str) -> None:
    """Change fields for a scenario that builds on the change, and check that the change takes effect."""
    change(scenario, actor, method, **fields)
    takes_effect(scenario, actor, fields, rule_of_change(scenario.exchange))


def takes_effect(scenario: ScenarioContext, actor: Actor, fields: Mapping[str, Any], rule: str) -> None:
    """Check that the last change gave 200, and that a read shows the new values.

    The scenarios about changes check that a change does nothing else.
    """
    scenario.check(scenario.exchange, has_status([200]), rule=rule)
    shown, attempted = shows(fields, scenario.names), scenario.then(f"reading {actor.persona}")
    scenario.check(read(scenario, actor), has_status([200]), shown, rule=rule, attempted=attempted)


def rule_of_change(exchange: Exchange) -> str:
    """Return the rule about changes with this method (put or patch), whatever rule the scenario is about."""
    return "put" if exchange.call.method == "PUT" else "patch"


def let_a_second_pass(actor: Actor) -> None:
    """Sleep for a little more than a second, unless the actor's createdAt shows fractions of a second."""
    created = moment_of(actor.shown.get("createdAt"))
    if not getattr(created, "microsecond", 0):
        time.sleep(A_SECOND)


# Deleting


def delete(scenario: ScenarioContext, actor: Actor) -> Exchange:
    scenario.last_actor = actor
    return delete_id(scenario, actor.known_id)


def delete_id(scenario: ScenarioContext, user_id: str) -> Exchange:
    """Delete the user with this id; the suite only passes the id of a user whom it created, or an unused id."""
    exchange = scenario.run(scenario.api.delete(user_id))
    scenario.keep(exchange)
    return exchange


def delete_again(scenario: ScenarioContext, actor: Actor) -> Exchange:
    """Delete a former user; raises ContractViolation if that would delete another user with the same id."""
    same = [user for user in scenario.users if user is not actor and user.id == actor.id]
    if same:
        wanted = f"the id {actor.id} of {actor.persona}, who is deleted, for no other user"
        attempted = f"a user signs up after {actor.persona} is deleted"
        fail("delete-frees", attempted, [wanted], [f"{same[0].persona} got it"], scenario.exchange)
    return delete(scenario, actor)


def be_deleted(scenario: ScenarioContext, actor: Actor) -> Actor:
    """Delete an account for a scenario that builds on the deletion, and check that the deletion takes effect."""
    delete(scenario, actor)
    is_gone(scenario, actor, "delete")
    actor.old_id = actor.known_id
    return actor
