"""Races: competing requests are released together, round after round, until it is unlikely that a defect was missed.

Each kind of race is a generator of rounds: the requests to release, and the check of the state that they leave.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import cycle
from statistics import median
from typing import TYPE_CHECKING

from support.cleanup.ledger import Record
from support.concurrency.drawing import race_picture, timeline_rows
from support.concurrency.races import (
    Contender,
    Outcome,
    RaceRequest,
    Verdict,
    broken_answers,
    chance_to_catch,
    contenders_of,
    is_decided,
    verdict_on,
)
from support.concurrency.results import BurstResult
from support.contract.matchers import field_mismatches
from support.contract.violation import fail
from support.errors import Inconclusive, number_of
from support.models import Exchange
from support.profile_answers import Names
from support.scenario import accounts, bursts, one_client
from support.scenario.one_client import Act, tried_by_one_client

if TYPE_CHECKING:
    from support.scenario.context import Actor, ScenarioContext

MIN_ROUNDS = 6
MAX_VOID = 10
ONE_NAME = "200 for all, and a read that shows the name of one of them"
BOTH_FIELDS = "200 for both, and a read that shows both changes"
ONE_ORDER = "200 for both, and a read that shows what one of the two orders leaves"


@dataclass(frozen=True)
class Round:
    """One round of a race: the requests to release together, the check of what they leave, and the wanted result."""

    requests: Sequence[RaceRequest]
    check: Callable[[list[Contender]], Verdict]
    wanted: str


@dataclass(frozen=True)
class Race:
    """The contenders of the last round that was not void, and the verdict on it.

    If the race fails, one client does the `acts` one after another, to see whether they fail too.
    """

    contenders: Sequence[Contender]
    verdict: Verdict
    acts: Sequence[Act]
    wanted: str


def play(scenario: ScenarioContext, rounds: Iterator[Round], acts: Sequence[Act], share: float = 1.0) -> None:
    """Play rounds until one goes wrong, a missed defect is improbable enough, or `race_rounds` rounds were not void.

    If a round goes wrong, `check_rounds` lets one client do the `acts` one after another, to see whether they fail too.
    `share` is the share of rounds with an order of requests in which the defect can show. Raises Inconclusive if too
    many are void.
    """
    settings = scenario.session.settings
    missed, skews, void = 1.0, list[float](), list[str]()
    for round_ in rounds:
        result = _release(scenario, round_.requests)
        contenders = contenders_of(round_.requests, result)
        verdict = round_.check(contenders)
        if reason := verdict.void or _why_release_was_void(contenders, result):
            void.append(reason)
            _check_not_too_many(void, len(skews))
            continue
        scenario.race = Race(contenders, verdict, acts, round_.wanted)
        skews.append(result.skew_s)
        missed *= 1 - share * chance_to_catch(result.skew_s, settings.race_window_s, len(contenders))
        enough = len(skews) >= MIN_ROUNDS and missed <= settings.race_miss_probability
        if verdict.wrong or enough or len(skews) >= settings.race_rounds:
            break
    chance = f", probability of missing a window of {settings.race_window_s * 1000:g} ms: {missed:.1e}"
    scenario.session.note_concurrency(
        f"race: {number_of(len(skews), 'round')} ({len(void)} void), "
        f"median release skew {median(skews) * 1000:.3f} ms{'' if verdict.wrong else chance}"
    )
    scenario.session.sink.add_picture(
        "the contenders of the last round", lambda: race_picture(contenders, bool(verdict.wrong))
    )


def _why_release_was_void(contenders: Sequence[Contender], result: BurstResult[Exchange]) -> str:
    """Return why the release makes a round void, for example an expired token; empty if it does not."""
    source = contenders[0].exchange.call.credential.source
    if source is not None and any(one.exchange.status in source.statuses for one in contenders):
        return "the token expired"
    return "an answer came before its request was complete" if result.early else ""


def _check_not_too_many(void: Sequence[str], decided: int) -> None:
    if len(void) > MAX_VOID:
        reasons = "; ".join(sorted(set(void)))
        rounds = f"{len(void)} rounds of the race were void ({reasons})"
        raise Inconclusive(f"{rounds}, and {number_of(decided, 'round')} counted")


def _release(scenario: ScenarioContext, requests: Sequence[RaceRequest]) -> BurstResult[Exchange]:
    with scenario.registry.ownership.sharing_proofs():
        if scenario.in_threads:
            return scenario.session.run_threads(requests)
        return bursts.release(scenario, requests, warm=True)


def check_rounds(scenario: ScenarioContext) -> None:
    """Raise ContractViolation for a wrong round, with its contenders on a time axis; Inconclusive if all were void."""
    if scenario.race is None:
        raise Inconclusive("no round of a race was decided in this scenario")
    contenders, wrong = scenario.race.contenders, scenario.race.verdict.wrong
    if wrong:
        shown = next((one for one in contenders if one.outcome in (Outcome.BROKEN, Outcome.WON)), contenders[0])
        with tried_by_one_client(scenario, scenario.race.acts):
            fail(
                scenario.rule,
                scenario.attempted,
                [scenario.race.wanted],
                wrong,
                shown.exchange,
                timeline_rows(contenders),
            )


# Two changes of one user


def change_both_fields(scenario: ScenarioContext) -> None:
    """Let the name and the email of Ada be changed at once."""
    ada = accounts.become_user(scenario, scenario.actor("Ada"))
    play(scenario, _changes_of_both_fields(scenario, ada), (one_client.sign_up, one_client.change_by("PATCH")))


def _changes_of_both_fields(scenario: ScenarioContext, ada: Actor) -> Iterator[Round]:
    url = scenario.api.url_of(ada.known_id)
    while True:
        changes = scenario.factory.new_user("Ada").as_json()
        record = scenario.registry.ledger.intend(changes["email"])
        requests = []
        for field, value in changes.items():
            call = scenario.api.call("PATCH", url, fields={field: value})
            requests.append(RaceRequest(f"change of the {field}", scenario.api.send_once(call), (200,)))
        yield Round(requests, partial(_check_both_fields, scenario, ada, changes, record), BOTH_FIELDS)


def _check_both_fields(
    scenario: ScenarioContext, ada: Actor, changes: Mapping[str, str], record: Record, contenders: Sequence[Contender]
) -> Verdict:
    scenario.registry.mark_not_created(record)
    before = ada.shown
    shown = accounts.fields_of(scenario, accounts.read(scenario, ada))
    wrong = broken_answers(contenders)
    for contender, (field, value) in zip(contenders, changes.items(), strict=True):
        allowed = [value] if contender.outcome is Outcome.WON else [value, before[field]]
        if all(differs({field: shown.get(field)}, {field: one}) for one in allowed):
            wrong.append(f"the new {field} was confirmed, but a read shows {shown.get(field)!r} instead of {value!r}")
    return verdict_on(wrong, is_decided(contenders))


def change_name_by_many(scenario: ScenarioContext, clients: int) -> None:
    """Let the name of Ada be changed by `clients` updates at once."""
    ada = accounts.become_user(scenario, scenario.actor("Ada"))
    play(
        scenario, _changes_of_name(scenario, ada, clients), (one_client.sign_up, one_client.change_by("PATCH", "name"))
    )


def _changes_of_name(scenario: ScenarioContext, ada: Actor, clients: int) -> Iterator[Round]:
    url, clients = scenario.api.url_of(ada.known_id), bursts.size(scenario, clients)
    while True:
        names = [scenario.factory.new_user("Ada").name for _ in range(clients)]
        calls = [scenario.api.call("PATCH", url, fields={"name": name}) for name in names]
        requests = [
            RaceRequest(name, scenario.api.send_once(call), (200,)) for name, call in zip(names, calls, strict=True)
        ]
        yield Round(requests, partial(_check_name, scenario, ada), ONE_NAME)


def _check_name(scenario: ScenarioContext, ada: Actor, contenders: Sequence[Contender]) -> Verdict:
    shown = accounts.fields_of(scenario, accounts.read(scenario, ada)).get("name")
    wrong, decided = broken_answers(contenders), is_decided(contenders)
    if decided and shown not in [one.label for one in contenders if one.outcome in (Outcome.WON, Outcome.UNKNOWN)]:
        wrong.append(f"a read shows {shown!r}, which none of the accepted updates has set")
    return verdict_on(wrong, decided)


def differs(shown: Mapping[str, object], before: Mapping[str, object]) -> bool:
    """Whether a shown user differs from `before`; the letter case of an email does not count."""
    return bool(field_mismatches(shown, before, Names()))


def replace_during_update(scenario: ScenarioContext) -> None:
    """Let the name and email of Ada be replaced while the name is updated."""
    ada = accounts.become_user(scenario, scenario.actor("Ada"))
    acts = one_client.sign_up, one_client.change_by("PATCH"), one_client.change_by("PUT")
    play(scenario, _replacements_during_updates(scenario, ada), acts)


def _replacements_during_updates(scenario: ScenarioContext, ada: Actor) -> Iterator[Round]:
    """Update the name in one round, and the name and the email in the next."""
    url = scenario.api.url_of(ada.known_id)
    for names in cycle([("name",), ("name", "email")]):
        whole = scenario.factory.new_user("Ada").as_json()
        part = accounts.new_values(scenario, ada, *names)
        records = [scenario.registry.ledger.intend(one["email"]) for one in (whole, part) if "email" in one]
        calls = {"the replacement": ("PUT", whole), "the update": ("PATCH", part)}
        requests = [
            RaceRequest(label, scenario.api.send_once(scenario.api.call(method, url, fields=fields)), (200,))
            for label, (method, fields) in calls.items()
        ]
        yield Round(requests, partial(_check_replacement, scenario, ada, (whole, part), records), ONE_ORDER)


def _check_replacement(
    scenario: ScenarioContext,
    ada: Actor,
    sent: tuple[Mapping[str, str], Mapping[str, str]],
    records: Sequence[Record],
    contenders: Sequence[Contender],
) -> Verdict:
    """Compare a read with what each order of the writes leaves; a write of unknown outcome may have done nothing."""
    for record in records:
        scenario.registry.mark_not_created(record)
    (whole, part), before = sent, ada.shown
    shown = accounts.fields_of(scenario, accounts.read(scenario, ada))
    wrong = broken_answers(contenders)
    replaced, updated = (contender.outcome is Outcome.WON for contender in contenders)
    possible = [{**whole}, {**whole, **part}]
    possible += [] if replaced else [{**before, **part}]
    possible += [] if replaced or updated else [{**before}]
    if not wrong and all(differs(shown, {key: one[key] for key in ("name", "email")}) for one in possible):
        left = f"a read shows {shown.get('name')!r} and {shown.get('email')!r}, which no order of the two leaves"
        began = f"{before.get('name')!r} and {before.get('email')!r} before"
        replaced_by, updated_to = (" and ".join(map(repr, fields.values())) for fields in sent)
        wrong = [f"{left}: {began}, {replaced_by} by the replacement, {updated_to} by the update"]
    return verdict_on(wrong, is_decided(contenders))
