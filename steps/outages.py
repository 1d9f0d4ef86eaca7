"""Outages, on the embedded API that can be told to misbehave."""

from behave import given, then, when
from behave.runner import Context

from support import phrases


@given("an API that {trouble} when somebody {deed:Deed}, {times:d} time")
@given("an API that {trouble} when somebody {deed:Deed}, {times:d} times")
def befall_requests(context: Context, trouble: str, deed: str, times: int) -> None:
    context.world.outages.befall(trouble, times, phrases.METHODS_OF[deed])


@given("an API that {trouble} at {percent:d} % of all requests")
def befall_share(context: Context, trouble: str, percent: int) -> None:
    context.world.outages.befall_share(trouble, percent)


@when("{count:d} people sign up at once while the API is restarted")
def sign_up_during_restart(context: Context, count: int) -> None:
    context.world.outages.restart_soon()
    context.world.crowds.sign_up_at_once(count)
    context.world.outages.has_restarted()


@then("the trouble has struck")
def trouble_has_struck(context: Context) -> None:
    context.world.outages.has_struck()


@then("{someone:Person}'s welcome is found to be broken")
def welcome_found_broken(context: Context, someone: str) -> None:
    context.world.outages.welcome_is_found_broken(someone)


@then("nobody was made twice")
def nobody_twice(context: Context) -> None:
    context.world.outages.nobody_was_made_twice()


@then("nobody is left when everything is cleaned up")
def nobody_left(context: Context) -> None:
    context.world.outages.nobody_is_left()
