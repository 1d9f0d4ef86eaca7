"""Discover what a run has to know beforehand: names, statuses and capabilities; the run finds which rules are kept."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from http import HTTPStatus

from support.contract.guesses import list_in, searches_by
from support.contract.normalizers import ids_of, user_of
from support.errors import SuiteError
from support.http.reading import document_of
from support.models import Exchange, User
from support.probe.changing import discover_methods, wants_condition
from support.probe.client import ProbeClient, succeeded
from support.probe.draft import brief
from support.probe.paging import discover_paging
from support.probe.users import discover_user, learn_from_example, learn_status
from support.profile_answers import Lookup
from support.statuses import is_client_error
from support.target.opening import NOBODY

LONGEST_TIMEOUT_S = 120
AT_ONCE = 50
"""How many sign-ups a scenario without a burst may send at once."""
ACCEPTED = ("application/vnd.api+json", "application/hal+json", "application/ld+json", "*/*")
"""Media types that targets send where they refuse `application/json`."""
UNSAFE = "a body that is not an object may be stored without an id, and could then not be deleted"
NO_OBJECT = (
    "*Mallory signs up with an empty list *",
    "*Mallory signs up with a list of one user *",
    "*Mallory signs up with a string *",
    "*Mallory signs up with a number instead *",
    "*Mallory signs up with null instead *",
    "A POST with JSON *",
    "A POST with text that is not JSON",
    "A POST with invalid UTF-8",
    "A POST declared as *",
    "* when a client sends malformed bodies",
)
UNREADABLE = "a body that is not JSON may be stored as it is, without an id, and could then not be deleted"
NO_JSON = (
    "A P* with JSON *",
    "A P* with text that is not JSON",
    "A P* with invalid UTF-8",
    "A P* with UTF-16",
    "A P* declared as *",
    "After a large POST declared as plain text*",
    "Sign-ups with *",
    "* with unusual bodies",
    "Generated sign-ups, updates*",
    "Refused sign-ups, changes and deletions",
    "An update after refused requests",
    "Five users after many refusals",
    "The email of a sign-up that was refused for its *",
)


def discover(client: ProbeClient) -> None:
    """Ask everything in order; raises SuiteError if the target is no users API that a profile can describe."""
    discover_list(client)
    require_an_answer_for_nobody(client)
    ada = discover_user(client)
    discover_unknown_id(client, ada)
    if client.profile.capabilities.list:
        for first_name in ("Grace", "Alan"):
            client.sign_up(first_name)
        discover_paging(client)
        discover_filter(client, ada)
    discover_methods(client, ada)
    discover_refusals(client, ada)
    discover_access(client, ada)
    discover_deletion(client)
    discover_pace(client, ada)


def discover_list(client: ProbeClient) -> None:
    """Learn where the answer to GET holds the users, and from one of the users the names of the fields."""
    exchange = client.get()
    for accept in ACCEPTED if exchange.status == HTTPStatus.NOT_ACCEPTABLE else ():
        client.learn("media_types.accept", accept, exchange)
        if (exchange := client.get()).status == 200:
            break
    if exchange.status == 404 and (slashed := client.get(url=f"{client.api.base_url}/")).status == 200:
        client.learn("paths.collection_slash", True, exchange, slashed)
        exchange = slashed
    if exchange.status in (404, 405, 501):
        client.learn("capabilities.list", False, exchange)
        client.learn("capabilities.pages", False, "there is no list")
        client.learn("capabilities.email_filter", False, "there is no list")
        return
    found = list_in(document_of(exchange.answer)) if exchange.answer and exchange.status == 200 else None
    if found is None:
        raise SuiteError(f"this is not a list of users: {brief(exchange)}")
    way, entries = found
    if way:
        client.learn("names.list_pointer", way, exchange)
    example = next((entry for entry in entries if isinstance(entry, Mapping)), {})
    learn_from_example(client, example, exchange)


def require_an_answer_for_nobody(client: ProbeClient) -> None:
    """Raise SuiteError, before creating any user, if an unknown id gives 403, and a known one no 200.

    Nothing would then show that a user is deleted, or whose a user is.
    """
    if not client.profile.capabilities.list:
        return
    users = ids_of(client.get().answer, client.profile)
    exchange = client.read(client.factory.unused_id(users[0]) if users else NOBODY)
    if exchange.status != 403 or exchange.status in client.profile.answers.unknown:
        return
    if not users or client.read(users[0]).status != 200:
        raise SuiteError(
            "an id that no user has gives 403, so nothing would show that users are deleted, and none was created. "
            "Use a TOKEN that may see all users. If this one may, set answers.unknown = [403] and answers.gone = [403] "
            f"in a profile, and use it with --from: {brief(exchange)}"
        )
    for key in ("unknown", "gone"):
        client.learn(f"answers.{key}", tuple(sorted({*getattr(client.profile.answers, key), 403})), exchange)


def discover_unknown_id(client: ProbeClient, ada: User) -> None:
    """Learn the status for an id that no user has."""
    exchange = client.read(client.factory.unused_id(ada.id))
    if not succeeded(exchange):
        for key in ("unknown", "gone"):
            learn_status(client, key, exchange)


def discover_filter(client: ProbeClient, ada: User) -> None:
    """Learn which query finds a user by email, and whether it ignores letter case."""
    usual = searches_by(client.profile.names.email)
    known = [(client.profile.names.email_filter, client.profile.lookup.format)]  # of the contract, or of --from
    for name, text in [*known, *usual]:
        if text != client.profile.lookup.format:
            client.learn("lookup.format", text)
        client.learn("names.email_filter", name)
        exchange = client.run(client.api.find(ada.email))
        if _ids(client, exchange) == [ada.id]:
            break
    else:
        client.learn("lookup.format", Lookup.format)
        client.learn("capabilities.email_filter", False, "no query was found that selects a user by email")
        return
    client.learn("names.email_filter", name, exchange)
    if text != Lookup.format:
        client.learn("lookup.format", text, exchange)
    upper_case = client.run(client.api.find(ada.email.upper()))
    if not _ids(client, upper_case):
        client.learn("lookup.case_sensitive", True, upper_case)
    learn_status(client, "no_match", client.run(client.api.find(client.new_user("Nobody").email)))


def _ids(client: ProbeClient, exchange: Exchange) -> list[str]:
    return ids_of(exchange.answer, client.profile) if exchange.status == 200 else []


def discover_refusals(client: ProbeClient, ada: User) -> None:
    """Learn the statuses for a taken email, an invalid user and a body that is not JSON."""
    taken = client.post({**client.new_user("Mallory").as_json(), "email": ada.email})
    if _refused(taken):
        learn_status(client, "taken", taken)
    mallory = client.new_user("Mallory")
    nameless = [{"name": mallory.name}] if client.profile.capabilities.list else []  # only the list would show them
    bodies = (*nameless, {"name": mallory.name, "email": mallory.email.replace("@", ".")})
    invalid = [client.post(each) for each in bodies]
    for exchange in list(filter(_refused, invalid))[:1]:
        learn_status(client, "invalid", exchange)
    if all(map(succeeded, invalid)):
        client.draft.exclude(UNSAFE, NO_OBJECT)
        _discover_unreadable(client, ada)
        return
    body = client.api.create_call(mallory.as_json()).body or b""
    malformed = client.post(mallory.as_json(), body[:-1])
    if _refused(malformed):
        learn_status(client, "malformed", malformed)


def _discover_unreadable(client: ProbeClient, ada: User) -> None:
    """Replace a user by a body that is not JSON, which is safer than a sign-up: whatever is stored keeps the id."""
    if not client.profile.capabilities.put:
        return
    fields = {"name": ada.name, "email": ada.email}
    client.change("PUT", ada.id, {}, (client.api.create_call(fields).body or b"")[:-1])
    shown = user_of(client.read(ada.id).answer, client.profile)
    if shown is None or shown.email != ada.email:
        client.draft.exclude(UNREADABLE, NO_JSON)
        client.change("PUT", ada.id, fields)  # without their email, nothing would show that the user is the probe's


def _refused(exchange: Exchange) -> bool:
    return is_client_error(exchange.status)


def discover_access(client: ProbeClient, ada: User) -> None:
    """Learn whether the target refuses a read without a token."""
    exchange = client.get_without_token(None if client.profile.capabilities.list else client.api.url_of(ada.id))
    access = client.has_token and exchange.status in (401, 403)
    client.learn("capabilities.access", access, exchange)
    if access:
        known = client.profile.answers.unauthorized
        client.learn("answers.unauthorized", tuple(sorted({*known, exchange.status or 401})), exchange)
    if client.has_token and not access:
        client.draft.remarks.append("The target shows its users without the token that it was given.")


def discover_deletion(client: ProbeClient) -> None:
    """Learn the statuses for a deletion and for a second one; raises SuiteError if no user can be deleted."""
    user_id = client.sign_up("Edsger").id
    deleted = client.run(client.api.delete(user_id))
    if not succeeded(deleted) and wants_condition(client, deleted):
        deleted = client.run(client.api.delete(user_id))
    if not succeeded(deleted):
        raise SuiteError(f"a user cannot be deleted, so this target cannot be cleaned up: {brief(deleted)}")
    learn_status(client, "deleted", deleted)
    for wait in client.poll_policy.waits():
        if client.read(user_id).status in client.profile.answers.gone:
            break
        time.sleep(wait)
    learn_status(client, "deleted_again", client.run(client.api.delete(user_id)))


def discover_pace(client: ProbeClient, ada: User) -> None:
    """Learn a longer request timeout if creates are slow, as with password hashing: a burst of them needs it."""
    read = client.read(ada.id)
    work_s = client.fastest_create_s - (read.answer.seconds if read.answer else 0.0)
    at_once = max(client.settings.burst, AT_ONCE)
    needed_s = min(math.ceil(3 * at_once * work_s), LONGEST_TIMEOUT_S)
    if needed_s > client.settings.request_timeout_s:
        took = f"the fastest create took {client.fastest_create_s:.2f} s, so a burst may take many times that"
        client.learn("deadlines.request_timeout_s", needed_s, took)
