"""The acts of a burst, a race or unusual requests, done by one client that sends one usual request after another.

If an act fails here too, its own rule is reported, as the failure says nothing about the rule of the burst or race.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from support.contract.matchers import has_status
from support.errors import ContractViolation, SuiteError
from support.scenario import accounts, directory, outcomes
from support.scenario.context import Actor, ScenarioContext
from support.scenario.user_checks import RULE_OF_METHOD
from support.scenario.waiting import is_gone, is_gone_from_search

Act = Callable[[ScenarioContext], None]
"""One of these acts; the acts of a burst or a race follow each other, and in the first of them Ada signs up."""


@contextmanager
def tried_by_one_client(scenario: ScenarioContext, acts: Sequence[Act]) -> Iterator[None]:
    """Let one client do the acts if the rule of the scenario is broken; raises the violation of an act instead, if any.

    A known deviation needs no other cause, and an act for which there is no room shows nothing. If sign-ups fail only
    after requests that must not spoil anything, those requests spoilt them: the rule stays `robust`.
    """
    try:
        yield
    except ContractViolation as broken:
        actual = broken.evidence.actual if broken.evidence else ()
        if broken.rule == scenario.rule and not scenario.is_known(broken.rule, actual):
            try:
                _do(scenario, acts)
            except ContractViolation as alone:
                if (scenario.rule, alone.rule) != ("robust", "create-201"):
                    raise
            except SuiteError:
                pass
        raise


def _do(scenario: ScenarioContext, acts: Sequence[Act]) -> None:
    alone = ScenarioContext(scenario.session, scenario.rule, scenario.name)
    alone.attempted = scenario.attempted
    for act in acts:
        act(alone)


def _begin(scenario: ScenarioContext, rule: str, what: str) -> Actor:
    """Begin an act that shows a rule; return Ada, whom it is about."""
    before = scenario.attempted.partition("; by one client: ")[0]
    scenario.rule, scenario.attempted = rule, f"{before}; by one client: {what}"
    return scenario.actor("Ada")


def sign_up(scenario: ScenarioContext) -> None:
    ada = _begin(scenario, "create-201", "Ada signs up")
    if scenario.profile.capabilities.email_filter:
        directory.search(scenario, ada)  # an API must not keep this empty result after the sign-up
    scenario.registry.make_room(1, delete_current=True)
    accounts.sign_up(scenario, ada)
    outcomes.is_created(scenario, ada, scenario.exchange)
    outcomes.is_unchanged(scenario, ada)


def find(scenario: ScenarioContext) -> None:
    has = scenario.profile.capabilities
    if has.email_filter:
        ada = _begin(scenario, "filter-email", "support searches for Ada's email")
        directory.is_found_by_email(scenario, ada)
        if not scenario.profile.lookup.case_sensitive:
            in_other_case = scenario.api.find(ada.new_user.email.swapcase())
            directory.finds_only(scenario, ada, scenario.run(in_other_case))
    if has.list:
        ada = _begin(scenario, "list", "support reads the list")
        directory.shows_once(scenario, ada, directory.read_list(scenario))


def sign_up_with_taken_email(scenario: ScenarioContext) -> None:
    ada, mallory = _begin(scenario, "email-unique", "Mallory signs up with Ada's email"), scenario.actor("Mallory")
    for email in (ada.new_user.email, ada.new_user.email.upper()):
        accounts.sign_up(scenario, mallory, email=email)
        outcomes.is_answered(scenario, "taken")
        outcomes.is_unchanged(scenario, ada)


def change_by(method: str, *fields: str) -> Act:
    """Return the act in which Ada changes these fields again and again, by default the name and the email."""

    def change(scenario: ScenarioContext) -> None:
        chosen = fields or ("name", "email")
        what = f"Ada changes the {' and the '.join(chosen)} again and again by {method}"
        ada = _begin(scenario, RULE_OF_METHOD[method], what)
        for name in ("name", "email", "email", "name", "name"):
            if name in chosen:
                accounts.change(scenario, ada, method, **accounts.new_values(scenario, ada, name))
                outcomes.is_changed(scenario, ada)
                outcomes.is_unchanged(scenario, ada)

    return change


def change_to_capitals_by(method: str) -> Act:
    """Return the act in which Ada changes to an email in capitals, and is found."""

    def change(scenario: ScenarioContext) -> None:
        ada = _begin(scenario, RULE_OF_METHOD[method], f"Ada changes to an email in capitals by {method}")
        accounts.change(scenario, ada, method, email=scenario.factory.new_user("Ada").email.upper())
        outcomes.is_changed(scenario, ada)
        find(scenario)

    return change


def change_to_taken_email_by(method: str) -> Act:
    """Return the act in which Grace tries to change to Ada's email."""

    def change(scenario: ScenarioContext) -> None:
        ada, grace = (
            _begin(scenario, "update-taken", f"Grace changes to Ada's email by {method}"),
            scenario.actor("Grace"),
        )
        if grace.id is None:
            accounts.become_user(scenario, grace)
        for email in (ada.new_user.email, ada.new_user.email.swapcase()):
            body = accounts.complete(method, {"email": email}, grace.new_user)
            accounts.send_change(scenario, grace, method, body)
            outcomes.is_answered(scenario, "taken")
            outcomes.is_unchanged(scenario, ada)
            outcomes.is_unchanged(scenario, grace)

    return change


def is_refused_as_taken(scenario: ScenarioContext) -> None:
    """Check that the last request is refused because its email is taken.

    If such requests of one client are not refused either, the rule about taken emails is broken instead.
    """
    method = scenario.exchange.call.method
    rule, act = (
        ("email-unique", sign_up_with_taken_email)
        if method == "POST"
        else ("update-taken", change_to_taken_email_by(method))
    )
    with tried_by_one_client(scenario, () if rule == scenario.rule else (sign_up, act)):
        outcomes.is_answered(scenario, "taken")


def delete(scenario: ScenarioContext) -> None:
    ada = _begin(scenario, "delete", "Ada deletes their account")
    accounts.delete(scenario, ada)
    outcomes.is_answered(scenario, "deleted")
    is_gone(scenario, ada)
    is_gone_from_search(scenario, ada)


def delete_again(scenario: ScenarioContext) -> None:
    ada = _begin(scenario, "delete-again", "Ada deletes their account again")
    accounts.delete(scenario, ada)
    outcomes.is_answered(scenario, "deleted_again")


def change_deleted_by(method: str) -> Act:
    """Return the act in which Ada's account is changed after its deletion."""

    def change(scenario: ScenarioContext) -> None:
        ada = _begin(scenario, "update-404", f"Ada's deleted account is changed by {method}")
        accounts.send_change(scenario, ada, method, scenario.factory.new_user("Ada").as_json())
        outcomes.is_answered(scenario, "unknown")
        is_gone(scenario, ada)

    return change


def sign_up_with_freed_email(scenario: ScenarioContext) -> None:
    ada, alan = (
        _begin(scenario, "delete-frees", "Alan signs up with Ada's email once it is free"),
        scenario.actor("Alan"),
    )
    ada.old_id = ada.known_id
    accounts.when_free(scenario, lambda: accounts.sign_up(scenario, alan, email=ada.new_user.email))
    outcomes.is_created(scenario, alan, scenario.exchange)
    outcomes.is_unchanged(scenario, alan)
    if scenario.profile.capabilities.email_filter:
        directory.is_found_by_email(scenario, alan)


def sign_up_all(count: int) -> Sequence[Act]:
    """Return the acts in which `count` users sign up, and the list shows each of them."""

    def sign_up_in_turn(scenario: ScenarioContext) -> None:
        _begin(scenario, "create-201", f"{count} users sign up, one after another")
        scenario.registry.make_room(count, delete_current=True)
        new_users = scenario.factory.new_users(count)
        for one in new_users:
            exchange = scenario.run(accounts.signing_up(scenario, one))
            scenario.check(exchange, has_status(scenario.answers.created))
        _begin(scenario, "list", f"{count} users sign up, one after another; then reading the list")
        directory.shows_each_once(scenario, [one.email for one in new_users])

    return sign_up, find, sign_up_in_turn
