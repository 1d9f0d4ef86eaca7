"""The contract as hamcrest matchers on exchanges: each describes what it expects, and lists every mismatch at once.

Matchers compare raw answers, not normalised users, so that nothing hides a mismatch.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from hamcrest.core.base_matcher import BaseMatcher
from hamcrest.core.description import Description

from support.bounds import TooMuch
from support.contract.claims import Claim
from support.contract.leaks import leaks_in, texts_in
from support.contract.normalizers import LONGEST_ID, id_in, in_contract_shape, listed
from support.exchange_text import status_of
from support.models import WHOLE, Answer, Exchange, Failure
from support.pointers import at
from support.profile import Profile
from support.profile_answers import Names, Shape
from support.redaction import PASSWORD, redacted

SCHEMAS = Path(__file__).parent / "schemas"
SECRET_FIELDS = frozenset({"password", "passwordhash", "secret", "token"})
UNUSUAL_SPACE = re.compile("[\u00a0\u1680\u2000-\u200d\u202f\u205f\u2060\u3000]")
JSON_TYPE = re.compile(r"(?:application/json|[\w!#$&^.+-]+/[\w!#$&^.+-]+\+json)\s*(?:;.*)?$", re.IGNORECASE)


class Matcher(BaseMatcher[Exchange]):
    """Matches an exchange in which `find` finds no mismatch; its text and its `claims` say what is expected."""

    def __init__(self, expected: str, find: Callable[[Exchange], list[str]], *claims: Claim) -> None:
        self._expected, self.mismatches, self.claims = expected, find, claims

    def _matches(self, item: Exchange) -> bool:
        return not self.mismatches(item)

    def describe_to(self, description: Description) -> None:
        description.append_text(self._expected)

    def describe_mismatch(self, item: Exchange, mismatch_description: Description) -> None:
        mismatch_description.append_text("; ".join(self.mismatches(item)))


def is_within_bounds() -> Matcher:
    """Match an exchange whose answer was small enough to be read."""

    def find(exchange: Exchange) -> list[str]:
        return [exchange.answer.excess] if exchange.answer is not None and exchange.answer.excess else []

    return Matcher("an answer that can be read whole", find)


def has_status(statuses: Iterable[int]) -> Matcher:
    """Match an exchange answered by one of these statuses."""
    allowed = tuple(statuses)

    def find(exchange: Exchange) -> list[str]:
        outcome, tries = exchange.attempts[-1].outcome, len(exchange.attempts)
        if isinstance(outcome, Failure):
            return [f"no answer came: {outcome.cause} (attempt {tries} of {tries})"]
        return [] if outcome.status in allowed else [f"the status was {status_of(exchange)}"]

    return Matcher("status " + " or ".join(map(str, allowed)), find, Claim("status", allowed))


def is_a_user(names: Names, shape: Shape | None = None) -> Matcher:
    """Match an exchange whose answer is a user: of the contract's shape, or of the known shape of the target."""

    def find(exchange: Exchange) -> list[str]:
        value, wrong = body_of(exchange.answer)
        return wrong or schema_mismatches("user", value, names, shape)

    return Matcher("a user with id, name, email and createdAt", find, Claim("shape"))


def has_an_id(names: Names) -> Matcher:
    """Match an exchange whose answer is an object with an id, without which a client can do nothing with a user."""

    def find(exchange: Exchange) -> list[str]:
        value, wrong = body_of(exchange.answer)
        if wrong or id_in(value, names) is not None:
            return wrong
        given, place = at(value, names.paths["id"]), "/".join(["", *names.paths["id"]])
        if given in (None, ""):
            return [f"{place}: there is none in {_json(value)}"]
        return [f"{place}: {_json(given)} cannot be the id in a user's URL (1 to {LONGEST_ID} characters, no . or ..)"]

    return Matcher("a user with an id", find)


def is_a_list(profile: Profile) -> Matcher:
    """Match an exchange whose answer is a JSON array of objects, unwrapped as the profile says."""

    def find(exchange: Exchange) -> list[str]:
        value, wrong = body_of(exchange.answer)
        entries, place = listed(exchange.answer, profile), profile.names.list_pointer or "the whole body"
        if wrong or entries is None:
            return wrong or [f"{place}: no array in {brief(json.dumps(value))}"]
        are_objects = all(type(entry) is dict for entry in entries)  # quick for a long list
        return [] if are_objects else schema_mismatches("users", entries)

    return Matcher("a JSON array of users", find, Claim("list"))


def shows(expected: Mapping[str, Any], names: Names) -> Matcher:
    """Match an exchange whose answer is an object with these fields, named as in the contract."""

    def find(exchange: Exchange) -> list[str]:
        value, wrong = body_of(exchange.answer)
        return wrong or field_mismatches(value, expected, names)

    claim = Claim("fields", tuple(expected.items()))
    return Matcher("a user with " + ", ".join(f"{key} {_json(value)}" for key, value in expected.items()), find, claim)


def holds_no_secret(*sent: str) -> Matcher:
    """Match an exchange whose answer has no field named like a secret, and shows no user's password or sent secret."""

    def find(exchange: Exchange) -> list[str]:
        text = exchange.answer.body.decode("utf-8", "replace") if exchange.answer else ""
        wrong = [f"it shows {secret}, which was sent as a secret" for secret in sent if secret in text]
        if any(shown == PASSWORD for _, shown in redacted.parts(text)):
            wrong += ["it shows the password that the user signed up with"]
        names = _secret_fields(body_of(exchange.answer, whole=True)[0], "")
        return wrong + [f"{name}: there is such a field" for name in names]

    return Matcher("no field named password, passwordHash, secret or token, and no password", find, Claim("no-secret"))


def says_json() -> Matcher:
    """Match an exchange whose answer, if it has a body, says that it is JSON."""

    def find(exchange: Exchange) -> list[str]:
        if exchange.answer is None or not exchange.answer.body:
            return []
        media_type = exchange.answer.header("Content-Type")
        if media_type is None:
            return ["there is a body but no Content-Type"]
        return [] if JSON_TYPE.match(media_type.strip()) else [f"Content-Type was {brief(repr(media_type))}"]

    return Matcher("Content-Type application/json or a +json type", find, Claim("header", ("Content-Type",)))


def says_what_is_wrong() -> Matcher:
    """Match a refusal whose body is a JSON object that explains the refusal and shows no server internals."""

    def find(exchange: Exchange) -> list[str]:
        value, wrong = body_of(exchange.answer)
        if exchange.answer is not None and not wrong:
            wrong = _refusal_mismatches(exchange.answer, value)
        return wrong + leak_mismatches(exchange)

    expected = "a JSON object that says what is wrong, without stack traces, SQL or server paths"
    return Matcher(expected, find, Claim("problem"))


def leaks_nothing() -> Matcher:
    """Match an exchange whose answer shows no stack trace, SQL or path of the server."""
    return Matcher("no stack trace, SQL or path of the server", leak_mismatches, Claim("no-leak"))


def has_header(name: str, expected: str, fits: Callable[[str], bool] = bool) -> Matcher:
    """Match an exchange whose answer has a header whose value fits."""

    def find(exchange: Exchange) -> list[str]:
        value = exchange.answer.header(name) if exchange.answer else None
        if value is None:
            return [f"there is no {name}"]
        return [] if fits(value) else [f"{name} was {brief(repr(value))}"]

    return Matcher(f"{name} {expected}", find, Claim("header", (name,)))


def has_no_body() -> Matcher:
    """Match an exchange whose answer has no body at all."""

    def find(exchange: Exchange) -> list[str]:
        body = exchange.answer.body if exchange.answer else b""
        return [f"{len(body)} bytes of body followed the header section"] if body else []

    return Matcher("no body", find, Claim("empty"))


def body_of(answer: Answer | None, whole: bool = False) -> tuple[Any, list[str]]:
    """Return the JSON value of a body, and what is wrong if there is none; unless `whole`, unwrap the user if known."""
    if answer is None:
        return None, ["no answer came"]
    if answer.shown is not WHOLE and not whole:
        nowhere = "there is nothing where the profile says that the user is"
        return answer.shown, [] if answer.shown is not None else [nowhere]
    if not answer.body and not answer.excess:
        return None, ["the body is empty"]
    try:
        return answer.document, []
    except TooMuch as beyond:
        return None, [str(beyond)]
    except ValueError as error:
        return None, [f"the body is not JSON ({error})"]


@cache
def _validator(name: str) -> Any:
    from jsonschema import Draft202012Validator, FormatChecker

    schema = json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8"))
    return Draft202012Validator(schema, format_checker=FormatChecker(["date-time"]))


def schema_mismatches(name: str, value: Any, names: Names | None = None, shape: Shape | None = None) -> list[str]:
    """Validate a JSON value against one of the schemas; return each mismatch with its JSON pointer.

    `shape` says how the target's users are known to differ.
    """
    if name == "user" and isinstance(value, Mapping):
        value = in_contract_shape(names.to_contract(value) if names else value, shape or Shape())
    errors = sorted(_validator(name).iter_errors(value), key=lambda error: list(map(str, error.absolute_path)))
    places = ("/".join(["", *map(str, error.absolute_path)]) for error in errors)
    return [f"{place or 'the whole body'}: {brief(error.message)}" for place, error in zip(places, errors, strict=True)]


def field_mismatches(value: Any, expected: Mapping[str, Any], names: Names) -> list[str]:
    """Compare fields as the contract does: emails except for letter case, dates as moments, all else exactly."""
    if not isinstance(value, Mapping):
        return [_not_an_object(value)]
    shown = names.to_contract(value)
    return [
        f"/{key}: {_json(shown.get(key, '(missing)'))} instead of {_json(wanted)}"
        for key, wanted in expected.items()
        if key not in shown or not _same(key, shown[key], wanted)
    ]


def _same(key: str, shown: Any, wanted: Any) -> bool:
    if key == "email" and isinstance(shown, str) and isinstance(wanted, str):
        return shown.lower() == wanted.lower()
    if key == "createdAt":
        return bool(moment_of(shown) == moment_of(wanted))
    return type(shown) is type(wanted) and bool(shown == wanted)


def moment_of(text: Any) -> Any:
    """Return an RFC 3339 date-time as a moment; any other value stays as it is."""
    try:
        return datetime.fromisoformat(text.upper()) if isinstance(text, str) else text
    except ValueError:
        return text


def leak_mismatches(exchange: Exchange) -> list[str]:
    """Return where an answer shows the server's internals; paths like that of the request are allowed."""
    answer = exchange.answer
    value, wrong = body_of(answer, whole=True)
    text = answer.body.decode("utf-8", "replace") if answer and wrong else "\n".join(texts_in(value))
    return [f"it shows {kind}: {brief(leak)!r}" for kind, leak in leaks_in(text, exchange.call.url).items()]


def _refusal_mismatches(answer: Answer, document: Any) -> list[str]:
    """Return what is wrong with a refusal: a problem document must keep RFC 9457, any other object say something."""
    is_problem = "problem+json" in (answer.header("Content-Type") or "").lower()
    wrong = schema_mismatches("problem", document) if is_problem else []
    if not isinstance(document, Mapping):
        return wrong or [_not_an_object(document)]
    if not wrong and all(inner in (None, "", [], {}) for inner in document.values()):
        wrong = ["the whole body: it says nothing"]
    status = document.get("status", answer.status)
    is_http_status = is_problem or (status in range(100, 600) and {"title", "type", "detail"} & set(document))
    if status != answer.status and is_http_status:  # RFC 9457, 3.1.2
        wrong.append(f"/status: {json.dumps(status)} instead of {answer.status}, the HTTP status")
    return wrong


def _secret_fields(value: Any, path: str) -> Iterator[str]:
    """Yield the JSON pointers of fields that are named like a secret."""
    if isinstance(value, Mapping):
        yield from (f"{path}/{key}" for key in value if str(key).lower().replace("_", "") in SECRET_FIELDS)
    inner = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    for key, part in inner:
        yield from _secret_fields(part, f"{path}/{key}")


def _not_an_object(value: Any) -> str:
    return f"the whole body: {brief(json.dumps(value))} is not an object"


def _json(value: Any) -> str:
    """Return a value as JSON; white space that looks like a usual space shows as an escape."""
    return brief(UNUSUAL_SPACE.sub(lambda sign: f"\\u{ord(sign[0]):04x}", json.dumps(value, ensure_ascii=False)))


def brief(text: str) -> str:
    """Return a text, or its beginning and end if it is long."""
    return text if len(text) <= 160 else f"{text[:70]} … {text[-80:]}"
