"""Faults injected into the embedded API."""

from behave import given, then, when
from behave.runner import Context

from support.scenario import bursts, parameter_types


@given("the API {fault} for {times:d} {request:Request}")
def inject_fault(context: Context, fault: str, times: int, request: str) -> None:
    context.session.faults.inject(fault, times, parameter_types.METHODS_OF[request])


@given("the API {fault} for {percent:d} % of all requests")
def inject_fault_into_share(context: Context, fault: str, percent: int) -> None:
    context.session.faults.inject_into_share(fault, percent)


@when("{count:d} users sign up at once while the API restarts")
def sign_up_during_restart(context: Context, count: int) -> None:
    context.session.faults.restart_soon()
    bursts.sign_up(context.session.scenario, count)
    context.session.faults.has_restarted()


@then("the fault has occurred")
def fault_has_occurred(context: Context) -> None:
    context.session.faults.has_struck()


@then("the answer to {person:Person}'s sign-up is reported as broken")
def answer_reported_as_broken(context: Context, person: str) -> None:
    context.session.faults.welcome_is_found_broken(person)


@then("no user was created twice")
def no_user_created_twice(context: Context) -> None:
    context.session.faults.nobody_was_made_twice()


@then("cleaning up leaves no user behind")
def no_user_left(context: Context) -> None:
    context.session.faults.nobody_is_left()
