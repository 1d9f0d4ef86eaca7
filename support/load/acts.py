"""What the users of a load do: live the whole life of an account, sign up in a burst, and race for one email."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from support.concurrency.drawing import timeline_rows
from support.concurrency.races import (
    Contender,
    Outcome,
    RaceRequest,
    check_single_winner,
    contenders_of,
    one_winner,
)
from support.concurrency.results import Request
from support.contract.matchers import Matcher
from support.contract.violation import fail
from support.errors import ContractViolation, Inconclusive
from support.http.operations import Operation
from support.load.population import BURST, CONTENDERS, Population
from support.load.telling import Tell
from support.load.visit import Visit, VisitOver
from support.models import Exchange, NewUser

Act = Callable[[Visit, int], None]
Fields = dict[str, str]
CHANGES = {"PATCH": ("name",), "PUT": ("name", "email")}


def play(population: Population, act: Act, count: int, tell: Tell) -> None:
    """Play an act with at most `count` users, as the target's limits allow; if it ends early, delete its users."""
    count = population.at_once(count)
    with population.room_for(count) as registry:
        visit = Visit(population, registry, tell)
        try:
            act(visit, count)
        except VisitOver:
            visit.leave()


def live(population: Population, tell: Tell) -> None:
    """Sign up, be found, change by PATCH and PUT, delete, and be gone."""
    play(population, _live, 1, tell)


def sign_up_in_a_burst(population: Population, tell: Tell) -> None:
    """Sign up many users at once, each with their own data and all of them readable."""
    play(population, _sign_up_in_a_burst, BURST, tell)


def race_for_one_email(population: Population, tell: Tell) -> None:
    """Sign up several users at once with one email, of whom exactly one gets it."""
    play(population, _race_for_one_email, CONTENDERS, tell)


def _live(visit: Visit, _: int) -> None:
    new_user = visit.population.factory.new_user()
    created = visit.send("create-201", "a user signs up", _sign_up(visit, new_user), *visit.a_new_user(new_user))
    user_id, fields = visit.id_in(created), visit.fields_of(created)
    _is_shown(visit, "create-201", "a user signs up", user_id, fields)
    for method, names in CHANGES.items():
        if getattr(visit.profile.capabilities, method.lower()):
            fresh = visit.population.factory.new_user().as_json()
            fields = _change(visit, method, user_id, fields, {name: fresh[name] for name in names})
    visit.delete(user_id, *dict.fromkeys((new_user.email, str(fields["email"]))))
    visit.forget()


def _change(visit: Visit, method: str, user_id: str, before: Fields, sent: Fields) -> Fields:
    """Change a user, check that the answer, a read and searches show the change, and return the new fields."""
    call = visit.api.call(method, visit.api.url_of(user_id), fields=sent)
    fields, attempted = {**before, **sent}, f"a user changes their {' and '.join(sent)}"
    moves = before["email"] != fields["email"]
    if moves:  # later searches must not show what a cache remembers of this one
        _is_found(visit, f"before {attempted}", fields["email"])
    visit.send(method.lower(), attempted, visit.registry.change(call, sent.get("email")), *visit.the_user(fields))
    _is_shown(visit, method.lower(), attempted, user_id, fields)
    if moves:
        _is_found(visit, f"after {attempted}", before["email"])
    return fields


def _is_shown(visit: Visit, rule: str, attempted: str, user_id: str, fields: Fields) -> None:
    """Check that a read shows a user, and that a search finds them."""
    visit.send(rule, f"{attempted}, and is read", visit.api.read(user_id), *visit.the_user(fields))
    _is_found(visit, f"after {attempted}", fields["email"], user_id)


def _is_found(visit: Visit, when: str, email: str, *user_ids: str) -> None:
    """Check that a search for an email finds exactly these users."""
    if visit.profile.capabilities.email_filter:
        search, said = visit.api.find(email), f"{email} is searched for {when}"
        visit.send("filter-email", said, search, *visit.found(*user_ids))


def _sign_up_in_a_burst(visit: Visit, count: int) -> None:
    new_users = visit.population.factory.new_users(count)
    result = visit.send_at_once([Request(one.email, _sign_up(visit, one)) for one in new_users])
    attempted = f"{count} users sign up at once"
    ids = Counter(map(visit.id_in, result.results))
    own = Matcher("an id of their own", lambda one: [] if ids[visit.id_in(one)] == 1 else ["others have the id, too"])
    pairs = list(zip(new_users, result.results, strict=True))
    visit.check("burst", attempted, [(answer, [*visit.a_new_user(one), own]) for one, answer in pairs])
    for new_user, answer in pairs:
        read = visit.api.read(visit.id_in(answer))
        visit.send("burst", f"{attempted}; then one is read", read, *visit.the_user(visit.fields_of(answer)))
        visit.delete(visit.id_in(answer), new_user.email)
    visit.forget()


def _race_for_one_email(visit: Visit, count: int) -> None:
    email = visit.population.factory.new_user().email
    requests = [_contender(visit, email, number) for number in range(1, count + 1)]
    contenders = contenders_of(requests, visit.send_at_once(requests))
    holders = visit.population.http.run(visit.api.holders(email))
    if holders is None:
        wrong: Sequence[str] = ()
    else:
        wrong = check_single_winner(contenders, [str(user.name) for user in holders]).wrong
    _tell_of_race(visit, requests, contenders, wrong)
    for user_id in sorted({user_id for record in visit.registry.ledger.alive for user_id in record.ids}):
        visit.delete(user_id, email)
    if holders is not None and all(one.outcome is not Outcome.UNKNOWN for one in contenders):
        visit.forget()


def _tell_of_race(
    visit: Visit, requests: Sequence[RaceRequest], contenders: Sequence[Contender], wrong: Sequence[str]
) -> None:
    """Report all contenders, and the error with the one that shows it best; raises VisitOver if anything is wrong."""
    shown = next((one for one in contenders if one.outcome in (Outcome.BROKEN, Outcome.WON)), contenders[0])
    error = None
    if wrong:
        attempted = f"{len(contenders)} users sign up at once with one email"
        try:
            fail("race-email", attempted, [one_winner(requests)], wrong, shown.exchange, timeline_rows(contenders))
        except (ContractViolation, Inconclusive) as broken:
            error = broken
    for contender in contenders:
        visit.note(contender.exchange, error if contender is shown else None)
    if error is not None:
        raise VisitOver


def _contender(visit: Visit, email: str, number: int) -> RaceRequest:
    new_user = NewUser(f"{visit.population.factory.new_user().name} {number}", email)
    call = visit.api.create_call(new_user.as_json())
    operation = visit.registry.create_once(call, email, new_user.name)
    return RaceRequest(new_user.name, operation, visit.answers.created, visit.answers.taken)


def _sign_up(visit: Visit, new_user: NewUser) -> Operation[Exchange]:
    return visit.registry.create(visit.api.create_call(new_user.as_json()), new_user.email, new_user.name)
