"""Requests with and without the right token."""

from behave import then, when
from behave.runner import Context

from support.scenario import parameter_types  # noqa: F401 - registers Person and People


@when("{intruder:Person} tries to read, change, delete and sign up with {credential}")
def try_everything(context: Context, intruder: str, credential: str) -> None:
    context.session.access.try_everything(
        credential, context.session.scenario.users[0], context.session.scenario.actor(intruder)
    )


@then("every attempt is refused as unauthorized")
def all_unauthorized(context: Context) -> None:
    context.session.access.all_unauthorized()
