"""Long histories of changes, for a few users at once: every kind of change follows every kind, itself included."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from support.contract.matchers import Matcher, has_an_id, has_status, shows
from support.contract.normalizers import user_of
from support.contract.violation import check, fail
from support.errors import ContractViolation
from support.http.operations import Operation
from support.models import Exchange, NewUser
from support.scenario import accounts, directory
from support.scenario.bursts import read_until_gone
from support.scenario.context import FEW, ScenarioContext
from support.scenario.protocol import update_methods

USERS = FEW
SAME = ("id", "name", "email")
HOLDERS = "the creates of users who took emails that others gave up"
READING_A_HOLDER = "reading a user who took an email that a deleted one had given up"
SEARCHING_A_HOLDER = "searching for a user who took an email that a deleted one had given up"


@dataclass
class History:
    """The names and the emails that a user has had, the current ones last, and the outcome of each change."""

    user_id: str
    names: list[str]
    emails: list[str]
    changes: list[Change] = field(default_factory=list)

    @property
    def given_up(self) -> list[str]:
        """The emails that the user had and no longer has, in lower case."""
        current = self.emails[-1].lower()
        return [one for one in dict.fromkeys(email.lower() for email in self.emails) if one != current]


@dataclass(frozen=True)
class Change:
    """A change with its answer, and what reads and searches showed afterwards."""

    kind: str
    method: str
    expected: NewUser
    answer: Exchange
    read: Exchange
    searches: Sequence[Exchange] = ()


Values = Callable[[History, NewUser], dict[str, str]]
KINDS: Mapping[str, tuple[str, Values]] = {
    "a new name": ("PATCH", lambda _, new: {"name": new.name}),
    "a new email": ("PATCH", lambda _, new: {"email": new.email}),
    "a new name and email": ("PUT", lambda _, new: new.as_json()),
    "the first name": ("PATCH", lambda had, _: {"name": had.names[0]}),
    "the first email": ("PATCH", lambda had, _: {"email": had.emails[0]}),
    "the first name and email": ("PUT", lambda had, _: {"name": had.names[0], "email": had.emails[0]}),
    "the name from before": ("PATCH", lambda had, _: {"name": had.names[-2:][0]}),
    "the email from before": ("PATCH", lambda had, _: {"email": had.emails[-2:][0]}),
    "the same email in other letter case": ("PATCH", lambda had, _: {"email": had.emails[-1].swapcase()}),
    "the same name in other letter case": ("PATCH", lambda had, _: {"name": had.names[-1].swapcase()}),
    "the same name and email once more": ("PUT", lambda had, _: {"name": had.names[-1], "email": had.emails[-1]}),
}
"""Kinds of changes: the method, and what makes the fields to send from a user's history and a new user's data."""


def live(scenario: ScenarioContext) -> None:
    """Let users change their accounts so that every kind of change follows every kind."""
    methods = ("PATCH", *update_methods(scenario))
    kinds = [kind for kind, (method, _) in KINDS.items() if method in methods]
    order = every_pair(len(kinds))
    length = -(-len(order) // USERS)
    parts = [order[start : start + length + 1] for start in range(0, len(order), length)]
    scenario.registry.make_room(len(parts))
    operations = [_live(scenario, scenario.factory.new_user(), [kinds[one] for one in part]) for part in parts]
    scenario.histories = scenario.run_few_at_once(operations)


def every_pair(count: int) -> list[int]:
    """Return the numbers below `count` in an order in which each follows every number once (a de Bruijn sequence)."""
    order, seen = [0], set[tuple[int, int]]()
    while len(seen) < count * count:
        following = next(one for one in reversed(range(count)) if (order[-1], one) not in seen)
        seen.add((order[-1], following))
        order.append(following)
    return order


def _live(scenario: ScenarioContext, new_user: NewUser, kinds: Sequence[str]) -> Operation[History]:
    created = yield from accounts.signing_up(scenario, new_user)
    attempted = "setting up the scenario: a user signs up"
    check(
        created,
        "create-201",
        attempted,
        has_status(scenario.answers.created),
        shows(new_user.as_json(), scenario.names),
        has_an_id(scenario.names),
    )
    user = user_of(created.answer, scenario.profile)
    history = History(user.id if user else "", [new_user.name], [new_user.email])
    for number, kind in enumerate(kinds):
        change = yield from _change(scenario, history, kind, look_up=number % 3 == 0)
        history.changes.append(change)
        if change.answer.status != 200:
            break
    return history


def _change(scenario: ScenarioContext, history: History, kind: str, look_up: bool) -> Operation[Change]:
    method, values = KINDS[kind]
    method = scenario.update_method if method == "PATCH" else method
    before = history.emails[-1]
    sent = accounts.complete(method, values(history, scenario.factory.new_user()), NewUser(history.names[-1], before))
    history.names += [sent["name"]] if "name" in sent else []
    history.emails += [sent["email"]] if "email" in sent else []
    searches = []
    can_search = scenario.profile.capabilities.email_filter
    moved = before.lower() != history.emails[-1].lower()
    if can_search and moved and history.emails[-1] not in history.emails[:-1]:
        yield from scenario.api.find(history.emails[-1])  # a cached empty result must not outlast the change
    call = scenario.api.call(method, scenario.api.url_of(history.user_id), fields=sent)
    answer = yield from scenario.registry.change(call, sent.get("email"))
    read = yield from scenario.api.read(history.user_id)
    if can_search and (look_up or moved):
        for email in [history.emails[-1], *([before] if moved else [])]:
            searches.append((yield from scenario.api.find(email)))
    expected = NewUser(history.names[-1], history.emails[-1])
    return Change(kind, method, expected, answer, read, searches)


# Checks


def check_changes(scenario: ScenarioContext) -> None:
    """Check each change: its answer, the read after it, and the searches for the current and the given-up email."""
    for history in scenario.histories:
        for number, _ in enumerate(history.changes):
            try:
                _check_change(scenario, history, number)
            except ContractViolation as violation:
                _live_alone(scenario, history, number)
                actual = violation.evidence.actual if violation.evidence else ()
                fail("burst-workflow", _said(history, number), ["what one user alone gets"], actual)


def _live_alone(scenario: ScenarioContext, history: History, number: int) -> None:
    """Let a new user make the same changes while no other user acts; raises ContractViolation if any goes wrong."""
    kinds = [change.kind for change in history.changes[: number + 1]]
    alone = scenario.run(_live(scenario, scenario.factory.new_user(), kinds))
    for place, _ in enumerate(alone.changes):
        _check_change(scenario, alone, place)


def _said(history: History, number: int) -> str:
    """Describe the last few actions of a user, up to and including this change."""
    done = [f"{change.method} with {change.kind}" for change in history.changes[: number + 1]]
    return "; then ".join(["a user signs up", *done][-4:])


def _check_change(scenario: ScenarioContext, history: History, number: int) -> None:
    change, attempted = history.changes[number], _said(history, number)
    at_first = user_of(history.changes[0].read.answer, scenario.profile) if number else None
    kept = {} if at_first is None or at_first.created_at is None else {"createdAt": at_first.created_at}
    expected = shows({**change.expected.as_json(), **kept}, scenario.names)
    rule = change.method.lower()
    matchers: Sequence[Matcher] = (has_status([200]), expected)
    check(change.answer, rule, attempted, *matchers)
    check(change.read, rule, f"{attempted}; then reading the user", *matchers)
    for exchange, found in zip(change.searches, ([history.user_id], []), strict=False):
        wanted = "exactly the user with this email" if found else "no user with the email that was given up"
        directory.check_found(scenario, exchange, found, wanted, f"{attempted}; then searching")


def check_emails(scenario: ScenarioContext) -> None:
    """Check that the email that each user has in the end is taken, and that the emails that users gave up are free."""
    current = [history.emails[-1] for history in scenario.histories]
    attempted = f"{scenario.attempted}; then another user signs up with the email that a user has"
    for exchange in scenario.run_few_at_once([_sign_up(scenario, email) for email in current]):
        check(exchange, "email-unique", attempted, has_status(scenario.answers.taken))
    given_up = [email for history in scenario.histories for email in history.given_up[:2]]
    attempted = f"{scenario.attempted}; then another user signs up with an email that was given up"
    created = scenario.run_few_at_once([_sign_up(scenario, email) for email in given_up])
    for exchange in created:
        check(exchange, "update-taken", attempted, has_status(scenario.answers.created))
    scenario.values[HOLDERS] = dict(zip(given_up, created, strict=True))


def delete_all(scenario: ScenarioContext) -> None:
    """Let users delete their accounts and others take their emails, then send changes and deletions to the old ids."""
    scenario.ends = scenario.run_few_at_once([_end(scenario, history) for history in scenario.histories])
    holders = scenario.values.pop(HOLDERS, {}).items()
    scenario.ends += scenario.run_few_at_once([_look_at(scenario, email, created) for email, created in holders])


def _end(scenario: ScenarioContext, history: History) -> Operation[Mapping[str, Exchange]]:
    """Delete a user, let another user take the email, and use the old id again; return the exchanges by label."""
    api, user_id, email = scenario.api, history.user_id, history.emails[-1]
    came = {"deleting": (yield from api.delete(user_id)), "reading": (yield from read_until_gone(scenario, user_id))}
    came["signing up again"] = created = yield from _sign_up(scenario, email)
    successor = user_of(created.answer, scenario.profile)
    if came["reading"].status not in scenario.answers.gone or successor is None or successor.id == user_id:
        return came
    for method in update_methods(scenario):
        sent = {"name": history.names[0], "email": scenario.factory.new_user().email}
        call = api.call(method, api.url_of(user_id), fields=sent)
        came[f"{method} after that"] = yield from scenario.registry.change(call, sent["email"])
    came["deleting again"] = yield from api.delete(user_id)
    came["reading after that"] = yield from read_until_gone(scenario, user_id)
    came["reading the successor"] = yield from api.read(successor.id)
    return came


def _look_at(scenario: ScenarioContext, email: str, created: Exchange) -> Operation[Mapping[str, Exchange]]:
    """Read and search for a user who took an email that another user, who is deleted by now, had given up."""
    user = user_of(created.answer, scenario.profile)
    if user is None:
        return {}
    read = {READING_A_HOLDER: (yield from scenario.api.read(user.id))}
    if not scenario.profile.capabilities.email_filter:
        return read
    return {**read, SEARCHING_A_HOLDER: (yield from scenario.api.find(email))}


def check_ends(scenario: ScenarioContext) -> None:
    """Check that deleted users stay deleted, that their emails are free, and that those who took them are unchanged."""
    answers, said = scenario.answers, "users delete their accounts after many changes, and others take their emails"
    wanted = {
        "deleting": ("delete", answers.deleted),
        "reading": ("delete", answers.gone),
        "signing up again": ("delete-frees", answers.created),
        "PATCH after that": ("update-404", answers.unknown),
        "PUT after that": ("update-404", answers.unknown),
        "deleting again": ("delete-again", answers.deleted_again),
        "reading after that": ("delete", answers.gone),
        "reading the successor": ("isolation", (200,)),
        READING_A_HOLDER: ("isolation", (200,)),
        SEARCHING_A_HOLDER: ("filter-email", (200,)),
    }
    for came in scenario.ends:
        for what, exchange in came.items():
            rule, statuses = wanted[what]
            again = answers.deleted_again if exchange.repeated_in_doubt and rule == "delete" else ()
            matchers = [has_status((*statuses, *again))]
            if what == "reading the successor":
                created = accounts.fields_of(scenario, came["signing up again"])
                matchers.append(shows({key: created[key] for key in SAME if key in created}, scenario.names))
            check(exchange, rule, f"{said}: {what}", *matchers)
        if SEARCHING_A_HOLDER in came:
            search, user = came[SEARCHING_A_HOLDER], user_of(came[READING_A_HOLDER].answer, scenario.profile)
            wish, found = "exactly the user who has the email now", [user.id] if user else []
            directory.check_found(scenario, search, found, wish, f"{said}: {SEARCHING_A_HOLDER}")


def _sign_up(scenario: ScenarioContext, email: str) -> Operation[Exchange]:
    return accounts.signing_up(scenario, NewUser(scenario.factory.new_user().name, email))
