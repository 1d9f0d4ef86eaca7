"""HTTP requests and answers."""

from dataclasses import replace

from behave import then, when
from behave.runner import Context

from support.scenario import outcomes
from support.scenario.values import edge_case


@when("a client {occasion:Occasion}")
def act_as_client(context: Context, occasion: str) -> None:
    context.session.protocol.go_through(occasion)


@then("each answer with a body is declared as application/json or a +json type")
def each_declared_as_json(context: Context) -> None:
    context.session.protocol.each_says_json()


@then("no answer contains a field that is named like a secret")
def no_secrets(context: Context) -> None:
    context.session.protocol.each_holds_no_secret()


@then("no answer contains a stack trace, SQL or a server path")
def nothing_revealed(context: Context) -> None:
    context.session.protocol.none_leaks()


@then("each 4xx has a JSON object that says what is wrong, without stack trace, SQL or server paths")
def each_says_what_is_wrong(context: Context) -> None:
    context.session.protocol.each_says_what_is_wrong()


@when("{person:Person} signs up and gets an answer")
def sign_up_answered(context: Context, person: str) -> None:
    context.session.protocol.sign_up_answered(person)


@when("{person:Person} signs up with a body declared as {media_type:JsonType}")
def sign_up_with_media_type(context: Context, person: str, media_type: str) -> None:
    context.session.protocol.sign_up_written(person, media_type)


@when("{person:Person} signs up with the email before the name")
def sign_up_in_another_order(context: Context, person: str) -> None:
    context.session.protocol.sign_up_in_another_order(person)


@when('a new user named "{name}" signs up with every character escaped')
def sign_up_escaped(context: Context, name: str) -> None:
    context.session.protocol.sign_up_escaped("Ada", context.session.factory.named(name))


@when("{person:Person} sends a {method:Update} declared as {media_type:JsonType}")
def change_with_media_type(context: Context, person: str, method: str, media_type: str) -> None:
    context.session.protocol.change_written(method, person, media_type)


@when("a new user with {value:Value} signs up and gets an answer")
def sign_up_with_value(context: Context, value: str) -> None:
    factory = context.session.factory
    context.session.protocol.sign_up_answered("Ada", lambda: replace(factory.new_user(), **edge_case(value, factory)))


@then("the status is 201 and Location leads to {person:Person}")
def location_leads_to(context: Context, person: str) -> None:
    outcomes.is_answered(context.session.scenario, "created", "create-201")
    context.session.protocol.location_leads_to(context.session.scenario.actor(person))


@when("a client sends HEAD and GET for {resource}")
def head_and_get(context: Context, resource: str) -> None:
    context.session.protocol.ask_head_and_get(resource)


@then("HEAD has the status of GET and no body")
def head_is_as_get(context: Context) -> None:
    context.session.protocol.head_is_as_get()


@when("a client sends POST to {person:Person}'s account")
def post_to_user(context: Context, person: str) -> None:
    context.session.protocol.post_to(context.session.scenario.actor(person))


@then("the status is 405 and Allow names the supported methods")
def method_refused(context: Context) -> None:
    context.session.protocol.method_is_refused()


@when("{person:Person} sends a {method:Write} declared as {kind:OtherType}")
def send_as(context: Context, person: str, method: str, kind: str) -> None:
    context.session.protocol.send_as(method, kind, person)


@then("the status is 415")
def unsupported_media_type(context: Context) -> None:
    outcomes.is_answered(context.session.scenario, "media_type")


@when("{person:Person} sends a POST with {body}")
def send_malformed_sign_up(context: Context, person: str, body: str) -> None:
    context.session.protocol.send_text(person, body)


@when("{person:Person} sends a {method:Update} with {body}")
def send_malformed_change(context: Context, person: str, method: str, body: str) -> None:
    context.session.protocol.send_change_as_text(method, person, body)


@then("the status is 400")
def bad_request(context: Context) -> None:
    outcomes.is_answered(context.session.scenario, "malformed")
