"""HTTP requests and answers."""

from collections.abc import Callable

from support.contract.matchers import holds_no_secret
from support.scenario import answers, outcomes, protocol, values
from support.scenario.answers import Requests
from support.scenario.context import Actor, ScenarioContext
from support.scenario.steps import given, then, when

# What every answer has in common


@when("a client {requests:ClientRequests}")
def act_as_client(scenario: ScenarioContext, requests: Requests) -> None:
    answers.send(scenario, requests)


@then("each answer with a body is declared as application/json or a +json type")
def each_declared_as_json(scenario: ScenarioContext) -> None:
    answers.check_declared_as_json(scenario)


@then("no answer shows a secret, or a field that is named like one")
def no_secrets(scenario: ScenarioContext) -> None:
    answers.check_each(scenario, holds_no_secret(*answers.SECRETS.values()))


@then("no answer contains a stack trace, SQL or a server path")
def nothing_revealed(scenario: ScenarioContext) -> None:
    answers.check_no_leak(scenario)


@then("each 4xx has a JSON object that says what is wrong, without stack traces, SQL or server paths")
def each_says_what_is_wrong(scenario: ScenarioContext) -> None:
    answers.check_errors(scenario)


# Location


@when("{actor:Actor} signs up and receives an answer")
def sign_up_with_answer(scenario: ScenarioContext, actor: Actor) -> None:
    protocol.sign_up_with_answer(scenario, actor)


@when("{actor:Actor} signs up with {value:EdgeCase} and receives an answer")
def sign_up_with_value(scenario: ScenarioContext, actor: Actor, value: str) -> None:
    protocol.sign_up_with_answer(scenario, actor, lambda: values.edge_case(value, scenario.factory))


@then("the status is 201 and Location leads to {actor:Actor}")
def location_leads_to(scenario: ScenarioContext, actor: Actor) -> None:
    outcomes.is_answered(scenario, "created", "create-201")
    protocol.location_leads_to(scenario, actor)


# Methods


@given("a client has sent HEAD and GET for {actor:Actor}'s account")
@when("a client sends HEAD and GET for {actor:Actor}'s account")
def head_and_get_user(scenario: ScenarioContext, actor: Actor) -> None:
    protocol.send_head_and_get(scenario, scenario.api.url_of(actor.known_id))


@when("a client sends HEAD and GET for {url:Resource}")
def head_and_get(scenario: ScenarioContext, url: str) -> None:
    protocol.send_head_and_get(scenario, url)


@then("HEAD has the status of GET and no body")
def head_equals_get(scenario: ScenarioContext) -> None:
    protocol.head_equals_get(scenario)


@when("a client sends POST to {actor:Actor}'s account")
def post_to_user(scenario: ScenarioContext, actor: Actor) -> None:
    protocol.post_to_user(scenario, actor)


@when("a client sends POST to {actor:Actor}'s account with another method in the query, the body or a header")
def post_naming_another_method(scenario: ScenarioContext, actor: Actor) -> None:
    protocol.post_naming_another_method(scenario, actor)


@then("the status is 405 and Allow names the supported methods")
def post_is_not_allowed(scenario: ScenarioContext) -> None:
    protocol.post_is_not_allowed(scenario)


# Bodies and media types


@when("{actor:Actor} sends a {method:Write} declared as {document:NotJson}")
def send_not_json(
    scenario: ScenarioContext, actor: Actor, method: str, document: tuple[str, Callable[[bytes], bytes]]
) -> None:
    content_type, rewrite = document
    scenario.run(protocol.sending_body(scenario, actor, method, rewrite, content_type))


@when("{actor:Actor} sends a {method:Write} with {rewrite:RewrittenBody}")
@when("{actor:Actor} {method:Method} their account with {rewrite:RewrittenBody}")
def send_rewritten(scenario: ScenarioContext, actor: Actor, method: str, rewrite: Callable[[bytes], bytes]) -> None:
    scenario.run(protocol.sending_body(scenario, actor, method, rewrite))


@when("{actor:Actor} signs up with {rewrite:RewrittenBody}")
def sign_up_rewritten(scenario: ScenarioContext, actor: Actor, rewrite: Callable[[bytes], bytes]) -> None:
    scenario.run(protocol.sending_body(scenario, actor, "POST", rewrite))


@when("{actor:Actor} sends a {method:Write} with an empty body")
def send_nothing(scenario: ScenarioContext, actor: Actor, method: str) -> None:
    scenario.run(protocol.sending_body(scenario, actor, method, lambda _: b""))


@when("{actor:Actor} sends a sign-up that has {write:Writing}")
def sign_up_in_other_writing(scenario: ScenarioContext, actor: Actor, write: Callable[[bytes], bytes]) -> None:
    scenario.run(protocol.sending_body(scenario, actor, "POST", write))


@when("{actor:Actor} sends {method:Method} that has {write:Writing}")
def change_in_other_writing(
    scenario: ScenarioContext, actor: Actor, method: str, write: Callable[[bytes], bytes]
) -> None:
    scenario.run(protocol.sending_body(scenario, actor, method, write))


@when('{actor:Actor} signs up with the name "{name}", sent with every character escaped')
def sign_up_escaped(scenario: ScenarioContext, actor: Actor, name: str) -> None:
    actor.new_user = scenario.factory.named(name)
    scenario.run(protocol.sending_body(scenario, actor, "POST", protocol.escaped))


@when('{actor:Actor} changes to the name "{name}" with {method:Method}, sent with every character escaped')
def change_escaped(scenario: ScenarioContext, actor: Actor, method: str, name: str) -> None:
    scenario.run(protocol.sending_body(scenario, actor, method, protocol.escaped, data=scenario.factory.named(name)))


@then("the body is refused for its media type")
def unsupported_media_type(scenario: ScenarioContext) -> None:
    outcomes.is_answered(scenario, "media_type")


@then("the body is refused as malformed")
def malformed(scenario: ScenarioContext) -> None:
    outcomes.is_answered(scenario, "malformed")
