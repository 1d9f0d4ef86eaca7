"""Concurrent requests: bursts and races."""

from behave import given, then, when
from behave.runner import Context


@given("{count:d} users have signed up at once")
@when("{count:d} users sign up at once")
def sign_up_at_once(context: Context, count: int) -> None:
    context.session.bursts.sign_up_at_once(count)


@when("the configured number of users sign up at once")
def sign_up_as_configured(context: Context) -> None:
    context.session.bursts.sign_up_at_once(context.session.settings.burst)


@when("{count:d} users sign up from as many threads")
def sign_up_in_threads(context: Context, count: int) -> None:
    context.session.bursts.sign_up_in_threads(count)


@when("{count:d} users sign up, change their names, read and delete their accounts at once")
def live_at_once(context: Context, count: int) -> None:
    context.session.bursts.live_at_once(count)


@when("every second user deletes their account at once")
def delete_half(context: Context) -> None:
    context.session.bursts.half_leave_at_once()


@then("the deleted accounts are gone and the others are shown as created")
def half_are_gone(context: Context) -> None:
    context.session.bursts.half_are_gone()


@then("all requests were in flight at the same time")
def were_in_flight_together(context: Context) -> None:
    context.session.bursts.were_under_way_together()


@then("each new user has their own id, name and email")
def each_created(context: Context) -> None:
    context.session.bursts.each_welcomed()


@then("each new user is shown as created")
def each_shown(context: Context) -> None:
    context.session.bursts.each_shown()


@then("the list shows each new user exactly once")
def each_listed(context: Context) -> None:
    context.session.bursts.each_listed()


@then("each lifecycle was unaffected by the others")
def each_lifecycle_unaffected(context: Context) -> None:
    context.session.bursts.each_lived()


@given("the contenders are threads released by a barrier")
def contend_in_threads(context: Context) -> None:
    context.session.races.in_threads()


@when("many users sign up at once with {emails}, round after round")
def race_for_email(context: Context, emails: str) -> None:
    context.session.races.for_one_address(emails)


@when("several users change to one email at once, round after round")
def race_of_updates(context: Context) -> None:
    context.session.races.move_to_one_address()


@when("several users are replaced at once with one email, round after round")
def race_of_replacements(context: Context) -> None:
    context.session.races.move_to_one_address("PUT")


@when("some users sign up with one email while others change to it, round after round")
def race_of_sign_ups_and_updates(context: Context) -> None:
    context.session.races.join_against_move()


@when("Ada signs up with Grace's email while Grace deletes their account, round after round")
def race_of_sign_up_and_deletion(context: Context) -> None:
    context.session.races.join_against_leave()


@when("Ada's name and Ada's email are changed at the same moment, round after round")
def race_of_changes(context: Context) -> None:
    context.session.races.change_both_fields()


@then("in every round exactly one user is created with the email and the others are refused")
@then("in every round exactly one user gets the email and the others are unchanged")
@then("in every round one request completely precedes the other")
@then("in every round both changes last")
def every_round_is_right(context: Context) -> None:
    context.session.races.every_round_was_right()
