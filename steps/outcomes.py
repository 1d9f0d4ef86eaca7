"""What a user of the API can observe after a request."""

from typing import Any

from support.contract.matchers import has_status
from support.scenario import accounts, one_client, outcomes, waiting
from support.scenario.context import Actor, ScenarioContext
from support.scenario.steps import then

# Accepted


@then("{actor:Actor}'s account is created")
def is_created(scenario: ScenarioContext, actor: Actor) -> None:
    outcomes.is_created(scenario, actor, scenario.exchange)


@then("each account is created and shown with its own name and email")
def each_is_created(scenario: ScenarioContext) -> None:
    outcomes.each_is_created(scenario)


@then("a read of {actor:Actor}'s account shows the same")
@then("{actor:Actor}'s account is unchanged")
def is_unchanged(scenario: ScenarioContext, actor: Actor) -> None:
    outcomes.is_unchanged(scenario, actor)


@then("no request for another id has changed {actor:Actor}'s account")
def is_left_alone(scenario: ScenarioContext, actor: Actor) -> None:
    outcomes.is_left_alone(scenario, actor)


@then("half a second later, {actor:Actor}'s account is still unchanged")
def is_still_unchanged(scenario: ScenarioContext, actor: Actor) -> None:
    waiting.let_pass(waiting.LATER_S)
    outcomes.is_unchanged(scenario, actor)


@then("two seconds later, {actor:Actor}'s account is still unchanged")
def is_unchanged_for_long(scenario: ScenarioContext, actor: Actor) -> None:
    waiting.let_pass(waiting.MUCH_LATER_S)
    outcomes.is_unchanged(scenario, actor)


@then("every view of {actor:Actor}'s account shows the same")
@then("{actor:Actor}'s account is unchanged in every view")
def is_unchanged_in_every_view(scenario: ScenarioContext, actor: Actor) -> None:
    outcomes.is_unchanged_in_every_view(scenario, actor)


@then("every account except {actor:Actor}'s is unchanged")
def others_are_unchanged(scenario: ScenarioContext, actor: Actor) -> None:
    outcomes.is_unchanged(scenario, *[user for user in scenario.users if user is not actor])


@then("a read, the list and a search show exactly this {field:Field}")
@then("a read, the list and a search show this {field:Field}, apart from letter case")
def every_view_shows(scenario: ScenarioContext, field: str) -> None:
    outcomes.every_view_shows(scenario, field)


@then("each of the suite's users in the answers has a valid id, name, email and creation date")
def each_has_right_shape(scenario: ScenarioContext) -> None:
    outcomes.each_has_right_shape(scenario)


@then("{actor:Actor}'s account is returned with only that change")
@then("{actor:Actor}'s account is returned unchanged")
def is_changed(scenario: ScenarioContext, actor: Actor) -> None:
    outcomes.is_changed(scenario, actor)


@then("{actor:Actor}'s change of {field:Field} is accepted")
def change_is_accepted(scenario: ScenarioContext, actor: Actor, field: str) -> None:
    accounts.takes_effect(scenario, actor, {field: actor.new_user.as_json()[field]}, scenario.rule)


# Refused


@then("{actor:Actor} is refused because the email is taken")
def is_refused_as_taken(scenario: ScenarioContext, actor: Actor) -> None:
    assert scenario.last_actor is actor, f"{actor.persona} did not act last"
    one_client.is_refused_as_taken(scenario)


@then("the request is refused as invalid")
@then("each request is refused as invalid")
@then("the empty body is refused")
def is_refused_as_invalid(scenario: ScenarioContext) -> None:
    outcomes.is_answered(scenario, "invalid")


@then("the request is refused as invalid or for its media type")
def is_refused_in_either_way(scenario: ScenarioContext) -> None:
    scenario.check(scenario.exchange, has_status((*scenario.answers.invalid, *scenario.answers.media_type)))


@then("{actor:Actor}'s {request:Request} is refused as invalid or accepted without {field:ServerField}")
def is_refused_or_ignores(scenario: ScenarioContext, actor: Actor, request: str, field: dict[str, Any]) -> None:
    outcomes.is_refused_or_ignores(scenario, actor, request, field)


@then("the request is accepted or refused as invalid")
def is_accepted_or_refused(scenario: ScenarioContext) -> None:
    scenario.check(scenario.exchange, has_status([200, *scenario.answers.invalid]))


@then("the API answers that there is no such user")
def there_is_no_such_user(scenario: ScenarioContext) -> None:
    outcomes.is_answered(scenario, "unknown")


@then("no user was created")
def no_user_is_created(scenario: ScenarioContext) -> None:
    outcomes.no_user_is_created(scenario)


@then("half a second later, no user has been created")
def nothing_happens_later(scenario: ScenarioContext) -> None:
    waiting.let_pass(waiting.LATER_S)
    outcomes.no_user_is_created(scenario)


@then("no user has the id or the email of the request")
def no_user_has_sent_id_or_email(scenario: ScenarioContext) -> None:
    outcomes.no_user_has_sent_id_or_email(scenario)


# Deleted


@then("half a second later, no view shows {actor:Actor}")
def no_view_shows_later(scenario: ScenarioContext, actor: Actor) -> None:
    waiting.let_pass(waiting.LATER_S)
    waiting.is_gone(scenario, actor)
    waiting.is_gone_from_list(scenario, actor)
    waiting.is_gone_from_search(scenario, actor)


@then("{actor:Actor}'s deletion is confirmed")
def deletion_is_confirmed(scenario: ScenarioContext, actor: Actor) -> None:
    assert scenario.last_actor is actor, f"{actor.persona} did not act last"
    outcomes.is_answered(scenario, "deleted")


@then("{actor:Actor}'s account is gone")
def is_gone(scenario: ScenarioContext, actor: Actor) -> None:
    waiting.is_gone(scenario, actor)


@then("the accounts of {actors:Actors} are gone")
def are_gone(scenario: ScenarioContext, actors: list[Actor]) -> None:
    for actor in actors:
        waiting.is_gone(scenario, actor)


@then("the API answers that there is no such user, or confirms with an empty answer")
def is_deleted_or_unknown(scenario: ScenarioContext) -> None:
    outcomes.is_answered(scenario, "deleted_again")


@then("no account has {actor:Actor}'s old id")
def no_account_has_old_id(scenario: ScenarioContext, actor: Actor) -> None:
    outcomes.no_user_has_old_id(scenario, actor)
