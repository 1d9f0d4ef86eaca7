"""Signing up, changing and deleting accounts."""

from typing import Any

from support.contract.matchers import has_status
from support.scenario import accounts, encoded_ids, invalid_values, many_emails, odd_requests, outcomes, values, waiting
from support.scenario.context import Actor, ScenarioContext
from support.scenario.invalid_values import Invalid
from support.scenario.steps import given, when
from support.scenario.values import Spelling

# Signing up


@given("{actor:Actor} is a user")
def is_user(scenario: ScenarioContext, actor: Actor) -> None:
    accounts.become_user(scenario, actor)


@given("{actor:Actor} is a user with {fields:Fields}")
def is_user_with(scenario: ScenarioContext, actor: Actor, fields: dict[str, str]) -> None:
    accounts.become_user(scenario, actor, **fields)


@given("{actors:Actors} are users")
def are_users(scenario: ScenarioContext, actors: list[Actor]) -> None:
    accounts.become_users(scenario, actors)


@given("{actor:Actor} is a former user")
def is_former_user(scenario: ScenarioContext, actor: Actor) -> None:
    accounts.become_former_user(scenario, actor)


@when("{actor:Actor} signs up")
def sign_up(scenario: ScenarioContext, actor: Actor) -> None:
    accounts.sign_up(scenario, actor)


@when("{actors:Actors} sign up one after another")
def sign_up_in_turn(scenario: ScenarioContext, actors: list[Actor]) -> None:
    scenario.keep(*[accounts.sign_up(scenario, actor) for actor in actors])


@when("{actor:Actor} signs up with {fields:Fields}")
def sign_up_with(scenario: ScenarioContext, actor: Actor, fields: dict[str, str]) -> None:
    accounts.sign_up(scenario, actor, **fields)


@when("half a second later, {actor:Actor} signs up with {email:Email}")
def sign_up_later(scenario: ScenarioContext, actor: Actor, email: str) -> None:
    waiting.let_pass(waiting.LATER_S)
    accounts.sign_up(scenario, actor, email=email)


@when("{actor:Actor} signs up with {email:Email} {times:d} times")
def sign_up_times(scenario: ScenarioContext, actor: Actor, email: str, times: int) -> None:
    scenario.keep(*[accounts.sign_up(scenario, actor, email=email) for _ in range(times)])


@when("{actor:Actor} signs up with {email:Email} once it is free")
def sign_up_when_free(scenario: ScenarioContext, actor: Actor, email: str) -> None:
    accounts.when_free(scenario, lambda: accounts.sign_up(scenario, actor, email=email))


@when("{actor:Actor} signs up again once their email is free")
def sign_up_again_when_free(scenario: ScenarioContext, actor: Actor) -> None:
    accounts.when_free(scenario, lambda: accounts.sign_up(scenario, actor))


@when("{actor:Actor} signs up with {invalid:InvalidBody}")
def sign_up_with_invalid_body(scenario: ScenarioContext, actor: Actor, invalid: Invalid) -> None:
    accounts.send_sign_up(scenario, actor, invalid(actor.new_user, scenario.factory))


@when("a client signs up with each of the {kind:InvalidClass}")
def sign_up_with_invalid_class(scenario: ScenarioContext, kind: str) -> None:
    accounts.send_sign_ups(scenario, invalid_values.invalid_of_class(kind, scenario.factory))


@when("{actor:Actor} signs up with {field:ServerField}")
def sign_up_with_server_field(scenario: ScenarioContext, actor: Actor, field: dict[str, Any]) -> None:
    accounts.send_sign_up(scenario, actor, {**actor.new_user.as_json(), **field})


# Changing


@given("{actor:Actor} has changed their {names:FieldNames} with {method:Method}")
def has_changed(scenario: ScenarioContext, actor: Actor, names: tuple[str, ...], method: str) -> None:
    accounts.be_changed(scenario, actor, method, **accounts.new_values(scenario, actor, *names))


@given("{actor:Actor} has changed to {fields:Fields} with {method:Method}")
def has_changed_to(scenario: ScenarioContext, actor: Actor, fields: dict[str, str], method: str) -> None:
    accounts.be_changed(scenario, actor, method, **fields)


@given("{actor:Actor} has changed their name and sent their own email with {method:Method}")
def has_sent_own_email(scenario: ScenarioContext, actor: Actor, method: str) -> None:
    new_name = accounts.new_values(scenario, actor, "name")
    accounts.be_changed(scenario, actor, method, **new_name, email=actor.new_user.email)


@when("two seconds pass without a request for these accounts")
def two_quiet_seconds(_scenario: ScenarioContext) -> None:
    waiting.let_pass(2.1)


@given("a new creation date would differ from that of {actor:Actor}'s account")
def wait_a_second(_scenario: ScenarioContext, actor: Actor) -> None:
    accounts.let_a_second_pass(actor)


@when("{actor:Actor} changes their {names:FieldNames}")
@when("{actor:Actor} changes their {names:FieldNames} again")
def change(scenario: ScenarioContext, actor: Actor, names: tuple[str, ...]) -> None:
    accounts.change(scenario, actor, **accounts.new_values(scenario, actor, *names))


@when("{actor:Actor} replaces their {names:FieldNames}")
def replace_fields(scenario: ScenarioContext, actor: Actor, names: tuple[str, ...]) -> None:
    accounts.change(scenario, actor, "PUT", **accounts.new_values(scenario, actor, *names))


@when("{actor:Actor} changes to {fields:Fields} with {method:Method}")
def change_to(scenario: ScenarioContext, actor: Actor, fields: dict[str, str], method: str) -> None:
    accounts.change(scenario, actor, method, **fields)


@when("{actor:Actor} changes back to their old email with {method:Method}")
def change_back(scenario: ScenarioContext, actor: Actor, method: str) -> None:
    accounts.change(scenario, actor, method, email=actor.old_email)


@when("{actor:Actor} changes to {email:Email} with {method:Method} once it is free")
def change_when_free(scenario: ScenarioContext, actor: Actor, email: str, method: str) -> None:
    name = actor.new_user.name
    accounts.when_free(scenario, lambda: accounts.change(scenario, actor, method, name=name, email=email))
    scenario.check(scenario.exchange, has_status([200]))


@when("{actor:Actor} changes their name and sends their own email {spelling:Spelling} with {method:Method}")
def change_name_and_send_own_email(scenario: ScenarioContext, actor: Actor, spelling: Spelling, method: str) -> None:
    new_name, email = accounts.new_values(scenario, actor, "name"), spelling(actor.new_user.email)
    accounts.change(scenario, actor, method, **new_name, email=email)


@when("{actor:Actor} sends their current name and email with {method:Method}")
def send_current_data(scenario: ScenarioContext, actor: Actor, method: str) -> None:
    accounts.change(scenario, actor, method, **actor.new_user.as_json())


@when("{actor:Actor} sends {field:ServerField} with {method:Method}")
def send_server_field(scenario: ScenarioContext, actor: Actor, field: dict[str, Any], method: str) -> None:
    fields = accounts.complete(method, accounts.new_values(scenario, actor, "name"), actor.new_user)
    actor.expected = {**actor.shown, **fields}
    accounts.send_change(scenario, actor, method, {**fields, **field})


@when("{actor:Actor} sends a merge patch with null as the name and a new email")
def send_merge_patch(scenario: ScenarioContext, actor: Actor) -> None:
    body = {"name": None, **accounts.new_values(scenario, actor, "email")}
    accounts.send_change(scenario, actor, "PATCH", body, {"Content-Type": "application/merge-patch+json"})


@when("{actor:Actor} tries to change to {email:Email} with {method:Method}")
def change_to_taken_email(scenario: ScenarioContext, actor: Actor, email: str, method: str) -> None:
    body = accounts.complete(method, {"email": email}, scenario.factory.new_user(actor.persona))
    accounts.send_change(scenario, actor, method, body)


@given("{actor:Actor} has tried {times:d} times to change to {email:Email}")
def have_tried_to_take_email(scenario: ScenarioContext, actor: Actor, times: int, email: str) -> None:
    fields = accounts.complete(scenario.update_method, {"email": email}, actor.new_user)
    accounts.send_changes(scenario, actor, scenario.update_method, [fields] * times)
    many_emails.each_is_taken(scenario)


@when("{actor:Actor} tries to change to a new name and {email:Email} with {method:Method}")
def change_to_new_name_and_taken_email(scenario: ScenarioContext, actor: Actor, email: str, method: str) -> None:
    accounts.send_change(scenario, actor, method, {**accounts.new_values(scenario, actor, "name"), "email": email})


@when("{actor:Actor} {method:Method} their account with {invalid:InvalidBody}")
def change_with_invalid_body(scenario: ScenarioContext, actor: Actor, method: str, invalid: Invalid) -> None:
    accounts.send_change(scenario, actor, method, invalid(scenario.factory.new_user(), scenario.factory))


@when("{actor:Actor} replaces their account without {missing:MissingFields}")
def replace_without(scenario: ScenarioContext, actor: Actor, missing: tuple[str, ...]) -> None:
    fields = scenario.factory.new_user().as_json()
    accounts.send_change(scenario, actor, "PUT", {name: fields[name] for name in fields if name not in missing})


@when("{actor:Actor} updates their account with only {value:InvalidValue}")
def update_with_only_invalid_value(scenario: ScenarioContext, actor: Actor, value: str) -> None:
    accounts.send_change(
        scenario, actor, "PATCH", invalid_values.invalid_field(value, actor.new_user, scenario.factory)
    )


@when("{actor:Actor} {method:Method} their account with every invalid value")
def change_with_every_invalid_value(scenario: ScenarioContext, actor: Actor, method: str) -> None:
    of_present = invalid_values.every_invalid_change(scenario.factory, actor.new_user)
    invalid = [*invalid_values.invalid_of_every_class(scenario.factory), *of_present]
    accounts.send_changes(scenario, actor, method, invalid)


@when("a client sends {method:Method} for a user who never existed")
def change_unknown_user(scenario: ScenarioContext, method: str) -> None:
    body = scenario.factory.new_user().as_json()
    accounts.send_change_to(scenario, values.unused_id(scenario), method, body)


@when("a client sends {method:Method} for a user who was deleted")
def change_deleted_user(scenario: ScenarioContext, method: str) -> None:
    former = accounts.become_former_user(scenario, scenario.actor("Edsger"))
    accounts.send_change_to(scenario, former.known_id, method, scenario.factory.new_user().as_json())


@when("a client sends {method:Method} for the user whose id is {user_id:UnusedId}")
def change_unused_id(scenario: ScenarioContext, method: str, user_id: str) -> None:
    body = scenario.factory.new_user().as_json()
    accounts.send_change_to(scenario, values.safe_id(scenario, user_id), method, body)


# Deleting


@given("{actor:Actor} has deleted their account")
def has_deleted_account(scenario: ScenarioContext, actor: Actor) -> None:
    accounts.be_deleted(scenario, actor)


@when("{actor:Actor} deletes their account")
def delete_account(scenario: ScenarioContext, actor: Actor) -> None:
    accounts.delete(scenario, actor)


@when("{actor:Actor} deletes their account again")
def delete_account_again(scenario: ScenarioContext, actor: Actor) -> None:
    accounts.delete_again(scenario, actor)


@when("{actors:Actors} delete their accounts one after another")
def delete_in_turn(scenario: ScenarioContext, actors: list[Actor]) -> None:
    scenario.keep(*[accounts.delete(scenario, actor) for actor in actors])


@when("a client deletes a user who never existed")
def delete_unknown_user(scenario: ScenarioContext) -> None:
    accounts.delete_id(scenario, values.unused_id(scenario))


@when("a client sends {method:Method} for each id that resembles {actor:Actor}'s")
def change_resembling_ids(scenario: ScenarioContext, method: str, actor: Actor) -> None:
    bodies = [(one, scenario.factory.new_user().as_json()) for one in values.resembling_ids(scenario, actor)]
    outcomes.is_answered(scenario, "unknown", "read-404")
    changes = [accounts.sending_change_to(scenario, one, method, body) for one, body in bodies]
    scenario.keep(*scenario.run_few_at_once(changes))


@when("a client changes {actor:Actor}'s name by a percent-encoded id with {method:Method}")
def change_by_encoded_id(scenario: ScenarioContext, actor: Actor, method: str) -> None:
    encoded_ids.change(scenario, actor, method)


@when("a client deletes {actor:Actor}'s account with a query that names {other:Actor}")
def delete_naming_another(scenario: ScenarioContext, actor: Actor, other: Actor) -> None:
    odd_requests.delete_naming_another(scenario, actor, other)


@when("a client deletes {actor:Actor}'s account by a percent-encoded id")
def delete_by_encoded_id(scenario: ScenarioContext, actor: Actor) -> None:
    encoded_ids.delete(scenario, actor)


@when("a client tries to delete a user by each id that resembles {actor:Actor}'s")
def delete_resembling_ids(scenario: ScenarioContext, actor: Actor) -> None:
    deletions = [scenario.api.delete(one) for one in values.resembling_ids(scenario, actor)]
    outcomes.is_answered(scenario, "unknown", "read-404")
    scenario.keep(*scenario.run_few_at_once(deletions))


@when("a client deletes the user whose id is {user_id:UnusedId}")
def delete_unused_id(scenario: ScenarioContext, user_id: str) -> None:
    accounts.delete_id(scenario, values.safe_id(scenario, user_id))
