"""Requests with and without the right token."""

from support.models import Credential
from support.scenario import access
from support.scenario.context import Actor, ScenarioContext
from support.scenario.steps import then, when


@when("{intruder:Actor} tries to read, change, delete and sign up with {credential:Credential}")
def try_everything(scenario: ScenarioContext, intruder: Actor, credential: Credential) -> None:
    access.try_everything(scenario, credential, scenario.users[0], intruder)


@when("{intruder:Actor} reads and signs up with the token in queries, cookies and bodies")
def carry_elsewhere(scenario: ScenarioContext, intruder: Actor) -> None:
    access.carry_elsewhere(scenario, scenario.users[0], intruder)


@when(
    "{intruder:Actor} requests {owner:Actor}'s account without the token, with other URL spellings and unusual headers"
)
def bypass_authentication(scenario: ScenarioContext, intruder: Actor, owner: Actor) -> None:
    scenario.last_actor = intruder
    access.bypass_authentication(scenario, owner)


@then("every attempt is refused")
def all_refused(scenario: ScenarioContext) -> None:
    access.all_are_refused(scenario)
