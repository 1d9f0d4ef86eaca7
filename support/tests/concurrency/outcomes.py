"""Contenders with a given outcome."""

from __future__ import annotations

from support.concurrency.races import Contender, Outcome
from support.models import Attempt, Call, Credential, Exchange
from support.tests.http.fake import LOST, came

CREATE = Call("POST", "http://127.0.0.1:1/users", Credential(None))
STATUS = {Outcome.WON: 201, Outcome.REFUSED: 409, Outcome.BROKEN: 500}


def ended(outcome: Outcome) -> Exchange:
    return Exchange(CREATE, (Attempt(LOST if outcome is Outcome.UNKNOWN else came(STATUS[outcome])),))


def contender(outcome: Outcome, label: str, released_s: float | None, answered_s: float | None) -> Contender:
    return Contender(label, outcome, ended(outcome), released_s, answered_s)
