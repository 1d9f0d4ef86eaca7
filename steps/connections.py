"""Requests on one connection, and ways to write a request."""

from support.contract.matchers import has_status, shows
from support.scenario import connections
from support.scenario.connections import First
from support.scenario.context import Actor, ScenarioContext
from support.scenario.steps import given, then, when


@when(
    "a client sends {first:FirstRequest}, and on the same connection reads {actor:Actor}'s account and an unknown one"
)
def send_and_read_on(scenario: ScenarioContext, first: First, actor: Actor) -> None:
    connections.send_and_read_on(scenario, actor, first)


@then("each answer is complete and belongs to its own request")
def each_is_own(scenario: ScenarioContext) -> None:
    connections.each_is_own(scenario, scenario.users[0])


@when("{actor:Actor} signs up with a body in chunks")
def sign_up_in_chunks(scenario: ScenarioContext, actor: Actor) -> None:
    connections.sign_up_in_chunks(scenario, actor)


@when("{actor:Actor} changes their name with {method:Method} whose body is in chunks")
def change_in_chunks(scenario: ScenarioContext, actor: Actor, method: str) -> None:
    connections.change_in_chunks(scenario, actor, method)


@then("{actor:Actor}'s request is accepted or refused with 411, and the next one gets its own answer")
def is_served_or_refused(scenario: ScenarioContext, actor: Actor) -> None:
    connections.is_served_or_refused(scenario, actor)


@when('a client requests page "{page}", and on the same connection reads the list')
def read_list_after_refusal(scenario: ScenarioContext, page: str) -> None:
    connections.read_list_after_refusal(scenario, page)


@when("{actor:Actor} signs up with a Content-Type {written:WrittenType}")
def sign_up_declared(scenario: ScenarioContext, actor: Actor, written: str) -> None:
    connections.write_declared(scenario, actor, "POST", written)


@when("{actor:Actor} sends {method:Method} with a Content-Type {written:WrittenType}")
def change_declared(scenario: ScenarioContext, actor: Actor, method: str, written: str) -> None:
    connections.write_declared(scenario, actor, method, written)


@then("{actor:Actor}'s change takes effect like any other")
def is_changed_as_usual(scenario: ScenarioContext, actor: Actor) -> None:
    connections.is_changed_as_usual(scenario, actor)


@when("a client asks for {asked_for:Actor}'s account and hangs up, and others read {other:Actor}'s, several times")
def read_after_hanging_up(scenario: ScenarioContext, asked_for: Actor, other: Actor) -> None:
    connections.read_after_hanging_up(scenario, asked_for, other)


@when("users sign up with the languages, cookies and User-Agents of browsers and curl")
def sign_up_by_each_client(scenario: ScenarioContext) -> None:
    connections.sign_up_by_each_client(scenario)


@given("{actor:Actor}'s account has been read with the languages, cookies and User-Agents of browsers and curl")
@when("{actor:Actor}'s account is read with the languages, cookies and User-Agents of browsers and curl")
def read_by_each_client(scenario: ScenarioContext, actor: Actor) -> None:
    connections.read_by_each_client(scenario, actor)


@then("each answer is 200 and shows {actor:Actor}'s account")
@then("the read shows {actor:Actor}'s current data")
def each_is_shown(scenario: ScenarioContext, actor: Actor) -> None:
    for exchange in scenario.exchanges:
        scenario.check(exchange, has_status([200]), shows(actor.shown, scenario.names))


@when("{actor:Actor} deletes their account with Content-Type JSON and no body")
def delete_declared_as_json(scenario: ScenarioContext, actor: Actor) -> None:
    declared = {"Content-Type": scenario.profile.media_type("POST")}
    scenario.keep(connections.send_with(scenario, actor, "DELETE", declared))
