"""Looking at users: one, the list, by address, page by page."""

from behave import given, then, when
from behave.runner import Context

from support import phrases  # noqa: F401 - registers Person and People


@given("the people who are there are known")
def remember_who_is_there(context: Context) -> None:
    context.world.directory.remember_who_is_there()


@when("she is looked at")
def look_at_her(context: Context) -> None:
    context.world.directory.look_at([context.world.scene.she.person])


@then("she is seen as she signed up")
def she_is_seen(context: Context) -> None:
    context.world.directory.seen_as_signed_up([context.world.scene.she.person])


@when("{someone:Person} is looked at")
def look_at(context: Context, someone: str) -> None:
    context.world.directory.look_at([someone])


@when("{someone:Person} is looked at {times:d} times")
def look_at_times(context: Context, someone: str, times: int) -> None:
    context.world.directory.look_at([someone] * times)


@when("each of them is looked at")
def look_at_each(context: Context) -> None:
    context.world.directory.look_at_everybody()


@when("the user with {what} is looked at")
def look_at_id(context: Context, what: str) -> None:
    context.world.directory.look_at_id(context.world.people.unknown_id(what))


@then("{someone:Person} is seen as she signed up")
@then("{someone:Person} is seen as she signed up each time")
def seen_as_signed_up(context: Context, someone: str) -> None:
    context.world.directory.seen_as_signed_up([someone])


@then("each of them is seen as she signed up")
def each_seen_as_signed_up(context: Context) -> None:
    context.world.directory.everybody_seen_as_signed_up()


@given("the list has been read")
def have_read_list(context: Context) -> None:
    context.world.directory.undisturbed().read_list()


@when("the list is read")
def read_list(context: Context) -> None:
    context.world.directory.read_list()


@then("the list shows {someone:Person} exactly once")
def list_shows(context: Context, someone: str) -> None:
    context.world.directory.shows_once(context.world.scene.member(someone))


@then("the list shows her exactly once")
def list_shows_her(context: Context) -> None:
    context.world.directory.shows_once(context.world.scene.she)


@then("the list no longer shows her")
def list_no_longer_shows_her(context: Context) -> None:
    context.world.gone.from_list(context.world.scene.she)


@then("the list shows each of them exactly once")
def list_shows_each(context: Context) -> None:
    context.world.directory.shows_everybody_once()


@then("the list still shows {someone:Person}")
def list_still_shows(context: Context, someone: str) -> None:
    context.world.directory.read_list()
    context.world.directory.shows_once(context.world.scene.member(someone))


@then("the list no longer shows {someone:Person}")
def list_no_longer_shows(context: Context, someone: str) -> None:
    context.world.gone.from_list(context.world.scene.member(someone))


@then("the list no longer shows any of them")
def list_shows_none(context: Context) -> None:
    context.world.gone.everybody_from_list()


@given("{someone:Person}'s address has been looked up")
def have_looked_up(context: Context, someone: str) -> None:
    context.world.directory.undisturbed().look_up(context.world.people.spelled(someone, "as it is"))


@when("{someone:Person}'s address is looked up")
def look_up(context: Context, someone: str) -> None:
    context.world.directory.look_up(context.world.people.spelled(someone, "as it is"))


@given("the address that {someone:Person} will have was looked up")
def look_up_beforehand(context: Context, someone: str) -> None:
    context.world.directory.undisturbed().look_up(context.world.people.awaited_address(someone))


@when("{someone:Person}'s address is looked up, page {page:d} of {limit:d}")
def look_up_page(context: Context, someone: str, page: int, limit: int) -> None:
    context.world.directory.look_up_page(context.world.people.spelled(someone, "as it is"), page, limit)


@when("{someone:Person}'s address is looked up {spelling:Spelling}")
def look_up_spelled(context: Context, someone: str, spelling: str) -> None:
    context.world.directory.look_up(context.world.people.spelled(someone, spelling))


@when("her address is looked up")
def look_up_hers(context: Context) -> None:
    context.world.directory.look_up(context.world.scene.she.newcomer.email)


@when("her address is looked up in small letters")
def look_up_hers_in_small_letters(context: Context) -> None:
    context.world.directory.look_up(context.world.scene.she.newcomer.email.lower())


@when("{what} is looked up")
def look_up_something(context: Context, what: str) -> None:
    context.world.directory.look_up(context.world.people.unknown_address(what))


@then("exactly {someone:Person} is found")
def exactly_found(context: Context, someone: str) -> None:
    context.world.directory.found_exactly(context.world.scene.member(someone))


@then("exactly she is found")
def exactly_she_found(context: Context) -> None:
    context.world.directory.found_exactly(context.world.scene.she)


@then("exactly {someone:Person} is found by her address")
@then("{someone:Person} is found by her new address")
def found_by_address(context: Context, someone: str) -> None:
    context.world.directory.found_by_address(context.world.scene.member(someone))


@then("exactly {someone:Person} is found by her address in small letters")
def found_in_small_letters(context: Context, someone: str) -> None:
    context.world.directory.look_up(context.world.people.spelled(someone, "in small letters"))
    context.world.directory.found_exactly(context.world.scene.member(someone))


@then("nobody is found by it")
def found_nobody(context: Context) -> None:
    context.world.directory.found_nobody()


@then("nobody is found by it, or it is refused as invalid")
def found_nobody_or_refused(context: Context) -> None:
    context.world.directory.found_nobody(*context.world.profile.answers.invalid)


@then("nobody is found by her old address")
def found_nobody_by_old_address(context: Context) -> None:
    context.world.directory.look_up(context.world.people.former_address())
    context.world.directory.found_nobody()


@then("{someone:Person} is no longer found by her address")
def no_longer_found(context: Context, someone: str) -> None:
    context.world.gone.from_look_up(context.world.scene.member(someone))


@then("the address that {someone:Person} gave up finds exactly its new holder")
def given_up_finds_holder(context: Context, someone: str) -> None:
    context.world.directory.given_up_finds_holder(someone)


@given("{someone:Person}'s page has been read")
def have_read_page_of(context: Context, someone: str) -> None:
    context.world.directory.undisturbed().ask_for_page_of(context.world.scene.member(someone))


@then("{someone:Person}'s page shows her as she is")
def page_shows(context: Context, someone: str) -> None:
    context.world.directory.page_shows(context.world.scene.member(someone))


@when("the list is read page by page")
def page_through(context: Context) -> None:
    context.world.directory.page_through()


@when("the list is read page by page, {limit:d} at a time")
def page_through_by(context: Context, limit: int) -> None:
    context.world.directory.page_through(limit)


@when("the list is read in pages as large as can be")
def page_through_largest(context: Context) -> None:
    context.world.directory.page_through_largest()


@when("a page of {limit:d} is read")
def read_page(context: Context, limit: int) -> None:
    context.world.directory.ask_for_page(1, limit)


@when('page "{page}" with "{limit}" users is read')
def read_odd_page(context: Context, page: str, limit: str) -> None:
    context.world.directory.ask_for_page(page, limit)


@when('page "{page}" is read without a limit')
def read_page_without_limit(context: Context, page: str) -> None:
    context.world.directory.ask_for_page(page, None)


@when('a page of "{limit}" is read without a number')
def read_page_without_number(context: Context, limit: str) -> None:
    context.world.directory.ask_for_page(None, limit)


@then("the page shows between {least:d} and {most:d} users")
def page_holds(context: Context, least: int, most: int) -> None:
    context.world.directory.page_holds(least, most)


@then("no page shows more than its limit")
def pages_keep_limit(context: Context) -> None:
    context.world.directory.pages_keep_their_limit()


@then("nobody is on two pages")
def pages_do_not_overlap(context: Context) -> None:
    context.world.directory.pages_do_not_overlap()


@then("all pages together are the list")
def pages_are_the_list(context: Context) -> None:
    context.world.directory.pages_are_the_list()


@then("a page past the end is empty")
def page_past_the_end(context: Context) -> None:
    context.world.directory.the_last_page_is_empty()
