"""Faults injected into the embedded API."""

from collections import Counter

from hamcrest import assert_that, empty, equal_to, raises

from support.cleanup.marks import mark_in
from support.contract.matchers import has_status
from support.contract.normalizers import users_of
from support.errors import ContractViolation
from support.scenario import bursts, directory, outcomes
from support.scenario.context import Actor, ScenarioContext
from support.scenario.steps import given, then, when


@given("the API {fault} for {times:d} {methods:RequestKind}")
def inject_fault(scenario: ScenarioContext, fault: str, times: int, methods: tuple[str, ...]) -> None:
    scenario.faults.inject(fault, times=times, methods=methods)


@given("the API {fault} for {percent:d} % of all requests")
def inject_fault_into_share(scenario: ScenarioContext, fault: str, percent: int) -> None:
    scenario.faults.inject(fault, share=percent / 100, seed=percent)


@when("{count:d} users sign up at once while the API restarts")
def sign_up_during_restart(scenario: ScenarioContext, count: int) -> None:
    scenario.faults.restart_soon()
    bursts.sign_up(scenario, count)
    scenario.faults.wait_for_restart()


@then("the fault has occurred")
def fault_has_occurred(scenario: ScenarioContext) -> None:
    scenario.faults.check_occurred()


@then("the answer to {actor:Actor}'s sign-up is reported as broken")
def answer_reported_as_broken(scenario: ScenarioContext, actor: Actor) -> None:
    assert_that(lambda: outcomes.is_created(scenario, actor, scenario.exchange), raises(ContractViolation))


@then("no user was created twice")
def no_user_created_twice(scenario: ScenarioContext) -> None:
    counts = Counter(_listed_emails(scenario))
    assert_that(scenario.faults.stored_twice(), equal_to(0), "emails that were stored twice at any time")
    assert_that([email for email in counts if counts[email] > 1], empty(), "emails that the list shows twice")


@then("cleaning up leaves no user behind")
def no_user_left(scenario: ScenarioContext) -> None:
    scenario.registry.confirm_gone()
    ours = [email for email in _listed_emails(scenario) if mark_in(email) == scenario.factory.mark]
    assert_that(ours, empty(), "users of this run who are left")


def _listed_emails(scenario: ScenarioContext) -> list[str]:
    exchange = directory.read_list(scenario)
    scenario.check(exchange, has_status([200]), rule="list", attempted=scenario.then("reading the list"))
    return [user.email for user in users_of(exchange.answer, scenario.profile)]
