"""Concurrent requests: bursts and races."""

from support.scenario import bursts, deletion_races, email_races, email_swaps, overtaken_reads, races
from support.scenario.context import Actor, ScenarioContext
from support.scenario.protocol import update_methods
from support.scenario.steps import given, then, when


@given("{count:d} users have signed up at once")
def have_signed_up_at_once(scenario: ScenarioContext, count: int) -> None:
    bursts.have_signed_up(scenario, count)


@when("{count:d} users sign up at once")
def sign_up_at_once(scenario: ScenarioContext, count: int) -> None:
    bursts.sign_up(scenario, count)


@when("{count:d} users sign up at once, and {actor:Actor} with {owner:Actor}'s email")
def sign_up_beside_taken_email(scenario: ScenarioContext, count: int, actor: Actor, owner: Actor) -> None:
    bursts.sign_up_beside_taken_email(scenario, count, actor, owner.new_user.email)


@given("{count:d} users with the same name have signed up at once")
def sign_up_with_one_name(scenario: ScenarioContext, count: int) -> None:
    bursts.have_signed_up(scenario, count, scenario.factory.new_user().name)


@when("the configured number of users sign up at once")
def sign_up_as_configured(scenario: ScenarioContext) -> None:
    bursts.sign_up(scenario, scenario.session.settings.burst)


@when("{count:d} users sign up from as many threads")
def sign_up_in_threads(scenario: ScenarioContext, count: int) -> None:
    bursts.sign_up_in_threads(scenario, count)


@when("{count:d} users sign up, change their names, read and delete their accounts at once")
def run_lifecycles(scenario: ScenarioContext, count: int) -> None:
    bursts.run_lifecycles(scenario, count)


@when("every second user deletes their account at the same moment")
def delete_every_second(scenario: ScenarioContext) -> None:
    bursts.delete_every_second(scenario)


@then("the deleted accounts are gone and the others are shown as created")
def half_are_deleted(scenario: ScenarioContext) -> None:
    bursts.check_half_deleted(scenario)


@then("all requests were in flight at the same time")
@then("as many requests as users were in flight at the same time")
def were_in_flight_together(scenario: ScenarioContext) -> None:
    bursts.check_in_flight(scenario)


@then("each new user has their own id, name and email")
def each_created(scenario: ScenarioContext) -> None:
    bursts.check_each_created(scenario)


@then("each new user is shown as created")
def each_shown(scenario: ScenarioContext) -> None:
    bursts.check_each_shown(scenario)


@then("the list shows each new user exactly once")
def each_listed(scenario: ScenarioContext) -> None:
    bursts.check_each_listed(scenario)


@then("each lifecycle was unaffected by the others")
@then("each of these users is served as if nothing had been refused")
def lifecycles_unaffected(scenario: ScenarioContext) -> None:
    bursts.check_lifecycles(scenario)


@given("each request is sent from a thread of its own")
def contend_in_threads(scenario: ScenarioContext) -> None:
    scenario.in_threads = True


@when("many users sign up at once with {emails}, round after round")
def race_of_sign_ups(scenario: ScenarioContext, emails: str) -> None:
    email_races.sign_up_with_one_email(scenario, emails)


@when("several users change to one email at once with {method:Method}, round after round")
def race_of_changes(scenario: ScenarioContext, method: str) -> None:
    email_races.change_to_one_email(scenario, method)


@when("some users sign up with one email while others change to it, round after round")
def race_of_sign_ups_and_updates(scenario: ScenarioContext) -> None:
    email_races.change_to_one_email(scenario, *update_methods(scenario), signing_up=2)


@when("Ada and Grace change to each other's email, and Mallory signs up with Ada's, while Ada changes their name")
def race_of_refusals(scenario: ScenarioContext) -> None:
    email_swaps.ask_for_each_others(scenario)


@when("Ada changes to a new email while Grace changes to Ada's old one, round after round")
def race_of_hand_over(scenario: ScenarioContext) -> None:
    email_swaps.hand_over(scenario)


@when("Ada signs up with Grace's email while Grace deletes their account, round after round")
def race_of_sign_up_and_deletion(scenario: ScenarioContext) -> None:
    email_races.sign_up_during_deletion(scenario)


@when("Ada's name and Ada's email are changed at the same moment, round after round")
def race_of_two_fields(scenario: ScenarioContext) -> None:
    races.change_both_fields(scenario)


@when("Ada's name is changed by {clients:d} updates at the same moment, round after round")
def race_of_updates(scenario: ScenarioContext, clients: int) -> None:
    races.change_name_by_many(scenario, clients)


@when("Ada's account is updated while it is being replaced, round after round")
def race_of_update_and_replacement(scenario: ScenarioContext) -> None:
    races.replace_during_update(scenario)


@when("Ada's account is changed with {method:Method} while it is being deleted, round after round")
def race_of_change_and_deletion(scenario: ScenarioContext, method: str) -> None:
    deletion_races.change_during_deletion(scenario, method)


@when("several clients delete Ada's account at once, round after round")
def race_of_deletions(scenario: ScenarioContext) -> None:
    deletion_races.delete_at_once(scenario)


@when("users sign up while others read the list, round after round")
def race_of_sign_ups_and_reads(scenario: ScenarioContext) -> None:
    overtaken_reads.sign_up_while_the_list_is_read(scenario)


@when("users delete their accounts while others read the list, round after round")
def race_of_deletions_and_reads(scenario: ScenarioContext) -> None:
    overtaken_reads.delete_while_the_list_is_read(scenario)


@when("Ada changes their name with {method:Method} while others read Ada's account, round after round")
def race_of_change_and_reads(scenario: ScenarioContext, method: str) -> None:
    overtaken_reads.change_while_it_is_read(scenario, method)


@then("in every round exactly one user is created with the email and the others are refused")
@then("in every round exactly one user gets the email, and the others are refused and change nothing")
@then("every round ends as if one request had come before the other")
@then("in every round neither change is lost")
@then("in every round each update is accepted, and a read shows one of the names")
@then("in every round a confirmed deletion leaves no trace of the account")
@then("in every round a read, the list and a search show the new data afterwards")
@then("in every round the list shows each new user exactly once afterwards")
@then("in every round each read is answered with a list, and no list shows a deleted user afterwards")
@then("in every round only the name is changed, and all others are refused")
@then("in every round Ada has the new email, and Grace the old one unless they were refused")
@then("in every round exactly one change takes effect and the others are refused with 412")
@then("in every round exactly one request takes effect and the others are refused")
def every_round_is_right(scenario: ScenarioContext) -> None:
    races.check_rounds(scenario)
