"""The words that steps have in common: the cast, and groups of it."""

from __future__ import annotations

import re

from behave import register_type

from support.acts.scene import CAST

_ONE = "(?:" + "|".join(CAST) + ")"


METHODS_OF = {"signs up": ("POST",), "is changed": ("PATCH", "PUT"), "leaves": ("DELETE",)}


def person(text: str) -> str:
    """Return one of the cast."""
    return text


def people(text: str) -> list[str]:
    """Return a group of the cast: `Ada`, `Ada and Grace`, `Ada, Grace and Alan`."""
    return re.findall(_ONE, text)


person.pattern = _ONE  # type: ignore[attr-defined]
people.pattern = rf"{_ONE}(?:, {_ONE})* and {_ONE}"  # type: ignore[attr-defined]
register_type(Person=person, People=people)


def _one_of(*words: str) -> object:
    def convert(text: str) -> str:
        return text

    convert.pattern = "(?:" + "|".join(re.escape(word) for word in words) + ")"  # type: ignore[attr-defined]
    return convert


register_type(
    Spelling=_one_of(
        "as it is",
        "in capitals",
        "in small letters",
        "with one capital letter",
        "with its domain in capitals",
        "and a +tag",
    ),
    Change=_one_of("changing", "replacing"),
    Changed=_one_of("changed", "replaced"),
    OwnThing=_one_of(
        "an id of her own",
        "Grace's id",
        "a date of joining",
        "an id as databases name it",
        "a date as databases name it",
        "the rank of administrator",
        "a role",
        "rights inside another field",
    ),
    JsonType=_one_of("application/json; charset=utf-8", "application/json;charset=UTF-8"),
    Accepted=_one_of("welcomed", "changed"),
    State=_one_of("was never there", "has left"),
    Deed=_one_of(*METHODS_OF),
    Somebody=_one_of("a newcomer", *CAST),
)
