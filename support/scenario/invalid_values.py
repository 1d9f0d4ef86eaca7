"""The invalid values that an API has to refuse, by the words that the features use for them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode
from xml.sax.saxutils import escape

from support.http.users_api import NOTHING
from support.models import LONGEST_EMAIL, LONGEST_NAME, NewUser
from support.scenario.factory import Factory

MISSING = object()
Invalid = Callable[[NewUser, Factory], Any]
"""Makes an invalid value or body from a valid user."""


INVALID_NAMES: Mapping[str, Invalid] = {
    "no name": lambda _, __: MISSING,
    "null as the name": lambda _, __: None,
    "a number as the name": lambda _, __: 42,
    "an empty name": lambda _, __: "",
    "a name of spaces": lambda _, __: "   ",
    "a name of tabs": lambda _, __: "\t\t",
    "a name of 201 characters": lambda _, factory: factory.long_name(LONGEST_NAME + 1),
    "zero as the name": lambda _, __: 0,
    "a decimal number as the name": lambda _, __: 4.5,
    "a name of ideographic spaces": lambda _, __: "\u3000\u3000",
    "a name of 201 emoji": lambda _, __: "🦉" * (LONGEST_NAME + 1),
    "a list as the name": lambda new_user, _: [new_user.name],
    "an object as the name": lambda new_user, _: {"first": new_user.name},
    "a boolean as the name": lambda _, __: True,
}

INVALID_EMAILS: Mapping[str, Invalid] = {
    "no email": lambda _, __: MISSING,
    "null as the email": lambda _, __: None,
    "a number as the email": lambda _, __: 42,
    "an empty email": lambda _, __: "",
    "an email without @": lambda new_user, _: new_user.email.replace("@", "."),
    "an email with a space": lambda new_user, _: new_user.email.replace(".", " ", 1),
    "an email with a leading space": lambda new_user, _: f" {new_user.email}",
    "an email with a trailing space": lambda new_user, _: f"{new_user.email} ",
    "an email with a space in its domain": lambda new_user, _: new_user.email.replace(".example", " .example"),
    "an email with two @ in a row": lambda new_user, _: new_user.email.replace("@", "@@"),
    "an email with two @": lambda new_user, _: new_user.email.replace(".", "@", 1),
    "an email without a domain": lambda new_user, _: (
        new_user.email.replace("@", ".").removesuffix(".example.com") + "@"
    ),
    "an email of 255 characters": lambda _, factory: factory.long_email(LONGEST_EMAIL + 1),
    "an email of 300 characters": lambda _, factory: factory.long_email(300),
    "a list as the email": lambda new_user, _: [new_user.email],
}

WHITE_SPACE = "".join(
    map(
        chr,
        [*range(0x09, 0x0E), 0x20, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000],
    )
)
"""All characters with the Unicode property White_Space."""
NAME = "name"
EMAIL = "email"
INVALID_CLASSES: Mapping[str, tuple[str, Callable[[str, Factory], Sequence[Any]]]] = {
    "names of nothing but white space": (NAME, lambda _, __: [*WHITE_SPACE, WHITE_SPACE, " \t\n", "\u3000" * 200]),
    "names of more than 200 characters": (
        NAME,
        lambda _, factory: [
            factory.long_name(LONGEST_NAME + 1),
            "x" * LONGEST_NAME + " ",
            " " + "x" * LONGEST_NAME,
            "龍" * (LONGEST_NAME + 1),
            "🦉" * (LONGEST_NAME + 1),
            "e\u0301" * (LONGEST_NAME // 2) + "e",
            "x" * 255,
            "x" * 256,
            "x" * 1000,
            "x" * 70_000,
        ],
    ),
    "names that are not strings": (
        NAME,
        lambda _, __: [
            None,
            0,
            1,
            -1,
            42,
            4.5,
            1e300,
            10**30,
            True,
            False,
            [],
            ["Ada"],
            {},
            {"first": "Ada"},
            [None],
            [[]],
        ],
    ),
    "emails with white space": (
        EMAIL,
        lambda email, _: [
            *(f"{sign}{email}" for sign in WHITE_SPACE),
            *(f"{email}{sign}" for sign in WHITE_SPACE),
            email.replace("@", " @"),
            email.replace("@", "@ "),
            email.replace(".", " ", 1),
            email.replace(".example", " .example"),
            f"{email}\r\n",
            f"{email}\nBcc: {email}",
            f"Ada <{email}>",
            f"{email} (Ada)",
        ],
    ),
    "emails that are not strings": (
        EMAIL,
        lambda email, _: [None, 0, 1, 42, True, False, [], [email], {}, {"address": email}],
    ),
    "emails with no or several @": (
        EMAIL,
        lambda email, _: [
            "",
            "@",
            "@@",
            email.replace("@", ""),
            email.replace("@", "."),
            email.replace("@", " at "),
            email.replace("@", "%40"),
            email.replace("@", "&#64;"),
            email.replace("@", "＠"),
            email.replace("@", "@@"),
            email.replace(".", "@", 1),
            f"{email}@example.com",
            f"{email}@",
            f"{email},x{email}",
            f"{email};x{email}",
            email.partition("@")[0] + "@",
        ],
    ),
    "emails of more than 254 characters": (
        EMAIL,
        lambda _, factory: [factory.long_email(length) for length in (LONGEST_EMAIL + 1, 256, 300, 320, 1000)],
    ),
}
"""Classes of invalid values by the words for them: the field, and what makes its values from a valid email."""

NOT_OBJECTS: Mapping[str, Invalid] = {
    "an empty list": lambda _, __: [],
    "a list of one user": lambda new_user, _: [new_user.as_json()],
    "a string": lambda new_user, _: new_user.email,
    "a number": lambda _, __: 42,
    "null": lambda _, __: None,
    "an empty body": lambda _, __: NOTHING,
}

FURTHER_FIELD = b', "x": '
MALFORMED: Mapping[str, Callable[[bytes], bytes]] = {
    "JSON without its last character": lambda body: body[:-1],
    "JSON with a trailing comma": lambda body: body[:-1] + b",}",
    "JSON in single quotes": lambda body: body.replace(b'"', b"'"),
    "text that is not JSON": lambda body: urlencode(json.loads(body), safe="@").encode(),  # %40 would hide the mark
    "invalid UTF-8": lambda body: body.replace(b'": "', b'": "\xff\xfe\xfa', 1),
    "UTF-16": lambda body: body.decode().encode("utf-16"),
    "JSON followed by other text": lambda body: body + b" and so on",
    "JSON with an extra bracket": lambda body: body + b"}",
    "JSON without a comma": lambda body: body.replace(b", ", b" ", 1),
    "JSON with a comment": lambda body: b"/* new */ " + body,
    "JSON with unquoted names": lambda body: re.sub(rb'"(\w+)": ', rb"\1: ", body),
    "JSON with a backslash before an apostrophe": lambda body: body.replace(b'": "', b'": "\\\'', 1),
    "JSON with an escape of one byte": lambda body: body.replace(b'": "', b'": "\\x41', 1),
    "JSON with a line break in a string": lambda body: body.replace(b"@", b"\n@", 1),
    "JSON with NaN in a further field": lambda body: body[:-1] + FURTHER_FIELD + b"NaN}",
    "JSON with Infinity in a further field": lambda body: body[:-1] + FURTHER_FIELD + b"-Infinity}",
}
UNKNOWN_MEMBERS: Mapping[str, Callable[[bytes], bytes]] = {
    "field names in another letter case": lambda body: re.sub(
        rb'"[^"]+": (?!\{)', lambda member: member[0].swapcase(), body
    ),
    "all fields inside a further object": lambda body: b'{"user": ' + body + b"}",
}

NOT_JSON_TYPES: Mapping[str, str] = {
    "plain text": "text/plain",
    "a form": "application/x-www-form-urlencoded",
    "a multipart form": "multipart/form-data; boundary=frontier",
    "XML": "application/xml",
    "binary data": "application/octet-stream",
    "HTML": "text/html",
    "plain text with a parameter": "text/plain; note=json",
}


def _form_fields(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield the fields of a form, those inside others as `user[name]`, which PHP, Rails and Express understand."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _form_fields(inner, f"{name}[{key}]" if name else key)
    elif isinstance(value, list):
        for inner in value:
            yield from _form_fields(inner, f"{name}[]")
    else:
        yield name, str(value)


def _as_form(body: bytes) -> bytes:
    return urlencode(list(_form_fields(json.loads(body))), safe="@").encode()


def _as_multipart(body: bytes) -> bytes:
    part = '--frontier\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'
    parts = (part.format(name, value) for name, value in _form_fields(json.loads(body)))
    return f"{''.join(parts)}--frontier--\r\n".encode()


def _as_xml(body: bytes) -> bytes:
    document = json.loads(body)
    is_wrapped = len(document) == 1 and isinstance(next(iter(document.values())), Mapping)
    return _elements(document if is_wrapped else {"user": document}).encode()


def _elements(value: Any) -> str:
    if isinstance(value, Mapping):
        return "".join(f"<{key}>{_elements(inner)}</{key}>" for key, inner in value.items())
    return escape(str(value))


NOT_JSON: Mapping[str, tuple[str, Callable[[bytes], bytes]]] = {
    **{kind: (media_type, bytes) for kind, media_type in NOT_JSON_TYPES.items()},
    "a filled-in form": (NOT_JSON_TYPES["a form"], _as_form),
    "a filled-in multipart form": (NOT_JSON_TYPES["a multipart form"], _as_multipart),
    "an XML document": (NOT_JSON_TYPES["XML"], _as_xml),
}
"""Bodies not declared as JSON: their media type, and what makes them from JSON; only the last three fit their type."""


def invalid_fields(value: str, new_user: NewUser, factory: Factory) -> dict[str, Any]:
    """Return the fields of a user, one of them invalid; raises KeyError for an unknown value.

    If the email is invalid, the name carries the mark of the run, so that a user whom the API stores is recognised.
    """
    if value in INVALID_NAMES:
        fields = {"name": INVALID_NAMES[value](new_user, factory), "email": new_user.email}
    else:
        fields = {"name": f"{new_user.name} {factory.mark}", "email": INVALID_EMAILS[value](new_user, factory)}
    return {key: field for key, field in fields.items() if field is not MISSING}


def invalid_field(value: str, user: NewUser, factory: Factory) -> dict[str, Any]:
    """Return only the invalid field, made from a user's data: an API may not check an email that looks unchanged."""
    field = "name" if value in INVALID_NAMES else "email"
    return {field: invalid_fields(value, user, factory)[field]}


def invalid_body(value: str, new_user: NewUser, factory: Factory) -> Any:
    """Return a body with an invalid field, an empty object, or a body that is not an object."""
    if value == "an empty object":
        return {}
    what = value.removesuffix(" instead of an object")
    return NOT_OBJECTS[what](new_user, factory) if what != value else invalid_fields(value, new_user, factory)


def every_invalid_change(factory: Factory, user: NewUser | None = None) -> list[dict[str, Any]]:
    """Return a change for each named invalid value, made from `user` or from a new user.

    Missing fields are left out, because an update may omit a field.
    """
    values = [value for value in (*INVALID_NAMES, *INVALID_EMAILS) if not value.startswith("no ")]
    return [invalid_fields(value, user or factory.new_user(), factory) for value in values]


def invalid_of_every_class(factory: Factory) -> list[dict[str, Any]]:
    """Return the fields of a user for each value of each class."""
    return [fields for kind in INVALID_CLASSES for fields in invalid_of_class(kind, factory)]


def invalid_of_class(kind: str, factory: Factory) -> list[dict[str, Any]]:
    """Return the fields of a user for each value of a class; the other field carries the mark of the run."""
    field, values = INVALID_CLASSES[kind]
    users = [factory.new_user() for _ in values("a.b@c.example.com", factory)]
    made = [values(user.email, factory)[place] for place, user in enumerate(users)]
    if field == NAME:
        return [{"name": value, "email": user.email} for user, value in zip(users, made, strict=True)]
    return [{"name": f"{user.name} {factory.mark}", "email": value} for user, value in zip(users, made, strict=True)]
