"""Users among many others: found and guarded, whether they signed up first, last or in between."""

from __future__ import annotations

from dataclasses import replace

from support.contract.matchers import has_status
from support.contract.normalizers import ids_of, user_of
from support.contract.violation import check, fail
from support.http.operations import Operation
from support.models import Exchange, NewUser
from support.scenario import accounts
from support.scenario.context import ScenarioContext
from support.scenario.protocol import update_methods

SAMPLE = 8


def _some(scenario: ScenarioContext) -> list[tuple[NewUser, str]]:
    """Return some users of the last burst with their ids, evenly spread, the first and the last included."""
    created = [user_of(exchange.answer, scenario.profile) for exchange in scenario.burst.result.results]
    pairs = [(new, user.id) for new, user in zip(scenario.burst.new_users, created, strict=True) if user is not None]
    return [*pairs[:: max(1, len(pairs) // SAMPLE)], *pairs[-1:]]


def check_found(scenario: ScenarioContext) -> None:
    """Check that a search finds each of them alone, on its first page too, and nobody on its second page."""
    has = scenario.profile.capabilities
    for new_user, user_id in _some(scenario) if has.email_filter else []:
        _check_search(scenario, new_user.email, scenario.api.find(new_user.email), [user_id])
        if has.pages:
            _check_search(scenario, new_user.email, scenario.api.find_page(new_user.email, 1, 10), [user_id])
            _check_search(scenario, new_user.email, scenario.api.find_page(new_user.email, 2, 10), [])


def _check_search(scenario: ScenarioContext, email: str, search: Operation[Exchange], expected: list[str]) -> None:
    exchange, attempted = scenario.run(search), scenario.then(f"searching for {email}")
    statuses = (200, *(() if expected else scenario.answers.no_match))
    check(exchange, "filter-email", attempted, has_status(statuses))
    if (shown := ids_of(exchange.answer, scenario.profile)) != expected:
        wanted = f"exactly user {expected[0]}" if expected else "no user on the second page"
        fail("filter-email", attempted, [wanted], [f"{len(shown)} users are shown"], exchange)


def check_guarded(scenario: ScenarioContext) -> None:
    """Check that nobody can sign up with the email of any of them, or change to it."""
    some = _some(scenario)
    for (new_user, _), (_, other) in zip(some, [*some[1:], some[0]], strict=True):
        wanted = replace(new_user, email=new_user.email.upper())
        exchange = scenario.run(accounts.signing_up(scenario, wanted))
        attempted = scenario.then(f"signing up with {wanted.email}")
        check(exchange, "email-unique", attempted, has_status(scenario.answers.taken))
        for method in update_methods(scenario):
            call = scenario.api.call(method, scenario.api.url_of(other), fields=wanted.as_json())
            exchange = scenario.run(scenario.registry.change(call, wanted.email))
            attempted = scenario.then(f"{method} with {wanted.email} for another user")
            check(exchange, "update-taken", attempted, has_status(scenario.answers.taken))
