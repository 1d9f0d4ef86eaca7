"""Discover what a user looks like: how one is created, which fields the answers have, and where."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from support.contract.guesses import EMAILS, FULL_NAMES, GIVEN_NAMES, IDS, LOGINS, NAMES
from support.contract.normalizers import user_of
from support.errors import SuiteError
from support.http.reading import document_of
from support.models import Exchange, NewUser, User
from support.pointers import at, steps_of
from support.probe.client import ProbeClient, succeeded
from support.probe.creating import create_first
from support.probe.draft import brief
from support.target.locating import Located, Path, field_name, id_of, leaves, located, pointer

STAND_INS = ("{first_name}", "{local_part}", "{name}")
"""Templates of further fields whose values the target may show as the name."""


def learn_status(client: ProbeClient, key: str, exchange: Exchange) -> None:
    """Learn a status beside those that are known, but never a fault of the server, 401, 403, 408 or 429."""
    usual: tuple[int, ...] = getattr(client.profile.answers, key)
    if exchange.status is not None and exchange.status < 500 and exchange.status not in (401, 403, 408, 429):
        statuses = usual if exchange.status in usual else tuple(sorted({*usual, exchange.status}))
        client.learn(f"answers.{key}", statuses, exchange)


def learn_from_example(client: ProbeClient, example: Mapping[str, Any], listed: Exchange) -> None:
    """Learn the names of the fields from a user in the list, and whether to wrap bodies as JSON:API does."""
    paths = [path for path, _ in leaves(example)]
    client.listed_fields = {path[-1] for path in paths}
    for field, known in (("id", IDS), ("email", EMAILS), ("name", NAMES)):
        found = sorted(
            (path for path in paths if path[-1] in known), key=lambda path: (len(path), known.index(path[-1]))
        )
        if found:
            client.learn(f"names.{field}", field_name(found[0]), listed)
    if isinstance(example.get("attributes"), Mapping) and isinstance(example.get("type"), str):
        client.learn("names.body_pointer", "/data", listed)
        client.learn("create.type", example["type"], listed)


def discover_user(client: ProbeClient) -> User:
    """Create a user, learn how the target names the fields, and read the user."""
    ada, created = create_first(client)
    user_id, way = _learn_create(client, ada, created)
    read = _read(client, user_id)
    names = _names_sent(client, ada, created)
    shown = located(document_of(read.answer), ada.email, names, user_id) if read.answer else None
    if read.status == 200 and shown is None:
        raise SuiteError(f"a read of a new user shows no email, by which the suite knows its own users: {brief(read)}")
    if read.status == 200 and shown is not None and shown.id is None:
        raise SuiteError(f"a read of a new user shows no id: {brief(read)}")
    if read.status != 200 or shown is None or shown.id is None:
        raise SuiteError(f"a new user cannot be read by its id: {brief(created)}; {brief(read)}")
    _learn_read(client, shown, read)
    if client.profile.shape.created != "location" and way != shown.user:
        client.learn("names.created_pointer", pointer(way), created)
    user = user_of(client.read(user_id).answer, client.profile)
    if user is None or user.id != user_id:
        raise SuiteError(f"a new user is shown with another id: {brief(created)}; {brief(read)}")
    client.adopt(ada.email, user)
    learn_status(client, "created", created)
    if shown.name is None:
        user = _find_name(client, at(document_of(read.answer), shown.user)) or user
    return user


def _learn_create(client: ProbeClient, ada: NewUser, created: Exchange) -> tuple[str, Path]:
    """Learn what the answer to a create shows; return the id of the user, and the way to the user in the answer."""
    document = document_of(created.answer)
    shown = located(document, ada.email)
    if shown is not None and (user_id := shown.id_in(document)) is not None:
        return user_id, shown.user
    location = created.answer.header("Location") if created.answer else None
    if bare := id_of(document):
        client.learn("shape.created", "id", created)
        return bare[1], bare[0]
    if location and (segments := [part for part in urlsplit(location).path.split("/") if part]):
        client.learn("shape.created", "location", created)
        return unquote(segments[-1]), ()
    raise SuiteError(f"the answer to a create shows no id under any name that is known: {brief(created)}")


def _read(client: ProbeClient, user_id: str) -> Exchange:
    """Read a user, with a slash at the end of the URL if the target redirects there, or its list has one."""
    read = client.read(user_id)
    location = urlsplit((read.answer.header("Location") if read.answer else None) or "").path
    redirects = read.status in (301, 302, 307, 308) and location.endswith(urlsplit(read.call.url).path + "/")
    if redirects or (read.status == 404 and client.profile.paths.collection_slash):
        client.learn("paths.item_slash", True, read)
        read = client.read(user_id)
    return read


def _names_sent(client: ProbeClient, ada: NewUser, created: Exchange) -> dict[str, str]:
    """Return the sent texts that the target may show as the name, with the paths of their fields; the name is first."""
    sent = at(json.loads(created.call.body or b"{}"), steps_of(client.profile.names.body_pointer))
    templates = leaves(client.profile.create)
    others = {at(sent, path): field_name(path) for path, template in templates if template in STAND_INS}
    return {ada.name: "", **{text: path for text, path in others.items() if isinstance(text, str)}}


def _learn_read(client: ProbeClient, shown: Located, read: Exchange) -> None:
    """Learn where a read shows the user, and the names of the fields."""
    assert shown.id is not None
    document = document_of(read.answer)
    if shown.user:
        client.learn("names.user_pointer", pointer(shown.user), read)
    if len(shown.email) > 1 and client.profile.names.paths["email"] == shown.email[-1:]:
        client.learn("names.flat_body", True, read)
    client.learn("names.id", field_name(shown.id), read)
    client.learn("names.email", field_name(shown.email), read)
    if shown.name is not None:
        _learn_name(client, shown.name, read)
    if shown.is_linked:
        client.learn("shape.id", "link", read)
    elif type(at(document, (*shown.user, *shown.id))) is int:
        client.learn("shape.id", "integer", read)
    if shown.created_at is None:
        client.learn("shape.created_at", False, read)
    else:
        client.learn("names.created_at", field_name(shown.created_at), read)
        client.learn("shape.created_at", shown.moment, read)


def _learn_name(client: ProbeClient, path: Path, shown: Exchange) -> None:
    """Learn which field holds the name; it is not a further field then."""
    if path[-1] in client.profile.create:
        client.forget(f"create.{path[-1]}")
    client.learn("names.name", field_name(path), shown)


def _find_name(client: ProbeClient, user_shown: Any) -> User | None:
    """Try whether a further field can hold the name, as none showed it; return a user whose name it shows.

    It is a field that was sent, or one that a user shows and that is called like a name.
    """
    before = client.profile
    sent = [key for key, value in before.create.items() if value in STAND_INS]
    likely = [key for key in (*FULL_NAMES, *GIVEN_NAMES) if key not in LOGINS]
    named = [key for key in likely if isinstance(user_shown, Mapping) and key in user_shown]
    for key in dict.fromkeys([*sent, *named]):
        evidence = client.draft.evidence.get(f"create.{key}", "")
        client.forget(f"create.{key}")
        client.learn("names.name", key)
        grace = client.new_user("Grace")
        exchange = client.post(grace.as_json())
        user = user_of(exchange.answer, client.profile)
        if succeeded(exchange) and user is not None and user.name == grace.name:
            client.learn("names.name", key, exchange)
            return user
        if key in before.create:
            client.learn(f"create.{key}", before.create[key], evidence)
        client.learn("names.name", before.names.name)
    client.draft.remarks.append("No field of a user shows the name that was sent: rules about names cannot be kept.")
    return None
