"""Requests to a user's URL in which every octet of the id is percent-encoded: the same URL (RFC 3986 §6.2.2.2)."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import quote

from support.contract.matchers import has_status, shows
from support.http.operations import Operation
from support.models import Exchange
from support.scenario import accounts
from support.scenario.context import Actor, ScenarioContext


def read(scenario: ScenarioContext, actor: Actor) -> None:
    """Read a user."""
    _send(scenario, scenario.api.send(scenario.api.call("GET", _url(scenario, actor))))


def change(scenario: ScenarioContext, actor: Actor, method: str) -> None:
    """Change the name of a user."""
    _require_own(scenario, actor)
    new_name = accounts.new_values(scenario, actor, "name")
    fields = accounts.complete(method, new_name, actor.new_user)
    actor.expect(fields)
    call = scenario.api.call(method, _url(scenario, actor), fields=fields)
    _send(scenario, scenario.registry.change(call, fields.get("email")))
    actor.new_user = replace(actor.new_user, **new_name)


def delete(scenario: ScenarioContext, actor: Actor) -> None:
    """Delete a user."""
    _require_own(scenario, actor)
    _send(scenario, scenario.api.send(scenario.api.call("DELETE", _url(scenario, actor))))


def _require_own(scenario: ScenarioContext, actor: Actor) -> None:
    """Check that the encoded URL shows this user, so that a write to the URL cannot change another user."""
    scenario.last_actor = actor
    read(scenario, actor)
    attempted = f"reading {actor.persona} by a percent-encoded id"
    shown = shows(actor.shown, scenario.names)
    scenario.check(scenario.exchange, has_status([200]), shown, rule="read-200", attempted=attempted)


def _send(scenario: ScenarioContext, operation: Operation[Exchange]) -> None:
    """Send a request with the asynchronous client, as the library of the session client would decode the URL."""
    scenario.keep(*scenario.run_at_once([operation]))


def _url(scenario: ScenarioContext, actor: Actor) -> str:
    url, plain = scenario.api.url_of(actor.known_id), quote(actor.known_id, safe="")
    encoded = "".join(f"%{octet:02X}" for octet in actor.known_id.encode())
    return encoded.join(url.rsplit(plain, 1))
