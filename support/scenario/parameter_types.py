"""The parameter types of the step sentences."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from behave import register_type

from support.scenario.context import PERSONAS, Actor, ScenarioContext

_ONE = "(?:" + "|".join(PERSONAS) + ")"


METHODS_OF = {
    "sign-up": ("POST",),
    "sign-ups": ("POST",),
    "change": ("PATCH", "PUT"),
    "changes": ("PATCH", "PUT"),
    "deletion": ("DELETE",),
}


@dataclass(frozen=True)
class OfScenario:
    """A parameter whose object is only known in the scenario that runs."""

    resolve: Callable[[ScenarioContext], Any]


def actor(text: str) -> OfScenario:
    """Return the Actor of a persona."""
    return OfScenario(lambda scenario: scenario.actor(text))


def actors(text: str) -> OfScenario:
    """Return several Actors: `Ada and Grace`, `Ada, Grace and Alan`."""

    def resolve(scenario: ScenarioContext) -> list[Actor]:
        return [scenario.actor(persona) for persona in re.findall(_ONE, text)]

    return OfScenario(resolve)


def person(text: str) -> str:
    """Return one of the cast."""
    return text


def people(text: str) -> list[str]:
    """Return a group of the cast: `Ada`, `Ada and Grace`, `Ada, Grace and Alan`."""
    return re.findall(_ONE, text)


person.pattern = _ONE  # type: ignore[attr-defined]
people.pattern = rf"{_ONE}(?:, {_ONE})* and {_ONE}"  # type: ignore[attr-defined]
actor.pattern, actors.pattern = person.pattern, people.pattern  # type: ignore[attr-defined]
register_type(Person=person, People=people, Actor=actor, Actors=actors)


def _like(pattern: str) -> object:
    def convert(text: str) -> str:
        return text

    convert.pattern = pattern  # type: ignore[attr-defined]
    return convert


def _one_of(*words: str) -> object:
    return _like("(?:" + "|".join(re.escape(word) for word in words) + ")")


register_type(
    Value=_like("(?:a name|an email) (?:in|of|with) .+?"),
    Field=_one_of("name", "email"),
    Spelling=_one_of(
        "letter for letter",
        "in upper case",
        "in lower case",
        "with one upper-case letter",
        "with an upper-case domain",
        "plus a +tag",
    ),
    Change=_one_of("an update", "a replacement"),
    Changed=_one_of("updated", "replaced"),
    InvalidValue=_like(
        r"(?:no (?:name|email)|(?:null|zero|an? [\w ]+) as the (?:name|email)"
        r"|an empty (?:name|email)|(?:a name|an email) (?!that ).+)"
    ),
    NotAnObject=_one_of("an empty list", "a list of one user", "a string", "a number", "null", "nothing"),
    ServerField=_one_of(
        "a made-up id",
        "Grace's id",
        "a past creation date",
        "an _id field",
        "a created_at field",
        "administrator rights",
        "an administrator role",
        "nested administrator rights",
    ),
    UnknownEmail=_one_of(
        "an unknown email",
        "the beginning of Ada's email",
        "the domain of Ada's email",
        "Ada's email with a percent sign",
        "Ada's email with an underscore",
        "Ada's email with an asterisk",
        "the local part of Ada's email",
        "Ada's name",
        "Ada's email without its dots",
    ),
    State=_one_of("never existed", "was deleted"),
    Request=_one_of(*METHODS_OF),
    NewOwner=_one_of("a new user", *PERSONAS),
    Occasion=_one_of(
        "signs up",
        "reads a user",
        "reads the list",
        "reads a page",
        "searches by email",
        "searches for an unknown email",
        "updates a user",
        "replaces a user",
        "deletes a user twice",
        "requests an unknown user",
        "requests an invalid page",
        "sends a password",
        "sends a taken email",
        "sends invalid data",
        "sends malformed bodies",
        "uses an unsupported method",
        "uses a wrong token",
        "uses no token",
        "does not ask for JSON",
    ),
    Write=_one_of("POST", "PATCH", "PUT"),
    Update=_one_of("PATCH", "PUT"),
    JsonType=_one_of("application/json; charset=utf-8", "application/json;charset=UTF-8"),
    OtherType=_like("(?!application/json).+"),
)
