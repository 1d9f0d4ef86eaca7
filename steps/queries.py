"""Requests with query parameters that have no meaning in that request."""

from support.scenario import queries
from support.scenario.context import Actor, ScenarioContext
from support.scenario.steps import given, then, when


@given("a client has read {actor:Actor}'s account with unknown parameters")
@when("a client reads {actor:Actor}'s account with unknown parameters")
def read_with_unknown(scenario: ScenarioContext, actor: Actor) -> None:
    queries.read(scenario, actor)


@when("{actor:Actor} signs up with unknown parameters in the query")
def sign_up_with_unknown(scenario: ScenarioContext, actor: Actor) -> None:
    queries.sign_up(scenario, actor)


@when("{actor:Actor} signs up with a body without a name, and a name in the query")
def sign_up_with_name_in_query(scenario: ScenarioContext, actor: Actor) -> None:
    queries.sign_up_without_name(scenario, actor)


@when("{actor:Actor} changes their name with {method:Method}, with another email in the query")
def change_with_email_in_query(scenario: ScenarioContext, actor: Actor, method: str) -> None:
    queries.change_name(scenario, actor, method)


@then("the status is 201 and Location leads to {actor:Actor}, unless the request was refused")
def location_leads_to(scenario: ScenarioContext, actor: Actor) -> None:
    queries.location_leads_to(scenario, actor)


@then("only the name of {actor:Actor}'s account has changed, or nothing if the request was refused")
def only_name_has_changed(scenario: ScenarioContext, actor: Actor) -> None:
    queries.is_changed(scenario, actor)


@then("{actor:Actor}'s account is shown with their current data, unless the request was refused")
def shows_current(scenario: ScenarioContext, actor: Actor) -> None:
    queries.shows_current(scenario, actor)


@then("{actor:Actor}'s account is gone, and a read with unknown parameters does not show it either")
def shows_nobody(scenario: ScenarioContext, actor: Actor) -> None:
    queries.shows_nobody(scenario, actor)
