"""Sequences of actions: each kind of change after each kind, and actions in random order."""

from support.scenario import histories
from support.scenario.context import ScenarioContext
from support.scenario.steps import then, when


@when("users change their accounts again and again, so that each kind of change follows each kind")
def change_again_and_again(scenario: ScenarioContext) -> None:
    histories.live(scenario)


@then("each change does only what it says, whatever came before it")
def each_change_is_right(scenario: ScenarioContext) -> None:
    histories.check_changes(scenario)


@then("the emails that they have are taken, and the first two that each of them gave up are free")
def emails_are_taken_or_free(scenario: ScenarioContext) -> None:
    histories.check_emails(scenario)


@when("they delete their accounts, and other users sign up with their emails")
def delete_all(scenario: ScenarioContext) -> None:
    histories.delete_all(scenario)


@then("no change or deletion with an old id brings them back or reaches the users who now have their emails")
def deleted_stay_deleted(scenario: ScenarioContext) -> None:
    histories.check_ends(scenario)


@when("a few users sign up, change, delete and look at accounts in many random orders")
def play_sequences(scenario: ScenarioContext) -> None:
    from support.scenario import sequences  # loads Hypothesis, which takes a while

    sequences.play(scenario, scenario.session.settings.fuzz_s)


@then("each account is as its user left it, after each of their actions and at the end")
def every_account_is_as_left(scenario: ScenarioContext) -> None:
    from support.scenario import sequences  # loads Hypothesis, which takes a while

    sequences.check(scenario)
