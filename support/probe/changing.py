"""Discover how the users of a target are changed: by which methods, with which further fields, types and conditions."""

from __future__ import annotations

import re
from typing import Any

from support.contract.normalizers import user_of
from support.contract.refusals import complaints_in
from support.http.reading import document_of
from support.models import Exchange, User
from support.pointers import at, placed
from support.probe.client import ProbeClient, succeeded
from support.probe.creating import in_the_user
from support.probe.proposals import proposals
from support.statuses import is_client_error
from support.target.locating import Path, located, pointer

MOST_TRIES = 12
NOT_OFFERED = (404, 405, 501)
PATCH_TYPES = ("application/merge-patch+json", "application/vnd.api+json")
CONDITION = re.compile(r"if-match|\betag\b|precondition", re.IGNORECASE)
TABLES = {"PATCH": "patch", "PUT": "update"}


def discover_methods(client: ProbeClient, ada: User) -> None:
    """Learn whether the target offers PATCH and PUT, and what they want."""
    answers = {}
    for method in ("PATCH", "PUT"):
        _begin_as_create(client, method)
        exchange = answers[method] = _change(client, method, ada)
        client.learn(f"capabilities.{method.lower()}", exchange.status not in NOT_OFFERED, exchange)
        if succeeded(exchange):
            _learn_answer(client, ada, exchange)
    if is_client_error(answers["PATCH"].status) and client.profile.capabilities.patch and succeeded(answers["PUT"]):
        client.learn("capabilities.patch", False, answers["PATCH"])
        client.draft.remarks.append("PATCH was refused in every form that was tried: a run judges only changes by PUT.")


def _begin_as_create(client: ProbeClient, method: str) -> None:
    """Send the type and the id of the user with each change, if the target speaks JSON:API."""
    if client.profile.names.body_pointer == "/data" and "type" in client.profile.create:
        shown = client.draft.evidence["create.type"]
        client.learn(f"{TABLES[method]}.type", client.profile.create["type"], shown)
        client.learn(f"{TABLES[method]}.id", "{id}", shown)


def _change(client: ProbeClient, method: str, ada: User) -> Exchange:
    """Try to change a name until the target accepts it, or nothing more can be learned; return the last answer."""
    types = iter(PATCH_TYPES)
    tried: dict[Path, list[str]] = {}
    for _ in range(MOST_TRIES):
        name = {"name": client.new_user("Ada").name}
        exchange = client.change(method, ada.id, {**name, "email": ada.email} if method == "PUT" else name)
        if succeeded(exchange) or exchange.status in NOT_OFFERED:
            break
        if exchange.status == 415 and (media_type := next(types, None)):
            client.learn(f"media_types.{method.lower()}", media_type, exchange)
        elif not wants_condition(client, exchange) and not _learn_fields(client, method, exchange, tried):
            break
    return exchange


def _learn_fields(client: ProbeClient, method: str, exchange: Exchange, tried: dict[Path, list[str]]) -> bool:
    """Learn the fields that a refusal asks for, with the values of the create first; return whether anything is new.

    If the refusal names no field, learn all further fields of the create.
    """
    profile = client.profile
    complaints = complaints_in(document_of(exchange.answer))
    fields: dict[str, Any] = dict(profile.further_fields(method))
    for complaint in complaints:
        path = in_the_user(complaint.path, profile.names)
        before = tried.setdefault(path, [])
        values = [at(profile.create, path), *proposals(complaint.path[-1], complaint.text, complaint.choices)]
        fresh = [value for value in values if value is not None and repr(value) not in before]
        if path and fresh and not complaint.is_unknown and not complaint.is_taken:
            before.append(repr(fresh[0]))
            fields = placed(fields, path, fresh[0])
    if not complaints and exchange.status in (400, 422):
        fields = {**profile.create, **fields}
    for key, value in fields.items():
        if profile.further_fields(method).get(key) != value:
            client.learn(f"{TABLES[method]}.{key}", value, exchange)
    return fields != profile.further_fields(method)


def wants_condition(client: ProbeClient, refused: Exchange) -> bool:
    """Learn that changes must name the ETag of the user, if a refusal says so; return whether that is new."""
    said = refused.answer.body.decode("utf-8", "replace") if refused.answer else ""
    if client.profile.if_match or not (refused.status in (412, 428) or CONDITION.search(said)):
        return False
    client.learn("if_match", ("PUT", "PATCH", "DELETE"), refused)
    return True


def _learn_answer(client: ProbeClient, ada: User, changed: Exchange) -> None:
    """Learn the status of a change, and where its answer shows the user."""
    status = changed.answer.sent_status or changed.status if changed.answer else None
    if status is not None:
        client.learn("answers.updated", tuple(sorted({200, status})), changed)
    shown = located(document_of(changed.answer), ada.email) if changed.answer else None
    if shown is None:
        client.learn("shape.updated", "nothing", changed)
    elif user_of(changed.answer, client.profile) is None:
        client.learn("names.updated_pointer", pointer(shown.user), changed)
