"""Discover what a run has to know beforehand: names, statuses and capabilities. Whether a rule is kept, a run finds."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from support.contract.guesses import CREATED, EMAILS, IDS, NAMES, date_field, field_with, filters_by, first_of, list_in
from support.contract.matchers import body_of
from support.contract.normalizers import ids_of, user_of
from support.errors import SuiteError
from support.http.urls import destination, origin_of
from support.models import Exchange, NewUser, User
from support.probe.client import ProbeClient, fields_of, succeeded
from support.probe.draft import brief
from support.probe.paging import discover_paging
from support.profile_answers import Answers
from support.statuses import is_client_error

UNSAFE = "not run: a body that is no object may be stored without an id, and could not be deleted then"
NO_OBJECT = (
    "*Mallory signs up with an empty list *",
    "*Mallory signs up with a list of one user *",
    "*Mallory signs up with a string *",
    "*Mallory signs up with a number instead *",
    "*Mallory signs up with null instead *",
    "A POST with JSON *",
    "A POST with text that is not JSON",
    "A POST with invalid UTF-8",
    "A POST declared as plain text",
    "A POST declared as a form",
    "A POST declared as a multipart form",
    "A POST declared as XML",
    "A POST declared as binary data",
    "* when a client sends malformed bodies",
)


def discover(client: ProbeClient) -> None:
    """Ask everything in order; raises SuiteError if the target is no users API that a profile can describe."""
    example = discover_list(client)
    ada = discover_user(client, example)
    discover_unknown_id(client, ada)
    for first_name in ("Grace", "Alan"):
        client.sign_up(first_name)
    discover_paging(client)
    discover_filter(client, ada)
    discover_methods(client, ada)
    discover_refusals(client, ada)
    discover_access(client)
    discover_deletion(client)


def _learn_status(client: ProbeClient, key: str, exchange: Exchange, beside_usual: bool = False) -> None:
    """Learn a status that the contract does not name: in place of its own ones, or beside them."""
    usual: tuple[int, ...] = getattr(Answers, key)
    if exchange.status is not None:
        others = usual if beside_usual else ()
        statuses = usual if exchange.status in usual else tuple(sorted({*others, exchange.status}))
        client.learn(f"answers.{key}", statuses, exchange)


def discover_list(client: ProbeClient) -> Mapping[str, Any]:
    """Learn where the answer to GET holds the users; return one of them, or an empty object."""
    exchange = client.get()
    found = list_in(body_of(exchange.answer)[0]) if exchange.status == 200 else None
    if found is None:
        raise SuiteError(f"this is no list of users: {brief(exchange)}")
    pointer, entries = found
    if pointer:
        client.learn("names.list_pointer", pointer, exchange)
    return next((entry for entry in entries if isinstance(entry, Mapping)), {})


def discover_user(client: ProbeClient, example: Mapping[str, Any]) -> User:
    """Create a user, learn how the target names the fields, and read the user."""
    new_user = client.new_user("Ada")
    created = _create_first(client, new_user, example)
    fields = _created_fields(client, created)
    user_id, email = first_of(IDS, fields), field_with(new_user.email, fields, EMAILS)
    if user_id is None or email is None:
        raise SuiteError(f"the answer shows no id, or no email, under any name that is known: {brief(created)}")
    client.learn("names.id", user_id, created)
    client.learn("names.name", field_with(new_user.name, fields, NAMES) or client.profile.names.name, created)
    client.learn("names.email", email, created)
    created_at = date_field(fields) or first_of(CREATED, fields)
    if created_at:
        client.learn("names.created_at", created_at, created)
    else:
        client.learn("shape.created_at", False, created)
    if type(fields[user_id]) is int:
        client.learn("shape.id", "integer", created)
    _learn_status(client, "created", created)
    read = client.read(str(fields[user_id]))
    user = user_of(read.answer, client.profile)
    if read.status != 200 or user is None:
        raise SuiteError(f"a new user cannot be read by its id: {brief(created)}; {brief(read)}")
    return user


def _create_first(client: ProbeClient, ada: NewUser, example: Mapping[str, Any]) -> Exchange:
    """Create a user with the field names of an existing one, or else with one pair of names after another."""
    seen = (first_of(NAMES, example) or NAMES[0], first_of(EMAILS, example) or EMAILS[0])
    pairs = dict.fromkeys([seen, *((name, EMAILS[0]) for name in NAMES), *((NAMES[0], email) for email in EMAILS)])
    for name, email in pairs:
        client.learn("names.name", name)
        client.learn("names.email", email)
        exchange = client.post(ada.as_json())
        if succeeded(exchange):
            return exchange
        if exchange.status not in (400, 409, 422):
            break
    raise SuiteError(f"no user could be created: {brief(exchange)}")


def _created_fields(client: ProbeClient, created: Exchange) -> Mapping[str, Any]:
    """Return the new user from the answer, or from the URL in its Location."""
    fields = fields_of(created)
    location = created.answer.header("Location") if created.answer else None
    there = destination(created.call.url, location) if location and not fields else None
    if there is not None and origin_of(there) == origin_of(created.call.url):  # the token goes to no other origin
        fields = fields_of(client.get(url=there))
    inner = [key for key, value in fields.items() if isinstance(value, Mapping) and first_of(IDS, value)]
    if inner and not first_of(IDS, fields):
        raise SuiteError(f"a user is wrapped in /{inner[0]}, which no profile can describe: {brief(created)}")
    return fields


def discover_unknown_id(client: ProbeClient, ada: User) -> None:
    """Learn the status for an id that no user has."""
    exchange = client.read(client.factory.unused_id(ada.id))
    if not succeeded(exchange):
        for key in ("unknown", "gone"):
            _learn_status(client, key, exchange, beside_usual=True)


def discover_filter(client: ProbeClient, ada: User) -> None:
    """Learn which query parameter finds a user by email, and whether it ignores letter case."""
    tries = ((name, client.get({name: ada.email})) for name in filters_by(client.profile.names.email))
    found = next(((name, one) for name, one in tries if _ids(client, one) == [ada.id]), None)
    if found is None:
        client.learn("capabilities.email_filter", False, "no parameter was found that selects a user by email")
        return
    name, exchange = found
    client.learn("names.email_filter", name, exchange)
    upper_case = client.get({name: ada.email.upper()})
    if not _ids(client, upper_case):
        client.learn("lookup.case_sensitive", True, upper_case)
    _learn_status(client, "no_match", client.get({name: client.new_user("Nobody").email}), beside_usual=True)


def _ids(client: ProbeClient, exchange: Exchange) -> list[str]:
    return ids_of(exchange.answer, client.profile) if exchange.status == 200 else []


def discover_methods(client: ProbeClient, ada: User) -> None:
    """Learn whether the target offers HEAD, PATCH and PUT."""
    head, get = client.run(client.api.head(ada.id)), client.read(ada.id)
    client.learn("capabilities.head", head.status == get.status and not (head.answer and head.answer.body), head)
    name = {"name": client.new_user("Ada").name}
    for method, fields in (("PATCH", name), ("PUT", {**name, "email": ada.email})):
        exchange = client.change(method, ada.id, fields)
        client.learn(f"capabilities.{method.lower()}", exchange.status not in (404, 405, 501), exchange)


def discover_refusals(client: ProbeClient, ada: User) -> None:
    """Learn the statuses for a taken email, an invalid user and a body that is not JSON."""
    taken = client.post({**client.new_user("Mallory").as_json(), "email": ada.email})
    if _refused(taken):
        _learn_status(client, "taken", taken)
    mallory = client.new_user("Mallory")
    invalid = [
        client.post(each)
        for each in (
            {"name": mallory.name},
            {"name": mallory.name, "email": mallory.email.replace("@", ".")},
        )
    ]
    for exchange in list(filter(_refused, invalid))[:1]:
        _learn_status(client, "invalid", exchange, beside_usual=True)
    if all(map(succeeded, invalid)):
        client.draft.exclude(UNSAFE, NO_OBJECT)
        return
    body = client.api.create_call(mallory.as_json()).body or b""
    malformed = client.post(mallory.as_json(), body[:-1])
    if _refused(malformed):
        _learn_status(client, "malformed", malformed)


def _refused(exchange: Exchange) -> bool:
    return is_client_error(exchange.status)


def discover_access(client: ProbeClient) -> None:
    """Learn whether the target refuses a request without a token."""
    exchange = client.get_without_token()
    access = client.has_token and exchange.status in (401, 403)
    client.learn("capabilities.access", access, exchange)
    if client.has_token and not access:
        client.draft.remarks.append("The target shows its list without the token that it was given.")


def discover_deletion(client: ProbeClient) -> None:
    """Learn the statuses for a deletion and for a second one; raises SuiteError if no user can be deleted."""
    user_id = client.sign_up("Edsger").id
    deleted = client.run(client.api.delete(user_id))
    if not succeeded(deleted):
        raise SuiteError(f"a user cannot be deleted, so this target cannot be cleaned up: {brief(deleted)}")
    _learn_status(client, "deleted", deleted)
    for wait in client.poll_policy.waits():
        if client.read(user_id).status in client.profile.answers.gone:
            break
        time.sleep(wait)
    _learn_status(client, "deleted_again", client.run(client.api.delete(user_id)), beside_usual=True)
