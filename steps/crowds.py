"""Many at once."""

from behave import given, then, when
from behave.runner import Context


@given("{count:d} people have signed up at once")
@when("{count:d} people sign up at once")
def sign_up_at_once(context: Context, count: int) -> None:
    context.world.crowds.sign_up_at_once(count)


@when("as many people as this run asks for sign up at once")
def sign_up_as_many_as_asked(context: Context) -> None:
    context.world.crowds.sign_up_at_once(context.world.settings.burst)


@when("{count:d} people sign up from as many threads")
def sign_up_in_threads(context: Context, count: int) -> None:
    context.world.crowds.sign_up_in_threads(count)


@when("{count:d} people sign up, change their name, look and leave, all at once")
def live_at_once(context: Context, count: int) -> None:
    context.world.crowds.live_at_once(count)


@when("every second one of them leaves, all at once")
def half_leave(context: Context) -> None:
    context.world.crowds.half_leave_at_once()


@then("those who left are gone, and the others are shown as they were welcomed")
def half_are_gone(context: Context) -> None:
    context.world.crowds.half_are_gone()


@then("all of them were under way at the same moment")
def were_at_once(context: Context) -> None:
    context.world.crowds.were_under_way_together()


@then("each of them is welcomed under an id of her own, with her own name and address")
def each_welcomed(context: Context) -> None:
    context.world.crowds.each_welcomed()


@then("each of them is shown as she was welcomed")
def each_shown(context: Context) -> None:
    context.world.crowds.each_shown()


@then("each of them is in the list once")
def each_listed(context: Context) -> None:
    context.world.crowds.each_listed()


@then("each life went as if nobody else had been there")
def each_lived(context: Context) -> None:
    context.world.crowds.each_lived()


@given("the contenders are threads that a barrier lets go together")
def contend_in_threads(context: Context) -> None:
    context.world.races.in_threads()


@when("many sign up at once with {what}, round after round")
def race_for_address(context: Context, what: str) -> None:
    context.world.races.for_one_address(what)


@when("several users move at once to one address, round after round")
def race_of_moves(context: Context) -> None:
    context.world.races.move_to_one_address()


@when("several users are replaced at once with one address, round after round")
def race_of_replacements(context: Context) -> None:
    context.world.races.move_to_one_address("PUT")


@when("some sign up with one address while others move to it, round after round")
def race_of_newcomers_and_moves(context: Context) -> None:
    context.world.races.join_against_move()


@when("Ada signs up with Grace's address at the moment when Grace leaves, round after round")
def race_of_join_and_leave(context: Context) -> None:
    context.world.races.join_against_leave()


@when("Ada's name and Ada's address are changed at the same moment, round after round")
def race_of_changes(context: Context) -> None:
    context.world.races.change_both_fields()


@then("in every round exactly one becomes a user and holds the address, and the others are refused")
@then("in every round exactly one gets the address, and the others stay as they were")
@then("in every round one came before the other, and nothing in between is seen")
@then("in every round both changes last")
def every_round_is_right(context: Context) -> None:
    context.world.races.every_round_was_right()
