"""What a user of the API can observe after a request."""

from behave import then
from behave.runner import Context

from support.scenario import steps
from support.scenario.context import Actor, ScenarioContext

# Accepted


@then("{person:Person}'s account is created")
def created(context: Context, person: str) -> None:
    context.session.outcomes.welcomed(person)


@then("the account is created")
def the_account_created(context: Context) -> None:
    context.session.outcomes.welcomed(context.session.scenario.last_actor.persona)


@then("{person:Person}'s account is created with {other:Person}'s name")
def created_with_name(context: Context, person: str, other: str) -> None:
    context.session.outcomes.welcomed(person, name=context.session.scenario.actor(other).new_user.name)


@then("each account is created and shown with its own name and email")
def each_created(context: Context) -> None:
    context.session.outcomes.each_welcomed()


@then("a read of {person:Person}'s account shows the same")
@then("{person:Person}'s account is unchanged")
def read_shows_the_same(context: Context, person: str) -> None:
    context.session.outcomes.is_as(person)


@then("a read of the account shows the same")
def read_of_the_account_shows_the_same(context: Context) -> None:
    context.session.outcomes.is_as(context.session.scenario.last_actor.persona)


@then("every view of {person:Person}'s account shows the same")
@then("{person:Person}'s account is unchanged in every view")
def every_view_shows_the_same(context: Context, person: str) -> None:
    context.session.outcomes.is_as_everywhere(person)


@then("every account except {person:Person}'s is unchanged")
def others_unchanged(context: Context, person: str) -> None:
    context.session.outcomes.everybody_is_as_before(except_for=[person])


@then("every view shows exactly this {field:Field}")
def every_view_shows_field(context: Context, field: str) -> None:
    context.session.outcomes.shown_everywhere(field)


@then("every user in the answers has the right shape")
def users_have_right_shape(context: Context) -> None:
    context.session.outcomes.shape_of_everybody()


@then("{person:Person}'s account is returned with only that change")
@then("{person:Person}'s account is returned unchanged")
def returned_changed(context: Context, person: str) -> None:
    context.session.outcomes.changed(person)


@then("the account is returned with only that change")
def the_account_returned_changed(context: Context) -> None:
    context.session.outcomes.changed(context.session.scenario.last_actor.persona)


# Refused


@then("{person:Person} is refused because the email is taken")
@then("{person:Person} is refused each time because the email is taken")
def refused_as_taken(context: Context, person: str) -> None:
    context.session.outcomes.answered_for(person, "taken")


@then("the request is refused as invalid")
@then("each request is refused as invalid")
def refused_as_invalid(context: Context) -> None:
    context.session.outcomes.answered("invalid")


@then("{person:Person}'s {request:Request} is refused as invalid or ignores {field:ServerField}")
def refused_or_ignored(context: Context, person: str, request: str, field: str) -> None:
    context.session.outcomes.refused_or_ignored(person, request, context.session.values.brought(field))


@then("the request is accepted or refused as invalid")
def accepted_or_refused(context: Context) -> None:
    context.session.outcomes.done_or_refused()


@then("no user is found")
def no_user_found(context: Context) -> None:
    context.session.outcomes.answered("unknown")


@then("no user was created")
def no_user_created(context: Context) -> None:
    context.session.outcomes.nobody_new()


@then("no user has the id or the email of the request")
def no_user_created_by_change(context: Context) -> None:
    context.session.outcomes.nobody_made_by_change()


# Deleted


@then("{person:Person}'s deletion is confirmed")
def deletion_confirmed(context: Context, person: str) -> None:
    context.session.outcomes.answered_for(person, "deleted")


@then("the deletion is confirmed")
def the_deletion_confirmed(context: Context) -> None:
    context.session.outcomes.answered("deleted")


@then("the account is gone")
def the_account_is_gone(context: Context) -> None:
    context.session.waiting.from_reading(context.session.scenario.last_actor)


@steps.then("{actor:Actor}'s account is gone")
def account_is_gone(scenario: ScenarioContext, actor: Actor) -> None:
    scenario.session.waiting.from_reading(actor)


@then("the accounts of {group:People} are gone")
def accounts_are_gone(context: Context, group: list[str]) -> None:
    context.session.waiting.each_from_reading(group)


@then("the API says that there is no such user")
def no_such_user(context: Context) -> None:
    context.session.outcomes.answered("deleted_again")


@then("the new account has a different id")
def different_id(context: Context) -> None:
    context.session.outcomes.has_another_id()


@then("none of the new accounts has {person:Person}'s old id")
def old_id_not_reassigned(context: Context, person: str) -> None:
    context.session.outcomes.nobody_has_id_of(person)
