"""Which exchanges of a scenario a script repeats: those up to the wrong one; of many, only those about its users."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from urllib.parse import unquote

from support.contract.claims import OF_A_USER
from support.errors import ContractViolation
from support.http.recorder import KEPT
from support.models import Exchange
from support.pointers import at
from support.profile import Profile
from support.statuses import is_success

MAX_EXCHANGES = 60
EMAIL = re.compile(r"(?<![^\s\"'/?&=])[^\s\"'/?&=]+@[\w.-]+")
QUOTED = re.compile(r':\s*"([^"]+)"')
PLAYED_ONLY = {"if-match", "if-none-match", "if-modified-since", "accept-language", "transfer-encoding"}
"""Headers whose effect depends on versions, on earlier reads or on where chunks end: a script shows too little."""
UNKNOWN = datetime.min.replace(tzinfo=UTC)
WRITES = ("POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True)
class Step:
    """An exchange to repeat; `polls` if the run repeated it until its answer changed."""

    exchange: Exchange
    polls: bool = False

    @property
    def writes(self) -> bool:
        return self.exchange.call.method in WRITES


def steps_to(violation: ContractViolation, exchanges: Sequence[Exchange], profile: Profile) -> list[Step]:
    """Return the steps up to the exchange that shows a violation; none if a script cannot repeat them in turn."""
    if (
        violation.exchange is None
        or profile.shape.id == "link"
        or profile.paths.item is not None
        or (violation.evidence and violation.evidence.contenders)
    ):
        return []
    place = _place_of(violation.exchange, exchanges)
    if place is None:
        return []
    steps = _without_repetitions([*_as_created(exchanges[:place], profile), exchanges[place]])
    if len(steps) > MAX_EXCHANGES or len(exchanges) >= KEPT:
        steps = list(_of_its_users(violation, steps, profile))
    headers = {name.lower() for step in steps for name in step.exchange.call.headers}
    return steps if len(steps) <= MAX_EXCHANGES and headers.isdisjoint(PLAYED_ONLY) else []


def damage_before(steps: Sequence[Step]) -> Exchange | None:
    """Return the last write before a wrong read; None if the wrong request is itself a write."""
    if steps[-1].writes:
        return None
    return next((step.exchange for step in reversed(steps) if step.writes), None)


def stands_alone(violation: ContractViolation, steps: Sequence[Step], profile: Profile) -> bool:
    """Whether the wrong request shows the fault alone: it needs no user of the run, and creates none."""
    wrong = steps[-1].exchange
    if any(claim.kind in OF_A_USER for claim in violation.claims) or not violation.claims:
        return False
    wanted = [status for claim in violation.claims if claim.kind == "status" for status in claim.values]
    if wrong.call.method == "POST" and any(map(is_success, (wrong.status, *wanted))):
        return False
    return all(_tokens(wrong).isdisjoint(_made_by(step.exchange, profile)) for step in steps[:-1])


def made_an_unknown_user(violation: ContractViolation, profile: Profile) -> bool:
    """Whether a PUT to an unknown id succeeded: if it created a user, the API may know that id from then on."""
    wrong = violation.exchange
    if wrong is None or wrong.call.method != "PUT" or not is_success(wrong.status):
        return False
    return any(one.kind == "status" and set(one.values) <= {*profile.answers.unknown} for one in violation.claims)


def depends_on_others(violation: ContractViolation) -> bool:
    """Whether a page showed the wrong users: its content depends on all users of the API."""
    return violation.rule == "pages" and all(claim.kind != "status" for claim in violation.claims)


def created_id(exchange: Exchange, profile: Profile) -> str | None:
    """Return the id of the user that a create made."""
    user_id = _created(exchange, "id", profile)
    return None if user_id in (None, "") else str(user_id)


def _created(exchange: Exchange, field: str, profile: Profile) -> object:
    """Return a field of the user that a create made."""
    if exchange.call.method != "POST" or exchange.answer is None or not is_success(exchange.status):
        return None
    try:
        return at(exchange.answer.json(), profile.names.paths[field])
    except ValueError:
        return None


def _as_created(exchanges: Sequence[Exchange], profile: Profile) -> Iterator[Exchange]:
    """Yield the exchanges, each series of creates in the order of creation, as their answers came in any order."""

    def moment(exchange: Exchange) -> datetime:
        found = profile.shape.moment(_created(exchange, "createdAt", profile))
        return found.replace(tzinfo=found.tzinfo or UTC) if found else UNKNOWN

    for _, group in groupby(exchanges, lambda one: moment(one) != UNKNOWN):
        yield from sorted(group, key=moment)


def _place_of(wrong: Exchange, exchanges: Sequence[Exchange]) -> int | None:
    """Return the place of an exchange, or of one with its call and status: a read may have completed the answer."""
    same = [place for place, one in enumerate(exchanges) if one == wrong]
    calls = [place for place, one in enumerate(exchanges) if one.call == wrong.call and one.status == wrong.status]
    return next(reversed(same or calls), None)


def _without_repetitions(exchanges: Sequence[Exchange]) -> list[Step]:
    steps: list[Step] = []
    for exchange in exchanges:
        if steps and _repeats(exchange, steps[-1].exchange):
            steps[-1] = Step(exchange, polls=True)
        else:
            steps.append(Step(exchange))
    return steps


def _repeats(exchange: Exchange, before: Exchange) -> bool:
    """Whether a read, or a request that was refused, is sent once more."""
    one, other = exchange.call, before.call
    same = (one.method, one.url, one.body, one.credential) == (other.method, other.url, other.body, other.credential)
    return same and (one.method not in WRITES or not is_success(before.status))


def _of_its_users(violation: ContractViolation, steps: Sequence[Step], profile: Profile) -> Iterator[Step]:
    """Yield the steps about the users of the last step, and about users who shared an email with them."""
    ids = {str(value) for claim in violation.claims if claim.kind in OF_A_USER for value in claim.values}
    wanted, chosen = _tokens(steps[-1].exchange) | ids, [steps[-1]]
    damage = damage_before(steps)
    for step in reversed(steps[:-1]):
        made = _made_by(step.exchange, profile)
        if step.exchange is damage or wanted & (made | _tokens(step.exchange)):
            wanted |= made | (_tokens(step.exchange) if step.writes else set())
            chosen.append(step)
    users = {user_id for step in chosen if (user_id := created_id(step.exchange, profile))}
    yield from reversed(chosen) if users else ()


def _tokens(exchange: Exchange) -> set[str]:
    """Return in small letters what may name users in a request: emails, quoted values, and the id in its URL."""
    body = (exchange.call.body or b"").decode("utf-8", "replace")
    last = exchange.call.url.partition("?")[0].rstrip("/").rpartition("/")[2]
    emails = EMAIL.findall(f"{unquote(exchange.call.url)} {body}")
    is_item = not exchange.call.lists and exchange.call.method != "POST"
    return {token.lower() for token in (*emails, *QUOTED.findall(body), *([unquote(last)] if is_item else []))}


def _made_by(exchange: Exchange, profile: Profile) -> set[str]:
    """Return the id and the emails that a write gave to users, in small letters."""
    if exchange.call.method not in WRITES or not is_success(exchange.status):
        return set()
    emails = {email.lower() for email in EMAIL.findall((exchange.call.body or b"").decode("utf-8", "replace"))}
    user_id = created_id(exchange, profile)
    return emails | ({user_id.lower()} if user_id else set())
