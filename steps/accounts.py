"""Signing up, changing and leaving."""

from behave import given, when
from behave.runner import Context

from support import phrases  # noqa: F401 - registers Person and People

# Signing up


@given("{someone:Person} is a user")
def is_a_user(context: Context, someone: str) -> None:
    context.world.accounts.become(someone)


@given("{group:People} are users")
def are_users(context: Context, group: list[str]) -> None:
    context.world.accounts.become_each(group)


@given("{someone:Person} was a user and is gone")
def was_a_user(context: Context, someone: str) -> None:
    context.world.accounts.become_and_leave(someone)


@given("{someone:Person} has left")
def has_left(context: Context, someone: str) -> None:
    context.world.accounts.leave_beforehand(someone)


@given("a user with {quirk}")
def user_with(context: Context, quirk: str) -> None:
    context.world.accounts.become("Ada", context.world.people.with_quirk(quirk))


@given("{someone:Person} is a user whose address is in capitals")
def user_in_capitals(context: Context, someone: str) -> None:
    context.world.accounts.become(someone, context.world.people.with_address("an address in capitals"))


@given("{someone:Person} is a user whose address is as long as can be")
def user_with_longest_address(context: Context, someone: str) -> None:
    context.world.accounts.become(someone, context.world.people.with_address("an address of 254 characters"))


@given("{someone:Person} is a user whose address {relation} {other:Person}'s")
def user_with_related_address(context: Context, someone: str, relation: str, other: str) -> None:
    context.world.accounts.become(someone, context.world.people.related(other, relation))


@given("{someone:Person} is a user under {other:Person}'s name")
def is_a_namesake(context: Context, someone: str, other: str) -> None:
    context.world.accounts.become(someone, context.world.factory.named(context.world.scene.member(other).newcomer.name))


@when("{someone:Person} signs up")
def sign_up(context: Context, someone: str) -> None:
    context.world.accounts.sign_up(someone)


@when("{someone:Person} signs up properly")
def sign_up_properly(context: Context, someone: str) -> None:
    context.world.accounts.sign_up(someone)


@when("{group:People} sign up one after the other")
def sign_up_in_turn(context: Context, group: list[str]) -> None:
    context.world.accounts.sign_up_each(group)


@when("{someone:Person} signs up under {other:Person}'s name")
def sign_up_under_name(context: Context, someone: str, other: str) -> None:
    context.world.accounts.sign_up(someone, name=context.world.scene.member(other).newcomer.name)


@when('a newcomer called "{name}" signs up')
def newcomer_called(context: Context, name: str) -> None:
    context.world.accounts.sign_up_as("Ada", context.world.factory.named(name))


@when("a newcomer with {quirk} signs up")
def newcomer_with(context: Context, quirk: str) -> None:
    context.world.accounts.sign_up_as("Ada", context.world.people.with_quirk(quirk))


@when("{someone:Person} signs up with {what:OwnThing}")
def sign_up_with_own(context: Context, someone: str, what: str) -> None:
    context.world.accounts.sign_up(someone, **context.world.people.brought(what))


@when("{someone:Person} signs up with {other:Person}'s address")
def sign_up_with_address(context: Context, someone: str, other: str) -> None:
    context.world.accounts.sign_up(someone, email=context.world.people.spelled(other, "as it is"))


@when("{someone:Person} signs up with {other:Person}'s address {spelling:Spelling}")
def sign_up_with_spelled_address(context: Context, someone: str, other: str, spelling: str) -> None:
    context.world.accounts.sign_up_at(someone, context.world.people.spelled(other, spelling))


@when("{someone:Person} signs up with {other:Person}'s address {times:d} times")
def sign_up_times(context: Context, someone: str, other: str, times: int) -> None:
    context.world.accounts.sign_up_times(someone, context.world.people.spelled(other, "as it is"), times)


@when("{someone:Person} signs up with the same address as soon as it is free")
def sign_up_again(context: Context, someone: str) -> None:
    context.world.accounts.sign_up_when_free(someone, context.world.people.spelled(someone, "as it is"))


@when("{someone:Person} signs up with {other:Person}'s address {spelling:Spelling} as soon as it is free")
def sign_up_when_free(context: Context, someone: str, other: str, spelling: str) -> None:
    context.world.accounts.sign_up_when_free(someone, context.world.people.spelled(other, spelling))


@when("{someone:Person} signs up with the address that was refused")
@when("{someone:Person} signs up with the address that was sent")
def sign_up_with_sent_address(context: Context, someone: str) -> None:
    context.world.accounts.sign_up_at(someone, context.world.people.sent_address())


@when('{someone:Person} signs up with the flaw "{flaw}"')
def sign_up_with_flaw(context: Context, someone: str, flaw: str) -> None:
    context.world.accounts.sign_up_spoiled(someone, flaw)


@when("{someone:Person} signs up with an address that {relation} {other:Person}'s")
def sign_up_with_related_address(context: Context, someone: str, relation: str, other: str) -> None:
    context.world.accounts.sign_up_at(someone, context.world.people.related(other, relation).email)


@when("{someone:Person} signs up with the address that was looked up")
def sign_up_with_awaited_address(context: Context, someone: str) -> None:
    context.world.accounts.sign_up_at(someone, context.world.people.awaited_address(someone))


@when("{someone:Person} signs up with {other:Person}'s name and address")
def sign_up_as_other(context: Context, someone: str, other: str) -> None:
    context.world.accounts.sign_up_as(someone, context.world.scene.member(other).newcomer)


@when('{someone:Person} sends "{what}" instead of a newcomer')
def send_no_newcomer(context: Context, someone: str, what: str) -> None:
    context.world.accounts.sign_up_with_no_user(someone, what)


# Changing


@given("{someone:Person} has given up her address by {change:Change}")
def give_up_address(context: Context, someone: str, change: str) -> None:
    context.world.accounts.give_up_address(someone, change)


@given("{someone:Person} has moved to {quirk} by {change:Change}")
def move_to_quirk(context: Context, someone: str, quirk: str, change: str) -> None:
    context.world.accounts.settle_at(someone, quirk, change)


@given("a second has passed since {someone:Person} signed up")
def let_a_second_pass(context: Context, someone: str) -> None:
    context.world.accounts.let_a_second_pass(someone)


@given("{someone:Person} has confirmed her address by {change:Change}")
def confirm_address(context: Context, someone: str, change: str) -> None:
    context.world.accounts.confirm_address(someone, change)


@when("{someone:Person} is renamed")
def rename(context: Context, someone: str) -> None:
    context.world.accounts.renew_seen(someone, "name")


@when("{someone:Person} is renamed by {change:Change}")
def rename_by(context: Context, someone: str, change: str) -> None:
    context.world.accounts.renew_seen(someone, "name", change)


@when("{someone:Person} sends her own name and address once more by {change:Change}")
def confirm_everything(context: Context, someone: str, change: str) -> None:
    context.world.accounts.confirm_everything(someone, change)


@when('{someone:Person} is renamed by {change:Change} to "{name}"')
def rename_to(context: Context, someone: str, change: str, name: str) -> None:
    context.world.accounts.rename(someone, change, name)


@when("{someone:Person} moves to a new address")
def move(context: Context, someone: str) -> None:
    context.world.accounts.renew_seen(someone, "email")


@when("{someone:Person} moves to her address with a +tag")
def move_to_tagged(context: Context, someone: str) -> None:
    context.world.accounts.move(someone, context.world.people.spelled(someone, "and a +tag"))


@when("{someone:Person} gets {quirk} by {change:Change}")
def get_quirk(context: Context, someone: str, quirk: str, change: str) -> None:
    context.world.accounts.take_quirk(someone, change, quirk)


@when("she changes her name")
def she_changes_name(context: Context) -> None:
    context.world.accounts.renew(context.world.scene.she.person, "name")


@when("{someone:Person} changes her name")
@when("{someone:Person} changes her name again")
def change_name(context: Context, someone: str) -> None:
    context.world.accounts.renew(someone, "name")


@when("she changes her address")
def she_changes_address(context: Context) -> None:
    context.world.accounts.renew(context.world.scene.she.person, "email")


@when("{someone:Person} moves to an address that {relation} {other:Person}'s")
def move_to_related_address(context: Context, someone: str, relation: str, other: str) -> None:
    context.world.accounts.renew(someone, email=context.world.people.related(other, relation).email)


@when("{someone:Person} changes her address")
def change_address(context: Context, someone: str) -> None:
    context.world.accounts.renew(someone, "email")


@when("{someone:Person} changes her name and her address")
def change_both(context: Context, someone: str) -> None:
    context.world.accounts.renew(someone, "name", "email")


@when("{someone:Person} changes her name and sends her own address {spelling:Spelling}")
def change_name_with_own_address(context: Context, someone: str, spelling: str) -> None:
    context.world.accounts.renew(someone, "name", email=context.world.people.spelled(someone, spelling))


@when("{someone:Person} is replaced with a new name and address")
def replace(context: Context, someone: str) -> None:
    context.world.accounts.renew(someone, "name", "email", method="PUT")


@when("{someone:Person} is replaced with a new name and her own address {spelling:Spelling}")
def replace_with_own_address(context: Context, someone: str, spelling: str) -> None:
    context.world.accounts.renew(someone, "name", method="PUT", email=context.world.people.spelled(someone, spelling))


@when("{someone:Person} sends a change of nothing")
def change_nothing(context: Context, someone: str) -> None:
    context.world.accounts.patch(someone, {})


@when("{someone:Person} is replaced without {field}")
def replace_without(context: Context, someone: str, field: str) -> None:
    context.world.accounts.put(someone, context.world.people.without(field))


@when('{someone:Person} is changed with the flaw "{flaw}"')
def change_with_flaw(context: Context, someone: str, flaw: str) -> None:
    context.world.accounts.patch(someone, context.world.people.spoiled(flaw))


@when('{someone:Person} is changed with the flaw "{flaw}" alone')
def change_with_flaw_alone(context: Context, someone: str, flaw: str) -> None:
    context.world.accounts.patch(someone, context.world.people.spoiled_alone(flaw))


@when('{someone:Person} is {changed:Changed} with "{what}" instead of fields')
def change_with_no_fields(context: Context, someone: str, changed: str, what: str) -> None:
    context.world.accounts.change_with_no_user(someone, changed, what)


@when('{someone:Person} is replaced with the flaw "{flaw}"')
def replace_with_flaw(context: Context, someone: str, flaw: str) -> None:
    context.world.accounts.put(someone, context.world.people.spoiled(flaw))


@when("{someone:Person} sends invalid changes of every kind")
def send_every_flaw(context: Context, someone: str) -> None:
    context.world.accounts.change_with_every_flaw(someone, "changed")


@when("{someone:Person} is replaced with invalid values of every kind")
def replace_with_every_flaw(context: Context, someone: str) -> None:
    context.world.accounts.change_with_every_flaw(someone, "replaced")


@when("{someone:Person} brings {what:OwnThing} when {change:Change} herself")
def bring_own(context: Context, someone: str, what: str, change: str) -> None:
    context.world.accounts.change_bringing(someone, change, context.world.people.brought(what))


@when("{someone:Person} is {changed:Changed} to {other:Person}'s address {spelling:Spelling}")
def move_to_taken(context: Context, someone: str, changed: str, other: str, spelling: str) -> None:
    context.world.accounts.take_address(someone, changed, context.world.people.spelled(other, spelling))


@when("{someone:Person} is changed to a new name and {other:Person}'s address")
def rename_and_move_to_taken(context: Context, someone: str, other: str) -> None:
    context.world.accounts.patch(someone, context.world.people.new_name_at(other))


@when("{someone:Person} is {changed:Changed} to {other:Person}'s address as soon as it is free")
def move_when_free(context: Context, someone: str, changed: str, other: str) -> None:
    context.world.accounts.move_when_free(someone, changed, context.world.people.spelled(other, "as it is"))


@when("{somebody:Somebody} takes the address that was given up")
def take_given_up(context: Context, somebody: str) -> None:
    context.world.accounts.take_given_up(somebody, context.world.people.former_address())


@when("{somebody:Somebody} takes the address that was given up in small letters")
def take_given_up_in_small_letters(context: Context, somebody: str) -> None:
    context.world.accounts.take_given_up(somebody, context.world.people.former_address().lower())


@when("somebody who {state:State} is {changed:Changed}")
def change_nobody(context: Context, state: str, changed: str) -> None:
    context.world.accounts.change_unknown(state, changed)


@when("the user with {what} is {changed:Changed}")
def change_user_with(context: Context, what: str, changed: str) -> None:
    context.world.accounts.change_id(context.world.people.safe_id(what), changed)


# Leaving


@when("{someone:Person} leaves")
def leave(context: Context, someone: str) -> None:
    context.world.accounts.delete(someone)


@when("{someone:Person} leaves again")
def leave_again(context: Context, someone: str) -> None:
    context.world.accounts.leave_again(someone)


@when("she leaves")
def she_leaves(context: Context) -> None:
    context.world.accounts.delete(context.world.scene.she.person)


@when("{group:People} leave one after the other")
def leave_in_turn(context: Context, group: list[str]) -> None:
    context.world.accounts.delete_each(group)


@when("the user with {what} leaves")
def user_with_leaves(context: Context, what: str) -> None:
    context.world.accounts.delete_id(context.world.people.safe_id(what))


@when("somebody leaves who was never there")
def leave_unknown(context: Context) -> None:
    context.world.accounts.delete_id(context.world.people.stranger_id())
