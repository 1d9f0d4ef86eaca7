"""The questions, in their order: each asks a target something, and writes what is learned of it into the draft."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from support.contract.matchers import has_header, holds_no_secret, says_json, says_what_is_wrong, schema_findings
from support.contract.normalizers import listed, user_of, users_of
from support.errors import SuiteError
from support.http.urls import destination, origin_of
from support.models import Credential, Exchange, NewUser
from support.probe.asking import Asker
from support.probe.draft import told
from support.probe.guesses import (
    CREATED,
    EMAILS,
    FILTERS,
    IDS,
    NAMES,
    PAGES,
    date_field,
    field_with,
    first_of,
    list_in,
)
from support.profile import Answers, Names, Pages, Shape

ODD_NAME = ' Zoë "Grace" O\'Brien <b>&amp; 李小龍 '
AN_OLD_DATE = "2001-02-03T04:05:06Z"
ODD_PAGES = ((0, 10), (-1, 10), ("one", 10), ("1.5", 10), (1, 0), (1, -1), (1, 101), (1, 1000), (1, "ten"))
OTHER_TYPES = ("text/plain", "application/x-www-form-urlencoded")
LIST_SIZES = (100, 50, 20, 10)
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


def ask_everything(asker: Asker) -> None:
    """Ask all there is to ask; raises SuiteError where the target is not one of users that a profile can tell of."""
    entries = where_the_list_is(asker)
    ada = what_a_user_is(asker, entries)
    whom_nobody_is(asker, ada)
    grace = asker.join("Grace")[1]
    how_the_list_is_cut(asker)
    how_people_are_found(asker, ada)
    what_else_is_offered(asker, ada)
    what_is_taken(asker, ada, grace)
    what_is_invalid(asker, grace)
    what_is_the_servers_own(asker)
    who_may_come_in(asker)
    how_somebody_leaves(asker)
    what_every_answer_keeps(asker)


def _is(exchange: Exchange, *statuses: int) -> bool:
    return exchange.status in statuses


def _done(exchange: Exchange) -> bool:
    return exchange.status is not None and 200 <= exchange.status < 300


def where_the_list_is(asker: Asker) -> list[Any]:
    """Learn where in the answer to GET the users are; return them."""
    exchange = asker.get()
    document = exchange.answer.json() if exchange.answer and _is(exchange, 200) and _is_json(exchange) else None
    found = list_in(document)
    if found is None:
        raise SuiteError(f"this is no list of users: {told(exchange)}")
    pointer, entries = found
    if pointer:
        asker.draft.learn("names", "list_pointer", pointer, told(exchange))
        asker.adapt(replace(asker.profile, names=replace(asker.profile.names, list_pointer=pointer)))
    return entries


def _is_json(exchange: Exchange) -> bool:
    try:
        return exchange.answer is not None and exchange.answer.json() is not ...
    except ValueError:
        return False


# What a user is


def what_a_user_is(asker: Asker, entries: list[Any]) -> str:
    """Learn the names of the fields, and what becomes of a newcomer; return her id."""
    ada = asker.newcomer("Ada")
    created = _first_newcomer(asker, ada, next((entry for entry in entries if isinstance(entry, Mapping)), {}))
    fields = _shown(asker, created)
    named = {
        "id": first_of(IDS, fields) or "",
        "name": field_with(ada.name, fields, NAMES) or asker.profile.names.name,
        "email": field_with(ada.email, fields, EMAILS) or "",
        "created_at": date_field(fields) or first_of(CREATED, fields) or "",
    }
    if not named["id"] or not named["email"]:
        raise SuiteError(f"no id, or no address, is shown of a new user, under any name that is known: {told(created)}")
    for key, name in named.items():
        if name:
            asker.draft.learn("names", key, name, told(created))
    names = replace(asker.profile.names, **{key: name for key, name in named.items() if name})
    shape = _shape(asker, fields, names, bool(named["created_at"]), created)
    asker.adapt(replace(asker.profile, names=names, shape=shape))
    user_id = str(fields[named["id"]])
    read = asker.read(user_id)
    if not _is(read, 200):
        raise SuiteError(f"a new user cannot be read under its id: {told(created, read)}")
    _status(asker, "created", created, (201,))
    if created.answer is None or created.answer.header("Location") is None:
        asker.draft.deviates("create-location", "a 201 has no Location", told(created))
    return user_id


def _first_newcomer(asker: Asker, ada: NewUser, like: Mapping[str, Any]) -> Exchange:
    """Let somebody sign up under the names that others have there, or else under one pair of names after another."""
    seen = (first_of(NAMES, like) or NAMES[0], first_of(EMAILS, like) or EMAILS[0])
    pairs = dict.fromkeys([seen, *((name, EMAILS[0]) for name in NAMES), *((NAMES[0], email) for email in EMAILS)])
    last = None
    for name, email in pairs:
        asker.adapt(replace(asker.profile, names=replace(asker.profile.names, name=name, email=email)))
        last = asker.post(ada.as_json(), ada.email, ada.name)
        if _done(last):
            return last
        if not _is(last, 400, 409, 422):
            break
    raise SuiteError(f"no user could be made: {told(last) if last else 'nothing was tried'}")


def _shown(asker: Asker, created: Exchange) -> Mapping[str, Any]:
    """Return the new user, from the answer or from where its Location leads."""
    fields = asker.fields_of(created)
    location = created.answer.header("Location") if created.answer else None
    there = destination(created.call.url, location) if location and not fields else None
    if there is not None and origin_of(there) == origin_of(created.call.url):  # the token goes nowhere else
        fields = asker.fields_of(asker.get(url=there))
    inner = [key for key, value in fields.items() if isinstance(value, Mapping) and first_of(IDS, value)]
    if inner and not first_of(IDS, fields):
        raise SuiteError(f"a user comes wrapped in /{inner[0]}, which no profile can tell of: {told(created)}")
    return fields


def _shape(asker: Asker, fields: Mapping[str, Any], names: Names, dated: bool, created: Exchange) -> Shape:
    """Learn how a user differs from the contract's."""
    wrong = schema_findings("user", fields, names)
    if wrong:
        asker.draft.deviates("user-shape", f"a user is not of the contract's shape: {'; '.join(wrong)}", told(created))
    integer = type(fields[names.id]) is int
    if integer:
        asker.draft.learn("shape", "id", "integer", told(created))
    if not dated:
        asker.draft.learn("shape", "created_at", False, told(created))
    return Shape(id="integer" if integer else "string", created_at=dated)


def _status(asker: Asker, key: str, exchange: Exchange, usual: tuple[int, ...], more: tuple[int, ...] = ()) -> None:
    """Learn a status that answers something here."""
    if exchange.status is None:
        return
    statuses = usual if exchange.status in usual else tuple(sorted({*more, exchange.status}))
    asker.draft.learn("answers", key, statuses, told(exchange))
    asker.adapt(replace(asker.profile, answers=replace(asker.profile.answers, **{key: statuses})))


def whom_nobody_is(asker: Asker, ada: str) -> None:
    """Learn what says that nobody has an id."""
    exchange = asker.read(asker.factory.unused_id(ada))
    if _done(exchange):
        asker.draft.deviates("read-404", "an unknown id shows somebody", told(exchange))
        return
    for key in ("unknown", "gone"):
        _status(asker, key, exchange, (404,), more=(404,))


# The list


def how_the_list_is_cut(asker: Asker) -> None:
    """Learn how pages are asked for, and whether the list only comes in pages."""
    asker.join("Alan")
    plain = asker.get()
    for place, limit, counts in PAGES:
        found = _pages_by(asker, place, limit, counts)
        if found is not None:
            _learn_pages(asker, place, limit, *found, plain)
            return
    asker.draft.learn(
        "capabilities", "pages", False, f"none of {len(PAGES)} pairs of parameters such as page and limit made pages"
    )
    asker.adapt(replace(asker.profile, capabilities=replace(asker.profile.capabilities, pages=False)))
    if _cut(plain):
        asker.draft.remark("The list seems to come in pages, but no way was found to ask for the others: nobody beyond")
        asker.draft.remark(
            "the first page is found when cleaning up. Set names.page, names.limit and pages.size by hand."
        )


def _pages_by(asker: Asker, place: str, limit: str, counts: Pages) -> tuple[Pages, tuple[Exchange, ...]] | None:
    """Return how two parameters cut the list into pages of one user each, or None where they do not."""
    shown = tuple(asker.get({place: number, limit: 1}) for number in (0, 1, 2))
    ids = [[user.id for user in users_of(one.answer, asker.profile)] if _is(one, 200) else [] for one in shown]
    if not all(len(page) == 1 for page in ids[1:]) or ids[1] == ids[2]:
        return None
    from_zero = len(ids[0]) == 1 and ids[0] not in ids[1:]
    if counts.counts == "users":
        return (counts, shown[:2]) if from_zero else None
    return (replace(counts, first=0), shown[:2]) if from_zero else (counts, shown[1:])


def _learn_pages(
    asker: Asker, place: str, limit: str, pages: Pages, shown: tuple[Exchange, ...], plain: Exchange
) -> None:
    draft, evidence = asker.draft, told(*shown)
    draft.learn("capabilities", "pages", True, evidence)
    draft.learn("names", "page", place, evidence)
    draft.learn("names", "limit", limit, evidence)
    if pages != Pages():
        key, value = ("counts", "users") if pages.counts == "users" else ("first", 0)
        draft.learn("pages", key, value, evidence)
    names = replace(asker.profile.names, page=place, limit=limit)
    asker.adapt(replace(asker.profile, names=names, pages=pages))
    if _cut(plain) or _goes_on(asker, plain):
        size, largest = _largest_page(asker)
        draft.learn("pages", "size", size, told(plain, largest))
        asker.adapt(replace(asker.profile, pages=replace(pages, size=size)))
    _odd_pages(asker)


def _cut(plain: Exchange) -> bool:
    """Whether the answer to a plain GET tells that it may not show all: by a count beside the list, or a link."""
    if plain.answer is None:
        return False
    if 'rel="next"' in (plain.answer.header("Link") or ""):
        return True
    document = plain.answer.json()
    return isinstance(document, Mapping) and any(type(value) is int or value is None for value in document.values())


def _goes_on(asker: Asker, plain: Exchange) -> bool:
    """Whether there is a second page as long as the plain list, which then is only the first."""
    count = len(listed(plain.answer, asker.profile) or [])
    return count > 0 and bool(listed(asker.page(2, count).answer, asker.profile))


def _largest_page(asker: Asker) -> tuple[int, Exchange]:
    for size in LIST_SIZES:
        exchange = asker.page(1, size)
        if _is(exchange, 200):
            break
    fields = asker.fields_of(exchange)
    told_sizes = [fields[key] for key in ("limit", "size", "per_page", "page_size", "pageSize") if key in fields]
    return min([size, *(one for one in told_sizes if type(one) is int and one > 0)]), exchange


def _odd_pages(asker: Asker) -> None:
    odd = [asker.page(number, limit) for number, limit in ODD_PAGES]
    accepted = [one for one in odd if not _is(one, *Answers.invalid)]
    if accepted:
        reason = f"{len(accepted)} of {len(odd)} pages and limits out of range are not refused"
        asker.draft.deviates("pages", reason, told(accepted[0]))
    beyond = asker.page(1000, 10)
    if not _is(beyond, 200) or listed(beyond.answer, asker.profile):
        asker.draft.deviates("pages", "a page past the end is no empty list", told(beyond))


def how_people_are_found(asker: Asker, ada: str) -> None:
    """Learn by which parameter an address is looked up, and how exactly."""
    address = _address(asker, ada)
    for name in (pattern.format(email=asker.profile.names.email) for pattern in dict.fromkeys(FILTERS)):
        exchange = asker.get({name: address})
        if _is(exchange, 200) and [user.id for user in users_of(exchange.answer, asker.profile)] == [ada]:
            break
    else:
        asker.draft.learn(
            "capabilities", "email_filter", False, f"none of {len(FILTERS)} parameters found exactly one user"
        )
        asker.adapt(replace(asker.profile, capabilities=replace(asker.profile.capabilities, email_filter=False)))
        return
    asker.draft.learn("names", "email_filter", name, told(exchange))
    asker.adapt(replace(asker.profile, names=replace(asker.profile.names, email_filter=name)))
    _how_exactly(asker, name, address)


def _how_exactly(asker: Asker, name: str, address: str) -> None:
    capitals, part = asker.get({name: address.upper()}), asker.get({name: address[:-4]})
    nobody = asker.get({name: asker.newcomer("Nobody").email})
    if not users_of(capitals.answer, asker.profile):
        asker.draft.learn("lookup", "heeds_case", True, told(capitals))
        asker.adapt(replace(asker.profile, lookup=replace(asker.profile.lookup, heeds_case=True)))
        asker.draft.deviates("filter-email", "letter case is heeded", told(capitals))
    if users_of(part.answer, asker.profile):
        asker.draft.deviates("filter-email", "a part of an address finds people", told(part))
    _status(asker, "no_match", nobody, (200,), more=(200,))


def _address(asker: Asker, user_id: str) -> str:
    user = user_of(asker.read(user_id).answer, asker.profile)
    return user.email if user else ""


# What is offered


def what_else_is_offered(asker: Asker, ada: str) -> None:
    """Learn whether there are HEAD, PATCH and PUT, and whether a POST on one user is refused."""
    head, get = asker.head(ada), asker.read(ada)
    _has(asker, "head", head.status == get.status and not (head.answer and head.answer.body), head)
    for method, fields in (("PATCH", {"name": asker.newcomer("Ada").name}), ("PUT", _everything(asker, ada))):
        exchange = asker.change(method, ada, fields)
        _has(asker, method.lower(), not _is(exchange, 404, 405, 501), exchange)
        shown = asker.fields_of(exchange).get(asker.profile.names.name)
        if getattr(asker.profile.capabilities, method.lower()) and not (_is(exchange, 200) and shown == fields["name"]):
            asker.draft.deviates(method.lower(), f"{method} is not answered by 200 and the whole user", told(exchange))
    _how_changes_are_made(asker, ada)
    mallory = asker.newcomer("Mallory")
    posted = asker.post(mallory.as_json(), mallory.email, mallory.name, url=asker.api.url_of(ada))
    if not _is(posted, 405) or has_header("Allow", "").mismatches(posted):
        asker.draft.deviates("method-405", "a POST on one user is not refused by 405 with Allow", told(posted))


def _how_changes_are_made(asker: Asker, ada: str) -> None:
    """Learn what becomes of changes that bring too much, too little, or no JSON."""
    has, names = asker.profile.capabilities, asker.profile.names
    offered = [method for method, there in (("PATCH", has.patch), ("PUT", has.put)) if there]
    for method in offered:
        dated = asker.change(method, ada, {**_everything(asker, ada), "createdAt": AN_OLD_DATE})
        if _done(dated) and asker.fields_of(asker.read(ada)).get(names.created_at) == AN_OLD_DATE:
            asker.draft.deviates(method.lower(), "a time of creation that is sent is stored", told(dated))
    for method in offered[:1]:
        untyped = asker.change(method, ada, _everything(asker, ada), content_type="text/plain")
        if not _is(untyped, 415):
            asker.draft.deviates(
                "media-type", "a body that is not declared as JSON is not refused by 415", told(untyped)
            )
    if has.put:
        user_id = asker.join("Frances")[1]
        lacking = asker.change("PUT", user_id, {"name": asker.newcomer("Frances").name})
        if not _is(lacking, *Answers.invalid):
            asker.draft.deviates("put", "a replacement without an address is not refused", told(lacking))


def _everything(asker: Asker, user_id: str) -> dict[str, Any]:
    return {"name": asker.newcomer("Ada").name, "email": _address(asker, user_id)}


def _has(asker: Asker, what: str, offered: bool, exchange: Exchange) -> None:
    asker.draft.learn("capabilities", what, offered, told(exchange))
    asker.adapt(replace(asker.profile, capabilities=replace(asker.profile.capabilities, **{what: offered})))


# What is refused


def what_is_taken(asker: Asker, ada: str, grace: str) -> None:
    """Learn what says that an address is taken, as it is and in capitals, for newcomers and for changes."""
    address = _address(asker, ada)
    mallory = asker.newcomer("Mallory")
    same = asker.post({**mallory.as_json(), "email": address}, address, mallory.name)
    capitals = asker.post({**mallory.as_json(), "email": address.upper()}, address.upper(), mallory.name)
    if _done(same) or same.status is None or same.status >= 500:
        asker.draft.deviates("email-unique", "an address that is taken is not refused", told(same))
    else:
        _status(asker, "taken", same, (409,))
    if _done(capitals):
        asker.draft.deviates("email-unique", "in capitals an address is another one", told(capitals))
    if _done(same) or _done(capitals):
        asker.draft.deviates("race-email", "an address is not unique", told(same, capitals))
    if asker.profile.capabilities.patch:
        moved = [asker.change("PATCH", grace, {"email": one}) for one in (address, address.title())]
        accepted = [one for one in moved if not _is(one, *asker.profile.answers.taken)]
        if accepted:
            asker.draft.deviates("update-taken", "a user can be changed to a taken address", told(accepted[0]))


def what_is_invalid(asker: Asker, grace: str) -> None:
    """Learn what says that a user is invalid; every try carries the mark, so that it is found if it is stored."""
    mallory = asker.newcomer("Mallory")
    flawed: list[dict[str, Any]] = [
        {"name": mallory.name},
        {"email": mallory.email},
        {"name": "   ", "email": asker.newcomer("Mallory").email},
        {"name": 42, "email": asker.newcomer("Mallory").email},
        {"name": mallory.name, "email": mallory.email.replace("@", ".")},
    ]
    answers = [asker.post(fields, fields.get("email"), str(fields.get("name"))) for fields in flawed]
    refused = [one for one in answers if one.status is not None and 400 <= one.status < 500]
    stored = [one for one in answers if one not in refused]
    for one in refused[:1]:
        _status(asker, "invalid", one, Answers.invalid, more=Answers.invalid)
    if stored:
        reason = f"{len(stored)} of {len(flawed)} invalid newcomers are not refused"
        asker.draft.deviates("create-invalid", reason, told(stored[0]))
    if _done(answers[0]) and _done(answers[4]):
        reason = "not tried, as what is no object may be stored here without an id, and could not be deleted then"
        asker.draft.exclude(reason, NO_OBJECT)
    else:
        _what_is_no_json(asker)
    if asker.profile.capabilities.patch:
        flaws: list[dict[str, Any]] = [{"name": "   "}, {"name": 42}, {"email": mallory.email.replace("@", ".")}]
        changed = [asker.change("PATCH", grace, fields) for fields in flaws]
        accepted = [one for one in changed if not _is(one, *asker.profile.answers.invalid)]
        if accepted:
            asker.draft.deviates("update-invalid", "invalid changes are not refused", told(accepted[0]))


def _what_is_no_json(asker: Asker) -> None:
    """Learn what says that a body is no JSON, where newcomers are checked."""
    mallory = asker.newcomer("Mallory")
    body = asker.api.creating(asker.profile.names.to_target(mallory.as_json())).body or b""
    broken = asker.post(None, mallory.email, mallory.name, body=body[:-1])
    if broken.status is not None and 400 <= broken.status < 500:
        _status(asker, "malformed", broken, (400,))
    else:
        asker.draft.deviates("malformed-json", "a body that is no JSON is not refused by 400", told(broken))
    for kind in OTHER_TYPES:
        untyped = asker.post(None, mallory.email, mallory.name, body=body, content_type=kind)
        if not _is(untyped, 415):
            reason = f"a body that is declared as {kind} is not refused by 415"
            asker.draft.deviates("media-type", reason, told(untyped))


def what_is_the_servers_own(asker: Asker) -> None:
    """Learn whether a client can set what it should not, and whether what it sends comes back as it was."""
    names = asker.profile.names
    brought = {"createdAt": AN_OLD_DATE, "isAdmin": True, "password": "not-a-password"}
    mallory = asker.newcomer("Mallory")
    exchange = asker.post({**mallory.as_json(), **brought}, mallory.email, mallory.name)
    shown = asker.fields_of(exchange)
    if _done(exchange) and (shown.get(names.created_at) == AN_OLD_DATE or shown.get("isAdmin") is True):
        asker.draft.deviates("server-owned", "what only the server may set is stored as it is sent", told(exchange))
    if holds_no_secret().mismatches(exchange):
        asker.draft.deviates("no-secrets", "a password that was sent comes back", told(exchange))
    _, user_id, _ = asker.join("Zoe", name=f"{ODD_NAME}({asker.mark}) ")
    read = asker.read(user_id)
    if asker.fields_of(read).get(names.name) != f"{ODD_NAME}({asker.mark}) ":
        asker.draft.deviates("exact-text", "a name does not come back exactly as it was sent", told(read))


def who_may_come_in(asker: Asker) -> None:
    """Learn whether a token is asked for."""
    stranger = asker.get_as(Credential(None)) if asker.has_token else asker.get()
    access = asker.has_token and _is(stranger, 401, 403)
    _has(asker, "access", access, stranger)
    if access and (not _is(stranger, 401) or has_header("WWW-Authenticate", "").mismatches(stranger)):
        reason = "without a token there is no 401 with WWW-Authenticate"
        asker.draft.deviates("auth-401", reason, told(stranger))
    if asker.has_token and not access:
        asker.draft.remark("A token was given, but the list is shown without one.")


# Leaving


def how_somebody_leaves(asker: Asker) -> None:
    """Learn what says that somebody is deleted, deleted already, and gone."""
    edsger, user_id, _ = asker.join("Edsger")
    deleted = asker.delete(user_id)
    if not _done(deleted):
        raise SuiteError(f"a user cannot be deleted, so that this target cannot be cleaned up: {told(deleted)}")
    _status(asker, "deleted", deleted, Answers.deleted)
    gone = _until_gone(asker, user_id)
    again = asker.delete(user_id)
    _status(asker, "deleted_again", again, Answers.deleted_again, more=Answers.deleted_again)
    if not _is(gone, *asker.profile.answers.gone):
        asker.draft.deviates("delete", "somebody who was deleted is still shown", told(deleted, gone))
    back = asker.post(edsger.as_json(), edsger.email, edsger.name)
    user = user_of(back.answer, asker.profile)
    if not _done(back) or (user is not None and user.id == user_id):
        reason = "the address of somebody who left stays taken, or her id is given again"
        asker.draft.deviates("delete-frees", reason, told(back))


def _until_gone(asker: Asker, user_id: str) -> Exchange:
    exchange = asker.read(user_id)
    for wait in asker.poll_policy.waits():
        if _is(exchange, *asker.profile.answers.gone):
            break
        time.sleep(wait)
        exchange = asker.read(user_id)
    return exchange


def what_every_answer_keeps(asker: Asker) -> None:
    """Look through all that came for what no answer may lack."""
    for exchange in asker.asked:
        if says_json().mismatches(exchange):
            asker.draft.deviates("json-media-type", "not every answer says that it is JSON", told(exchange))
        if (
            exchange.status in range(400, 500)
            and exchange.call.method != "HEAD"
            and says_what_is_wrong().mismatches(exchange)
        ):
            asker.draft.deviates("problem", "not every refusal says what is wrong in a JSON object", told(exchange))
