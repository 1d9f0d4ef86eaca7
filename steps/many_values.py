"""Whole classes of values, written by many users at once."""

from support.scenario import many_emails, many_values
from support.scenario.context import Actor, ScenarioContext
from support.scenario.steps import given, then, when
from support.scenario.value_classes import (
    rounds_with_wildcards,
    users_with_emails,
    users_with_letters_for_wildcards,
    users_with_names,
    users_with_resembling_emails,
)
from support.scenario.values import Spelling


@when("users take names with {kind:NameClass} by sign-up, update and replacement")
def write_names(scenario: ScenarioContext, kind: str) -> None:
    many_values.write_each(scenario, "name", [users_with_names(scenario.factory, kind) for _ in range(3)])


@when("each of them is read again two seconds later")
def read_again_later(scenario: ScenarioContext) -> None:
    many_values.read_again_later(scenario)


@when("users take emails with {kind:EmailClass} by sign-up, update and replacement")
def write_emails(scenario: ScenarioContext, kind: str) -> None:
    many_values.write_each(scenario, "email", [users_with_emails(scenario.factory, kind) for _ in range(3)])


@when("other users take emails that resemble them, by sign-up, update and replacement")
def take_resembling(scenario: ScenarioContext) -> None:
    users = [each.sent for each in scenario.written]
    rounds = [users_with_resembling_emails(scenario.factory, users, stand_in * len(users)) for stand_in in "xyz"]
    many_values.write_each(scenario, "email", rounds)


@given("users with ordinary emails")
def are_users_without_wildcards(scenario: ScenarioContext) -> None:
    many_emails.become_users(scenario, users_with_letters_for_wildcards(scenario.factory, ways=3))


@when("other users take the same emails with a wildcard in place of a letter, by sign-up, update and replacement")
def take_wildcards(scenario: ScenarioContext) -> None:
    rounds = rounds_with_wildcards(scenario.factory, [each.sent for each in scenario.written])
    many_values.write_each(scenario, "email", rounds)


@given("users with {kind:EmailClass} in their emails")
def are_users_with(scenario: ScenarioContext, kind: str) -> None:
    many_emails.become_users(scenario, users_with_emails(scenario.factory, kind))


@when("{actor:Actor} signs up with and changes to each of these emails in another letter case")
def want_each(scenario: ScenarioContext, actor: Actor) -> None:
    many_emails.want_emails(scenario, actor)


@when("support searches for each of these emails {spell:Spelling}")
def search_each(scenario: ScenarioContext, spell: Spelling) -> None:
    many_emails.search_each(scenario, spell)


@then("each request is refused because the email is taken")
def each_is_taken(scenario: ScenarioContext) -> None:
    many_emails.each_is_taken(scenario)


@then("each search finds exactly the user with the email")
def each_is_found(scenario: ScenarioContext) -> None:
    many_emails.each_is_found(scenario)


@then("each {field:Field} is shown as it was sent")
@then("each {field:Field} is shown as it was sent, unless it was refused")
@then("each {field:Field} is shown as it was sent, apart from letter case")
def each_is_kept(scenario: ScenarioContext, field: str) -> None:
    many_values.check_each(scenario, field)
