"""Find out what a create has to send: try, read the refusal, add what it asks for, until a user is created."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urljoin, urlsplit

from support.contract.guesses import CREATE_PATHS, EMAILS, FULL_NAMES, GIVEN_NAMES, LOGINS, NAMES, WRAPPERS
from support.contract.refusals import UNKNOWN, Complaint, complaints_in
from support.errors import SuiteError, TargetDown
from support.http.reading import document_of
from support.models import Exchange, NewUser
from support.pointers import at, placed, steps_of
from support.probe.client import ProbeClient, succeeded
from support.probe.draft import brief
from support.probe.proposals import proposals
from support.profile_answers import Names, StatusInBody
from support.statuses import GATEWAY, TOO_MANY_REQUESTS
from support.target.locating import Path, field_name, pointer

MOST_TRIES = 60
JSON_API = "application/vnd.api+json"
SCIM = b"urn:ietf:params:scim:api:messages:2.0:Error"
MISSING = re.compile(r"\brequired\b|\bmissing\b|\bblank\b|\bempty\b", re.IGNORECASE)
ELSEWHERE = (404, 405, 501)
TOLD = 300
ADVICE = "Write what it asks for into a profile, and name it with --from."
PATH_ADVICE = "Correct URL, or set create under [paths] in a profile, and name it with --from."
TOKEN_ADVICE = "Set TOKEN to one that may create users."
AT_LEAST_ONE = re.compile(r"at least one|one of (?:these|the following)|either", re.IGNORECASE)


def create_first(client: ProbeClient) -> tuple[NewUser, Exchange]:
    """Create a user, whatever the target asks for; raises SuiteError if nothing more can be learned."""
    creation = _Creation(client)
    exchange = None
    for _ in range(MOST_TRIES):
        ada = client.new_user("Ada")
        exchange = client.post(ada.as_json())
        if succeeded(exchange) and (error := error_told_by(document_of(exchange.answer))):
            client.learn("errors", (error,), exchange)
            client.mark_not_created(ada.email)
            continue
        if succeeded(exchange):
            return ada, exchange
        if not creation.learns(exchange):
            break
    assert exchange is not None
    raise why_none(exchange, creation.not_understood)


def why_none(last: Exchange, not_understood: Exchange | None) -> SuiteError:
    """Return why no user could be created, from the last answer and the first refusal that was not understood."""
    told = brief(last, TOLD)
    if last.status is None or last.status == TOO_MANY_REQUESTS or last.status in GATEWAY:
        return TargetDown(f"no user could be created: {told}. Run the probe again when the API answers.")
    if not_understood is None and last.status in ELSEWHERE:
        return SuiteError(
            f"no user could be created, neither at URL nor at other paths; the last answer was {told}. {PATH_ADVICE}"
        )
    if not_understood is None and last.status in (401, 403):
        return SuiteError(f"no user could be created, in whichever way a token is sent: {told}. {TOKEN_ADVICE}")
    told = brief(not_understood or last, TOLD)
    return SuiteError(f"no user could be created, and this refusal says no more: {told}. {ADVICE}")


class _Creation:
    """What was tried so far to create a user, and what is left to try."""

    def __init__(self, client: ProbeClient) -> None:
        self._client = client
        self._tried: dict[Path, list[Any]] = {}
        self._unwanted: set[str] = set()
        self._paths = _other_paths(client.api.base_url)
        self._wrappers = iter(("/data", "/user", ""))
        self._media_types = iter([JSON_API])
        self._ways = client.ways_to_send_the_token()
        self._guesses = self._guess()
        self.not_understood: Exchange | None = None

    def learns(self, exchange: Exchange) -> bool:
        """Learn something from a refusal; return whether there is reason to try again."""
        client = self._client
        complaints = complaints_in(document_of(exchange.answer))
        if exchange.status == 403 and any(self._is_unwanted(one, exchange) for one in complaints):
            unwanted = [self._learn(complaint, exchange) for complaint in complaints]
            return any(unwanted)
        if exchange.status in ELSEWHERE and (path := next(self._paths, None)):
            client.learn("paths.create", path, exchange)
        elif exchange.status == 415 and (media_type := next(self._media_types, None)):
            for what in ("post", "put", "patch", "accept"):
                client.learn(f"media_types.{what}", media_type, exchange)
            if not client.profile.names.body_pointer:
                self._speak_json_api(exchange)
        elif exchange.status in (401, 403) and (way := next(self._ways, None)):
            client.authenticate(way, exchange)
        elif exchange.status is None or exchange.status in (401, 403, 429, *ELSEWHERE) or exchange.status > 500:
            return False
        elif self._speaks_scim(exchange):
            return True
        elif (exchange.status == 500 or self._knows_no_field(complaints, exchange)) and (
            wrapper := next(self._wrappers, None)
        ) is not None:
            client.learn("names.body_pointer", wrapper, exchange)
        else:
            if AT_LEAST_ONE.search(complaints[0].text if complaints else ""):
                complaints = complaints[:1]
            learned = [self._learn(complaint, exchange) for complaint in complaints]
            if not any(learned):
                before = self.not_understood
                self.not_understood = exchange if before is None or (before.status or 0) >= 500 else before
            return any(learned) or next(self._guesses, False)
        return True

    def _knows_no_field(self, complaints: Sequence[Complaint], exchange: Exchange) -> bool:
        """Whether the target calls both the name and the email unknown, or the object around them."""
        names = self._client.profile.names
        said = exchange.answer.body.decode("utf-8", "replace") if exchange.answer else ""
        unknown, around = {one.path for one in complaints if one.is_unknown}, steps_of(names.body_pointer)
        if {names.paths["name"], names.paths["email"]} <= unknown:
            return True
        return bool(around) and around[-1] in said and UNKNOWN.search(said) is not None

    def _is_unwanted(self, complaint: Complaint, exchange: Exchange) -> bool:
        """Whether a complaint is about a field that was sent but must not be, rather than about the token."""
        names = self._client.profile.names
        sent = at(json.loads(exchange.call.body or b"{}"), steps_of(names.body_pointer))
        return complaint.is_unknown and at(sent, in_the_user(complaint.path, names)) is not None

    def _learn(self, complaint: Complaint, exchange: Exchange) -> bool:
        """Learn from what a refusal says of one field."""
        client, names = self._client, self._client.profile.names
        whole = complaint.path if complaint.is_unknown else self._as_listed(complaint.path)
        path = in_the_user(whole, names)
        sent = at(json.loads(exchange.call.body or b"{}"), steps_of(names.body_pointer))
        if complaint.is_taken or not path:
            return False
        if path == names.paths["email"] and not complaint.is_unknown:
            return MISSING.search(complaint.text) is not None and self._put_inside(exchange)
        if complaint.is_unknown:
            return self._drop(path, path in (names.paths["email"], names.paths["name"]), exchange)
        if path == names.paths["name"]:
            return client.call_plainly()
        if at(sent, path) is None and whole not in self._tried:
            if not names.body_pointer and re.sub(r"[^a-z]", "", whole[-1].lower()) in WRAPPERS:
                self._tried[whole] = []
                client.learn("names.body_pointer", pointer(whole), exchange)
                return True
            for field, known in (("email", EMAILS), ("name", FULL_NAMES)):
                if path[-1] in known:
                    return self._place(field, whole, exchange)
            if path[-1] in GIVEN_NAMES and path[-1] not in LOGINS and names.name in LOGINS:
                client.learn(f"create.{names.name}", "{local_part}", exchange)
                client.learn("names.name", field_name(path), exchange)
                return True
        return self._propose(path, complaint, exchange)

    def _as_listed(self, path: Path) -> Path:
        """Return a path that ends as a field in the list: some refusals have a label, such as First name."""
        letters = {re.sub(r"[^a-z0-9]", "", name.lower()): name for name in self._client.listed_fields}
        name = letters.get(re.sub(r"[^a-z0-9]", "", path[-1].lower()), path[-1]) if path else ""
        return (*path[:-1], name) if path and path[-1] not in self._client.listed_fields else path

    def _place(self, field: str, path: Path, exchange: Exchange) -> bool:
        """Send a field of the contract at the path where the target wants it."""
        wrapper = steps_of(self._client.profile.names.body_pointer)
        self._tried[path] = []
        if path[: len(wrapper)] != wrapper or not wrapper:
            wrapper = path[: path.index("attributes") if "attributes" in path else len(path) - 1]
            self._client.learn("names.body_pointer", pointer(wrapper), exchange)
        self._client.learn(f"names.{field}", field_name(path[len(wrapper) :]), exchange)
        return True

    def _put_inside(self, exchange: Exchange) -> bool:
        """Send the user inside an object that the target asked for: it does not read the fields beside that object."""
        empty = [key for key, value in self._client.profile.create.items() if value == {}]
        if not empty or self._client.profile.names.body_pointer:
            return False
        self._client.forget(f"create.{empty[0]}")
        self._client.learn("names.body_pointer", pointer((empty[0],)), exchange)
        return True

    def _propose(self, path: Path, complaint: Complaint, exchange: Exchange) -> bool:
        """Add a field with a value that was not tried yet."""
        if path in self._tried and (name := in_snake_case(path[-1])) != path[-1] and MISSING.search(complaint.text):
            self._client.forget(f"create.{path[0]}")  # what was sent under this name has not arrived
            path = (*path[:-1], name)
        tried = self._tried.setdefault(path, [])
        values = proposals(path[-1], complaint.text, complaint.choices)
        fresh = [value for value in values if repr(value) not in tried]
        if not fresh or path[0] in self._unwanted:
            return False
        tried.append(repr(fresh[0]))
        create = placed(dict(self._client.profile.create), path, fresh[0])
        self._client.learn(f"create.{path[0]}", create[path[0]], exchange)
        return True

    def _drop(self, path: Path, is_contracts: bool, exchange: Exchange) -> bool:
        """Stop sending an unwanted field, or rename it if it is the contract's; return whether that is a change."""
        self._unwanted.add(path[-1])
        if not is_contracts:
            return self._client.forget(f"create.{path[0]}")
        known, field = (EMAILS, "email") if path[-1] in EMAILS else (NAMES, "name")
        given = [key for key in self._client.profile.create if key in GIVEN_NAMES] if field == "name" else []
        first = [key for key in GIVEN_NAMES if key not in LOGINS] if field == "name" else []
        others = [one for one in (*given, *known, *first) if one not in self._unwanted]
        if not others:
            return False
        self._client.forget(f"create.{others[0]}")
        self._client.learn(f"names.{field}", others[0], exchange)
        return True

    def _guess(self) -> Iterator[bool]:
        """Try what many targets want, if a refusal does not say what it is about."""
        learn = self._client.learn
        names = self._client.profile.names
        for name, email in _pairs(names.name, names.email):
            learn("names.name", name)
            learn("names.email", email)
            yield True
        learn("names.name", names.name)
        learn("names.email", names.email)
        for field, value in (("password", "{password}"), ("username", "{local_part}"), ("role", "user")):
            learn(f"create.{field}", value, "a guess, as the refusal names no field")
            yield True
        for wrapper in ("user", "data"):
            learn("names.body_pointer", f"/{wrapper}", "a guess, as the refusal names no field")
            yield True
        self._speak_json_api()
        yield True

    def _speaks_scim(self, exchange: Exchange) -> bool:
        """If a refusal is one of SCIM (RFC 7643), name the fields as SCIM does, whose unique userName is the email."""
        if "schemas" in self._client.profile.create or exchange.answer is None or SCIM not in exchange.answer.body:
            return False
        self._client.learn("names.email", "userName", exchange)
        self._client.learn("names.name", "displayName", exchange)
        self._client.learn("create.schemas", ["urn:ietf:params:scim:schemas:core:2.0:User"], exchange)
        return True

    def _speak_json_api(self, *shown: Exchange) -> None:
        client = self._client
        client.learn("names.body_pointer", "/data", *shown)
        client.learn("names.name", "/attributes/name", *shown)
        client.learn("names.email", "/attributes/email", *shown)
        client.learn("create.type", "users", *shown)


def error_told_by(document: Any) -> StatusInBody | None:
    """Return how the body of an answer with a status of success says that it is an error; None if it does not."""
    fields = document if isinstance(document, Mapping) else {}
    for key in ("code", "status", "statusCode", "errorCode"):
        if re.fullmatch(r"[45]\d\d", str(fields.get(key))):
            return StatusInBody(f"/{key}", "[45]??")
    told = [key for key in ("success", "ok") if fields.get(key) is False]
    failed = [key for key in ("status", "result") if fields.get(key) in ("error", "fail", "failed")]
    found = next(iter([*((key, "false") for key in told), *((key, str(fields[key])) for key in failed)]), None)
    return StatusInBody(f"/{found[0]}", found[1], 400) if found else None


def in_snake_case(name: str) -> str:
    """Return `phone_number` for `phoneNumber`, as the refusals of some APIs name a field as their code does."""
    return re.sub(r"(?<=[a-z0-9])[A-Z]", lambda found: f"_{found[0].lower()}", name)


def in_the_user(path: Path, names: Names) -> Path:
    """Return a path relative to the user: in some refusals, it begins with the object around the user."""
    wrapper = steps_of(names.body_pointer)
    return path[len(wrapper) :] if path[: len(wrapper)] == wrapper else path


def _pairs(name: str, email: str) -> Sequence[tuple[str, str]]:
    """Return other names for the fields name and email, in pairs that change only one of the two."""
    others = [*((one, email) for one in NAMES), *((name, one) for one in EMAILS)]
    return [pair for pair in dict.fromkeys(others) if pair != (name, email)]


def _other_paths(base_url: str) -> Iterator[str]:
    """Yield the paths where users may be created: beside the collection, below it, and at the root of the origin."""
    collection = urlsplit(base_url).path.rstrip("/")
    beside = urlsplit(urljoin(base_url, ".")).path.rstrip("/")
    for above in dict.fromkeys([beside, collection, ""]):
        yield from (f"{above}{path}" for path in CREATE_PATHS)
