"""Bursts: many users sign up, change and delete their accounts at the same moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from support.concurrency.drawing import histogram
from support.concurrency.results import WITHOUT_BURSTS, BurstResult, Request
from support.contract.matchers import Matcher, has_an_id, has_status, shows
from support.contract.normalizers import user_of
from support.errors import Inconclusive
from support.http.operations import Operation, Sleep
from support.models import Answer, Exchange, NewUser
from support.scenario import accounts, directory, one_client
from support.scenario.one_client import Act, tried_by_one_client
from support.statuses import is_server_fault

if TYPE_CHECKING:
    from support.scenario.context import Actor, ScenarioContext

BEHIND = 2
"""How many further reads delay every second user, so that their changes coincide with deletions by the others."""
MIN_SIZE = 2
SPARE = 10


@dataclass(frozen=True)
class Burst:
    """The last burst of a scenario: its new users and its result.

    In a burst of deletions, `created` are the fields of the users as the answers to their sign-ups showed them. If the
    burst fails, one client does the `acts` one after another, to see whether they fail without concurrency too.
    """

    new_users: Sequence[NewUser]
    result: BurstResult[Any]
    acts: Sequence[Act]
    created: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True)
class Lifecycle:
    """The exchanges of one user from sign-up to deletion."""

    new_user: NewUser
    new_name: str
    exchanges: Mapping[str, Exchange]


def size(scenario: ScenarioContext, wanted: int) -> int:
    """Return the size of a burst: `wanted`, or less if a limit requires it; raises Inconclusive below MIN_SIZE."""
    pacer = scenario.session.connection.pacer
    limits = {
        "MAX_USERS_ALIVE or caps.users": scenario.registry.room,
        "caps.concurrency": scenario.profile.caps.concurrency,
        "the limit of requests": pacer.most_at_once,
    }
    possible, limit = min((most, name) for name, most in (limits | {"": wanted}).items() if most is not None)
    if possible < MIN_SIZE:
        raise Inconclusive(
            f"{wanted} concurrent requests are wanted, and {limit} leaves room for {max(possible, 0)}. "
            f"Raise it, or run without bursts and races: {WITHOUT_BURSTS}"
        )
    if possible < wanted and possible == pacer.most_at_once:
        limit = " and ".join(map(str, pacer.limits))
        scenario.session.note_concurrency(f"{possible} instead of {wanted} at once: the target takes {limit}")
    return possible


def release(scenario: ScenarioContext, requests: Sequence[Request[Any]], warm: bool = False) -> BurstResult[Any]:
    """Release all requests at the same moment with the async client, on warm connections if wanted.

    If the target has a rate limit, no requests are spent on warming up connections.
    """
    warm = warm and not scenario.session.connection.pacer.limits
    query = {scenario.names.email_filter: scenario.factory.new_user().email} if warm else None
    warm_up = scenario.api.call("GET", query=query) if warm else None
    return scenario.session.run_burst(requests, warm_up)


# Actions


def sign_up(scenario: ScenarioContext, wanted: int, name: str | None = None) -> None:
    """Sign up this many users at the same moment, all with the same name if one is given."""
    new_users = [replace(one, name=name or one.name) for one in _new_users(scenario, wanted)]
    _keep(
        scenario,
        "burst",
        Burst(new_users, release(scenario, _sign_ups(scenario, new_users)), one_client.sign_up_all(wanted)),
    )


def sign_up_beside_taken_email(scenario: ScenarioContext, wanted: int, actor: Actor, email: str) -> None:
    """Sign up this many users at the same moment, and among them an actor with an email that is taken."""
    first, *new_users = _new_users(scenario, wanted + 1)
    actor.new_user, middle = replace(first, email=email), len(new_users) // 2
    result = release(scenario, _sign_ups(scenario, [*new_users[:middle], actor.new_user, *new_users[middle:]]))
    scenario.last_actor = actor
    scenario.keep(result.results[middle])
    others = replace(result, results=(*result.results[:middle], *result.results[middle + 1 :]))
    _keep(scenario, "burst", Burst(new_users, others, one_client.sign_up_all(wanted)))


def have_signed_up(scenario: ScenarioContext, wanted: int, name: str | None = None) -> None:
    """Sign up this many users at the same moment, for a scenario of another rule; a failure breaks the rule `burst`.

    If the number of users is limited, fewer sign up where that is needed to leave the scenario room for SPARE more.
    """
    room = scenario.registry.room
    sign_up(scenario, wanted if room is None else min(wanted, max(MIN_SIZE, room - SPARE)), name)
    own, scenario.rule = scenario.rule, "burst"
    check_each_created(scenario)
    scenario.rule = own


def sign_up_in_threads(scenario: ScenarioContext, wanted: int) -> None:
    """Sign up this many users from as many threads."""
    new_users = _new_users(scenario, wanted)
    result = scenario.session.run_threads(_sign_ups(scenario, new_users))
    _keep(scenario, "threads", Burst(new_users, result, one_client.sign_up_all(wanted)))


def delete_every_second(scenario: ScenarioContext) -> None:
    """Delete every second user of the last burst at the same moment."""
    before = scenario.burst
    created = [accounts.fields_of(scenario, exchange) for exchange in before.result.results]
    ids = [str(shown.get("id")) for shown in created[::2]]
    result = release(scenario, [Request(user_id, scenario.api.delete(user_id)) for user_id in ids])
    _keep(
        scenario,
        "burst of deletions",
        replace(before, result=result, acts=(one_client.sign_up, one_client.delete), created=created),
    )


def run_lifecycles(scenario: ScenarioContext, wanted: int) -> None:
    """Let this many users sign up, change their names, read and delete their accounts, all at the same moment."""
    new_users = _new_users(scenario, wanted)
    requests = [Request(one.email, _lifecycle(scenario, one, number)) for number, one in enumerate(new_users, start=1)]
    acts = one_client.sign_up, one_client.change_by(scenario.update_method, "name"), one_client.delete
    _keep(scenario, "burst of lifecycles", Burst(new_users, release(scenario, requests), acts))


def _new_users(scenario: ScenarioContext, wanted: int) -> list[NewUser]:
    count = size(scenario, wanted)
    scenario.registry.make_room(count)
    scenario.api.policy.budget.admit(count)
    return scenario.factory.new_users(count)


def _sign_ups(scenario: ScenarioContext, new_users: Sequence[NewUser]) -> list[Request[Exchange]]:
    return [Request(new_user.email, accounts.signing_up(scenario, new_user)) for new_user in new_users]


def _lifecycle(scenario: ScenarioContext, new_user: NewUser, number: int) -> Operation[Lifecycle]:
    """Sign up, read, change and delete one user; stop unless the answers show this user, to touch nobody else."""
    api, new_name = scenario.api, f"{new_user.name} No. {number}"
    exchanges = {"created": (yield from accounts.signing_up(scenario, new_user))}
    user = user_of(exchanges["created"].answer, scenario.profile)
    if user is None or exchanges["created"].status not in scenario.answers.created:
        return Lifecycle(new_user, new_name, exchanges)
    exchanges["read"] = yield from api.read(user.id)
    shown = user_of(exchanges["read"].answer, scenario.profile)
    for turn in range(1, 1 + (BEHIND if number % 2 else 0)):
        exchanges[f"further read {turn}"] = yield from api.read(user.id)
    if shown is not None and (shown.id, shown.email) == (user.id, new_user.email.lower()):
        fields = accounts.complete(scenario.update_method, {"name": new_name}, new_user)
        exchanges["changed"] = yield from api.send(api.call(scenario.update_method, api.url_of(user.id), fields=fields))
        exchanges["read again"] = yield from api.read(user.id)
        exchanges["deleted"] = yield from api.delete(user.id)
        exchanges["gone"] = yield from read_until_gone(scenario, user.id)
    return Lifecycle(new_user, new_name, exchanges)


def read_until_gone(scenario: ScenarioContext, user_id: str) -> Operation[Exchange]:
    """Read a user until the API answers that the user is gone, or until the deletion deadline is over."""
    exchange = yield from scenario.api.read(user_id)
    for wait in scenario.session.poll_policy.waits():
        if exchange.status in scenario.answers.gone:
            break
        yield Sleep(wait, "the deletion does not show yet")
        exchange = yield from scenario.api.read(user_id)
    return exchange


def _keep(scenario: ScenarioContext, kind: str, last: Burst) -> None:
    scenario.last_burst = last
    scenario.session.note_concurrency(f"{kind} of {len(last.result.results)}: {last.result.summary()}")
    scenario.session.sink.add_picture(f"latencies of the {kind}", lambda: histogram(last.result.latencies_s))


# Checks


def check_in_flight(scenario: ScenarioContext) -> None:
    """Raise Inconclusive unless all requests of the last burst were in flight at the same time."""
    result = scenario.burst.result
    if result.peak < len(result.results):
        raise Inconclusive(
            f"this was no burst: {result.peak} of {len(result.results)} requests were in flight at once. The "
            "target or a proxy takes fewer connections; give its limit to a profile as caps.concurrency."
        )


def check_each_created(scenario: ScenarioContext) -> None:
    """Check that each sign-up gave 201, its own user, an id that no other user got, and no other user's Location."""
    with tried_by_one_client(scenario, scenario.burst.acts):
        owners: dict[str, str] = {}
        pairs = list(zip(scenario.burst.new_users, scenario.burst.result.results, strict=True))
        for new_user, exchange in pairs:
            scenario.check(exchange, *_as_created(scenario, new_user), _never_failed())
            user = user_of(exchange.answer, scenario.profile)
            owner = owners.setdefault(user.id if user else "", new_user.email)
            if owner != new_user.email:
                wrong = f"{new_user.email} and {owner} both got the id {user.id if user else None}"
                scenario.fail("an id for each new user", [wrong], exchange)
        for new_user, exchange in pairs:
            location = (exchange.answer.header("Location") if exchange.answer else None) or ""
            owner = owners.get(unquote(location.rstrip("/").rpartition("/")[2]), new_user.email)
            if owner != new_user.email:
                wrong = f"{new_user.email} got the Location of {owner}, {location}"
                scenario.fail("a Location for each new user", [wrong], exchange)


def check_each_shown(scenario: ScenarioContext) -> None:
    """Check that a read of each new user shows the user as created."""
    with tried_by_one_client(scenario, scenario.burst.acts):
        created = [accounts.fields_of(scenario, exchange) for exchange in scenario.burst.result.results]
        _check_reads(scenario, created, "reading each new user")


def check_each_listed(scenario: ScenarioContext) -> None:
    """Check that the list shows each new user exactly once."""
    with tried_by_one_client(scenario, scenario.burst.acts):
        emails = [one.email for one in scenario.burst.new_users]
        directory.shows_each_once(scenario, emails, scenario.burst.result.results)


def check_half_deleted(scenario: ScenarioContext) -> None:
    """Check that every second user was deleted and is gone, and that the others are shown as created."""
    with tried_by_one_client(scenario, scenario.burst.acts):
        for exchange in scenario.burst.result.results:
            scenario.check(exchange, _as_deleted(scenario, exchange), _never_failed())
        deleted, others = scenario.burst.created[::2], scenario.burst.created[1::2]
        _check_reads(scenario, others, "reading the users who were not deleted")
        operations = [read_until_gone(scenario, str(shown.get("id"))) for shown in deleted]
        for exchange in scenario.run_at_once(operations):
            attempted = scenario.then("reading the deleted users")
            scenario.check(exchange, has_status(scenario.answers.gone), attempted=attempted)


def check_lifecycles(scenario: ScenarioContext) -> None:
    """Check that each stage of each lifecycle was answered as if there were no other users."""
    with tried_by_one_client(scenario, scenario.burst.acts):
        for one in scenario.burst.result.results:
            changed = shows({**one.new_user.as_json(), "name": one.new_name}, scenario.names)
            as_signed_up = has_status([200]), shows(one.new_user.as_json(), scenario.names)
            wanted: Mapping[str, Sequence[Matcher]] = {
                "created": _as_created(scenario, one.new_user),
                "read": as_signed_up,
                "changed": (has_status([200]), changed),
                "read again": (has_status([200]), changed),
                "deleted": (_as_deleted(scenario, one.exchanges.get("deleted")),),
                "gone": (has_status(scenario.answers.gone),),
            }
            for stage, exchange in one.exchanges.items():
                attempted = f"{scenario.attempted}: the lifecycle of {one.new_user.email}, {stage}"
                scenario.check(exchange, *wanted.get(stage, as_signed_up), _never_failed(), attempted=attempted)


def _check_reads(scenario: ScenarioContext, users: Sequence[Mapping[str, Any]], what: str) -> None:
    reads = scenario.run_at_once([scenario.api.read(str(shown.get("id"))) for shown in users])
    for shown, read in zip(users, reads, strict=True):
        scenario.check(read, has_status([200]), shows(shown, scenario.names), attempted=scenario.then(what))


def _as_created(scenario: ScenarioContext, new_user: NewUser) -> tuple[Matcher, ...]:
    created, names = scenario.answers.created, scenario.names
    return has_status(created), shows(new_user.as_json(), names), has_an_id(names)


def _as_deleted(scenario: ScenarioContext, exchange: Exchange | None) -> Matcher:
    """Return a matcher for the answer to a deletion; a deletion that is repeated may find no user."""
    again = scenario.answers.deleted_again if exchange is not None and exchange.repeated_in_doubt else ()
    return has_status((*scenario.answers.deleted, *again))


def _never_failed() -> Matcher:
    """Match an exchange without a 500 before its last attempt: in a burst, a 500 is wrong even if a retry succeeds."""

    def find(exchange: Exchange) -> list[str]:
        came = [attempt.outcome for attempt in exchange.attempts[:-1]]
        faults = [one.status for one in came if isinstance(one, Answer) and is_server_fault(one.status)]
        return [f"the status was {faults[0]} before attempt {len(exchange.attempts)}"] if faults else []

    return Matcher("no 500, not even in an attempt that a retry made good", find)
