"""Two users' emails at the same moment: each asks for the other's, or one gives up what the other asks for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from support.cleanup.ledger import Record
from support.concurrency.races import Contender, Outcome, RaceRequest, Verdict, broken_answers, is_decided, verdict_on
from support.models import NewUser
from support.scenario import accounts, one_client
from support.scenario.races import Round, differs, play

if TYPE_CHECKING:
    from support.scenario.context import Actor, ScenarioContext

KEPT = "a refusal of each request for a taken email, and a read that shows nothing but the new name"
HANDED_OVER = "200 for the change to the new email, and 200 or a refusal for the change to the old one"


def ask_for_each_others(scenario: ScenarioContext) -> None:
    """Let Ada and Grace ask for each other's email, and Mallory for Ada's, while Ada's name is changed."""
    method = scenario.update_method
    refusals = one_client.sign_up_with_taken_email, one_client.change_to_taken_email_by(method)
    acts = one_client.sign_up, *refusals, one_client.change_by(method, "name")
    play(scenario, _refusals(scenario, *_become_users(scenario)), acts)


def hand_over(scenario: ScenarioContext) -> None:
    """Let Ada change to a new email while Grace changes to the one that Ada gives up."""
    method = scenario.update_method
    acts = one_client.sign_up, one_client.change_by(method), one_client.change_to_taken_email_by(method)
    play(scenario, _hand_overs(scenario, *_become_users(scenario)), acts)


def _become_users(scenario: ScenarioContext) -> tuple[Actor, Actor]:
    ada, grace = scenario.actor("Ada"), scenario.actor("Grace")
    accounts.become_users(scenario, [ada, grace])
    return ada, grace


def _change(
    scenario: ScenarioContext, actor: Actor, what: str, fields: Mapping[str, str], *, refused_only: bool = False
) -> RaceRequest:
    shown = NewUser(str(actor.shown.get("name")), str(actor.shown.get("email")))
    method, url = scenario.update_method, scenario.api.url_of(actor.known_id)
    call = scenario.api.call(method, url, fields=accounts.complete(method, fields, shown))
    refused = scenario.answers.taken if "email" in fields else ()
    return RaceRequest(what, scenario.api.send_once(call), () if refused_only else (200,), refused)


def _refusals(scenario: ScenarioContext, ada: Actor, grace: Actor) -> Iterator[Round]:
    rule, taken = scenario.rule, scenario.answers.taken
    while True:
        scenario.registry.make_room(1)
        name, mallory = scenario.factory.new_user("Ada").name, scenario.factory.new_user("Mallory").name
        email = ada.shown["email"]
        call = scenario.api.create_call({"name": mallory, "email": email})
        sign_up = scenario.registry.create_once(call, email, mallory)
        requests = [
            _change(scenario, ada, "Ada's change to Grace's email", {"email": grace.shown["email"]}, refused_only=True),
            _change(scenario, grace, "Grace's change to Ada's email", {"email": email}, refused_only=True),
            RaceRequest("Mallory's sign-up with Ada's email", sign_up, (), taken),
            _change(scenario, ada, "the change of Ada's name", {"name": name}),
        ]
        yield Round(requests, partial(_check_refusals, scenario, ada, grace, name, rule), KEPT)


def _check_refusals(
    scenario: ScenarioContext, ada: Actor, grace: Actor, name: str, rule: str, contenders: Sequence[Contender]
) -> Verdict:
    wrong = broken_answers(contenders)
    *_, sign_up, of_name = contenders
    names = {grace.persona: [grace.shown["name"]], ada.persona: [name]}
    if of_name.outcome is not Outcome.WON:
        names[ada.persona].append(ada.shown["name"])
    holders = scenario.run(scenario.api.holders(ada.shown["email"])) or ()
    if others := [user.id for user in holders if user.id != ada.known_id]:
        wrong.append(f"Ada's email is also that of user {', '.join(others)}")
    scenario.rule = "email-unique" if others or sign_up.outcome is Outcome.BROKEN else rule
    for actor in (ada, grace):
        before = actor.shown
        shown = accounts.fields_of(scenario, accounts.read(scenario, actor))
        if shown.get("name") not in names[actor.persona] or differs(shown, {"email": before["email"]}):
            right = f"{' or '.join(map(repr, names[actor.persona]))}, {before['email']!r}"
            wrong.append(f"{actor.persona} is shown as {shown.get('name')!r}, {shown.get('email')!r}, not {right}")
    return verdict_on(wrong, is_decided(contenders))


def _hand_overs(scenario: ScenarioContext, ada: Actor, grace: Actor) -> Iterator[Round]:
    while True:
        new, old = scenario.factory.new_user("Ada").email, ada.shown["email"]
        record = scenario.registry.ledger.intend(new)
        requests = [
            _change(scenario, ada, "Ada's change to a new email", {"email": new}),
            _change(scenario, grace, "Grace's change to Ada's old email", {"email": old}),
        ]
        yield Round(requests, partial(_check_hand_over, scenario, ada, grace, new, record), HANDED_OVER)


def _check_hand_over(
    scenario: ScenarioContext, ada: Actor, grace: Actor, new: str, record: Record, contenders: Sequence[Contender]
) -> Verdict:
    scenario.registry.mark_not_created(record)
    wrong = broken_answers(contenders)
    for actor, asked, contender in zip((ada, grace), (new, ada.shown["email"]), contenders, strict=True):
        kept = actor.shown["email"]
        shown = accounts.fields_of(scenario, accounts.read(scenario, actor))
        allowed = {Outcome.WON: [asked], Outcome.REFUSED: [kept]}.get(contender.outcome, [asked, kept])
        if all(differs({"email": shown.get("email")}, {"email": email}) for email in allowed):
            right = " or ".join(map(repr, allowed))
            wrong.append(f"{actor.persona} is shown with the email {shown.get('email')!r}, not {right}")
    if contenders[0].outcome is Outcome.REFUSED:
        wrong.append("Ada's change to an email that nobody has was refused")
    return verdict_on(wrong, is_decided(contenders))
