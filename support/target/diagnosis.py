"""What an answer of the preflight says of the settings: what is wrong with them and what to do, in one line.

No line is a verdict on the API: each is about a fault that would keep scenarios from telling which rule is broken.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

from support import statuses
from support.bounds import TooMuch
from support.contract.guesses import CREATED, EMAILS, IDS, LOGINS, NAMES, first_of, list_in
from support.contract.matchers import body_of, brief
from support.contract.normalizers import listed
from support.contract.refusals import Complaint, complaints_in
from support.errors import number_of
from support.escaping import on_one_line
from support.http.reading import document_of
from support.http.urls import destination, origin_of
from support.http.users_api import UsersApi
from support.models import Answer, Exchange, Failure, NewUser
from support.pointers import at
from support.profile import Profile
from support.profile_requests import ID
from support.target.locating import field_name, located, pointer

OTHER_IDS = (*IDS, "guid", "slug", "username", "userName", "login", "handle")
DRAFT = "in a profile of your own (TARGET=./ours.toml), or let `python -m support.probe {}` draft one"


def asked(exchange: Exchange) -> str:
    """Return the request and its status, as the beginning of a line."""
    last = exchange.attempts[-1].outcome
    came = f"gets no answer ({last.cause})" if isinstance(last, Failure) else f"gives {last.status}"
    allow = exchange.answer.header("Allow") if exchange.answer and exchange.status == 405 else None
    return f"{exchange.call.method} {exchange.call.url} {came}" + (f" (Allow: {on_one_line(allow)})" if allow else "")


def draft(url: str) -> str:
    """Return where a field of a profile goes."""
    return DRAFT.format(url)


def is_page(answer: Answer | None) -> bool:
    """Whether an answer is a page for people, such as that of a router without this route."""
    return answer is not None and answer.body.lstrip()[:1] == b"<"


def saying(answer: Answer | None) -> str:
    """Return what a refusal says, in brief."""
    text = answer.body.decode("utf-8", "replace").strip() if answer is not None and not is_page(answer) else ""
    return f": {brief(on_one_line(text))}" if text else ""


def why_unread(read: Exchange, url: str, waited_s: float = 0.0) -> str | None:
    """Return what is wrong where a user who was just created cannot be read; None where the answer does not tell.

    After a wait of some seconds any answer tells.
    """
    if read.status in (401, 403):
        return f"{asked(read)}, though this user was just created. Use a TOKEN that may read single users."
    if read.status in (400, 422):
        return f"{asked(read)}{saying(read.answer)}. Set id under [names] {draft(url)}."
    is_lost = is_page(read.answer) and statuses.is_client_error(read.status)
    if not (read.status in statuses.NOT_OFFERED or is_lost or waited_s):
        return None
    still = f", also {waited_s:g} s later," if waited_s else ""
    return (
        f"{asked(read)}{still} for the user who was just created: no user can be read by id there. Correct BASE_URL, "
        f"or set item under [paths], or id under [names], {draft(url)}."
    )


def elsewhere(api: UsersApi, created: Exchange, new_user: NewUser, user_id: str) -> Iterator[str]:
    """Yield other URLs that may be the user's: by Location, by a slash or an extension, by other fields like an id."""
    url = api.url_of(user_id)
    yield url.rstrip("/") if url.endswith("/") else f"{url}/"
    location = created.answer.header("Location") if created.answer is not None else None
    there = destination(created.call.url, location) if location else None
    if there is not None and origin_of(there) == origin_of(api.base_url) and api.id_in(there) != user_id:
        yield there
    stem, dot, extension = api.base_url.rpartition(".")
    if dot and "/" not in extension:
        yield f"{stem}/{quote(user_id, safe='')}.{extension}"
    shown = user_shown(document_of(created.answer), new_user)
    values = [shown.fields.get(name) for name in OTHER_IDS] if shown else []
    others = (value for value in values if isinstance(value, str) and value not in ("", user_id))
    yield from map(api.url_of, others)


def item_in(url: str, user_id: str, base_url: str) -> str | None:
    """Return the path of single users where this is the URL of one; None if it has no id, or is on another host."""
    before, found, after = urlsplit(url).path.rpartition(quote(user_id, safe=""))
    return f"{before}{ID}{after}" if found and origin_of(url) == origin_of(base_url) else None


def why_no_list(exchange: Exchange, profile: Profile) -> str | None:
    """Return what is wrong where the collection shows no list; None where it shows one or does not tell."""
    answer, url = exchange.answer, exchange.call.url.partition("?")[0]
    if answer is None or answer.status in profile.answers.no_match or exchange.status == statuses.TOO_MANY_REQUESTS:
        return None if answer is None or answer.status != 200 else _why_unreadable(exchange, profile)
    if statuses.is_success(answer.status):
        return _why_unreadable(exchange, profile)
    if answer.status in (404, 410):
        return f"{asked(exchange)}: there is no users collection. Correct the path in BASE_URL."
    if answer.status in statuses.NOT_OFFERED:
        without = (
            f"set list = false, and email_filter = false if it cannot be searched, under [capabilities] {draft(url)}"
        )
        return f"{asked(exchange)}: this collection cannot be read. Correct the path in BASE_URL, or {without}."
    if is_page(answer):
        return f"{asked(exchange)} with an HTML page: no API answers there. Correct BASE_URL."
    advice = "Correct BASE_URL, or what the profile says of requests"
    return f"{asked(exchange)}{saying(answer)}. {advice}; `python -m support.probe {url}` drafts one."


def _why_unreadable(exchange: Exchange, profile: Profile) -> str | None:
    answer, url, expected = exchange.answer, exchange.call.url.partition("?")[0], profile.names.list_pointer
    if listed(answer, profile) is not None:
        return None
    document, wrong = document_of(answer), body_of(answer)[1]
    if beyond := _beyond(answer):
        advice = " Correct the links of the API, or BASE_URL." if "link" in beyond else ""
        return f"GET {url}: the list cannot be read: {beyond}.{advice}"
    if is_page(answer) and wrong:
        page = "a login page" if b"password" in (answer.body if answer else b"").lower() else "an HTML page"
        return f"GET {url} returns {page}, not JSON. Put the URL of the users collection of the API into BASE_URL."
    if wrong:
        return f"GET {url} does not return JSON ({wrong[0]}). Put the URL of the users collection into BASE_URL."
    found = list_in(document)
    if found is not None and found[0] != expected:
        there = f"is wrapped in {found[0]}" if found[0] else f"is not wrapped in {expected}"
        return f'GET {url}: the list {there}. Set list_pointer = "{found[0]}" under [names] {draft(url)}.'
    if first_of(IDS, document if isinstance(document, Mapping) else {}):
        return f"GET {url} returns one object, not a list of users. Put the URL of the collection into BASE_URL."
    return f"GET {url} does not return a list of users{saying(answer)}. Put the URL of the collection into BASE_URL."


def _beyond(answer: Answer | None) -> str:
    """Return which bound an answer exceeds, if any."""
    try:
        _ = answer and answer.document
    except TooMuch as beyond:
        return str(beyond)
    except ValueError:
        pass
    return ""


def why_refused(exchange: Exchange, url: str, sent_names: Mapping[str, str], table: str = "create") -> str:
    """Return why a target refuses a valid user, and what to do; `sent_names` are the names of what was sent.

    `url` is that of the collection.
    """
    answer = exchange.answer
    status = exchange.status or 0
    if status in (401, 403):
        scheme = f", or set scheme under [auth] {draft(url)}" if status == statuses.UNAUTHORIZED else ""
        token = f"Use a TOKEN that may create and delete users{scheme}."
        return f"{asked(exchange)}, though GET is allowed{saying(answer)}. {token}"
    if status in (404, *statuses.NOT_OFFERED):
        return (
            f"{asked(exchange)}: no user can be created there. Correct BASE_URL, or set create under [paths] "
            f"{draft(url)}; an API that is read-only cannot be tested."
        )
    if status == statuses.TOO_MANY_REQUESTS:
        return why_limited(exchange)
    if status in range(300, 400):
        location = answer.header("Location") if answer else None
        there = f" to {on_one_line(location)}" if location else ", without a Location"
        return (
            f"{asked(exchange)}{there}. Set create under [paths] to where users are created, {draft(url)}; an API that "
            "answers every create with a redirect cannot be tested."
        )
    if status >= 500:
        up = "Check that the API is up, and that it takes users as they are sent: body_pointer under [names] wraps them"
        return f"{asked(exchange)} to a valid user{saying(answer)}; {tries(exchange)}. {up}."
    return _why_invalid(exchange, url, sent_names, table)


def _why_invalid(exchange: Exchange, url: str, sent_names: Mapping[str, str], table: str) -> str:
    """Return which field a 4xx asks for, or else what it says."""
    answer = exchange.answer
    refused = f"{table} is refused: {asked(exchange)}"
    if exchange.status == 415:
        method = exchange.call.method.lower()
        return f"{refused}{saying(answer)}. Set {method} under [media_types] {draft(url)}."
    if exchange.status == 428 and exchange.call.method != "POST":
        return f'{refused}{saying(answer)}. Set the top-level if_match = ["PUT", "PATCH", "DELETE"] {draft(url)}.'
    wanted = wanted_in(exchange, sent_names)
    for name in (one.path[-1] for one in wanted):
        for ours, likely in (("email", EMAILS), ("name", NAMES)):
            if name in likely and sent_names[ours] in likely:
                or_else = "Add it under [create], or, if no other field is the name, s" if name in LOGINS else "S"
                return f'{refused}: it wants `{name}`. {or_else}et {ours} = "{name}" under [names] {draft(url)}.'
    if wanted:
        names = ", ".join(dict.fromkeys(f"`{on_one_line('.'.join(one.path))}`" for one in wanted))
        return f"{refused}: it wants {names}. Add {'it' if len(wanted) == 1 else 'them'} under [{table}] {draft(url)}."
    return f"{refused}{saying(answer)}. Say under [{table}], [names] or [headers] what it wants, {draft(url)}."


def wanted_in(exchange: Exchange, sent_names: Mapping[str, str]) -> list[Complaint]:
    """Return what a refusal says of fields that were not sent."""
    complaints = complaints_in(document_of(exchange.answer))
    return [one for one in complaints if one.path[-1] not in sent_names.values() and not one.is_unknown]


def tries(exchange: Exchange) -> str:
    """Return how often a call was sent, or why it was not sent again."""
    return exchange.gave_up or f"the request was sent {number_of(len(exchange.attempts), 'time')}"


def why_limited(exchange: Exchange) -> str:
    """Return what to do about a limit that is used up."""
    after = exchange.answer.header("Retry-After") if exchange.answer else None
    wait = f" (Retry-After: {on_one_line(after)})" if after else ""
    return (
        f"{asked(exchange)}{wait}: the limit of requests is used up. Wait, or set requests_per_minute under [caps] "
        "in a profile of your own (TARGET=./ours.toml)."
    )


@dataclass(frozen=True)
class Shown:
    """Where an answer shows a user: the pointer to the object, and its names for the fields of the contract."""

    pointer: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)

    def differences(self, profile: Profile) -> dict[str, str]:
        """Return the names that the profile would need, if they differ from those that it has."""
        return {key: name for key, name in self.names.items() if getattr(profile.names, key) != name}


def user_shown(document: Any, new_user: NewUser) -> Shown | None:
    """Return where a JSON value shows `new_user`, found by the email; None if it does not.

    A user in a list, or without an id, does not count.
    """
    found = located(document, new_user.email, {new_user.name: ""})
    if found is None or found.id is None or found.is_linked or any(step.isdecimal() for step in found.user):
        return None
    ways = {"id": found.id, "email": found.email, "name": found.name}
    names = {key: field_name(way) for key, way in ways.items() if way is not None}
    return Shown(pointer(found.user), at(document, found.user), names)


def other_forms(user: Any, profile: Profile) -> Iterator[str]:
    """Yield what a profile could say of users whose form otherwise breaks a rule: another creation date, or id."""
    if not isinstance(user, Mapping):
        return
    other = first_of(CREATED[1:], user)
    if profile.names.created_at == CREATED[0] not in user and profile.shape.created_at is not False and other:
        yield f'users have {other} and no createdAt: if that is right, set created_at = "{other}" under [names]'
    if profile.shape.id == "string" and isinstance(user.get(profile.names.id), int):
        advice = 'set id = "integer" under [shape], and list user-shape as a known deviation'
        yield f"ids are numbers: if that is right, {advice}"
