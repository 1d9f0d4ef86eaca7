"""The verdict on a race: what each contender came to, and whether the final state agrees with it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from support.concurrency.burst import BurstResult
from support.models import Exchange
from support.statuses import ALLOWED_AT_ANY_TIME

MOST_SURE = 0.4


class Outcome(StrEnum):
    """How a contender ended."""

    WON = "won"
    REFUSED = "refused"
    BROKEN = "broken"
    UNKNOWN = "unknown"


def fate_of(exchange: Exchange, won: Iterable[int], refused: Iterable[int]) -> Outcome:
    """Tell how a contender ended; what an API may answer at any time leaves it unknown."""
    if exchange.status is None or exchange.status in ALLOWED_AT_ANY_TIME:
        return Outcome.UNKNOWN
    if exchange.status in won:
        return Outcome.WON
    return Outcome.REFUSED if exchange.status in refused else Outcome.BROKEN


@dataclass(frozen=True)
class Contender:
    """One contender after the race; moments in seconds after the first release."""

    label: str
    fate: Outcome
    exchange: Exchange
    released_s: float | None
    answered_s: float | None


def contenders_of(outcome: BurstResult[Exchange], won: Iterable[int], refused: Iterable[int]) -> list[Contender]:
    """Put together who took part in a contest and how each ended."""
    begun = min((one.released for one in outcome.senders if one.released is not None), default=0.0)
    won, refused = tuple(won), tuple(refused)
    return [
        Contender(
            sender.label,
            fate_of(exchange, won, refused),
            exchange,
            _since(begun, sender.released),
            _since(begun, sender.answered),
        )
        for sender, exchange in zip(outcome.senders, outcome.results, strict=True)
    ]


def _since(begun: float, moment: float | None) -> float | None:
    return None if moment is None else moment - begun


def with_fate(contenders: Iterable[Contender], fate: Outcome) -> list[Contender]:
    return [contender for contender in contenders if contender.fate is fate]


@dataclass(frozen=True)
class Verdict:
    """What is wrong with a round, if anything; a void round says nothing and is repeated."""

    wrong: tuple[str, ...] = ()
    void: str | None = None


def judge_single_winner(contenders: Sequence[Contender], holders: Sequence[str]) -> Verdict:
    """Judge a race for one place: `holders` are the labels of those who hold it in the end.

    Exactly one wins and holds it; the others are refused. A contender of unknown outcome may be the one.
    """
    won, broken = with_fate(contenders, Outcome.WON), with_fate(contenders, Outcome.BROKEN)
    unknown = {contender.label for contender in with_fate(contenders, Outcome.UNKNOWN)}
    wrong = [f"{contender.label} was answered by {contender.exchange.status}" for contender in broken]
    if len(won) > 1:
        wrong.append(f"{len(won)} of {len(contenders)} won: {', '.join(one.label for one in won)}")
    if len(holders) > 1:
        wrong.append(f"{len(holders)} users hold the address in the end")
    if not holders and won:
        wrong.append(f"{won[0].label} won, but nobody holds the address in the end")
    if len(holders) == 1 and won and holders[0] not in {one.label for one in won}:
        wrong.append(f"{won[0].label} won, but {holders[0]} holds the address in the end")
    if not won and len(holders) == 1 and holders[0] not in unknown:
        wrong.append(f"{holders[0]} was refused, but holds the address in the end")
    if not won and not holders and not unknown:
        wrong.append("everybody was refused, though nobody held the address")
    if wrong:
        return Verdict(tuple(wrong))
    if not won and not holders:
        return Verdict(void="nothing but unknown outcomes")
    return Verdict()


def timeline(contenders: Sequence[Contender], width: int = 40) -> str:
    """Draw the contenders on a time axis in text: released at `>`, answered at `#`."""
    last = max((one.answered_s for one in contenders if one.answered_s is not None), default=0.001) or 0.001
    longest = max(len(one.label) for one in contenders)
    lines = []
    for one in sorted(contenders, key=lambda contender: contender.answered_s or math.inf):
        axis = [" "] * (width + 1)
        for moment, sign in ((one.released_s, ">"), (one.answered_s, "#")):
            if moment is not None:
                axis[min(width, round(moment / last * width))] = sign
        status = one.exchange.status or "no answer"
        lines.append(f"{one.label:<{longest}} |{''.join(axis)}| {_ms(one.answered_s)} {status} {one.fate}")
    return "\n".join(lines)


def _ms(seconds: float | None) -> str:
    return "      -   " if seconds is None else f"{seconds * 1000:7.2f} ms"


def chance_to_catch(skew_s: float, window_s: float, contenders: int) -> float:
    """Return the chance that a round catches a race whose window is so long: a cautious one.

    The first contender opens the window; each other one falls into it with the share of the skew that the window
    covers. As the server's own scheduling is not known, no more than 0.4 is claimed for a round: on a machine that is
    busy, a server may carry out the first request by itself before it comes to the others, which are there already.
    """
    share = min(1.0, window_s / skew_s) if skew_s > 0 else 1.0
    return float(min(MOST_SURE, 1 - (1 - share) ** (contenders - 1)))
