"""The parameter types of the step sentences: each turns the words of a feature into a domain object.

An object that depends on the scenario, such as the Actor for `Ada`, is first an OfScenario: the decorators of
support.scenario.steps resolve it when the step runs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from behave import register_type
from parse import with_pattern

from support.models import NewUser
from support.scenario import (
    access,
    answers,
    conditional,
    connections,
    invalid_values,
    odd_bodies,
    odd_requests,
    protocol,
    value_classes,
    values,
)
from support.scenario.context import PERSONAS, ScenarioContext


@dataclass(frozen=True)
class OfScenario:
    """A parameter whose object is only known in the scenario that runs."""

    resolve: Callable[[ScenarioContext], Any]


def one_of(words: Iterable[str]) -> str:
    """Return a pattern for any of these words, the longest first."""
    return "(?:" + "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True)) + ")"


def register(name: str, pattern: str, convert: Callable[[str], Any]) -> None:
    """Register a parameter type under a name."""
    register_type(**{name: with_pattern(pattern)(lambda text: convert(text))})


def words(name: str, *allowed: str) -> None:
    """Register a parameter type that is one of these words."""
    register(name, one_of(allowed), str)


PERSONA = one_of(PERSONAS)
SPELLING, RELATION = one_of(values.SPELLINGS), one_of(values.RELATIONS)
FIELD_NAMES = {"name": ("name",), "email": ("email",), "name and email": ("name", "email")}
MISSING_FIELDS = {"a name": ("name",), "an email": ("email",), "any field": ("name", "email")}
METHODS: dict[str, Callable[[ScenarioContext], str]] = {
    **dict.fromkeys(("an update", "updates"), lambda scenario: scenario.update_method),
    **dict.fromkeys(("a replacement", "replaces"), lambda _: "PUT"),
}
METHODS_OF = {
    "attempt to sign up": ("POST",),
    "attempts to sign up": ("POST",),
    "attempts to change an account": ("PATCH", "PUT"),
    "attempt to delete an account": ("DELETE",),
}


def actors(text: str) -> OfScenario:
    """Return several Actors: `Ada and Grace`, `Ada, Grace and Alan`."""
    return OfScenario(lambda scenario: [scenario.actor(persona) for persona in re.findall(PERSONA, text)])


register("Actor", PERSONA, lambda text: OfScenario(lambda scenario: scenario.actor(text)))
register("Actors", rf"{PERSONA}(?:, {PERSONA})* and {PERSONA}", actors)

# Emails: `Grace's email in upper case`, `an email that starts with Ada's`, `Grace's old email`

SPELLED = re.compile(rf"({PERSONA})'s (old )?email(?: ({SPELLING}))?")
RELATED = re.compile(rf"an email that ({RELATION}) ({PERSONA})'s")
UNTAKEN: dict[str, Callable[[ScenarioContext], str]] = {
    "the email of the refused change": lambda scenario: scenario.sent_email,
    "the email that support searched for": values.future_email,
}
EMAIL = rf"(?:{PERSONA}'s (?:old )?email(?: {SPELLING})?|an email that {RELATION} {PERSONA}'s|{one_of(UNTAKEN)})"


def email(text: str) -> OfScenario:
    """Return the email that a text names by its owner, by its likeness to another email, or by what it was used for."""
    if text in UNTAKEN:
        return OfScenario(UNTAKEN[text])

    def resolve(scenario: ScenarioContext) -> str:
        if related := RELATED.fullmatch(text):
            relation, owner = related.groups()
            return values.RELATIONS[relation](scenario.actor(owner).new_user.email)
        owner, old, spelling = re.fullmatch(SPELLED, text).groups()  # type: ignore[union-attr]
        theirs = scenario.actor(owner).old_email if old else scenario.actor(owner).new_user.email
        return values.SPELLINGS[spelling or "letter for letter"](theirs)

    return OfScenario(resolve)


register("Email", EMAIL, email)
register("Spelling", SPELLING, values.SPELLINGS.__getitem__)

# Fields to sign up or change with: an email, an edge-case value, `the name "..."`, `Grace's name and email`

EDGE_CASE = one_of((*values.NAMES, *values.EMAILS))
QUOTED = re.compile(r'the name "(.+)"')
OTHERS = re.compile(rf"({PERSONA})'s (name|name and email)")


def fields(text: str) -> OfScenario:
    """Return the fields, by name, that a valid sign-up or change is sent with."""
    if quoted := QUOTED.fullmatch(text):
        return OfScenario(lambda _: {"name": quoted[1]})
    if text in values.NAMES or text in values.EMAILS:
        return OfScenario(lambda scenario: values.edge_case(text, scenario.factory))
    if others := OTHERS.fullmatch(text):
        owner, names = others.groups()
        return OfScenario(lambda scenario: _of(scenario.actor(owner).new_user, *FIELD_NAMES[names]))
    return OfScenario(lambda scenario: {"email": email(text).resolve(scenario)})


def _of(new_user: NewUser, *names: str) -> dict[str, str]:
    return {name: new_user.as_json()[name] for name in names}


register("Fields", rf'(?:{EMAIL}|{EDGE_CASE}|the name ".+?"|{PERSONA}\'s name(?: and email)?)', fields)
register("FieldNames", one_of(FIELD_NAMES), FIELD_NAMES.__getitem__)
register("MissingFields", one_of(MISSING_FIELDS), MISSING_FIELDS.__getitem__)
words("Field", "name", "email")

words("InvalidClass", *invalid_values.INVALID_CLASSES)
words("NameClass", *value_classes.NAME_CLASSES)
words("EmailClass", *value_classes.EMAIL_CLASSES)

# Invalid data

INVALID_VALUE = one_of((*invalid_values.INVALID_NAMES, *invalid_values.INVALID_EMAILS))
NOT_OBJECT = rf"{one_of(invalid_values.NOT_OBJECTS)} instead of an object"


register(
    "InvalidBody",
    rf"(?:{INVALID_VALUE}|an empty object|{NOT_OBJECT})",
    lambda text: partial(invalid_values.invalid_body, text),
)
register("InvalidValue", INVALID_VALUE, str)


register("ServerField", one_of(values.SERVER_FIELDS), lambda text: OfScenario(lambda it: values.server_field(it, text)))

# Requests for users who may not exist

SEARCH_TEXTS: dict[str, Callable[[ScenarioContext], str]] = {
    "an unknown email": lambda scenario: scenario.factory.new_user().email,
    "the email that Ada will use": values.future_email,
    "Ada's name": lambda scenario: scenario.actor("Ada").new_user.name,
}


def search_text(text: str) -> OfScenario:
    """Return what to search for: an email, or a text that is no user's email."""
    if text in SEARCH_TEXTS:
        return OfScenario(SEARCH_TEXTS[text])
    if text in values.SEARCH_TEXTS:
        return OfScenario(lambda scenario: values.SEARCH_TEXTS[text](scenario.actor("Ada").new_user.email))
    return email(text)


register("SearchText", rf"(?:{one_of((*SEARCH_TEXTS, *values.SEARCH_TEXTS))}|{EMAIL})", search_text)


register("UnusedId", one_of(values.UNUSED_IDS), lambda text: OfScenario(values.UNUSED_IDS[text]))

# Requests


register("Method", one_of(METHODS), lambda text: OfScenario(METHODS[text]))
register("RequestKind", one_of(METHODS_OF), METHODS_OF.__getitem__)
words("Request", "sign-up", "change")
words("Write", "POST", "PATCH", "PUT")
words("UserWrite", "PATCH", "PUT", "DELETE")
words("Condition", *conditional.CONDITIONS)
register("EdgeCase", EDGE_CASE, str)
register("NotJson", one_of(invalid_values.NOT_JSON), invalid_values.NOT_JSON.__getitem__)
REWRITTEN = {**invalid_values.MALFORMED, **invalid_values.UNKNOWN_MEMBERS}
register("RewrittenBody", one_of(REWRITTEN), REWRITTEN.__getitem__)
register("Writing", one_of(protocol.WRITINGS), protocol.WRITINGS.__getitem__)
register("FirstRequest", one_of(connections.FIRST), connections.FIRST.__getitem__)
words("WrittenType", *connections.TYPES)
words("OddBodies", *odd_bodies.CLASSES)
register("OddReads", one_of(odd_requests.READS), odd_requests.READS.__getitem__)
register("ClientRequests", one_of(answers.REQUESTS), answers.REQUESTS.__getitem__)


register("Resource", one_of(protocol.RESOURCES), lambda text: OfScenario(protocol.RESOURCES[text]))
register(
    "Credential",
    one_of(access.CREDENTIALS),
    lambda text: OfScenario(lambda scenario: access.CREDENTIALS[text](scenario.api.credential)),
)
