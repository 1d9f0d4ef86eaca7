"""Signing up, changing and deleting accounts."""

from behave import given, when
from behave.runner import Context

from support.scenario import parameter_types  # noqa: F401 - registers Person and People

# Signing up


@given("{person:Person} is a user")
def is_a_user(context: Context, person: str) -> None:
    context.session.accounts.become(person)


@given("{group:People} are users")
def are_users(context: Context, group: list[str]) -> None:
    context.session.accounts.become_each(group)


@given("{person:Person} is a former user")
def is_a_former_user(context: Context, person: str) -> None:
    context.session.accounts.become_and_leave(person)


@given("{person:Person} has deleted their account")
def has_deleted_account(context: Context, person: str) -> None:
    context.session.accounts.leave_beforehand(person)


@given("a user with {value:Value}")
def user_with(context: Context, value: str) -> None:
    context.session.accounts.become("Ada", context.session.values.with_quirk(value))


@given("{person:Person} is a user with {value:Value}")
def person_is_user_with(context: Context, person: str, value: str) -> None:
    context.session.accounts.become(person, context.session.values.with_quirk(value))


@given("{person:Person} is a user whose email {relation} {other:Person}'s")
def user_with_related_email(context: Context, person: str, relation: str, other: str) -> None:
    context.session.accounts.become(person, context.session.values.related(other, relation))


@given("{person:Person} is a user with {other:Person}'s name")
def is_a_namesake(context: Context, person: str, other: str) -> None:
    context.session.accounts.become(
        person, context.session.factory.named(context.session.scenario.actor(other).new_user.name)
    )


@when("{person:Person} signs up")
def sign_up(context: Context, person: str) -> None:
    context.session.accounts.sign_up(person)


@when("{group:People} sign up one after another")
def sign_up_in_turn(context: Context, group: list[str]) -> None:
    context.session.accounts.sign_up_each(group)


@when("{person:Person} signs up with {other:Person}'s name")
def sign_up_with_name(context: Context, person: str, other: str) -> None:
    context.session.accounts.sign_up(person, name=context.session.scenario.actor(other).new_user.name)


@when('a new user named "{name}" signs up')
def new_user_named(context: Context, name: str) -> None:
    context.session.accounts.sign_up_as("Ada", context.session.factory.named(name))


@when("a new user signs up with {value:Value}")
def new_user_with(context: Context, value: str) -> None:
    context.session.accounts.sign_up_as("Ada", context.session.values.with_quirk(value))


@when("{person:Person} signs up with {field:ServerField}")
def sign_up_with_server_field(context: Context, person: str, field: str) -> None:
    context.session.accounts.sign_up(person, **context.session.values.brought(field))


@when("{person:Person} signs up with {other:Person}'s email")
def sign_up_with_email(context: Context, person: str, other: str) -> None:
    context.session.accounts.sign_up(person, email=context.session.values.spelled(other, "letter for letter"))


@when("{person:Person} signs up with {other:Person}'s email {spelling:Spelling}")
def sign_up_with_spelled_email(context: Context, person: str, other: str, spelling: str) -> None:
    context.session.accounts.sign_up_at(person, context.session.values.spelled(other, spelling))


@when("{person:Person} signs up with {other:Person}'s email {times:d} times")
def sign_up_times(context: Context, person: str, other: str, times: int) -> None:
    context.session.accounts.sign_up_times(person, context.session.values.spelled(other, "letter for letter"), times)


@when("{person:Person} signs up again once their email is free")
def sign_up_again(context: Context, person: str) -> None:
    context.session.accounts.sign_up_when_free(person, context.session.values.spelled(person, "letter for letter"))


@when("{person:Person} signs up with {other:Person}'s email {spelling:Spelling} once it is free")
def sign_up_when_free(context: Context, person: str, other: str, spelling: str) -> None:
    context.session.accounts.sign_up_when_free(person, context.session.values.spelled(other, spelling))


@when("{person:Person} signs up with the email of the refused change")
def sign_up_with_refused_email(context: Context, person: str) -> None:
    context.session.accounts.sign_up_at(person, context.session.values.sent_address())


@when("{person:Person} signs up with {value:InvalidValue}")
def sign_up_with_invalid_value(context: Context, person: str, value: str) -> None:
    context.session.accounts.sign_up_spoiled(person, value)


@when("{person:Person} signs up with an email that {relation} {other:Person}'s")
def sign_up_with_related_email(context: Context, person: str, relation: str, other: str) -> None:
    context.session.accounts.sign_up_at(person, context.session.values.related(other, relation).email)


@when("{person:Person} signs up with the email that support searched for")
def sign_up_with_searched_email(context: Context, person: str) -> None:
    context.session.accounts.sign_up_at(person, context.session.values.awaited_address(person))


@when("{person:Person} signs up with {other:Person}'s name and email")
def sign_up_as_other(context: Context, person: str, other: str) -> None:
    context.session.accounts.sign_up_as(person, context.session.scenario.actor(other).new_user)


@when("{person:Person} signs up with an empty object")
def sign_up_with_empty_object(context: Context, person: str) -> None:
    context.session.accounts.sign_up_with_no_user(person, "an empty object")


@when("{person:Person} signs up with {body:NotAnObject} instead of an object")
def sign_up_without_object(context: Context, person: str, body: str) -> None:
    context.session.accounts.sign_up_with_no_user(person, body)


# Changing


@given("{person:Person} has changed their email with {change:Change}")
def has_changed_email(context: Context, person: str, change: str) -> None:
    context.session.accounts.give_up_address(person, change)


@given("{person:Person} has changed to {value:Value} with {change:Change}")
def has_changed_to(context: Context, person: str, value: str, change: str) -> None:
    context.session.accounts.settle_at(person, value, change)


@given("a second has passed since {person:Person} signed up")
def let_a_second_pass(context: Context, person: str) -> None:
    context.session.accounts.let_a_second_pass(person)


@given("{person:Person} has confirmed their email with {change:Change}")
def has_confirmed_email(context: Context, person: str, change: str) -> None:
    context.session.accounts.confirm_address(person, change)


@when("{person:Person} changes their {field:Field} with {change:Change}")
def change_field_with(context: Context, person: str, field: str, change: str) -> None:
    context.session.accounts.renew_seen(person, field, change)


@when("{person:Person} sends their current name and email with {change:Change}")
def confirm_everything(context: Context, person: str, change: str) -> None:
    context.session.accounts.confirm_everything(person, change)


@when('{person:Person} changes their name to "{name}" with {change:Change}')
def rename_to(context: Context, person: str, name: str, change: str) -> None:
    context.session.accounts.rename(person, change, name)


@when("{person:Person} adds a +tag to their email")
def add_tag(context: Context, person: str) -> None:
    context.session.accounts.move(person, context.session.values.spelled(person, "plus a +tag"))


@when("{person:Person} changes to {value:Value} with {change:Change}")
def change_to(context: Context, person: str, value: str, change: str) -> None:
    context.session.accounts.take_quirk(person, change, value)


@when("the user changes their {field:Field}")
def user_changes_field(context: Context, field: str) -> None:
    context.session.accounts.renew(context.session.scenario.last_actor.persona, field)


@when("{person:Person} changes their {field:Field}")
@when("{person:Person} changes their {field:Field} again")
def change_field(context: Context, person: str, field: str) -> None:
    context.session.accounts.renew(person, field)


@when("{person:Person} changes their email to one that {relation} {other:Person}'s")
def change_to_related_email(context: Context, person: str, relation: str, other: str) -> None:
    context.session.accounts.renew(person, email=context.session.values.related(other, relation).email)


@when("{person:Person} changes their name and email")
def change_name_and_email(context: Context, person: str) -> None:
    context.session.accounts.renew(person, "name", "email")


@when("{person:Person} changes their name and sends their own email {spelling:Spelling}")
def change_name_with_own_email(context: Context, person: str, spelling: str) -> None:
    context.session.accounts.renew(person, "name", email=context.session.values.spelled(person, spelling))


@when("{person:Person}'s name and email are replaced")
def replace(context: Context, person: str) -> None:
    context.session.accounts.renew(person, "name", "email", method="PUT")


@when("{person:Person}'s account is replaced with a new name and their own email {spelling:Spelling}")
def replace_with_own_email(context: Context, person: str, spelling: str) -> None:
    context.session.accounts.renew(person, "name", method="PUT", email=context.session.values.spelled(person, spelling))


@when("{person:Person} sends an empty update")
def send_empty_update(context: Context, person: str) -> None:
    context.session.accounts.patch(person, {})


@when("{person:Person}'s account is replaced without {field}")
def replace_without(context: Context, person: str, field: str) -> None:
    context.session.accounts.put(person, context.session.values.without(field))


@when("{person:Person}'s account is updated with {value:InvalidValue}")
def update_with_invalid_value(context: Context, person: str, value: str) -> None:
    context.session.accounts.patch(person, context.session.values.spoiled(value))


@when("{person:Person}'s account is updated with only {value:InvalidValue}")
def update_with_only_invalid_value(context: Context, person: str, value: str) -> None:
    context.session.accounts.patch(person, context.session.values.spoiled_alone(value))


@when("{person:Person}'s account is replaced with {value:InvalidValue}")
def replace_with_invalid_value(context: Context, person: str, value: str) -> None:
    context.session.accounts.put(person, context.session.values.spoiled(value))


@when("{person:Person}'s account is {changed:Changed} with {body:NotAnObject} instead of an object")
def change_without_object(context: Context, person: str, changed: str, body: str) -> None:
    context.session.accounts.change_with_no_user(person, changed, body)


@when("{person:Person}'s account is {changed:Changed} with every invalid value")
def change_with_every_invalid_value(context: Context, person: str, changed: str) -> None:
    context.session.accounts.change_with_every_flaw(person, changed)


@when("{person:Person} sends {field:ServerField} with {change:Change}")
def send_server_field(context: Context, person: str, field: str, change: str) -> None:
    context.session.accounts.change_bringing(person, change, context.session.values.brought(field))


@when("{person:Person}'s email is changed to {other:Person}'s {spelling:Spelling} with {change:Change}")
def change_to_taken_email(context: Context, person: str, other: str, spelling: str, change: str) -> None:
    context.session.accounts.take_address(person, change, context.session.values.spelled(other, spelling))


@when("{person:Person}'s account is updated with a new name and {other:Person}'s email")
def update_with_taken_email(context: Context, person: str, other: str) -> None:
    context.session.accounts.patch(person, context.session.values.new_name_at(other))


@when("{person:Person}'s email is changed to {other:Person}'s with {change:Change} once it is free")
def change_email_when_free(context: Context, person: str, other: str, change: str) -> None:
    context.session.accounts.move_when_free(person, change, context.session.values.spelled(other, "letter for letter"))


@when("{new_owner:NewOwner} takes the old email")
def take_old_email(context: Context, new_owner: str) -> None:
    context.session.accounts.take_given_up(new_owner, context.session.values.former_address())


@when("{new_owner:NewOwner} takes the old email in lower case")
def take_old_email_in_lower_case(context: Context, new_owner: str) -> None:
    context.session.accounts.take_given_up(new_owner, context.session.values.former_address().lower())


@when("a client sends {change:Change} for a user who {state:State}")
def change_missing_user(context: Context, change: str, state: str) -> None:
    context.session.accounts.change_unknown(state, change)


@when("a client sends {change:Change} for the user whose id is {unknown_id}")
def change_unknown_id(context: Context, change: str, unknown_id: str) -> None:
    context.session.accounts.change_id(context.session.values.safe_id(unknown_id), change)


# Deleting


@when("{person:Person} deletes their account")
def delete_account(context: Context, person: str) -> None:
    context.session.accounts.delete(person)


@when("{person:Person} deletes their account again")
def delete_account_again(context: Context, person: str) -> None:
    context.session.accounts.leave_again(person)


@when("the user deletes their account")
def user_deletes_account(context: Context) -> None:
    context.session.accounts.delete(context.session.scenario.last_actor.persona)


@when("{group:People} delete their accounts one after another")
def delete_in_turn(context: Context, group: list[str]) -> None:
    context.session.accounts.delete_each(group)


@when("a client deletes the user whose id is {unknown_id}")
def delete_unknown_id(context: Context, unknown_id: str) -> None:
    context.session.accounts.delete_id(context.session.values.safe_id(unknown_id))


@when("a client deletes a user who never existed")
def delete_missing_user(context: Context) -> None:
    context.session.accounts.delete_id(context.session.values.stranger_id())
