"""Defects in values, their validation and serialisation, searches, lists and pages."""

import html
import json
import math
import re
import unicodedata
from datetime import datetime
from typing import Any

from starlette.datastructures import QueryParams

from support.sandbox import checks
from support.sandbox.defects.kit import others_with, remember_documents, users_in
from support.sandbox.exchange import Answer, Call
from support.sandbox.store import EmailTakenError, User
from support.sandbox.twists import Decision, Sandbox, defect

_INDEXED = 64
_CAPPED = 50
_DISPLAY_NAME = re.compile(r"[^<>]*<([^<>]+)>")
_NUMERIC = re.compile(r"\s*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def _collated(text: str) -> str:
    """Return what a collation without case, accents and trailing spaces compares."""
    letters = (letter for letter in unicodedata.normalize("NFD", text) if not unicodedata.combining(letter))
    return "".join(letters).casefold().rstrip(" ")


@defect("patch", at="store.update")
def same_name_by_collation_unsaved(sandbox: Sandbox, update: Decision, user: User) -> None:
    """A new name that differs from the present one in case, accents or trailing spaces only is answered, not stored."""
    # Shown by: POST name "Andre"; PATCH name "André" -> 200 "André"; GET -> "Andre"
    present = sandbox.store.get(user.id)
    if present is not None and _collated(present.name) == _collated(user.name):
        user = user._replace(name=present.name)
    update(user)


@defect("create-201")
def unique_index_on_email_prefix(sandbox: Sandbox) -> None:
    """The unique index holds the first 64 characters of an address: one that differs only later counts as taken."""
    # Shown by: POST email 64*"a"+"@one.example.org" -> 201; POST email 64*"a"+"@two.example.org" -> 409

    def write(sandbox: Sandbox, write: Decision, user: User, *key: object) -> None:
        start = user.email.casefold()[:_INDEXED]
        if len(start) == _INDEXED and any(
            other.id != user.id and other.email.casefold().startswith(start) for other in sandbox.store.all_users()
        ):
            raise EmailTakenError
        write(user, *key)

    sandbox.around("store.insert", write)
    sandbox.around("store.update", write)


@defect("filter-email", at="filtered")
def filter_dot_is_any_character(sandbox: Sandbox, _filtered: Decision, email: str) -> list[User]:
    """The filter is an anchored regular expression whose dots match any character."""
    # Shown by: POST email ann-lee@example.org; GET ?email=ann.lee@example.org -> shows ann-lee
    pattern = re.compile(re.escape(email).replace(r"\.", "."), re.IGNORECASE)
    return [user for user in sandbox.store.all_users() if pattern.fullmatch(user.email)]


@defect("filter-email", at="filtered")
def filter_folds_in_turkish(sandbox: Sandbox, _filtered: Decision, email: str) -> list[User]:
    """The filter lowers letters by Turkish rules, so that I and i are different letters."""

    # Shown by: POST email iris@example.org; GET ?email=IRIS@example.org -> []
    def lower(text: str) -> str:
        return text.replace("I", "ı").replace("İ", "i").casefold()

    return [user for user in sandbox.store.all_users() if lower(user.email) == lower(email)]


@defect("filter-email", at="filtered")
def filter_takes_comma_list(_sandbox: Sandbox, filtered: Decision, email: str) -> list[User]:
    """The filter reads an address as a list with commas and shows the users of all of them."""
    # Shown by: POST a@example.org; POST b@example.org; GET ?email=a@example.org,b@example.org -> both, not []
    found = {user.id: user for part in email.split(",") for user in filtered(part)}
    return list(found.values())


@defect("filter-email", at="list_users")
async def filter_looks_at_one_page_only(sandbox: Sandbox, list_users: Decision, call: Call) -> Answer:
    """With a page or limit the filter is applied to the users of that page, not to all."""
    # Shown by: POST a@example.org; POST b@example.org; GET ?email=b@example.org&page=1&limit=1 -> []
    page, email = sandbox.api.page(call), call.query.get("email")
    if page is None or email is None:
        answer: Answer = await list_users(call)
        return answer
    users = [user for user in sandbox.store.window(*page) if user.email.casefold() == email.casefold()]
    return Answer(200, [sandbox.api.present(user) for user in users])


@defect("filter-email", at="app.query")
def query_unescaped_before_split(_sandbox: Sandbox, query: Decision, octets: bytes) -> QueryParams:
    """A proxy unescapes visible ASCII in the query, all but the plus, before the query is split and unescaped again."""
    # Shown by: POST email tom&ann@example.org; GET ?email=tom%26ann%40example.org -> []

    def unescape(match: re.Match[bytes]) -> bytes:
        octet = int(match[1], 16)
        return bytes([octet]) if 0x21 <= octet <= 0x7E and octet != 0x2B else match[0]

    read: QueryParams = query(re.sub(rb"%([0-9A-Fa-f]{2})", unescape, octets))
    return read


@defect("pages", at="page")
def default_limit_in_two_places(_sandbox: Sandbox, page: Decision, call: Call) -> tuple[int, int] | None:
    """Without a limit a page shows 20 users, but begins where pages of 10 would: page 2 repeats half of page 1."""
    # Shown by: 15 POSTs; GET ?page=1 and ?page=2 -> the same users on both
    given: tuple[int, int] | None = page(call)
    return given if given is None or "limit" in call.query else (given[0] // 2, given[1])


@defect("pages", at="page")
def page_capped_at_50_offset_not(_sandbox: Sandbox, page: Decision, call: Call) -> tuple[int, int] | None:
    """A limit above 50 shows 50 users, while the next page still begins after the limit that was asked for."""
    # Shown by: 60 POSTs; GET ?page=1&limit=100 and ?page=2&limit=100 -> together only 50 users
    given: tuple[int, int] | None = page(call)
    return None if given is None else (given[0], min(given[1], _CAPPED))


@defect("pages", at="page")
def page_numbers_with_underscores(_sandbox: Sandbox, page: Decision, call: Call) -> tuple[int, int] | None:
    """A page or limit is read as source code writes numbers: `1_0` is 10 instead of refused."""
    # Shown by: GET ?page=1&limit=1_0 -> 200

    def plain(name: str, value: str) -> str:
        is_grouped = name in ("page", "limit") and re.fullmatch(r"[0-9]+(_[0-9]+)+", value)
        return value.replace("_", "") if is_grouped else value

    call.query = QueryParams([(name, plain(name, value)) for name, value in call.query.multi_items()])
    given: tuple[int, int] | None = page(call)
    return given


@defect("user-shape", at="list_users")
async def listed_offset_without_colon(_sandbox: Sandbox, list_users: Decision, call: Call) -> Answer:
    """Lists write the offset of createdAt without its colon (`+0000`), which is no RFC 3339 date-time."""
    # Shown by: POST a user; GET the collection -> createdAt "...+0000"
    answer: Answer = await list_users(call)
    for user in users_in(answer):
        user["createdAt"] = re.sub(r"([+-]\d\d):(\d\d)$", r"\1\2", user["createdAt"])
    return answer


@defect("exact-text", at="list_users")
async def paged_numeric_names_typed(_sandbox: Sandbox, list_users: Decision, call: Call) -> Answer:
    """Pages are written with a numeric check: a name that looks like a number becomes one."""
    # Shown by: POST name "007"; GET ?page=1&limit=100 (her page) -> name 7
    answer: Answer = await list_users(call)
    if "page" in call.query or "limit" in call.query:
        for user in users_in(answer):
            match = _NUMERIC.fullmatch(user["name"])
            number = float(user["name"]) if match else math.inf
            if math.isfinite(number):
                user["name"] = int(number) if number.is_integer() and abs(number) < 2**53 else number
    return answer


@defect("patch", at="fields")
def patched_top_domain_letters_only(
    sandbox: Sandbox, fields: Decision, document: dict[str, Any], *, required: bool
) -> dict[str, str]:
    """PATCH checks addresses with its own expression, which wants a last label of letters only."""
    # Shown by: POST a user; PATCH email ann@example.xn--p1ai -> 422
    read: dict[str, str] = fields(document, required=required)
    if not required and "email" in read and not re.search(r"\.[A-Za-z]{2,}$", read["email"]):
        raise sandbox.api.invalid("email must be a valid email")
    return read


@defect("create-201", at="email_fault")
def one_letter_domain_refused(_sandbox: Sandbox, email_fault: Decision, value: object) -> str | None:
    """An address whose domain has a label of one character is refused: the expression wants a first and a last one."""
    # Shown by: POST email ann@x.org -> 422
    fault: str | None = email_fault(value)
    if fault is None and any(len(label) == 1 for label in str(value).partition("@")[2].split(".")):
        return "email must be a valid email"
    return fault


@defect("exact-text", at="update")
def updated_names_lose_backslashes(_sandbox: Sandbox, update: Decision, user: User, fields: dict[str, str]) -> Answer:
    """PUT and PATCH strip slashes: backslashes vanish from the name."""
    # Shown by: POST a user; PATCH name "AC\\DC" (one backslash) -> "ACDC"
    if "name" in fields:
        fields = {**fields, "name": re.sub(r"\\(.?)", r"\1", fields["name"], flags=re.DOTALL)}
    answer: Answer = update(user, fields)
    return answer


@defect("update-invalid", at="fields")
def patched_email_limit_is_255(
    _sandbox: Sandbox, fields: Decision, document: dict[str, Any], *, required: bool
) -> dict[str, str]:
    """PATCH takes what fits the column, VARCHAR(255): an address of 255 characters."""
    # Shown by: POST a user; PATCH a well-formed email of 255 characters -> 200
    email = document.get("email")
    if required or not isinstance(email, str) or len(email) != checks.EMAIL_LIMIT + 1:
        read: dict[str, str] = fields(document, required=required)
        return read
    local, _, domain = email.partition("@")
    parts = [f"{local}@example.org", *(f"a@{label}.org" for label in domain.split("."))]
    if "." not in domain or any(checks.email_fault(part) for part in parts):
        return dict(fields(document, required=required))
    rest = {name: value for name, value in document.items() if name != "email"}
    return {**fields(rest, required=required), "email": email}


@defect("create-invalid", at="user_fields")
def created_email_from_display_form(sandbox: Sandbox, _user_fields: Decision, call: Call) -> dict[str, str]:
    """POST takes a mailbox with a display name and a space, and keeps the address between the angle brackets."""
    # Shown by: POST email "Ann Lee <ann@example.org>" -> 201 with ann@example.org
    document = sandbox.api.document(call)
    email = document.get("email")
    mailbox = _DISPLAY_NAME.fullmatch(email) if isinstance(email, str) else None
    if mailbox:
        document["email"] = mailbox[1]
    return sandbox.api.fields(document, required=True)


@defect("create-invalid", at="parse")
def big_integers_read_as_strings(_sandbox: Sandbox, parse: Decision, body: bytes) -> Any:
    """The JSON reader gives integers beyond 64 bits as strings, so that such a number is a valid name."""
    # Shown by: POST {"name": 12345678901234567890, "email": ...} -> 201 with "12345678901234567890"
    document = parse(body)
    if not re.search(rb"[0-9]{19}", body):
        return document

    def integer(digits: str) -> int | str:
        number = int(digits)
        return number if -(2**63) <= number < 2**63 else digits

    return json.loads(body.decode(), parse_int=integer)


@defect("robust", at="user_fields")
def repeated_member_checked_last_kept_first(_sandbox: Sandbox, user_fields: Decision, call: Call) -> dict[str, str]:
    """Of a member that a POST has twice, the last value is checked and the first one, unchecked, is stored."""
    # Shown by: POST {"name": "", "name": "Ann", "email": ...} -> 201 with name ""

    def first_of_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        return dict(reversed(pairs))

    read: dict[str, str] = user_fields(call)
    first = json.loads(call.body.decode(), object_pairs_hook=first_of_each)
    return {name: first[name] if isinstance(first[name], str) else value for name, value in read.items()}


@defect("server-owned")
def column_created_at_assigned(sandbox: Sandbox) -> None:
    """PUT and PATCH assign every column: the unknown field `created_at` becomes the user's createdAt."""
    # Shown by: POST a user; PATCH {"name": "Ann", "created_at": "2001-01-01T00:00:00Z"} -> createdAt 2001
    latest, assigned = remember_documents(sandbox), dict[str, str]()

    def update(_sandbox: Sandbox, update: Decision, user: User, fields: dict[str, str]) -> Answer:
        value = latest.get("created_at")
        is_free = not others_with(sandbox, fields.get("email", user.email), user.id)
        if isinstance(value, str) and _is_instant(value) and is_free:
            assigned[user.id] = value
        answer: Answer = update(user, fields)
        return answer

    def present(_sandbox: Sandbox, present: Decision, user: User) -> dict[str, Any]:
        shown: dict[str, Any] = present(user)
        if user.id in assigned:
            shown["createdAt"] = assigned[user.id]
        return shown

    sandbox.around("update", update)
    sandbox.around("present", present)


def _is_instant(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


@defect("server-owned", at="document")
def members_in_other_case_override(_sandbox: Sandbox, document: Decision, call: Call) -> dict[str, Any]:
    """Members are matched without letter case: `Name` after `name` is no unknown field but replaces the name."""
    # Shown by: POST {"name": "Ann", "Name": "Bob", "email": ...} -> 201 with "Bob"
    sent: dict[str, Any] = document(call)
    read = dict(sent)
    for member, value in sent.items():
        field = member.lower()
        if field in ("name", "email") and field in sent:
            read[field] = value
    return read


@defect("update-invalid", at="replace")
async def put_trims_wide_space_off_email(sandbox: Sandbox, _replace: Decision, call: Call) -> Answer:
    """PUT trims white space beyond ASCII (U+00A0, U+3000) off an address before it is checked, instead of refusing."""
    # Shown by: POST a user; PUT email "ann@example.org\u00a0" -> 200 with ann@example.org
    document = sandbox.api.document(call)
    email = document.get("email")
    if isinstance(email, str):
        document["email"] = re.sub(r"^[^\S\x00-\x7f]+|[^\S\x00-\x7f]+\Z", "", email)
    fields = sandbox.api.fields(document, required=True)
    return sandbox.api.update(sandbox.api.expected(call), fields)


@defect("exact-text", at="fields")
def entities_in_names_decoded(
    _sandbox: Sandbox, fields: Decision, document: dict[str, Any], *, required: bool
) -> dict[str, str]:
    """A sanitizer turns character references in a name into characters before the name is stored."""
    # Shown by: POST name "Tom &amp; Ann" -> "Tom & Ann"
    read: dict[str, str] = fields(document, required=required)
    if "name" in read:
        read["name"] = html.unescape(read["name"])
    return read


@defect("exact-text", at="fields")
def variation_selectors_dropped(
    _sandbox: Sandbox, fields: Decision, document: dict[str, Any], *, required: bool
) -> dict[str, str]:
    """Variation selectors (U+FE00 to U+FE0F) are dropped from names: a coloured heart becomes a text heart."""
    # Shown by: POST name "Ann \u2764\ufe0f" -> "Ann \u2764"
    read: dict[str, str] = fields(document, required=required)
    if "name" in read:
        read["name"] = re.sub("[\ufe00-\ufe0f]", "", read["name"]) or read["name"]
    return read
