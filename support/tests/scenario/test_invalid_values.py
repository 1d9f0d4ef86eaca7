"""Bodies that are no JSON, made from the JSON that an API wants, also where that wraps the user."""

from __future__ import annotations

import json

import pytest

from support.profile_answers import Names
from support.scenario.invalid_values import NOT_JSON, UNKNOWN_MEMBERS

PLAIN = {"name": "Ada & Co", "email": "a@b.example.com"}
WRAPPED = {"user": PLAIN}


@pytest.mark.parametrize(
    ("kind", "document", "body"),
    [
        ("a filled-in form", PLAIN, "name=Ada+%26+Co&email=a@b.example.com"),
        ("a filled-in form", WRAPPED, "user%5Bname%5D=Ada+%26+Co&user%5Bemail%5D=a@b.example.com"),
        ("an XML document", PLAIN, "<user><name>Ada &amp; Co</name><email>a@b.example.com</email></user>"),
        ("an XML document", WRAPPED, "<user><name>Ada &amp; Co</name><email>a@b.example.com</email></user>"),
    ],
)
def test_a_body_of_another_type_has_the_same_fields(kind: str, document: object, body: str) -> None:
    _, convert = NOT_JSON[kind]
    assert convert(json.dumps(document).encode()).decode() == body


def test_a_multipart_form_names_the_fields_inside_others_like_a_form() -> None:
    _, convert = NOT_JSON["a filled-in multipart form"]
    assert b'name="user[email]"\r\n\r\na@b.example.com' in convert(json.dumps(WRAPPED).encode())


def test_the_name_of_the_wrapper_keeps_its_letter_case() -> None:
    changed = UNKNOWN_MEMBERS["field names in another letter case"](json.dumps(WRAPPED).encode())
    assert json.loads(changed) == {"user": {key.swapcase(): value for key, value in PLAIN.items()}}


def test_an_empty_user_is_wrapped_too() -> None:
    assert Names(body_pointer="/user").to_target({}) == {"user": {}}
    assert Names().to_target({}) == {}
    assert Names(body_pointer="/user").to_target("text") == "text"
