"""Several writes of one account at once, all on condition of its current ETag: exactly one is done."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from http import HTTPStatus

from support.concurrency.races import (
    Contender,
    Outcome,
    RaceRequest,
    Verdict,
    broken_answers,
    is_decided,
    one_winner,
    verdict_on,
    with_outcome,
)
from support.http.operations import Operation
from support.models import Exchange
from support.scenario import accounts, one_client
from support.scenario.conditional import change_call, etag_of, read, require_strong
from support.scenario.context import Actor, ScenarioContext
from support.scenario.email_races import shows_as_gone
from support.scenario.races import Round, play

WRITERS = 4
ONE_IS_DONE = "one write takes effect, and the others are refused with 412, or with 404 if it was the deletion"


def race_of_writes(scenario: ScenarioContext, actor: Actor) -> None:
    """Let several clients change the name at once, each on condition that the account is still as they read it."""
    play(scenario, _writes(scenario, actor), (one_client.sign_up, one_client.change_by(scenario.update_method, "name")))


def _writes(scenario: ScenarioContext, actor: Actor) -> Iterator[Round]:
    while True:
        etag = etag_of(read(scenario, actor))
        names = [scenario.factory.new_user(actor.persona).name for _ in range(WRITERS)]
        requests = [
            RaceRequest(name, _change_if(scenario, actor, name, etag), (200,), (HTTPStatus.PRECONDITION_FAILED,))
            for name in names
        ]
        yield Round(requests, partial(_check_writes, scenario, actor), one_winner(requests))


def _change_if(scenario: ScenarioContext, actor: Actor, name: str, etag: str) -> Operation[Exchange]:
    return scenario.api.send_once(change_call(scenario, actor, name, etag))


def _check_writes(scenario: ScenarioContext, actor: Actor, contenders: Sequence[Contender]) -> Verdict:
    shown = accounts.fields_of(scenario, accounts.read(scenario, actor)).get("name")
    winners = [contender.label for contender in with_outcome(contenders, Outcome.WON)]
    unknown = [contender.label for contender in with_outcome(contenders, Outcome.UNKNOWN)]
    wrong = broken_answers(contenders)
    if len(winners) > 1:
        wrong.append(f"{len(winners)} writes with one ETag were done: {', '.join(winners)}")
    elif not winners and not unknown:
        wrong.append("no write was done although all had the current ETag")
    elif winners and shown not in winners:
        wrong.append(f"{winners[0]} was confirmed, but a read shows {shown}")
    return verdict_on(wrong, is_decided(contenders))


def race_of_changes_and_deletion(scenario: ScenarioContext) -> None:
    """Let an account be deleted while others change it, each on condition that it is still as they read it."""
    acts = one_client.sign_up, one_client.change_by(scenario.update_method, "name"), one_client.delete
    play(scenario, _changes_and_deletion(scenario), acts)


def _changes_and_deletion(scenario: ScenarioContext) -> Iterator[Round]:
    """Yield rounds of a deletion and two changes, which the barrier releases in random order."""
    for ada in accounts.new_users_ahead(scenario, "Ada", room=1):
        etag = etag_of(read(scenario, ada))
        scenario.etags = [etag]
        require_strong(scenario)
        names = [scenario.factory.new_user(ada.persona).name for _ in range(2)]
        refused = (HTTPStatus.PRECONDITION_FAILED, *scenario.answers.gone)
        first, last = (RaceRequest(name, _change_if(scenario, ada, name, etag), (200,), refused) for name in names)
        call = scenario.api.call("DELETE", scenario.api.url_of(ada.known_id), headers={"If-Match": etag})
        deletion = RaceRequest("the deletion", scenario.api.send_once(call), scenario.answers.deleted, refused)
        yield Round([first, deletion, last], partial(_check_changes_and_deletion, scenario, ada), ONE_IS_DONE)


def _check_changes_and_deletion(scenario: ScenarioContext, ada: Actor, contenders: Sequence[Contender]) -> Verdict:
    is_gone_now = shows_as_gone(scenario, ada, wait=False)  # changes may succeed until the deletion takes effect
    wrong, winners = broken_answers(contenders), with_outcome(contenders, Outcome.WON)
    if len(winners) > 1 and (is_gone_now or contenders[1] not in winners):
        wrong.append(f"{len(winners)} writes with one ETag were done: {', '.join(one.label for one in winners)}")
    elif not winners and not with_outcome(contenders, Outcome.UNKNOWN):
        wrong.append("no write was done although all had the current ETag")
    return verdict_on(wrong, is_decided(contenders))
