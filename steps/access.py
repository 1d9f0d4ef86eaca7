"""Requests with and without the right token."""

from behave import then, when
from behave.runner import Context

from support import phrases  # noqa: F401 - registers Person and People


@when("{intruder:Person} tries to read, change, delete and sign up with {credential}")
def try_everything(context: Context, intruder: str, credential: str) -> None:
    context.world.access.try_everything(credential, context.world.scene.users[0], context.world.scene.member(intruder))


@then("every attempt is refused as unauthorized")
def all_unauthorized(context: Context) -> None:
    context.world.access.all_unauthorized()
