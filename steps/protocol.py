"""Requests and answers as HTTP has them."""

from behave import then, when
from behave.runner import Context

from support import phrases  # noqa: F401 - registers Person and People


@when('someone goes through "{occasion}"')
def go_through(context: Context, occasion: str) -> None:
    context.world.protocol.go_through(occasion)


@then("each answer with a body says application/json or a +json type")
def each_says_json(context: Context) -> None:
    context.world.protocol.each_says_json()


@then("no answer has a field named like a secret")
def no_secrets(context: Context) -> None:
    context.world.protocol.each_holds_no_secret()


@then("no answer shows a stack trace, SQL or a path of the server")
def none_leaks(context: Context) -> None:
    context.world.protocol.none_leaks()


@then("each 4xx has a JSON object that says what is wrong, without stack trace, SQL or server paths")
def each_says_what_is_wrong(context: Context) -> None:
    context.world.protocol.each_says_what_is_wrong()


@when("{someone:Person} signs up and is answered")
def sign_up_answered(context: Context, someone: str) -> None:
    context.world.protocol.sign_up_answered(someone)


@when("{someone:Person} signs up as {media_type:JsonType}")
def sign_up_with_media_type(context: Context, someone: str, media_type: str) -> None:
    context.world.protocol.sign_up_written(someone, media_type)


@when("{someone:Person} signs up with her address before her name")
def sign_up_in_another_order(context: Context, someone: str) -> None:
    context.world.protocol.sign_up_in_another_order(someone)


@when('a newcomer called "{name}" signs up with every character escaped')
def sign_up_escaped(context: Context, name: str) -> None:
    context.world.protocol.sign_up_escaped("Ada", context.world.factory.named(name))


@when("{someone:Person} changes her name as {media_type:JsonType}, by {method:w}")
def change_with_media_type(context: Context, someone: str, media_type: str, method: str) -> None:
    context.world.protocol.change_written(method, someone, media_type)


@when("a newcomer with {quirk} signs up and is answered")
def sign_up_with_quirk(context: Context, quirk: str) -> None:
    context.world.protocol.sign_up_answered("Ada", lambda: context.world.people.with_quirk(quirk))


@then("the status is 201 and Location leads to {someone:Person}")
def location_leads_to(context: Context, someone: str) -> None:
    context.world.outcomes.answered("created", "create-201")
    context.world.protocol.location_leads_to(context.world.scene.member(someone))


@when("HEAD and GET are sent for {what}")
def head_and_get(context: Context, what: str) -> None:
    context.world.protocol.ask_head_and_get(what)


@then("HEAD has the status of GET and no body")
def head_is_as_get(context: Context) -> None:
    context.world.protocol.head_is_as_get()


@when("POST is sent to {someone:Person}'s address")
def post_to_user(context: Context, someone: str) -> None:
    context.world.protocol.post_to(context.world.scene.member(someone))


@then("the status is 405 and Allow names the methods that are offered")
def method_refused(context: Context) -> None:
    context.world.protocol.method_is_refused()


@when("{someone:Person} is sent by {method:w} as {kind}")
def send_as(context: Context, someone: str, method: str, kind: str) -> None:
    context.world.protocol.send_as(method, kind, someone)


@then("the status is 415")
def unsupported_media_type(context: Context) -> None:
    context.world.outcomes.answered("media_type")


@when("{someone:Person}'s sign-up is sent as {form}")
def send_text(context: Context, someone: str, form: str) -> None:
    context.world.protocol.send_text(someone, form)


@when("{someone:Person}'s change is sent by {method:w} as {form}")
def send_change_as_text(context: Context, someone: str, method: str, form: str) -> None:
    context.world.protocol.send_change_as_text(method, someone, form)


@then("the status is 400")
def bad_request(context: Context) -> None:
    context.world.outcomes.answered("malformed")
