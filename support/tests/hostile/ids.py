"""Invalid ids, and ids that lead a careless client to another URL."""

from __future__ import annotations

import json
from typing import Any

from support.sandbox.store import User
from support.sandbox.twists import Decision, Sandbox
from support.tests.hostile.answers import together
from support.tests.hostile.rows import CREATING, DELETING, DOWN, FOUND, LEFT, PASSED, RED, SHORT, Row
from support.tests.hostile.server import Hostile, Setup

MIB = 1 << 20


def once(user_id: str) -> Hostile:
    """Give this id to the next new user."""

    def arrange(setup: Setup) -> None:
        given: set[str] = set()

        def new_id(_sandbox: Sandbox, new_id: Decision) -> str:
            if user_id in given:
                return str(new_id())
            given.add(user_id)
            return user_id

        setup.sandbox.around("new_id", new_id)

    return arrange


def shown_as(value: Any) -> Hostile:
    """Show this value as the id of every user of the suite."""

    def arrange(setup: Setup) -> None:
        def present(_sandbox: Sandbox, present: Decision, user: User) -> dict[str, Any]:
            shown: dict[str, Any] = present(user)
            return shown if user.id in setup.foreign_users else {**shown, "id": value}

        setup.sandbox.around("present", present)

    return arrange


def shown_as_number(digits: str) -> Hostile:
    """Show one user's id as a number of very many digits."""

    def arrange(setup: Setup) -> None:
        def encode(_sandbox: Sandbox, encode: Decision, content: object) -> bytes:
            octets: bytes = encode(content)
            return octets.replace(json.dumps(digits).encode(), digits.encode())

        once(digits)(setup)
        setup.sandbox.around("encode", encode)

    return arrange


DANGEROUS = (".", "..", "/", "../users", "a/../..", " ", "\u2028")
"""Ids whose URL some server or client takes for another one."""
UNUSUAL = (
    ("of URLs", ("?x=1", "#x", "%2F", "%2e%2e", "..\\users", "//127.0.0.1:1/x", "http://127.0.0.1:1/x")),
    ("of shells and globs", ("[1-3]", "{1,2}", '"a"', "'; rm -rf ~ #", "$(id)", "`id`", "-1")),
    ("of protocols and terminals", ("a\nb", "a\r\nX-Injected: b", "\x00", "\x1b[2J", "\u202e1", "\ufffe", "\x85")),
    ("of programs", ("constructor", "__proto__", "null", "users", "0", "1e3", "é")),
)
UNREAD = RED | {DOWN}
ANY = UNREAD | {PASSED}
VALUES: tuple[tuple[str, Any], ...] = (
    ("empty", ""),
    ("an object", {"$oid": "1"}),
    ("a list", ["1", "2"]),
    ("true", True),
    ("nothing", None),
    ("a fraction", 1.5),
)
LENGTHS = (("3,000 characters", "x" * 3_000), ("10 MB", "x" * 10 * MIB), ("10 MB of newlines", "\n" * 10 * MIB))
PLAY = (*CREATING, "--name=Ada signs up", "--name=Five users")
DELETIONS = (*DELETING, "--name=Ada deletes their account", "--name=Several users delete")
NUMBERS = (("a number of 4,000 digits", "9" * 4_000), ("a number of 5,000 digits", "9" * 5_000))


def in_turn(texts: tuple[str, ...]) -> Hostile:
    """Give these ids in turn, each once."""
    return together(*(once(text) for text in reversed(texts)))


ROWS = (
    *(Row(f"an id is {text!a}", once(text), DELETIONS, ANY, may_stay=True, settings=SHORT) for text in DANGEROUS),
    *(
        Row(f"ids are words {name}", in_turn(texts), DELETIONS, ANY, may_stay=True, settings=SHORT)
        for name, texts in UNUSUAL
    ),
    *(Row(f"an id is {name}", once(text), DELETIONS, UNREAD, may_stay=True, settings=SHORT) for name, text in LENGTHS),
    *(
        Row(f"an id is {name}", shown_as_number(digits), DELETIONS, FOUND | {LEFT}, may_stay=True, settings=SHORT)
        for name, digits in NUMBERS
    ),
    *(Row(f"ids are {name}", shown_as(value), PLAY, RED, may_stay=True, settings=SHORT) for name, value in VALUES),
)
