"""Reading users: one account, the list, searches by email, pages."""

from behave import given, then, when
from behave.runner import Context

from support.scenario import parameter_types  # noqa: F401 - registers Person and People

# Accounts


@given("the current list of users")
def remember_current_users(context: Context) -> None:
    context.session.directory.remember_who_is_there()


@when("support reads the account")
def read_the_account(context: Context) -> None:
    context.session.directory.look_at([context.session.scenario.last_actor.persona])


@then("the account is shown as created")
def the_account_shown_as_created(context: Context) -> None:
    context.session.directory.seen_as_signed_up([context.session.scenario.last_actor.persona])


@when("support reads {person:Person}'s account")
def read_account(context: Context, person: str) -> None:
    context.session.directory.look_at([person])


@when("support reads {person:Person}'s account {times:d} times")
def read_account_times(context: Context, person: str, times: int) -> None:
    context.session.directory.look_at([person] * times)


@when("support reads each account")
def read_each_account(context: Context) -> None:
    context.session.directory.look_at_everybody()


@when("a client reads the user whose id is {unknown_id}")
def read_unknown_id(context: Context, unknown_id: str) -> None:
    context.session.directory.look_at_id(context.session.values.unknown_id(unknown_id))


@then("{person:Person}'s account is shown as created")
def shown_as_created(context: Context, person: str) -> None:
    context.session.directory.seen_as_signed_up([person])


@then("each account is shown as created")
def each_shown_as_created(context: Context) -> None:
    context.session.directory.everybody_seen_as_signed_up()


# The list


@given("support has read the list")
def has_read_list(context: Context) -> None:
    context.session.directory.undisturbed().read_list()


@when("support reads the list")
def read_list(context: Context) -> None:
    context.session.directory.read_list()


@then("the list shows {person:Person} exactly once")
def list_shows(context: Context, person: str) -> None:
    context.session.directory.shows_once(context.session.scenario.actor(person))


@then("the list shows the user exactly once")
def list_shows_the_user(context: Context) -> None:
    context.session.directory.shows_once(context.session.scenario.last_actor)


@then("the list no longer shows the user")
def list_no_longer_shows_the_user(context: Context) -> None:
    context.session.waiting.from_list(context.session.scenario.last_actor)


@then("the list shows each of them exactly once")
def list_shows_each(context: Context) -> None:
    context.session.directory.shows_everybody_once()


@then("the list still shows {person:Person}")
def list_still_shows(context: Context, person: str) -> None:
    context.session.directory.read_list()
    context.session.directory.shows_once(context.session.scenario.actor(person))


@then("the list no longer shows {person:Person}")
def list_no_longer_shows(context: Context, person: str) -> None:
    context.session.waiting.from_list(context.session.scenario.actor(person))


@then("the list no longer shows any of them")
def list_shows_none(context: Context) -> None:
    context.session.waiting.everybody_from_list()


# Searches


@given("support has searched for {person:Person}'s email")
def has_searched(context: Context, person: str) -> None:
    context.session.directory.undisturbed().look_up(context.session.values.spelled(person, "letter for letter"))


@when("support searches for {person:Person}'s email")
def search(context: Context, person: str) -> None:
    context.session.directory.look_up(context.session.values.spelled(person, "letter for letter"))


@given("support has searched for the email that {person:Person} will use")
def has_searched_for_future_email(context: Context, person: str) -> None:
    context.session.directory.undisturbed().look_up(context.session.values.awaited_address(person))


@when("support searches for {person:Person}'s email on page {page:d} with page size {size:d}")
def search_page(context: Context, person: str, page: int, size: int) -> None:
    context.session.directory.look_up_page(context.session.values.spelled(person, "letter for letter"), page, size)


@when("support searches for {person:Person}'s email {spelling:Spelling}")
def search_spelled(context: Context, person: str, spelling: str) -> None:
    context.session.directory.look_up(context.session.values.spelled(person, spelling))


@when("support searches for the user's email")
def search_the_user(context: Context) -> None:
    context.session.directory.look_up(context.session.scenario.last_actor.new_user.email)


@when("support searches for the user's email in lower case")
def search_the_user_in_lower_case(context: Context) -> None:
    context.session.directory.look_up(context.session.scenario.last_actor.new_user.email.lower())


@when("support searches for {text:UnknownEmail}")
def search_unknown(context: Context, text: str) -> None:
    context.session.directory.look_up(context.session.values.unknown_address(text))


@then("only {person:Person} is found")
def only_found(context: Context, person: str) -> None:
    context.session.directory.found_exactly(context.session.scenario.actor(person))


@then("only the user is found")
def only_the_user_found(context: Context) -> None:
    context.session.directory.found_exactly(context.session.scenario.last_actor)


@then("only {person:Person} is found by their email")
def found_by_email(context: Context, person: str) -> None:
    context.session.directory.found_by_address(context.session.scenario.actor(person))


@then("only {person:Person} is found by their email in lower case")
def found_in_lower_case(context: Context, person: str) -> None:
    context.session.directory.look_up(context.session.values.spelled(person, "in lower case"))
    context.session.directory.found_exactly(context.session.scenario.actor(person))


@then("the result is empty")
def result_is_empty(context: Context) -> None:
    context.session.directory.found_nobody()


@then("the result is empty or the request is refused as invalid")
def result_is_empty_or_refused(context: Context) -> None:
    context.session.directory.found_nobody(*context.session.profile.answers.invalid)


@then("no user is found by the old email")
def none_found_by_old_email(context: Context) -> None:
    context.session.directory.look_up(context.session.values.former_address())
    context.session.directory.found_nobody()


@then("{person:Person} is no longer found by their email")
def no_longer_found(context: Context, person: str) -> None:
    context.session.waiting.from_look_up(context.session.scenario.actor(person))


@then("{person:Person}'s old email finds exactly its new owner")
def old_email_finds_new_owner(context: Context, person: str) -> None:
    context.session.directory.given_up_finds_holder(person)


# Pages


@given("support has read the page with {person:Person}")
def has_read_page_with(context: Context, person: str) -> None:
    context.session.directory.undisturbed().ask_for_page_of(context.session.scenario.actor(person))


@then("the page with {person:Person} shows their current data")
def page_shows(context: Context, person: str) -> None:
    context.session.directory.page_shows(context.session.scenario.actor(person))


@when("support reads the list page by page")
def read_page_by_page(context: Context) -> None:
    context.session.directory.page_through()


@when("support reads the list page by page, {size:d} user per page")
def read_in_pages_of(context: Context, size: int) -> None:
    context.session.directory.page_through(size)


@when("support reads the list in pages of the maximum size")
def read_in_largest_pages(context: Context) -> None:
    context.session.directory.page_through_largest()


@when('support requests page "{page}" with page size "{size}"')
def request_page(context: Context, page: str, size: str) -> None:
    context.session.directory.ask_for_page(page, size)


@when("support requests a page far past the end")
def request_page_past_the_end(context: Context) -> None:
    context.session.directory.ask_for_page(1_000_000_000, 100)


@when('support requests page "{page}" without a page size')
def request_page_without_size(context: Context, page: str) -> None:
    context.session.directory.ask_for_page(page, None)


@when('support requests page size "{size}" without a page number')
def request_page_without_number(context: Context, size: str) -> None:
    context.session.directory.ask_for_page(None, size)


@then("the page shows between {least:d} and {most:d} users")
def page_holds(context: Context, least: int, most: int) -> None:
    context.session.directory.page_holds(least, most)


@then("no page exceeds its size")
def pages_keep_size(context: Context) -> None:
    context.session.directory.pages_keep_their_limit()


@then("no user is on two pages")
def pages_do_not_overlap(context: Context) -> None:
    context.session.directory.pages_do_not_overlap()


@then("all pages together are the list")
def pages_are_the_list(context: Context) -> None:
    context.session.directory.pages_are_the_list()


@then("a page past the end is empty")
def page_past_the_end(context: Context) -> None:
    context.session.directory.the_last_page_is_empty()
