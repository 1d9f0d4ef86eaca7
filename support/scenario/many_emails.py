"""Many users at once whose emails are taken, or are searched for."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from support.contract.claims import only
from support.contract.matchers import has_status, is_a_list
from support.contract.normalizers import users_shown
from support.contract.violation import check
from support.models import NewUser
from support.scenario import accounts
from support.scenario.context import Actor, ScenarioContext
from support.scenario.directory import entries_of, id_of
from support.scenario.many_values import sign_up
from support.scenario.protocol import update_methods
from support.statuses import is_server_fault


def become_users(scenario: ScenarioContext, new_users: Sequence[NewUser]) -> None:
    """Sign up users at once for a scenario that starts with them."""
    scenario.written = sign_up(scenario, new_users)
    for each in scenario.written:
        check(each.answer, "create-201", "setting up the scenario: users sign up", has_status(scenario.answers.created))


def want_emails(scenario: ScenarioContext, actor: Actor) -> None:
    """Let the actor sign up with each user's email in swapped letter case, and change to each by every method."""
    bodies = [{"name": actor.new_user.name, "email": each.sent.email.swapcase()} for each in scenario.written]
    accounts.send_sign_ups(scenario, bodies)
    exchanges = list(scenario.exchanges)
    for method in update_methods(scenario):
        accounts.send_changes(scenario, actor, method, bodies)
        exchanges += scenario.exchanges
    scenario.keep(*exchanges)


def each_is_taken(scenario: ScenarioContext) -> None:
    """Check that each request for a taken email was refused, under the rule for a sign-up or for a change.

    A server error to a request that was refused before is `robust`: the refusals have done harm.
    """
    refused = set()
    for exchange in scenario.exchanges:
        call = exchange.call
        rule = "email-unique" if call.method == "POST" else "update-taken"
        did_harm = is_server_fault(exchange.status) and (call.method, call.url, call.body) in refused
        scenario.check(exchange, has_status(scenario.answers.taken), rule="robust" if did_harm else rule)
        refused.add((call.method, call.url, call.body))


def search_each(scenario: ScenarioContext, spell: Callable[[str], str]) -> None:
    """Search for each user's email as `spell` writes it."""
    operations = [scenario.api.find(spell(each.sent.email)) for each in scenario.written]
    scenario.keep(*scenario.run_few_at_once(operations))


def each_is_found(scenario: ScenarioContext) -> None:
    """Check that each search found exactly the user with the email."""
    for each, exchange in zip(scenario.written, scenario.exchanges, strict=True):
        scenario.check(exchange, has_status([200]), is_a_list(scenario.profile))
        ids = [id_of(scenario, entry) for entry in entries_of(scenario, exchange)]
        if each.writer is None or ids != [each.writer.id]:
            of_id = f" (id {each.writer.id})" if each.writer else ""
            scenario.fail(
                f"exactly the user with {each.sent.email}{of_id}",
                [users_shown(ids)],
                exchange,
                only(each.writer.id if each.writer else None),
            )
