"""Classes of valid values, by the words that the features use for them: a faulty API may store any of them wrongly."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from support.models import LONGEST_NAME, NewUser
from support.scenario.factory import Factory, padded

LENGTHS = (
    "X",
    "🦉",
    " X",
    "龍" * LONGEST_NAME,
    "🦉" * LONGEST_NAME,
    "e\u0301" * (LONGEST_NAME // 2),
    f" {'x' * (LONGEST_NAME - 2)} ",
    "x" * (LONGEST_NAME - 1) + "é",
    "&" * LONGEST_NAME,
    "x" * 191,
)
NAME_CLASSES: Mapping[str, Sequence[str]] = {
    **tomllib.loads(Path(__file__).with_name("names.toml").read_text(encoding="utf-8")),
    "unusual lengths": LENGTHS,
}


def _with_sign(sign: str, email: str) -> str:
    return email.replace(".", f".a{sign}b.", 1)


def _with_signs_around(sign: str, email: str) -> str:
    return f"{sign}{sign}{email}".replace("@", f"{sign}{sign}@")


def _number(email: str) -> str:
    return "".join(sign for sign in email.partition("@")[0] if sign.isdigit())


def _host(email: str) -> str:
    return "@" + email.partition("@")[2]


SIGNS = "!#$%&'*+-/=?^_`{|}~"
WILDCARDS = "_%*?.+"
"""Signs with a special meaning in patterns of SQL, of a shell or of regular expressions."""
EMAIL_CLASSES: Mapping[str, Sequence[Callable[[str], str]]] = {
    "a special character before the @": [partial(_with_sign, sign) for sign in SIGNS],
    "special characters first, last and in a row before the @": [partial(_with_signs_around, sign) for sign in "+-_%*"],
    "unusual text before the @": (
        lambda email: email.replace("@", "+news@"),
        lambda email: email.replace("@", "+a+b@"),
        lambda email: email.replace("@", ".a.b.c@"),
        lambda email: email.replace("@", ".o'brien@"),
        lambda email: email.replace("@", ".select.union.insert@"),
        lambda email: email.replace("@", ".drop.exec.script@"),
        lambda email: email.replace("@", ".a%40b@"),
        lambda email: email.replace("@", ".a%20b@"),
        lambda email: email.replace("@", ".&lt@"),
        lambda email: email.replace("@", ".null@"),
        lambda email: f"0{_number(email)}{_host(email)}",
        lambda email: f"1e{_number(email)}{_host(email)}",
        lambda email: email[0] + _number(email) + _host(email),
        lambda email: email.replace("@", "." + "x" * (63 - email.index("@")) + "@"),
    ),
    "capitals among small letters": (
        str.upper,
        str.title,
        str.swapcase,
        lambda email: email[0].upper() + email[1:],
        lambda email: email.partition("@")[0] + _host(email).upper(),
        lambda email: email.replace("@", ".iIkKsS@"),
    ),
    "unusual domains": (
        lambda email: email.replace(".example.com", ".example"),
        lambda email: email.replace(".example.com", ".a-b.c--d.example.com"),
        lambda email: email.replace(".example.com", ".x123.example.com"),
        lambda email: email.replace(".example.com", ".a.b.c.d.e.example.com"),
        lambda email: email.replace(".example.com", "." + "x" * 63 + ".example.com"),
        lambda email: email.replace(".example.com", ".xn--mller-kva.example.com"),
        lambda email: email.replace(".example.com", ".example.xn--zckzah"),  # reserved for tests by IANA
        padded,
    ),
    "domains that are reserved for tests": (
        lambda email: email.replace(".example.com", ".test"),
        lambda email: email.replace(".example.com", ".example.invalid"),
        lambda email: email.replace(".example.com", ".localhost"),
    ),
}
"""Each value is made of a new email, so that it carries the mark of the run."""

INVISIBLE = ("Cc", "Cf", "Cn", "Co", "Zl", "Zp")
INVISIBLE_MARKS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0" + "".join(map(chr, range(0xFE00, 0xFE10))))


def users_with_names(factory: Factory, kind: str) -> list[NewUser]:
    """Return a new user for each name of a class, and one more with an ordinary name."""
    return [*map(factory.named, NAME_CLASSES[kind]), factory.new_user()]


def users_with_emails(factory: Factory, kind: str) -> list[NewUser]:
    """Return a new user for each kind of email of a class."""
    drawn = factory.new_users(len(EMAIL_CLASSES[kind]))
    return [NewUser(user.name, write(user.email)) for user, write in zip(drawn, EMAIL_CLASSES[kind], strict=True)]


def users_with_letters_for_wildcards(factory: Factory, ways: int) -> list[NewUser]:
    """Return `ways` new users for each wildcard, with a letter in their emails at the place of the wildcard."""
    return [NewUser(one.name, _with_sign("x", one.email)) for one in factory.new_users(ways * len(WILDCARDS))]


def rounds_with_wildcards(factory: Factory, users: Sequence[NewUser]) -> list[list[NewUser]]:
    """Return new users whose emails have wildcards in place of these users' letters, a list for each way of writing."""
    size = len(WILDCARDS)
    parts = [users[start : start + size] for start in range(0, len(users), size)]
    return [users_with_resembling_emails(factory, part, WILDCARDS) for part in parts]


def users_with_resembling_emails(factory: Factory, users: Sequence[NewUser], signs: str) -> list[NewUser]:
    """Return a new user for each of these users, with the same email except for one sign, the next of `signs`."""
    return [
        NewUser(factory.new_user().name, sign.join(re.split(r"(?<=\.a).(?=b\.)", one.email, maxsplit=1)))
        for one, sign in zip(users, signs, strict=True)
    ]


def may_be_refused(name: str) -> bool:
    """Whether the contract leaves it to the API to refuse a name: it has a control or another invisible character."""
    return any(unicodedata.category(sign) in INVISIBLE or sign in INVISIBLE_MARKS for sign in name)
