"""Unusual requests, and what becomes of them."""

from support.scenario import odd_requests, robustness
from support.scenario.context import Actor, ScenarioContext
from support.scenario.odd_requests import Odds
from support.scenario.steps import given, then, when


@when("clients sign up at once with {bodies:OddBodies}")
def sign_up(scenario: ScenarioContext, bodies: str) -> None:
    robustness.sign_up(scenario, bodies)


@when("clients change {actor:Actor}'s account at once with unusual bodies, each with {method:Method}")
def change(scenario: ScenarioContext, actor: Actor, method: str) -> None:
    robustness.change(scenario, actor, method)


@when("clients change {actor:Actor}'s account at once with queries and headers that name {other:Actor}")
def change_naming_another(scenario: ScenarioContext, actor: Actor, other: Actor) -> None:
    robustness.change_naming_another(scenario, actor, other)


@when("clients read the list at once with unusual queries")
def read_list_oddly(scenario: ScenarioContext) -> None:
    robustness.read(scenario, scenario.users[0], odd_requests.queries)


@when("clients send requests with {odds:OddReads}, up to 30 at once, some of them for {actor:Actor}'s account")
def read(scenario: ScenarioContext, odds: Odds, actor: Actor) -> None:
    robustness.read(scenario, actor, odds)


@when("clients send {count:d} generated requests, up to 30 at once, some of them for {actor:Actor}'s account")
def send_generated(scenario: ScenarioContext, count: int, actor: Actor) -> None:
    from support.scenario import generated  # loads Hypothesis, which takes a while

    robustness.send_at_once(scenario, generated.requests(scenario, actor, count))


@given("Mallory has sent {times:d} requests that the API is to refuse, most of them malformed sign-ups")
def many_refusals(scenario: ScenarioContext, times: int) -> None:
    robustness.send_many_that_are_refused(scenario, scenario.users[0], times)


@when(
    "Mallory tries to sign up and change {victim:Actor}'s account with bad data or no token, "
    "and to delete it with no token"
)
def send_what_is_refused(scenario: ScenarioContext, victim: Actor) -> None:
    robustness.send_what_is_refused(scenario, victim, scenario.users[-1].new_user.email)


@then("every request is answered without a server error, but for the exceptions that this feature names")
def no_answer_is_a_fault(scenario: ScenarioContext) -> None:
    robustness.no_answer_is_a_fault(scenario)


@then("each request is refused with a 4xx")
def each_is_refused(scenario: ScenarioContext) -> None:
    robustness.each_is_refused(scenario)


@then("every account is unchanged")
def all_are_unchanged(scenario: ScenarioContext) -> None:
    robustness.all_are_unchanged(scenario)


@then("half a second later every account is unchanged, and none was created")
def nothing_happens_later(scenario: ScenarioContext) -> None:
    robustness.nothing_happens_later(scenario)


@then("{actor:Actor}'s update changes nothing else")
def nothing_else_is_changed(scenario: ScenarioContext, actor: Actor) -> None:
    robustness.nothing_else_is_changed(scenario, actor)


@then("each user who was created is shown as in the answer, and those who were refused are not shown")
def each_sign_up_shows(scenario: ScenarioContext) -> None:
    robustness.each_sign_up_shows(scenario)


@then("{actor:Actor}'s name and email are each unchanged, or as one of the accepted changes set them")
def shows_an_accepted_change(scenario: ScenarioContext, actor: Actor) -> None:
    robustness.shows_an_accepted_change(scenario, actor)
