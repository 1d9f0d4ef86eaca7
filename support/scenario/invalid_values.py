"""The invalid values that an API has to refuse, by the words that the features use for them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from support.http.users_api import NOTHING
from support.models import NewUser
from support.scenario.factory import LONGEST_ADDRESS, LONGEST_NAME, Factory

MISSING = object()
Spoil = Callable[[NewUser, Factory], Any]


def _spaced(new_user: NewUser, _: Factory) -> str:
    return new_user.email.replace(".", " ", 1)


INVALID_NAMES: Mapping[str, Spoil] = {
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

INVALID_ADDRESSES: Mapping[str, Spoil] = {
    "no email": lambda _, __: MISSING,
    "null as the email": lambda _, __: None,
    "a number as the email": lambda _, __: 42,
    "an empty email": lambda _, __: "",
    "an email without @": lambda new_user, _: new_user.email.replace("@", "."),
    "an email with a space": _spaced,
    "an email with a leading space": lambda new_user, _: f" {new_user.email}",
    "an email with a trailing space": lambda new_user, _: f"{new_user.email} ",
    "an email with a space in its domain": lambda new_user, _: new_user.email.replace(".example", " .example"),
    "an email with two @ in a row": lambda new_user, _: new_user.email.replace("@", "@@"),
    "an email with two @": lambda new_user, _: new_user.email.replace(".", "@", 1),
    "an email without a domain": lambda new_user, _: (
        new_user.email.replace("@", ".").removesuffix(".example.com") + "@"
    ),
    "an email of 255 characters": lambda _, factory: factory.long_address(LONGEST_ADDRESS + 1),
    "an email of 300 characters": lambda _, factory: factory.long_address(300),
    "a list as the email": lambda new_user, _: [new_user.email],
}

NOT_A_USER: Mapping[str, Spoil] = {
    "an empty object": lambda _, __: {},
    "an empty list": lambda _, __: [],
    "a list of one user": lambda new_user, _: [new_user.as_json()],
    "a string": lambda new_user, _: new_user.email,
    "a number": lambda _, __: 42,
    "null": lambda _, __: None,
    "nothing": lambda _, __: NOTHING,
}

MALFORMED: Mapping[str, Callable[[bytes], bytes]] = {
    "JSON without its last character": lambda body: body[:-1],
    "JSON with a trailing comma": lambda body: body[:-1] + b",}",
    "JSON in single quotes": lambda body: body.replace(b'"', b"'"),
    "text that is not JSON": lambda body: urlencode(json.loads(body), safe="@").encode(),  # which keeps the mark whole
    "invalid UTF-8": lambda body: body.replace(b'": "', b'": "\xff\xfe\xfa', 1),
    "JSON followed by other text": lambda body: body + b" and so on",
    "JSON with an extra bracket": lambda body: body + b"}",
    "JSON without a comma": lambda body: body.replace(b", ", b" ", 1),
    "JSON with a comment": lambda body: b"/* new */ " + body,
    "JSON with unquoted names": lambda body: re.sub(rb'"(\w+)": ', rb"\1: ", body),
    "JSON with a line break in a string": lambda body: body.replace(b"@", b"\n@", 1),
}

NOT_JSON_TYPES: Mapping[str, str] = {
    "plain text": "text/plain",
    "a form": "application/x-www-form-urlencoded",
    "a multipart form": "multipart/form-data; boundary=frontier",
    "XML": "application/xml",
    "binary data": "application/octet-stream",
    "HTML": "text/html",
    "plain text with a JSON parameter": "text/plain; note=json",
}


def spoiled(new_user: NewUser, flaw: str, factory: Factory) -> dict[str, Any]:
    """Return the fields of a new_user with one of them spoiled; raises KeyError for an unknown flaw.

    Where the email is spoiled, the name carries the mark of the run: an API that stores such a user shows whose it is.
    """
    fields: dict[str, Any] = new_user.as_json()
    field, spoil = ("name", INVALID_NAMES[flaw]) if flaw in INVALID_NAMES else ("email", INVALID_ADDRESSES[flaw])
    fields[field] = spoil(new_user, factory)
    if field == "email":
        fields["name"] = f"{new_user.name} {factory.mark}"
    return {key: value for key, value in fields.items() if value is not MISSING}


def in_another_order(body: bytes) -> bytes:
    """Write an object with its last field first."""
    return json.dumps(dict(reversed(json.loads(body).items()))).encode()


def escaped(body: bytes) -> bytes:
    """Write an object of texts with each character as an escape, in two where UTF-16 has two (RFC 8259, section 7)."""
    fields = ", ".join(f"{json.dumps(key)}: {_escaped(value)}" for key, value in json.loads(body).items())
    return f"{{{fields}}}".encode()


def _escaped(text: str) -> str:
    octets = text.encode("utf-16-be")
    units = (int.from_bytes(octets[place : place + 2], "big") for place in range(0, len(octets), 2))
    return '"' + "".join(f"\\u{unit:04x}" for unit in units) + '"'
