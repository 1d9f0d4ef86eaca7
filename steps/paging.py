"""Reading the list in pages."""

from support.scenario import many_users, outcomes, paging
from support.scenario.context import Actor, ScenarioContext
from support.scenario.steps import given, then, when


@given("support has read the page that shows {actor:Actor}")
def has_read_page_with(scenario: ScenarioContext, actor: Actor) -> None:
    scenario.registry.wait_for_deletions()
    paging.read_page_of(scenario, actor)


@when("support reads the page that shows {actor:Actor}")
def read_page_with(scenario: ScenarioContext, actor: Actor) -> None:
    paging.read_page_of(scenario, actor)


@then("the page shows {actor:Actor}'s current data")
def page_shows(scenario: ScenarioContext, actor: Actor) -> None:
    outcomes.views_show(scenario, actor, actor.shown, {"pages": scenario.exchange})


@when("support reads the list page by page")
def read_page_by_page(scenario: ScenarioContext) -> None:
    paging.read_all_pages(scenario)


@when("support reads the list page by page, {size:d} user per page")
@when("support reads the list in pages of {size:d} users")
def read_in_pages_of(scenario: ScenarioContext, size: int) -> None:
    paging.read_all_pages(scenario, size)


@when("support reads all pages of the list at once")
def read_pages_at_once(scenario: ScenarioContext) -> None:
    paging.read_all_pages(scenario, at_once=True)


@when("support reads the list page by page, without naming a size")
def read_pages_without_size(scenario: ScenarioContext) -> None:
    many_users.read_pages_without_size(scenario)


@given("support has read the page of size 1 that shows {actor:Actor}")
def has_read_page_of_one(scenario: ScenarioContext, actor: Actor) -> None:
    scenario.registry.wait_for_deletions()
    scenario.values["the page"] = paging.read_page_of(scenario, actor, size=1).call


@then("that page no longer shows {actor:Actor}")
def page_no_longer_shows(scenario: ScenarioContext, actor: Actor) -> None:
    paging.no_longer_shows(scenario, actor)


@then("no page of that size shows a deleted user")
def deleted_on_no_page(scenario: ScenarioContext) -> None:
    many_users.check_deleted_on_no_page(scenario)


@when("support reads the list in pages of the maximum size")
def read_in_largest_pages(scenario: ScenarioContext) -> None:
    paging.read_all_pages(scenario, paging.largest_page(scenario))


@when('support requests page "{page}" with page size "{size}"')
def request_page(scenario: ScenarioContext, page: str, size: str) -> None:
    paging.read_page(scenario, page, size)


@when('support requests page "{page}" without a page size')
def request_page_without_size(scenario: ScenarioContext, page: str) -> None:
    paging.read_page(scenario, page, None)


@when('support requests page size "{size}" without a page number')
def request_page_without_number(scenario: ScenarioContext, size: str) -> None:
    paging.read_page(scenario, None, size)


@then("the page shows between {least:d} and {most:d} users")
def page_has_between(scenario: ScenarioContext, least: int, most: int) -> None:
    paging.has_between(scenario, scenario.exchange, least, most)


@then("no page exceeds its size")
def pages_keep_their_size(scenario: ScenarioContext) -> None:
    paging.keep_their_size(scenario)


@then("no user is on two pages")
def pages_do_not_overlap(scenario: ScenarioContext) -> None:
    paging.do_not_overlap(scenario)


@then("all pages together show the same users as the list")
def pages_are_the_list(scenario: ScenarioContext) -> None:
    paging.are_the_list(scenario)


@then("a page past the end is empty")
def page_past_the_end_is_empty(scenario: ScenarioContext) -> None:
    paging.end_with_an_empty_one(scenario)
