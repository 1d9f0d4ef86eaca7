"""Conditional requests: ETag, If-None-Match and If-Match, on a target whose reads have an ETag."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from email.utils import formatdate
from http import HTTPStatus

from support.contract.matchers import has_header, has_no_body, has_status, shows
from support.errors import NotOffered
from support.models import LONGEST_NAME, Call, Credential, Exchange, NewUser
from support.scenario import accounts
from support.scenario.context import Actor, ScenarioContext
from support.scenario.waiting import is_gone, let_pass

TWO_VERSIONS_S = 2.0
CONDITIONS: Mapping[str, Callable[[Sequence[str]], str]] = {
    "the current ETag": lambda tags: tags[-1],
    "the last ETag": lambda tags: tags[-1],
    "an outdated ETag": lambda tags: tags[0],
    "a list of outdated ETags": lambda tags: f'"no-such-version", {tags[0]}',
    "the current ETag in a list": lambda tags: f'"no-such-version", {tags[-1]}',
    "the current ETag in a list, no spaces": lambda tags: f'"no-such-version",{tags[-1]}',
    "an asterisk": lambda _: "*",
}
"""Each makes a value of If-Match or If-None-Match from the ETags that a user has had, the current one last."""


def become_user_with_etag(scenario: ScenarioContext, actor: Actor) -> None:
    """Sign up, and keep the ETag of the account; raises NotOffered if a read has no ETag."""
    accounts.become_user(scenario, actor)
    scenario.etags = [etag_of(read(scenario, actor))]
    require_any(scenario)


def become_large_user_with_etag(scenario: ScenarioContext, actor: Actor) -> None:
    """Sign up with more than 1 KiB of data, enough for most servers to compress an answer, and keep the ETag."""
    half = LONGEST_NAME // 2
    actor.new_user = NewUser("🦉" * half + " " + "🦉" * (LONGEST_NAME - half - 1), scenario.factory.long_email())
    become_user_with_etag(scenario, actor)


def require_any(scenario: ScenarioContext) -> None:
    """Raise NotOffered if a read has no ETag."""
    if not scenario.etags[-1]:
        raise NotOffered("a read of a user has no ETag")


def require_strong(scenario: ScenarioContext) -> None:
    """Raise NotOffered if a read has no ETag, or a weak one, which never matches an If-Match (RFC 9110 §13.1.1)."""
    require_any(scenario)
    if scenario.etags[-1].startswith("W/"):
        raise NotOffered("the ETags are weak")


def read(
    scenario: ScenarioContext,
    actor: Actor,
    condition: str | None = None,
    credential: Credential | None = None,
    since: str | None = None,
) -> Exchange:
    """Read a user, with `condition` as If-None-Match and `since` as If-Modified-Since if they are given."""
    api = scenario.api if credential is None else scenario.api.with_credential(credential)
    conditions = {"If-None-Match": condition, "If-Modified-Since": since}
    headers = {name: value for name, value in conditions.items() if value}
    exchange = scenario.run(api.send(api.call("GET", scenario.api.url_of(actor.known_id), headers=headers)))
    scenario.keep(exchange)
    return exchange


def read_before_and_after_change(scenario: ScenarioContext, actor: Actor) -> None:
    """Read a user, change their name, and read them on condition that they changed since the first read.

    In between, enough time passes for HTTP to tell the two versions apart: it counts in seconds.
    """
    answer = read(scenario, actor).answer
    since = (answer and answer.header("Last-Modified")) or formatdate(usegmt=True)
    let_pass(TWO_VERSIONS_S)
    accounts.be_changed(scenario, actor, scenario.update_method, **accounts.new_values(scenario, actor, "name"))
    read(scenario, actor, since=since)


def read_repeatedly(scenario: ScenarioContext, actor: Actor, condition: str, times: int) -> None:
    """Read a user this many times, with `condition` as If-None-Match."""
    url, headers = scenario.api.url_of(actor.known_id), {"If-None-Match": condition}
    calls = [scenario.api.call("GET", url, headers=headers) for _ in range(times)]
    scenario.keep(*scenario.run_few_at_once([scenario.api.send(call) for call in calls]))


def write_if(scenario: ScenarioContext, actor: Actor, method: str, condition: str) -> None:
    """Send a write with a condition for If-Match."""
    scenario.last_actor = actor
    headers, url = {"If-Match": CONDITIONS[condition](scenario.etags)}, scenario.api.url_of(actor.known_id)
    if method == "DELETE":
        operation = scenario.api.send(scenario.api.call(method, url, headers=headers))
    else:
        fields = scenario.factory.new_user(actor.persona).as_json()
        actor.expect(fields)
        operation = scenario.registry.change(
            scenario.api.call(method, url, fields=fields, headers=headers), fields["email"]
        )
    scenario.keep(scenario.run(operation))


def update_repeatedly(scenario: ScenarioContext, actor: Actor, condition: str, times: int) -> None:
    """Send the same update of the name this many times, with a condition for If-Match."""
    name, etag = scenario.factory.new_user(actor.persona).name, CONDITIONS[condition](scenario.etags)
    calls = [change_call(scenario, actor, name, etag) for _ in range(times)]
    scenario.keep(*scenario.run_few_at_once([scenario.api.send(call) for call in calls]))


def change_email_if(scenario: ScenarioContext, actor: Actor, email: str, method: str, condition: str) -> None:
    """Change to an email that may be taken, with a condition for If-Match."""
    fields = accounts.complete(method, {"email": email}, scenario.factory.new_user(actor.persona))
    accounts.send_change(scenario, actor, method, fields, {"If-Match": CONDITIONS[condition](scenario.etags)})


def change_nothing_if(scenario: ScenarioContext, actor: Actor, condition: str) -> None:
    """Send the values that the account has already, with a condition for If-Match."""
    fields = {key: value for key, value in actor.shown.items() if key in ("name", "email")}
    headers = {"If-Match": CONDITIONS[condition](scenario.etags)}
    accounts.send_change(scenario, actor, scenario.update_method, fields, headers)


def repeat_change_if(scenario: ScenarioContext, actor: Actor, condition: str) -> None:
    """Send the last change again, with another condition for If-Match."""
    call = scenario.exchange.call
    headers = {**call.headers, "If-Match": CONDITIONS[condition](scenario.etags)}
    email = (actor.expected or {}).get("email")
    scenario.keep(scenario.run(scenario.registry.change(replace(call, headers=headers), email)))


def change_and_note_etag(scenario: ScenarioContext, actor: Actor, method: str, name: str | None = None) -> None:
    """Change the name, to a newly drawn one by default, and keep the ETag that the account has afterwards."""
    name = name or scenario.factory.new_user(actor.persona).name
    accounts.be_changed(scenario, actor, method, name=name)
    changed = scenario.exchange
    scenario.etags.append(etag_of(read(scenario, actor)))
    scenario.keep(changed)


# Checks


def is_not_modified_or_shown(scenario: ScenarioContext, actor: Actor) -> None:
    """Check that each of the last answers is a 304 without a body, or a 200 with the user."""
    for exchange in scenario.exchanges:
        is_unmodified = exchange.status == HTTPStatus.NOT_MODIFIED
        content = has_no_body() if is_unmodified else shows(actor.shown, scenario.names)
        scenario.check(exchange, has_status([200, HTTPStatus.NOT_MODIFIED]), content)


def is_not_found(scenario: ScenarioContext, actor: Actor, condition: str) -> None:
    """Check that a conditional read of a deleted user says that the user is gone, as an unconditional read does."""
    gone = has_status(scenario.answers.gone)
    scenario.check(read(scenario, actor, condition), gone, attempted=scenario.then("reading it with If-None-Match"))


def each_version_has_its_etag(scenario: ScenarioContext, actor: Actor) -> None:
    """Check that each change gave the account another ETag, and that a read with an earlier ETag shows the user.

    The API must ignore an If-Modified-Since beside the If-None-Match (RFC 9110 §13.1.3).
    """
    for old, new in zip(scenario.etags, scenario.etags[1:], strict=False):
        if old == new:
            scenario.fail("another ETag after the change", [f"it was {new} before and after"])
        for since in (None, formatdate(usegmt=True)):
            stale = read(scenario, actor, old, since=since)
            conditions = f"If-None-Match: {old}" + (f" and If-Modified-Since: {since}" if since else "")
            attempted = scenario.then(f"reading {actor.persona} with {conditions}")
            scenario.check(stale, has_status([200]), shows(actor.shown, scenario.names), attempted=attempted)


def answer_has_etag_of_read(scenario: ScenarioContext, actor: Actor) -> None:
    """Check that the ETag of the last answer, if it has one, equals the ETag of a read."""
    answered = scenario.exchange
    of_read = etag_of(read(scenario, actor))
    if etag_of(answered):
        scenario.check(answered, has_header("ETag", f"{of_read}, as a read has it", lambda value: value == of_read))


def writes_are_refused(scenario: ScenarioContext) -> None:
    """Check that each of the last writes was refused with 412."""
    for exchange in scenario.exchanges:
        scenario.check(exchange, has_status([HTTPStatus.PRECONDITION_FAILED]))


def email_is_free(scenario: ScenarioContext, actor: Actor, other: Actor) -> None:
    """Check that the actor can sign up with the email in the refused change of the other actor."""
    fields = {**actor.new_user.as_json(), "email": (other.expected or {})["email"]}
    exchange = accounts.send_sign_up(scenario, actor, fields)
    attempted = scenario.then("signing up with the email in the refused change")
    scenario.check(exchange, has_status(scenario.answers.created), attempted=attempted)


def write_is_done(scenario: ScenarioContext, actor: Actor) -> None:
    """Check that the last write was done; a retry may have been refused because an earlier attempt was done."""
    exchange, answers = scenario.exchange, scenario.answers
    deletes = exchange.call.method == "DELETE"
    again = (HTTPStatus.PRECONDITION_FAILED, *answers.deleted_again) if exchange.repeated_in_doubt else ()
    scenario.check(exchange, has_status((*(answers.deleted if deletes else (200,)), *again)))
    if deletes:
        is_gone(scenario, actor, "delete")
        return
    attempted = scenario.then(f"reading {actor.persona}")
    shown = scenario.run(scenario.api.read(actor.known_id))
    sent = {key: value for key, value in (actor.expected or {}).items() if key in ("name", "email")}
    scenario.check(shown, has_status([200]), shows(sent, scenario.names), attempted=attempted)


def change_call(scenario: ScenarioContext, actor: Actor, name: str, etag: str) -> Call:
    """Return a change of the name on condition that the account still has this ETag."""
    method = scenario.update_method
    fields = accounts.complete(method, {"name": name}, actor.new_user)
    return scenario.api.call(method, scenario.api.url_of(actor.known_id), fields=fields, headers={"If-Match": etag})


def etag_of(exchange: Exchange) -> str:
    """Return the ETag of an answer, or an empty string if it has none."""
    return (exchange.answer.header("ETag") if exchange.answer else None) or ""
