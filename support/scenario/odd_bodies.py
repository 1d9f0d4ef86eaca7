"""Unusual bodies, by the words that the features use for them: each rewrites the body of a valid sign-up or change.

The rewriting works on bytes: it needs no names of the target's fields, and can make JSON that no library writes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping

from support.bounds import MIB
from support.models import NewUser

ROOM_FOR_THE_REST = 2048
Rewrite = Callable[[bytes, NewUser], bytes]
"""Makes an unusual body from a usual one, which holds the data of this user."""


def _json(text: str) -> bytes:
    return json.dumps(text).encode()


def _extra(member: bytes) -> Rewrite:
    """Add a field that no user has."""
    return lambda body, _: body.replace(b"{", b"{" + member + b", ", 1)


def _name(value: bytes) -> Rewrite:
    """Send this JSON in the place of the name."""
    return lambda body, new_user: body.replace(_json(new_user.name), value, 1)


def _in_name(octets: bytes) -> Rewrite:
    """Put these bytes at the end of the name."""
    return lambda body, new_user: body.replace(_json(new_user.name), _json(new_user.name)[:-1] + octets + b'"', 1)


def _in_email(before: bytes = b"", after: bytes = b"") -> Rewrite:
    """Put these bytes around the email."""
    return lambda body, new_user: body.replace(new_user.email.encode(), before + new_user.email.encode() + after)


def _twice(field: str, first: bytes | None = None, second: bytes | None = None) -> Rewrite:
    """Send a field twice; `first` and `second`, if given, replace the valid value."""

    def rewrite(body: bytes, new_user: NewUser) -> bytes:
        value = _json(new_user.as_json()[field])
        pair = re.search(rb'("[^"]*"\s*:\s*)' + re.escape(value), body)
        if pair is None:
            return body
        both = pair[1] + (first or value) + b", " + pair[1] + (second or value)
        return body.replace(pair[0], both, 1)

    return rewrite


def _instead(octets: bytes) -> Rewrite:
    return lambda _, __: octets


def extra_lists(levels: int) -> Rewrite:
    """Add a field that no user has, with lists in each other."""
    return _extra(b'"x": ' + b"[" * levels + b"]" * levels)


def name_in_lists(levels: int) -> Rewrite:
    """Send lists in each other in the place of the name."""
    return _name(b"[" * levels + b"0" + b"]" * levels)


def _nested(few: int, many: int, objects: int, of_name: int) -> dict[str, Rewrite]:
    return {
        f"{few:,} lists in each other": extra_lists(few),
        f"{many:,} lists in each other": extra_lists(many),
        f"{objects:,} objects in each other": _extra(b'"x": ' + b'{"x":' * objects + b"0" + b"}" * objects),
        f"a name in {of_name:,} lists": name_in_lists(of_name),
        "100,000 brackets that never close": lambda body, _: body.replace(b"}", b', "x": ' + b"[" * 100_000, 1),
    }


NESTED: Mapping[str, Rewrite] = _nested(500, 100_000, 20_000, 2_000)
STORABLE: Mapping[str, Rewrite] = _nested(20, 40, 41, 30)
"""The same with as many levels as any store can keep."""
LARGE: Mapping[str, Rewrite] = {
    "an unknown field of 1 MiB": _extra(b'"x": "' + b"x" * (MIB - ROOM_FOR_THE_REST) + b'"'),
    "a name of 100,000 characters": _name(b'"' + b"x" * 100_000 + b'"'),
    "a name of 50,000 spaces and a letter": _name(b'"' + b" " * 50_000 + b'x"'),
    "an email of 50,000 characters": _in_email(b"x." * 25_000),
    "10,000 unknown fields": _extra(b", ".join(b'"x%d": 0' % number for number in range(10_000))),
    "a field whose name has 100,000 characters": _extra(b'"' + b"x" * 100_000 + b'": 0'),
}
NUMBERS: Mapping[str, Rewrite] = {
    "1e400 in an unknown field": _extra(b'"x": 1e400'),
    "400 digits in an unknown field": _extra(b'"x": ' + b"9" * 400),
    "5,000 digits in an unknown field": _extra(b'"x": ' + b"9" * 5_000),
    "-0, 1E-400 and 2^63 in an unknown field": _extra(b'"x": [-0, -0.0, 1E-400, 9223372036854775808]'),
    "1e400 as the name": _name(b"1e400"),
    "400 digits as the name": _name(b"9" * 400),
    "NaN in an unknown field": _extra(b'"x": NaN'),
}
REPEATED: Mapping[str, Rewrite] = {
    "the name twice, the second empty": _twice("name", second=b'""'),
    "the name twice, the first empty": _twice("name", first=b'""'),
    "the name twice, the first a number": _twice("name", first=b"42"),
    "the email twice, the second null": _twice("email", second=b"null"),
    "the email twice, the first no email": _twice("email", first=b'"nobody"'),
    "the email twice, the first a number": _twice("email", first=b"42"),
    "fields that JavaScript knows": _extra(
        b'"__proto__": {"sentBy": "x"}, "constructor": {"prototype": {"sentBy": 1}}'
    ),
    "fields that databases know": _extra(b'"$set": {"name": "x"}, "$where": "1", "a.b": 0, "": 0'),
    "an operator as the name": _name(b'{"$gt": ""}'),
}
CHARACTERS: Mapping[str, Rewrite] = {
    "half of a pair in the name": _in_name(b"\\ud800"),
    "a pair the wrong way round in the name": _in_name(b"\\udc00\\ud83d"),
    "half of a pair in an unknown field": _extra(b'"\\udfff": "\\ud800"'),
    "NUL in the name": _in_name(b"\\u0000"),
    "NUL after the email": _in_email(after=b"\\u0000"),
    "NUL in an unknown field": _extra(b'"\\u0000": "\\u0000"'),
    "what no text contains in the name": _in_name(b"\\uffff\\ufdd0"),
    "a byte that is not UTF-8 in the name": _in_name(b"\xff"),
    "half of a pair as UTF-8 in the name": _in_name(b"\xed\xa0\x80"),
    "a byte order mark": lambda body, _: b"\xef\xbb\xbf" + body,
}
WITHOUT_DATA: Mapping[str, Rewrite] = {
    "nothing": _instead(b""),
    "spaces": _instead(b" " * 100),
    "a quotation mark": _instead(b'"'),
    "brackets alone": _instead(b"[" * 100_000),
}
"""Bodies without any data: a user created from such a body could not be told from the users of other clients."""
BROKEN_OFF: Mapping[str, Rewrite] = {
    "an escape that breaks off": _in_name(b"\\u12"),
    "an escape that JSON does not know": _in_name(b"\\x41"),
    "NUL after the end": lambda body, _: body + b"\0",
}

CLASSES: Mapping[str, Mapping[str, Rewrite]] = {
    "deeply nested JSON": NESTED,
    "very large JSON": LARGE,
    "unusual numbers": NUMBERS,
    "repeated and reserved fields": REPEATED,
    "unusual characters": CHARACTERS,
    "broken escapes and a NUL": BROKEN_OFF,
}
"""Classes of bodies, by the words of the features."""
