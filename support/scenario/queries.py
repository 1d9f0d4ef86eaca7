"""Requests with query parameters that mean nothing there: beside a body, or on the URL of one user."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from support.contract.matchers import has_status, shows
from support.http.urls import with_query
from support.models import Exchange
from support.scenario import accounts, outcomes, protocol
from support.scenario.context import Actor, ScenarioContext
from support.scenario.directory import UNKNOWN
from support.scenario.waiting import is_gone
from support.statuses import is_client_error


def read(scenario: ScenarioContext, actor: Actor) -> Exchange:
    """Read a user with unknown parameters."""
    url = with_query(scenario.api.url_of(actor.known_id), UNKNOWN)
    exchange = scenario.run(scenario.api.send(scenario.api.call("GET", url)))
    scenario.keep(exchange)
    return exchange


def sign_up(scenario: ScenarioContext, actor: Actor) -> None:
    """Sign up with unknown parameters."""
    protocol.until_answered(
        scenario, actor, lambda: accounts.send_sign_up(scenario, actor, actor.new_user.as_json(), UNKNOWN)
    )


def sign_up_without_name(scenario: ScenarioContext, actor: Actor) -> None:
    """Sign up with the name in the query instead of the body."""
    fields = actor.new_user.as_json()
    name = {"name": f"{fields.pop('name')} {scenario.factory.mark}"}
    accounts.send_sign_up(scenario, actor, fields, _as_parameters(scenario, name))


def change_name(scenario: ScenarioContext, actor: Actor, method: str) -> None:
    """Change the name, with another email in the query."""
    fields = accounts.complete(method, accounts.new_values(scenario, actor, "name"), actor.new_user)
    other = accounts.new_values(scenario, actor, "email")
    actor.expect(fields)
    scenario.last_actor = actor
    call = scenario.api.call(method, scenario.api.url_of(actor.known_id), fields=fields)
    call = replace(call, url=with_query(call.url, _as_parameters(scenario, other)))
    scenario.keep(scenario.run(scenario.registry.change(call, other["email"])))


# Checks: an unknown parameter may be refused


def location_leads_to(scenario: ScenarioContext, actor: Actor) -> None:
    """Check that the sign-up has a Location that leads to the user, or was refused."""
    if not is_client_error(scenario.exchange.status):
        outcomes.is_answered(scenario, "created", "create-201")
        protocol.location_leads_to(scenario, actor)


def is_changed(scenario: ScenarioContext, actor: Actor) -> None:
    """Check that the last change did what its body says and nothing else, or was refused and did nothing."""
    if is_client_error(scenario.exchange.status):
        actor.expected = None
    else:
        outcomes.is_changed(scenario, actor)
    outcomes.is_unchanged(scenario, actor)


def shows_current(scenario: ScenarioContext, actor: Actor) -> None:
    """Check that the last read shows a user as they are now, or was refused."""
    if not is_client_error(scenario.exchange.status):
        scenario.check(scenario.exchange, has_status([200]), shows(actor.shown, scenario.names))


def shows_nobody(scenario: ScenarioContext, actor: Actor) -> None:
    """Check that a deleted user is not shown with unknown parameters either."""
    is_gone(scenario, actor)
    attempted = scenario.then(f"reading {actor.persona} with unknown parameters")
    exchange = read(scenario, actor)
    if not is_client_error(exchange.status):
        scenario.check(exchange, has_status(scenario.answers.gone), attempted=attempted)


def _as_parameters(scenario: ScenarioContext, fields: Mapping[str, str]) -> Mapping[str, str]:
    """Return fields as query parameters, by their names in a body: a careless server may look for these in a query."""
    return {key: value for key, value in scenario.names.to_target(fields).items() if isinstance(value, str)} or fields
