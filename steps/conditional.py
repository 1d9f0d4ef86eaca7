"""Conditional requests: ETag, If-None-Match and If-Match."""

from support.models import Credential
from support.scenario import conditional, conditional_races
from support.scenario.context import Actor, ScenarioContext
from support.scenario.steps import given, then, when


@given("{actor:Actor} is a user with an ETag")
def is_user_with_etag(scenario: ScenarioContext, actor: Actor) -> None:
    conditional.become_user_with_etag(scenario, actor)


@given("{actor:Actor} is a user with a strong ETag")
def is_user_with_strong_etag(scenario: ScenarioContext, actor: Actor) -> None:
    conditional.become_user_with_etag(scenario, actor)
    conditional.require_strong(scenario)


@given("{actor:Actor} is a user with a strong ETag and enough data that a server may compress it")
def is_large_user_with_strong_etag(scenario: ScenarioContext, actor: Actor) -> None:
    conditional.become_large_user_with_etag(scenario, actor)
    conditional.require_strong(scenario)


@given("{actor:Actor} has changed their name with {method:Method}, and the ETag is noted")
@when("{actor:Actor} changes their name with {method:Method}, and the ETag is noted")
def change_and_note_etag(scenario: ScenarioContext, actor: Actor, method: str) -> None:
    conditional.change_and_note_etag(scenario, actor, method)


@when("{actor:Actor} changes the letter case of their name with {method:Method}, and the ETag is noted")
def change_case_and_note_etag(scenario: ScenarioContext, actor: Actor, method: str) -> None:
    conditional.change_and_note_etag(scenario, actor, method, actor.new_user.name.swapcase())


@when("a client reads {actor:Actor}'s account with If-None-Match and {condition:Condition}")
def read_if_none_match(scenario: ScenarioContext, actor: Actor, condition: str) -> None:
    conditional.read(scenario, actor, conditional.CONDITIONS[condition](scenario.etags))


@when("a client reads {actor:Actor}'s account {times:d} times with If-None-Match and {condition:Condition}")
def read_again_and_again(scenario: ScenarioContext, actor: Actor, times: int, condition: str) -> None:
    conditional.read_repeatedly(scenario, actor, conditional.CONDITIONS[condition](scenario.etags), times)


@when("a client without a token reads {actor:Actor}'s account with If-None-Match and {condition:Condition}")
def read_without_token(scenario: ScenarioContext, actor: Actor, condition: str) -> None:
    conditional.read(scenario, actor, conditional.CONDITIONS[condition](scenario.etags), Credential(None))


@when("a client sends {method:UserWrite} for {actor:Actor} with If-Match and {condition:Condition}")
def write_if_match(scenario: ScenarioContext, method: str, actor: Actor, condition: str) -> None:
    conditional.write_if(scenario, actor, method, condition)


@when("a client sends {times:d} updates for {actor:Actor} with If-Match and {condition:Condition}")
def update_again_and_again(scenario: ScenarioContext, times: int, actor: Actor, condition: str) -> None:
    conditional.update_repeatedly(scenario, actor, condition, times)


@when("{actor:Actor} tries to change to {email:Email} with {method:Method}, with If-Match and {condition:Condition}")
def change_email_if_match(scenario: ScenarioContext, actor: Actor, email: str, method: str, condition: str) -> None:
    conditional.change_email_if(scenario, actor, email, method, condition)


@when("a client sends {actor:Actor}'s current data with If-Match and {condition:Condition}")
def send_current_data_if_match(scenario: ScenarioContext, actor: Actor, condition: str) -> None:
    conditional.change_nothing_if(scenario, actor, condition)


@when("the client sends the refused change of {actor:Actor}'s account again, with If-Match and {condition:Condition}")
def repeat_change_if_match(scenario: ScenarioContext, actor: Actor, condition: str) -> None:
    conditional.repeat_change_if(scenario, actor, condition)


@when("several clients change {actor:Actor}'s name at once with the same current ETag, round after round")
def race_of_writes(scenario: ScenarioContext, actor: Actor) -> None:
    conditional_races.race_of_writes(scenario, actor)


@when("a client deletes Ada's account while others change it, all with its current ETag, round after round")
def race_of_changes_and_deletion(scenario: ScenarioContext) -> None:
    conditional_races.race_of_changes_and_deletion(scenario)


@then("the answer is 304 without a body, or shows {actor:Actor}'s account")
@then("every answer is 304 without a body, or shows {actor:Actor}'s account")
def is_not_modified_or_shown(scenario: ScenarioContext, actor: Actor) -> None:
    conditional.is_not_modified_or_shown(scenario, actor)


@then("with If-None-Match and {condition:Condition}, {actor:Actor}'s account is not found either")
def is_not_found_either(scenario: ScenarioContext, condition: str, actor: Actor) -> None:
    conditional.is_not_found(scenario, actor, conditional.CONDITIONS[condition](scenario.etags))


@then("each version of {actor:Actor}'s account has its own ETag, and a read with an older one shows the account")
def each_version_has_its_etag(scenario: ScenarioContext, actor: Actor) -> None:
    conditional.each_version_has_its_etag(scenario, actor)


@then("the ETag of the answer, if there is one, is that of a read of {actor:Actor}'s account")
def answer_has_etag_of_read(scenario: ScenarioContext, actor: Actor) -> None:
    conditional.answer_has_etag_of_read(scenario, actor)


@then("the status is 412")
@then("every status is 412")
def precondition_failed(scenario: ScenarioContext) -> None:
    conditional.writes_are_refused(scenario)


@then("{actor:Actor} can sign up with the email in the refused change of {other:Actor}'s account")
def email_is_free(scenario: ScenarioContext, actor: Actor, other: Actor) -> None:
    conditional.email_is_free(scenario, actor, other)


@then("the write to {actor:Actor}'s account takes effect")
def write_is_done(scenario: ScenarioContext, actor: Actor) -> None:
    conditional.write_is_done(scenario, actor)
