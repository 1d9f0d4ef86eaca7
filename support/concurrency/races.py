"""The verdict on a race: how each contender ended, and whether the final state agrees."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from support.concurrency.results import BurstResult, Request
from support.models import Exchange
from support.statuses import ALLOWED_AT_ANY_TIME

MAX_CHANCE = 0.4


class Outcome(StrEnum):
    """How a contender ended."""

    WON = "accepted"
    REFUSED = "refused"
    BROKEN = "broken"
    UNKNOWN = "unknown"


def outcome_of(exchange: Exchange, won: Collection[int], refused: Collection[int]) -> Outcome:
    """Return how a contender ended: unknown if it got no answer, or one that an API may give at any time."""
    if exchange.status is None or exchange.status in ALLOWED_AT_ANY_TIME:
        return Outcome.UNKNOWN
    if exchange.status in won:
        return Outcome.WON
    return Outcome.REFUSED if exchange.status in refused else Outcome.BROKEN


@dataclass(frozen=True)
class RaceRequest(Request[Exchange]):
    """One request of a race, with the statuses by which it wins and by which it is refused."""

    won: Collection[int] = ()
    refused: Collection[int] = ()


@dataclass(frozen=True)
class Contender:
    """One contender after the race; moments in seconds after the first release."""

    label: str
    outcome: Outcome
    exchange: Exchange
    released_s: float | None
    answered_s: float | None

    @property
    def status(self) -> str:
        return str(self.exchange.status or "no answer")


def contenders_of(requests: Iterable[RaceRequest], result: BurstResult[Exchange]) -> list[Contender]:
    """Return the contenders of a race, in the order of its requests."""
    begun = min((one.released for one in result.timings if one.released is not None), default=0.0)
    return [
        Contender(
            timing.label,
            outcome_of(exchange, request.won, request.refused),
            exchange,
            None if timing.released is None else timing.released - begun,
            None if timing.answered is None else timing.answered - begun,
        )
        for request, timing, exchange in zip(requests, result.timings, result.results, strict=True)
    ]


def with_outcome(contenders: Iterable[Contender], outcome: Outcome) -> list[Contender]:
    return [contender for contender in contenders if contender.outcome is outcome]


@dataclass(frozen=True)
class Verdict:
    """What is wrong with a round, if anything; a void round says nothing and is repeated."""

    wrong: tuple[str, ...] = ()
    void: str | None = None


def verdict_on(wrong: Iterable[str], decided: bool) -> Verdict:
    """Return the verdict on a round with these mismatches: void if it has none and nothing was decided."""
    wrong = tuple(wrong)
    return Verdict(wrong, None if wrong or decided else "all outcomes are unknown")


def is_decided(contenders: Iterable[Contender]) -> bool:
    return any(contender.outcome is not Outcome.UNKNOWN for contender in contenders)


def one_winner(requests: Sequence[RaceRequest]) -> str:
    """Return in words what is expected of a race that exactly one request wins."""
    won = sorted({status for one in requests for status in one.won})
    refused = sorted({status for one in requests for status in one.refused})
    others = f"{' or '.join(map(str, refused))} for the other {len(requests) - 1}"
    return f"exactly one {' or '.join(map(str, won))}, and {others}"


def broken_answers(contenders: Iterable[Contender]) -> list[str]:
    return [f"{one.label} was answered by {one.status}" for one in with_outcome(contenders, Outcome.BROKEN)]


def check_single_winner(contenders: Sequence[Contender], holders: Sequence[str]) -> Verdict:
    """Check a race for one email; `holders` are the labels of the users who have it in the end.

    Exactly one contender wins and has the email; the others are refused. One of unknown outcome may be the winner.
    """
    winners = [contender.label for contender in with_outcome(contenders, Outcome.WON)]
    unknown = [contender.label for contender in with_outcome(contenders, Outcome.UNKNOWN)]
    wrong = broken_answers(contenders)
    if len(winners) > 1:
        wrong.append(f"{len(winners)} of {len(contenders)} won: {', '.join(winners)}")
    if len(holders) > 1:
        wrong.append(f"{len(holders)} users have the email in the end")
    elif not holders and winners:
        wrong.append(f"{winners[0]} won, but no user has the email in the end")
    elif not holders and not unknown:
        wrong.append("none won although no user had the email")
    elif holders and winners and holders[0] not in winners:
        wrong.append(f"{winners[0]} won, but {holders[0]} has the email in the end")
    elif holders and not winners and holders[0] not in unknown:
        wrong.append(f"{holders[0]} did not win, but has the email in the end")
    return verdict_on(wrong, decided=bool(winners or holders))


def chance_to_catch(skew_s: float, window_s: float, contenders: int) -> float:
    """Return a cautious estimate of the chance that a round catches a race condition with a window this long.

    The first contender opens the window; the chance that another one falls into it is the share of the skew that the
    window covers. The estimate for a round is never above 0.4, as the scheduling of the server is not known: a busy
    server may finish the first request before it starts the others, which have already arrived.
    """
    share = min(1.0, window_s / skew_s) if skew_s > 0 else 1.0
    return float(min(MAX_CHANCE, 1 - (1 - share) ** (contenders - 1)))
