"""What the contract says, as matchers on answers as they came. Each tells everything that is wrong at once.

Matchers compare raw answers, not normalised users, so that nothing hides a broken promise.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from hamcrest.core.base_matcher import BaseMatcher
from hamcrest.core.description import Description

from support.bounds import TooMuch
from support.contract.normalizers import LONGEST_ID, id_in, listed
from support.models import Answer, Exchange
from support.profile import Names, Profile, Shape

SCHEMAS = Path(__file__).parent / "schemas"
SOME_DAY = "2000-01-01T00:00:00Z"
SECRET_FIELDS = frozenset({"password", "passwordhash", "secret", "token"})
JSON_TYPE = re.compile(r"application/(?:[!#$&^_.+\w-]+\+)?json\s*(?:;.*)?$", re.IGNORECASE)
LEAKS: Mapping[str, re.Pattern[str]] = {
    "a stack trace": re.compile(
        r"Traceback \(most recent call last\)|File \"[^\"]+\", line \d+|\bgoroutine \d+ \[|Exception in thread"
        r"|\bCaused by: |\.\w+:line \d+\b|#\d+ \S+\(\d+\): "
        r"|\w\.(?:py|[cm]?js|ts|java|rb|php|go|cs|rs|kt|exs?|p[lm]|cpp|cc):\d+"
        r"|\bat async \S+ \(|\.p[lm] line \d+"
        r"|\bat \S+(?: \[as \w+\])? \((?:<anonymous>|[A-Za-z/\\][\w./\\:-]*:\d+:\d+)\)"
        r"|\bat [\w.$/<>]+\((?:[\w$]+\.(?:java|kt|scala)|Native Method|Unknown Source)[^)]*\)"
    ),
    "SQL": re.compile(
        r"\b(?:SELECT\b.{1,200}\bFROM|INSERT INTO|UPDATE \S+ SET|DELETE FROM|ON CONFLICT)\b|\bSQLSTATE\b|\bORA-\d{5}"
        r"|SQLITE_|sqlite3\.|(?i:\binsert\s+into \S+ ?(?:\(|values\b)|\bselect\b.{1,200}\bfrom \S+\s+where\b"
        r"|\bfrom \S+ (?:as )?\w+\s+where \w+\.\w+|\bdelete\s+from \S+\s+where\b|\bupdate \S+ set \S+ ?="
        r"|\bUNIQUE constraint|duplicate key value|syntax error at or near|Duplicate entry '.{0,300}' for key"
        r"|error in your SQL syntax|psycopg|SQLAlchemy|\bE11000\b|\brelation \"[^\"]+\" does not exist"
        r"|violates (?:unique|not-null|check|foreign key) constraint|no such (?:table|column):)",
        re.DOTALL,
    ),
    "a path of the server": re.compile(
        r"(?<![\w:/.])/(?:home|usr|var|opt|srv|etc|root|tmp|proc|Users)/[\w.-]+"
        r"|(?<![\w:/.-])/(?:[\w.-]+/)+[\w-]+\.(?:py|js|ts|java|rb|php|go|cs|db|sqlite3?)\b"
        r"|(?<![\w:/.-])/app/(?:[\w.-]+/)*[\w-]+\.\w+\b"
        r"|\b[A-Za-z]:\\{1,2}[\w.-]+\\|node_modules/|site-packages"
    ),
}

URLS = re.compile(r"\bhttps?://[^\s\"'<>()]+")

Find = Callable[[Any], list[str]]


class Matcher(BaseMatcher[Any]):
    """A matcher that lists what is wrong; matches where nothing is."""

    def __init__(self, wanted: str, find: Find) -> None:
        self.wanted = wanted
        self._find = find

    def mismatches(self, item: Any) -> list[str]:
        return self._find(item)

    def _matches(self, item: Any) -> bool:
        return not self._find(item)

    def describe_to(self, description: Description) -> None:
        description.append_text(self.wanted)

    def describe_mismatch(self, item: Any, mismatch_description: Description) -> None:
        mismatch_description.append_text("; ".join(self._find(item)))


def is_within_bounds() -> Matcher:
    """Match an exchange whose answer was small enough to be taken in."""

    def find(exchange: Exchange) -> list[str]:
        return [exchange.answer.excess] if exchange.answer is not None and exchange.answer.excess else []

    return Matcher("an answer that a client can take in", find)


def has_status(statuses: Iterable[int]) -> Matcher:
    """Match an exchange answered by one of these statuses."""
    allowed = tuple(statuses)
    wanted = "status " + " or ".join(map(str, allowed))

    def find(exchange: Exchange) -> list[str]:
        if exchange.answer is None:
            return [f"no answer came: {_failures(exchange)}"]
        return [] if exchange.status in allowed else [f"the status was {exchange.status}"]

    return Matcher(wanted, find)


def _failures(exchange: Exchange) -> str:
    causes = [getattr(attempt.outcome, "cause", "") for attempt in exchange.attempts]
    return f"{causes[-1]} (attempt {len(causes)} of {len(causes)})"


@cache
def _validator(name: str) -> Any:
    from jsonschema import Draft202012Validator, FormatChecker

    schema = json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8"))
    return Draft202012Validator(schema, format_checker=FormatChecker(["date-time"]))


def schema_findings(name: str, value: Any, names: Names | None = None, shape: Shape | None = None) -> list[str]:
    """Hold a JSON value against one of the schemas; return each mismatch with its JSON pointer.

    `shape` says in what the target's users are known to differ.
    """
    if name == "user" and names is not None and isinstance(value, Mapping):
        value = names.to_contract(value)
    if name == "user" and shape is not None:
        value = _in_contract_shape(value, shape)
    errors = sorted(_validator(name).iter_errors(value), key=lambda error: list(map(str, error.absolute_path)))
    return [f"{_pointer(error.absolute_path)}: {brief(error.message)}" for error in errors]


def _in_contract_shape(value: Any, shape: Shape) -> Any:
    """Return a user as the contract wants it where it is as the target is known to show it, else as it came."""
    if not isinstance(value, Mapping):
        return value
    user = dict(value)
    if shape.id == "integer" and type(user.get("id")) is int:
        user["id"] = str(user["id"])
    if not shape.created_at:
        user["createdAt"] = SOME_DAY
    return user


def _pointer(path: Iterable[Any]) -> str:
    parts = [str(part).replace("~", "~0").replace("/", "~1") for part in path]
    return "/" + "/".join(parts) if parts else "the whole body"


def brief(text: str) -> str:
    """Return a text, or its beginning and end where it is long."""
    return text if len(text) <= 160 else f"{text[:70]} … {text[-80:]}"


def body_of(answer: Answer | None) -> tuple[Any, list[str]]:
    """Return the JSON value of a body, and what is wrong where it is none."""
    if answer is None:
        return None, ["no answer came"]
    if not answer.body and not answer.excess:
        return None, ["the body is empty"]
    try:
        return answer.json(), []
    except TooMuch as beyond:
        return None, [str(beyond)]
    except ValueError as error:
        return None, [f"the body is not JSON ({error})"]


def is_a_user(names: Names, shape: Shape | None = None) -> Matcher:
    """Match an exchange whose answer is a user: of the contract's shape, or of the one that the target is known for."""

    def find(exchange: Exchange) -> list[str]:
        value, wrong = body_of(exchange.answer)
        return wrong or schema_findings("user", value, names, shape)

    return Matcher("a user with id, name, email and createdAt", find)


def has_an_id(names: Names) -> Matcher:
    """Match an exchange whose answer is an object with an id: what anybody needs to go on with a user."""

    def find(exchange: Exchange) -> list[str]:
        value, wrong = body_of(exchange.answer)
        if wrong or id_in(value, names) is not None:
            return wrong
        if not isinstance(value, Mapping) or value.get(names.id) in (None, ""):
            return [f"/{names.id}: there is none in {brief(json.dumps(value, ensure_ascii=False))}"]
        given = brief(json.dumps(value[names.id], ensure_ascii=False))
        return [f"/{names.id}: {given} cannot name one user in a URL, with at most {LONGEST_ID} characters"]

    return Matcher("a user with an id", find)


def is_a_list(profile: Profile) -> Matcher:
    """Match an exchange whose answer is a JSON array of objects, unwrapped as the profile says."""

    def find(exchange: Exchange) -> list[str]:
        value, wrong = body_of(exchange.answer)
        entries = listed(exchange.answer, profile)
        if wrong or entries is None:
            return wrong or [f"the whole body: {brief(json.dumps(value))} is not an array"]
        return schema_findings("users", entries)

    return Matcher("a JSON array of users", find)


def shows(expected: Mapping[str, Any], names: Names) -> Matcher:
    """Match an exchange whose answer is an object with these fields, named as in the contract."""

    def find(exchange: Exchange) -> list[str]:
        value, wrong = body_of(exchange.answer)
        return wrong or field_findings(value, expected, names)

    return Matcher(f"a user with {_fields(expected)}", find)


def field_findings(value: Any, expected: Mapping[str, Any], names: Names) -> list[str]:
    """Compare fields as the contract does: addresses but for letter case, dates as moments, all else exactly."""
    if not isinstance(value, Mapping):
        return [f"the whole body: {brief(json.dumps(value))} is not an object"]
    shown = names.to_contract(value)
    return [
        f"/{key}: {brief(json.dumps(shown.get(key, '(missing)'), ensure_ascii=False))} instead of "
        f"{brief(json.dumps(wanted, ensure_ascii=False))}"
        for key, wanted in expected.items()
        if key not in shown or not _same(key, shown[key], wanted)
    ]


def _same(key: str, came: Any, wanted: Any) -> bool:
    if key == "email" and isinstance(came, str) and isinstance(wanted, str):
        return came.lower() == wanted.lower()
    if key == "createdAt":
        return bool(moment_of(came) == moment_of(wanted))
    return type(came) is type(wanted) and bool(came == wanted)


def moment_of(text: Any) -> Any:
    """Return an RFC 3339 date-time as a moment; what is none comes back as it is."""
    try:
        return datetime.fromisoformat(text.upper()) if isinstance(text, str) else text
    except ValueError:
        return text


def _fields(expected: Mapping[str, Any]) -> str:
    return ", ".join(f"{key} {brief(json.dumps(value, ensure_ascii=False))}" for key, value in expected.items())


def holds_no_secret() -> Matcher:
    """Match an exchange in whose answer no field, at any depth, is named like a secret."""

    def find(exchange: Exchange) -> list[str]:
        value, _ = body_of(exchange.answer)
        return [f"{pointer}: there is such a field" for pointer in _secret_fields(value, "")]

    return Matcher("no field named password, passwordHash, secret or token", find)


def _secret_fields(value: Any, path: str) -> list[str]:
    if isinstance(value, Mapping):
        named = [f"{path}/{key}" for key in value if str(key).lower().replace("_", "") in SECRET_FIELDS]
        return named + [found for key, inner in value.items() for found in _secret_fields(inner, f"{path}/{key}")]
    if isinstance(value, list):
        return [found for index, inner in enumerate(value) for found in _secret_fields(inner, f"{path}/{index}")]
    return []


def says_json() -> Matcher:
    """Match an exchange whose answer, where it has a body, says that it is JSON."""

    def find(exchange: Exchange) -> list[str]:
        answer = exchange.answer
        if answer is None or not answer.body:
            return []
        said = answer.header("Content-Type")
        if said is None:
            return ["there is a body but no Content-Type"]
        return [] if JSON_TYPE.match(said.strip()) else [f"Content-Type was {brief(repr(said))}"]

    return Matcher("Content-Type application/json or a +json type", find)


def says_what_is_wrong() -> Matcher:
    """Match a refusal whose body is a JSON object that says what is wrong and shows nothing of the server's inside."""

    def find(exchange: Exchange) -> list[str]:
        value, wrong = body_of(exchange.answer)
        wrong = wrong or _object_findings(exchange, value) or _empty_findings(value)
        return wrong + _status_findings(exchange, value) + leak_findings(exchange)

    return Matcher("a JSON object that says what is wrong, without stack trace, SQL or server paths", find)


def _object_findings(exchange: Exchange, value: Any) -> list[str]:
    """A problem document has the members of RFC 9457; any other object may be as it likes."""
    if _is_problem_document(exchange):
        return schema_findings("problem", value)
    return [] if isinstance(value, Mapping) else [f"the whole body: {brief(json.dumps(value))} is not an object"]


def _is_problem_document(exchange: Exchange) -> bool:
    said = exchange.answer.header("Content-Type") if exchange.answer else None
    return "problem+json" in (said or "").lower()


def _empty_findings(value: Mapping[str, Any]) -> list[str]:
    """An object whose fields are all empty says nothing."""
    says = any(inner not in (None, "", [], {}) for inner in value.values())
    return [] if says else ["the whole body: it says nothing"]


def _status_findings(exchange: Exchange, value: Any) -> list[str]:
    """A problem document's status, where it has one, is the HTTP status (RFC 9457 §3.1.2)."""
    answer = exchange.answer
    if answer is None or not isinstance(value, Mapping) or "status" not in value:
        return []
    alike = value["status"] in range(100, 600) and bool({"title", "type", "detail"} & set(value))
    if value["status"] == answer.status or not (_is_problem_document(exchange) or alike):
        return []
    return [f"/status: {json.dumps(value['status'])} instead of {answer.status}, the HTTP status"]


def leak_findings(exchange: Exchange) -> list[str]:
    """Tell where an answer shows the server's inside; the path that was asked for may be repeated."""
    answer = exchange.answer
    value, wrong = body_of(answer)
    text = answer.body.decode("utf-8", "replace") if answer and wrong else "\n".join(_texts(value))
    path = urlsplit(exchange.call.url).path
    text = text.replace(path, "")
    siblings = rf"{re.escape(path.rpartition('/')[0])}/[^/\s.\"'<>]+(?![\w./-])"
    text = re.sub(siblings, "", text) if path.count("/") > 1 else text
    text = URLS.sub("", text)
    found = {kind: pattern.search(text) for kind, pattern in LEAKS.items()}
    return [f"it shows {kind}: {brief(match.group(0))!r}" for kind, match in found.items() if match]


def _texts(value: Any) -> Iterator[str]:
    """Yield every text in a JSON value, as it is without JSON's own escapes."""
    if isinstance(value, str):
        yield value
    inner = [*value, *value.values()] if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    for part in inner:
        yield from _texts(part)


def leaks_nothing() -> Matcher:
    """Match an exchange whose answer shows no stack trace, SQL or path of the server."""
    return Matcher("no stack trace, SQL or path of the server", leak_findings)


def has_header(name: str, wanted: str, fits: Callable[[str], bool] = bool) -> Matcher:
    """Match an exchange whose answer has a header whose value fits."""

    def find(exchange: Exchange) -> list[str]:
        value = exchange.answer.header(name) if exchange.answer else None
        if value is None:
            return [f"there is no {name}"]
        return [] if fits(value) else [f"{name} was {brief(repr(value))}"]

    return Matcher(f"{name} {wanted}", find)


def has_no_body() -> Matcher:
    """Match an exchange whose answer has no body at all."""

    def find(exchange: Exchange) -> list[str]:
        size = len(exchange.answer.body) if exchange.answer else 0
        return [f"{size} bytes of body followed the header section"] if size else []

    return Matcher("no body", find)
