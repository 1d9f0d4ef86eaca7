"""The invalid values that an API has to refuse, by the words that the features use for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from support.factory import LONGEST_ADDRESS, LONGEST_NAME, Factory
from support.models import NewUser

MISSING = object()
Spoil = Callable[[NewUser, Factory], Any]


def _spaced(newcomer: NewUser, _: Factory) -> str:
    return newcomer.email.replace(".", " ", 1)


INVALID_NAMES: Mapping[str, Spoil] = {
    "no name": lambda _, __: MISSING,
    "null as a name": lambda _, __: None,
    "a number as a name": lambda _, __: 42,
    "an empty name": lambda _, __: "",
    "a name of spaces": lambda _, __: "   ",
    "a name of tabs": lambda _, __: "\t\t",
    "a name of 201 characters": lambda _, factory: factory.long_name(LONGEST_NAME + 1),
    "a list as a name": lambda newcomer, _: [newcomer.name],
    "an object as a name": lambda newcomer, _: {"first": newcomer.name},
    "a truth value as a name": lambda _, __: True,
}

INVALID_ADDRESSES: Mapping[str, Spoil] = {
    "no address": lambda _, __: MISSING,
    "null as an address": lambda _, __: None,
    "a number as an address": lambda _, __: 42,
    "an empty address": lambda _, __: "",
    "an address without @": lambda newcomer, _: newcomer.email.replace("@", "."),
    "an address with a space": _spaced,
    "an address with two @": lambda newcomer, _: newcomer.email.replace(".", "@", 1),
    "an address without a domain": lambda newcomer, _: (
        newcomer.email.replace("@", ".").removesuffix(".example.com") + "@"
    ),
    "an address of 255 characters": lambda _, factory: factory.long_address(LONGEST_ADDRESS + 1),
    "an address of 300 characters": lambda _, factory: factory.long_address(300),
    "a list as an address": lambda newcomer, _: [newcomer.email],
}

NOT_A_USER: Mapping[str, Spoil] = {
    "an empty object": lambda _, __: {},
    "an empty list": lambda _, __: [],
    "a list of one newcomer": lambda newcomer, _: [newcomer.as_json()],
    "a text": lambda newcomer, _: newcomer.email,
    "a number": lambda _, __: 42,
    "null": lambda _, __: None,
}

MALFORMED: Mapping[str, Callable[[bytes], bytes]] = {
    "JSON that breaks off": lambda body: body[:-1],
    "JSON with a comma too many": lambda body: body[:-1] + b",}",
    "JSON in single quotes": lambda body: body.replace(b'"', b"'"),
    "a text that is no JSON": lambda _: b"name=Mallory",
    "bytes that are no text": lambda body: body.replace(b"Mallory", b"\xff\xfe\xfa"),
    "JSON followed by more": lambda body: body + b" and so on",
}

NOT_JSON_TYPES: Mapping[str, str] = {
    "plain text": "text/plain",
    "a form": "application/x-www-form-urlencoded",
    "a form with parts": "multipart/form-data; boundary=frontier",
    "XML": "application/xml",
    "bytes": "application/octet-stream",
}


def spoiled(newcomer: NewUser, flaw: str, factory: Factory) -> dict[str, Any]:
    """Return the fields of a newcomer with one of them spoiled; raises KeyError for an unknown flaw."""
    fields: dict[str, Any] = newcomer.as_json()
    field, spoil = ("name", INVALID_NAMES[flaw]) if flaw in INVALID_NAMES else ("email", INVALID_ADDRESSES[flaw])
    fields[field] = spoil(newcomer, factory)
    return {key: value for key, value in fields.items() if value is not MISSING}
