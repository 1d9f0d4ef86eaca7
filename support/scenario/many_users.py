"""Checks on users among many: each is found, and nobody else gets their email, whether they signed up early or late."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from support.contract.matchers import has_status
from support.contract.normalizers import ids_of, user_of
from support.contract.violation import check, fail
from support.errors import NotOffered, number_of
from support.models import Exchange, NewUser
from support.scenario import accounts, directory, paging
from support.scenario.context import ScenarioContext
from support.scenario.directory import read_list
from support.scenario.paged import MOST_PAGES, Fit, Paged
from support.scenario.protocol import update_methods
from support.scenario.waiting import LIST, poll_until

SAMPLE = 8
MEANWHILE = 6


def _all(scenario: ScenarioContext) -> list[tuple[NewUser, str]]:
    """Return the users of the last burst with their ids."""
    created = [user_of(exchange.answer, scenario.profile) for exchange in scenario.burst.result.results]
    return [(new, user.id) for new, user in zip(scenario.burst.new_users, created, strict=True) if user is not None]


def _some(scenario: ScenarioContext) -> list[tuple[NewUser, str]]:
    """Return some of the users of the last burst, evenly spread, the first and the last included."""
    pairs = _all(scenario)
    return [*dict.fromkeys([*pairs[:: max(1, len(pairs) // SAMPLE)], *pairs[-1:]])]


def check_found(scenario: ScenarioContext) -> None:
    """Check for some users that a search by email finds only that user, also on page 1, and nobody on page 2."""
    has = scenario.profile.capabilities
    searches = []
    for new_user, user_id in _some(scenario) if has.email_filter else []:
        email = new_user.email
        searches.append((email, scenario.api.find(email), [user_id]))
        if has.pages:
            searches.append((email, scenario.api.find_page(email, 1, 10), [user_id]))
            searches.append((email, scenario.api.find_page(email, 2, 10), []))
    exchanges = scenario.run_few_at_once([search for _, search, _ in searches])
    for (email, _, expected), exchange in zip(searches, exchanges, strict=True):
        attempted = scenario.then(f"searching for {email}")
        wanted = f"exactly user {expected[0]}" if expected else "no user on the second page"
        rule = "filter-email" if expected else "pages"
        directory.check_found(scenario, exchange, expected, wanted, attempted, rule)


def read_pages_without_size(scenario: ScenarioContext) -> None:
    """Read all pages, of the size that the API chooses, between two reads of the list; try again unless they fit.

    Raises NotOffered for a target whose pages are not numbered: without a size, the next one could begin anywhere.
    """
    if scenario.profile.pages.counts != "pages":
        raise NotOffered("the pages of the target are not numbered")
    scenario.registry.wait_for_deletions()
    for _ in range(paging.TRIES):
        before, pages, seen = read_list(scenario), list[Exchange](), set[str]()
        while len(pages) < MOST_PAGES:
            pages.append(scenario.run(scenario.api.page(len(pages) + 1, None)))
            if seen.issuperset(ids := ids_of(pages[-1].answer, scenario.profile)):
                break
            seen.update(ids)
        after = read_list(scenario)
        scenario.paged = Paged(before, pages, after, paging.LARGEST_PAGE, scenario.profile)
        if scenario.paged.fit is Fit.RIGHT:
            return


def check_deleted_on_no_page(scenario: ScenarioContext) -> None:
    """Check that no page shows a deleted user, in the page size that was used before the deletions.

    Waits for deletions to show, up to the deletion deadline.
    """
    size = scenario.pages.size
    deleted = {str(shown.get("id")) for shown in scenario.burst.created[::2]}

    def still_shown() -> list[tuple[str, Exchange]]:
        pages = paging.read_until_empty(scenario, range(1, MOST_PAGES), size)
        return [(one, page) for page in pages for one in ids_of(page.answer, scenario.profile) if one in deleted]

    if left := poll_until(scenario, LIST, still_shown, lambda left: not left):
        user_id, page = left[0]
        wrong = f"user {user_id} is on a page, {number_of(len(left), 'deleted user')} in all"
        fail("pages", scenario.then("reading page after page"), ["no deleted user"], [wrong], page)


def check_guarded(scenario: ScenarioContext) -> None:
    """Check that nobody can sign up with the emails of some users of the last burst, or change to these emails."""
    some = _some(scenario)
    wanted = [replace(new_user, email=new_user.email.upper()) for new_user, _ in some]
    exchanges = scenario.run_few_at_once([accounts.signing_up(scenario, one) for one in wanted])
    _check_taken(scenario, "email-unique", exchanges)
    for method in update_methods(scenario):
        urls = [scenario.api.url_of(other) for _, other in [*some[1:], some[0]]]
        calls = [scenario.api.call(method, url, fields=one.as_json()) for url, one in zip(urls, wanted, strict=True)]
        changes = [scenario.registry.change(call, one.email) for call, one in zip(calls, wanted, strict=True)]
        _check_taken(scenario, "update-taken", scenario.run_few_at_once(changes))


def _check_taken(scenario: ScenarioContext, rule: str, exchanges: Sequence[Exchange]) -> None:
    attempted = scenario.then("signing up with a taken email, or changing another user to it")
    for exchange in exchanges:
        check(exchange, rule, attempted, has_status(scenario.answers.taken))


def check_listed_meanwhile(scenario: ScenarioContext) -> None:
    """Check that each list that is read while others sign up shows each user of the last burst exactly once.

    Does nothing if the list only comes in pages: it may change between the requests for its pages.
    """
    if not scenario.profile.capabilities.list or scenario.profile.pages.are_needed:
        return
    scenario.registry.make_room(MEANWHILE)
    pairs = [
        (scenario.api.list(), accounts.signing_up(scenario, new_user))
        for new_user in scenario.factory.new_users(MEANWHILE)
    ]
    lists = scenario.run_at_once([operation for pair in pairs for operation in pair])[::2]
    attempted = scenario.then("reading the list while others sign up")
    for exchange in lists:
        check(exchange, "list", attempted, has_status([200]))
        shown = Counter(ids_of(exchange.answer, scenario.profile))
        counts = {user_id: shown[user_id] for _, user_id in _all(scenario) if shown[user_id] != 1}
        wrong = [f"user {user_id} is shown {count} times" for user_id, count in counts.items()]
        if wrong:
            fail("list", attempted, ["each user who was there before, exactly once"], wrong, exchange)
