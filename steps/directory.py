"""Reading users: one account, the list, searches by email."""

from support.scenario import conditional, directory, encoded_ids, many_users, outcomes, values, waiting
from support.scenario.context import Actor, ScenarioContext
from support.scenario.steps import given, then, when

# Accounts


@given("support has asked for the ids that come after {actor:Actor}'s, if ids are numbers")
def ask_for_next_ids(scenario: ScenarioContext, actor: Actor) -> None:
    values.ask_for_next_ids(scenario, actor)


@when("support reads {actor:Actor}'s account")
def read_account(scenario: ScenarioContext, actor: Actor) -> None:
    scenario.keep(scenario.run(scenario.api.read(actor.known_id)))


@given("support has seen {actor:Actor}'s account by a read, in the list and by a search")
def has_seen_account(scenario: ScenarioContext, actor: Actor) -> None:
    directory.see_in_every_view(scenario, actor)


@when("support reads {actor:Actor}'s account {times:d} times")
def read_account_times(scenario: ScenarioContext, actor: Actor, times: int) -> None:
    scenario.keep(*[scenario.run(scenario.api.read(actor.known_id)) for _ in range(times)])


@when("a client asks for {actor:Actor}'s account if it has changed since 1994")
def read_if_changed(scenario: ScenarioContext, actor: Actor) -> None:
    conditional.read(scenario, actor, since="Sun, 06 Nov 1994 08:49:37 GMT")


@when("a client reads {actor:Actor}'s account, the name changes, and the client asks whether the account has changed")
def read_before_and_after_change(scenario: ScenarioContext, actor: Actor) -> None:
    conditional.read_before_and_after_change(scenario, actor)


@when("support reads each account")
def read_each_account(scenario: ScenarioContext) -> None:
    scenario.keep(*[scenario.run(scenario.api.read(actor.known_id)) for actor in scenario.users])


@when("a client reads the user whose id is {user_id:UnusedId}")
def read_unused_id(scenario: ScenarioContext, user_id: str) -> None:
    scenario.keep(scenario.run(scenario.api.read(user_id)))


@when("a client tries to read a user by each id that resembles {actor:Actor}'s")
def read_resembling_ids(scenario: ScenarioContext, actor: Actor) -> None:
    values.resembling_ids(scenario, actor)


@when("a client sends HEAD for each id that resembles {actor:Actor}'s")
def head_resembling_ids(scenario: ScenarioContext, actor: Actor) -> None:
    ids = values.resembling_ids(scenario, actor)
    scenario.keep(*scenario.run_few_at_once([scenario.api.head(one) for one in ids]))


@when("a client reads {actor:Actor}'s account by a percent-encoded id")
def read_encoded_id(scenario: ScenarioContext, actor: Actor) -> None:
    encoded_ids.read(scenario, actor)


@then("{actor:Actor}'s account is shown as created")
def shown_as_created(scenario: ScenarioContext, actor: Actor) -> None:
    for exchange in scenario.exchanges:
        outcomes.is_shown_as_created(scenario, actor, exchange)


@then("each account is shown as created")
def each_shown_as_created(scenario: ScenarioContext) -> None:
    for actor, exchange in zip(scenario.users, scenario.exchanges, strict=True):
        outcomes.is_shown_as_created(scenario, actor, exchange)


# The list


@given("the list of users is noted")
def remember_list(scenario: ScenarioContext) -> None:
    directory.remember_list(scenario)


@given("support has read the list")
def has_read_list(scenario: ScenarioContext) -> None:
    scenario.registry.wait_for_deletions()
    directory.read_list(scenario)


@when("support reads the list")
def read_list(scenario: ScenarioContext) -> None:
    scenario.keep(directory.read_list(scenario))


@when("support reads the list, and searches for {actor:Actor}'s email, with unknown parameters")
def read_with_unknown_parameters(scenario: ScenarioContext, actor: Actor) -> None:
    directory.read_with_unknown_parameters(scenario, actor)


@then("{actor:Actor} is shown, unless the request is refused")
def shown_unless_refused(scenario: ScenarioContext, actor: Actor) -> None:
    directory.shows_unless_refused(scenario, actor)


@then("the list shows {actor:Actor} exactly once")
@then("the list shows {actor:Actor} exactly once, with their current data")
def list_shows(scenario: ScenarioContext, actor: Actor) -> None:
    directory.shows_once(scenario, actor, scenario.exchange)


@then("the list shows each of the users exactly once")
def list_shows_each(scenario: ScenarioContext) -> None:
    for actor in scenario.users:
        directory.shows_once(scenario, actor, scenario.exchange)


@then("the list still shows {actor:Actor}")
def list_still_shows(scenario: ScenarioContext, actor: Actor) -> None:
    directory.shows_once(scenario, actor, directory.read_list(scenario))


@then("the list no longer shows {actor:Actor}")
def list_no_longer_shows(scenario: ScenarioContext, actor: Actor) -> None:
    waiting.is_gone_from_list(scenario, actor)


@then("the list no longer shows any of the users")
def list_shows_none(scenario: ScenarioContext) -> None:
    for actor in scenario.users:
        waiting.is_gone_from_list(scenario, actor)


# Searches


@given("support has searched for {text:SearchText}")
def has_searched(scenario: ScenarioContext, text: str) -> None:
    scenario.registry.wait_for_deletions()
    scenario.run(scenario.api.find(text))


@when("support searches for {text:SearchText}")
def search(scenario: ScenarioContext, text: str) -> None:
    scenario.keep(scenario.run(scenario.api.find(text)))


@when("support searches for the emails of the first, the middle and the last user in the list")
def search_for_places(scenario: ScenarioContext) -> None:
    directory.search_for_places(scenario)


@then("each of these users is found")
def places_are_found(scenario: ScenarioContext) -> None:
    directory.places_are_found(scenario)


@when("support searches for {email:Email} on page {page:d} with page size {size:d}")
def search_page(scenario: ScenarioContext, email: str, page: int, size: int) -> None:
    scenario.keep(scenario.run(scenario.api.find_page(email, page, size)))


@then("only {actor:Actor} is found")
@then("only {actor:Actor} is found, with their current data")
def only_found(scenario: ScenarioContext, actor: Actor) -> None:
    directory.finds_only(scenario, actor, scenario.exchange)


@then("only {actor:Actor} is found by their email")
def found_by_email(scenario: ScenarioContext, actor: Actor) -> None:
    directory.is_found_by_email(scenario, actor)


@then("a search for {email:Email} finds only {actor:Actor}")
def search_finds_only(scenario: ScenarioContext, email: str, actor: Actor) -> None:
    directory.finds_only(scenario, actor, scenario.run(scenario.api.find(email)))


@then("a search for {email:Email} finds no user")
def search_finds_no_user(scenario: ScenarioContext, email: str) -> None:
    directory.finds_no_user(scenario, scenario.run(scenario.api.find(email)))


@then("the result is empty")
def result_is_empty(scenario: ScenarioContext) -> None:
    directory.finds_no_user(scenario, scenario.exchange)


@then("the result is empty or the request is refused as invalid")
def result_is_empty_or_refused(scenario: ScenarioContext) -> None:
    directory.finds_no_user(scenario, scenario.exchange, *scenario.answers.invalid)


@then("{actor:Actor} is no longer found by their email")
def no_longer_found(scenario: ScenarioContext, actor: Actor) -> None:
    waiting.is_gone_from_search(scenario, actor)


@then("the first, the last and some of the others are found by email, with and without pages")
def some_are_found(scenario: ScenarioContext) -> None:
    many_users.check_found(scenario)


@then("each list that is read while more users sign up shows exactly once each user who had already signed up")
def all_are_listed_meanwhile(scenario: ScenarioContext) -> None:
    many_users.check_listed_meanwhile(scenario)


@then("no other user can sign up with the emails of those who were found")
def some_are_guarded(scenario: ScenarioContext) -> None:
    many_users.check_guarded(scenario)
