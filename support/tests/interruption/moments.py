"""Random moments of a run, given by the number of requests so far: the same on slow and fast machines."""

from __future__ import annotations

import random
import signal
from collections.abc import Mapping
from dataclasses import dataclass

from support.tests.interruption.target_process import Api, Place, Started

STARTING_UP = 0.15
WHILE_STARTING_S = (0.02, 1.2)
A_LITTLE_LATER_S = (0.0, 0.06)


@dataclass(frozen=True)
class Play:
    """The arguments of a run, and about how many requests it sends of each method."""

    arguments: tuple[str, ...]
    requests: Mapping[str, int]


def _of_contract(path: str, *more: str, **requests: int) -> Play:
    return Play(("--tags=@contract and not @slow", *more, path), requests)


PLAYS = (
    Play(("--tags=@smoke",), {"POST": 15, "DELETE": 15, "GET": 70}),
    _of_contract("features/users/creating.feature", POST=40, DELETE=40, GET=100),
    _of_contract("features/concurrency/burst.feature", "-D", "burst=60", POST=130, DELETE=130, GET=250),
    _of_contract("features/concurrency/burst_workflow.feature", POST=30, PATCH=30, DELETE=30),
    _of_contract("features/concurrency/duplicate_email_race.feature", POST=130, DELETE=70, PATCH=25),
    _of_contract("features/concurrency/threads.feature", POST=80, DELETE=45),
    _of_contract("features/refusals", POST=90, DELETE=60, PUT=16),
)


@dataclass(frozen=True)
class Moment:
    """A moment shortly after so many requests of a method; without a method, while the run starts."""

    method: str | None
    requests: int
    later_s: float

    def __str__(self) -> str:
        after = f"{self.requests} x {self.method}" if self.method else "the first handler of signals"
        return f"{after} and {self.later_s * 1000:.0f} ms"


def drawn(dice: random.Random) -> tuple[Play, Moment]:
    """Draw a run and the moment of its interruption: some while it starts, the others anywhere until the end."""
    play = dice.choice(PLAYS)
    if dice.random() < STARTING_UP:
        return play, Moment(None, 0, dice.uniform(*WHILE_STARTING_S))
    method = dice.choice(sorted(play.requests))
    return play, Moment(method, dice.randint(1, play.requests[method]), dice.uniform(*A_LITTLE_LATER_S))


def began(place: Place, api: Api, play: Play, moment: Moment) -> Started | None:
    """Start a run and return it at the moment; None if it ended before."""
    asked = api.asked(moment.method)
    run = place.start(*play.arguments, api=api)

    def is_reached() -> bool:
        if moment.method is None:
            return run.handles(signal.SIGTERM)
        return api.asked(moment.method) - asked >= moment.requests

    if run.wait_for(is_reached) and run.wait_a(moment.later_s):
        return run
    run.ended()
    return None
