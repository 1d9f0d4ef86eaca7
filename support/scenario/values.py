"""The values that the features name: each table maps the words of the features to what is sent for them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from itertools import compress
from typing import Any

from support.contract.matchers import has_status
from support.contract.normalizers import names_one_user, user_of
from support.errors import Inconclusive
from support.escaping import on_one_line
from support.scenario.accounts import become_user
from support.scenario.context import Actor, ScenarioContext
from support.scenario.factory import Factory

TRIES_FOR_AN_ID = 6
NEXT_IDS = 5
OLD_DATE = "2001-02-03T04:05:06Z"

NAMES: Mapping[str, Callable[[Factory], str]] = {
    "a name of 200 characters": lambda factory: factory.long_name(),
    "a name of 200 Chinese characters": lambda _: "龍" * 200,
    "a name in Chinese characters": lambda _: "李小龍",
    "a name with leading and trailing spaces": lambda _: " Ada Lovelace ",
    "a name with combining accents": lambda _: "Zoe\u0308 Bronte\u0308",
    "a name with quotes and an ampersand": lambda _: 'O\'Brien & "Söhne" <b>',
}

EMAILS: Mapping[str, Callable[[Factory], str]] = {
    "an email with a +tag": lambda factory: factory.new_user().email.replace("@", "+news@"),
    "an email in upper case": lambda factory: factory.new_user().email.replace("@", ".iris@").upper(),
    "an email in mixed case": lambda factory: factory.new_user().email.title(),
    "an email of maximum length": lambda factory: factory.long_email(),
}

Spelling = Callable[[str], str]

SPELLINGS: Mapping[str, Spelling] = {
    "letter for letter": lambda email: email,
    "in upper case": lambda email: email.upper(),
    "in lower case": lambda email: email.lower(),
    "with one upper-case letter": lambda email: email[0].upper() + email[1:],
    "with an upper-case domain": lambda email: f"{local_part(email)}@{domain(email).upper()}",
    "plus a +tag": lambda email: email.replace("@", "+tag@"),
}
"""One email, written in other ways; all but the last are the same email."""

RELATIONS: Mapping[str, Callable[[str], str]] = {
    "starts with": lambda email: f"{email}.au",
    "ends with": lambda email: f"x{email}",
    "adds a tag to": lambda email: f"{local_part(email)}+tag@{domain(email)}",
    "differs in one character from": lambda email: email.replace(".", "x", 1),
    "differs by an underscore from": lambda email: f"{email[0]}_{email[2:]}",
    "omits the dots in": lambda email: f"{local_part(email).replace('.', '')}@{domain(email)}",
    "turns round the words in": lambda email: f"{'.'.join(reversed(local_part(email).split('.')))}@{domain(email)}",
    "differs only near the end from": lambda email: email.replace("x.example.com", "y.example.com"),
}
"""Other emails, such as one that starts with a user's."""

SEARCH_TEXTS: Mapping[str, Callable[[str], str]] = {
    "the beginning of Ada's email": lambda email: email[:-4],
    "the domain of Ada's email": lambda email: domain(email),
    "Ada's email with a percent sign": lambda email: f"%{email[3:]}",
    "Ada's email with an underscore": lambda email: f"_{email[1:]}",
    "Ada's email with an asterisk": lambda email: f"{email[:3]}*@{domain(email)}",
    "the local part of Ada's email": lambda email: local_part(email),
    "Ada's email, a comma and another": lambda email: f"{email},x{email}",
    "Ada's email in a JSON array": lambda email: json.dumps([email]),
    "Ada's email in angle brackets": lambda email: f"Ada <{email}>",
    "an empty string": lambda _: "",
    "a space": lambda _: " ",
    "Ada's email without its dots": RELATIONS["omits the dots in"],
}
"""Texts made of Ada's email that are no user's email."""

SERVER_FIELDS: Mapping[str, Callable[[ScenarioContext], dict[str, Any]]] = {
    "a made-up id": lambda scenario: {"id": unused_id(scenario)},
    "Grace's id": lambda scenario: {"id": scenario.actor("Grace").known_id},
    "a past creation date": lambda _: {"createdAt": OLD_DATE},
    "null as the creation date": lambda _: {"createdAt": None},
    "an _id field": lambda scenario: {"_id": unused_id(scenario)},
    "a created_at field": lambda _: {"created_at": OLD_DATE},
    "a NAME field": lambda scenario: {"NAME": f"Mallory {scenario.factory.mark}"},
    "administrator rights": lambda _: {"isAdmin": True},
    "an administrator role": lambda scenario: {"role": f"administrator-{scenario.factory.mark}"},
    "nested administrator rights": lambda _: {"attributes": {"isAdmin": True, "level": 9}},
    "a date of deletion": lambda _: {"deletedAt": OLD_DATE, "deleted_at": OLD_DATE},
    "database operators": lambda scenario: {
        "$set": {"createdAt": OLD_DATE, "name": f"Mallory {scenario.factory.mark}"},
        "$unset": {"email": ""},
    },
    "a __proto__ field": lambda scenario: {
        "__proto__": {"sentBy": scenario.factory.mark},
        "constructor": {"prototype": {"sentBy": scenario.factory.mark}},
    },
}
"""Fields that only the server may set."""

UNUSED_IDS: Mapping[str, Callable[[ScenarioContext], str]] = {
    "an id that was never assigned": lambda scenario: unused_id(scenario),
    "a word": lambda scenario: f"nobody-{scenario.factory.mark}",
    "Ada's id after a minus sign": lambda scenario: f"-{scenario.actor('Ada').known_id}",
    "25 digits": lambda _: "9" * 25,
    "200 letters": lambda _: "x" * 200,
    "an emoji": lambda _: "🦉",
    "Ada's id plus one character": lambda scenario: scenario.actor("Ada").known_id + "x",
    "an SQL expression": lambda _: "' OR '1'='1",
    "the word constructor": lambda _: "constructor",
}


ACCENTED = str.maketrans("aeiouAEIOU", "áéíóúÁÉÍÓÚ")
"""Letters with accents, which are equal to the letters without them in the default collations of some databases."""
RESEMBLING: Sequence[Callable[[str], str]] = (
    lambda user_id: f"{user_id}.json",
    lambda user_id: f"{user_id}.0",
    lambda user_id: f"0{user_id}",
    lambda user_id: f"+{user_id}",
    lambda user_id: f"{user_id} ",
    lambda user_id: f" {user_id}",
    lambda user_id: f"{user_id}%20",
    lambda user_id: f"{user_id}\n",
    lambda user_id: f"{user_id}\0",
    lambda user_id: f"{user_id}\0.json",
    lambda user_id: f"%{ord(user_id[0]):02x}{user_id[1:]}",
    lambda _: "9" * 25,
    lambda _: str(2**63),
    lambda user_id: f"{user_id}*",
    lambda user_id: f"{user_id};v=1",
    lambda user_id: f"{user_id},{user_id}",
    lambda user_id: f'"{user_id}"',
    lambda user_id: f"{user_id}'--",
    lambda user_id: user_id.translate(ACCENTED),
    lambda user_id: user_id if user_id.isdigit() else user_id[:-1],
)
RESEMBLING_NUMBERS: Sequence[Callable[[int], str]] = (
    lambda number: f"{number}e0",
    lambda number: hex(number),
    lambda number: f"{number}.01",
    lambda number: str(number + 2**31),
    lambda number: str(number + 2**32),
    lambda number: str(number + 2**64),
    lambda number: f"{number}_0",
    lambda number: "".join(chr(0x660 + int(digit)) for digit in str(number)),
)
"""Ids that a careless comparison takes for a known id: it parses numbers, trims white space or ignores a suffix.

None of these ids may be a lower number or begin with one, as `1,234` begins with 1: other clients' users have those.
"""
WILDCARDS, LONG_ID = "_%", 16
"""SQL wildcards, and the length from which an id with a wildcard as its last character matches only one user."""


def local_part(email: str) -> str:
    return email.partition("@")[0]


def domain(email: str) -> str:
    return email.partition("@")[2]


def edge_case(value: str, factory: Factory) -> dict[str, str]:
    """Return the field with an edge-case value; raises KeyError for an unknown one."""
    return {"name": NAMES[value](factory)} if value in NAMES else {"email": EMAILS[value](factory)}


def server_field(scenario: ScenarioContext, value: str) -> dict[str, Any]:
    """Return a field that only the server may set; the same each time within a scenario."""
    if value not in scenario.values:
        scenario.values[value] = SERVER_FIELDS[value](scenario)
    field: dict[str, Any] = scenario.values[value]
    return field


def ask_for_next_ids(scenario: ScenarioContext, actor: Actor) -> None:
    """Read the ids that come after a user's, if ids are numbers; nobody has them yet, or another client's user."""
    if actor.known_id.isdecimal():
        ids = [str(int(actor.known_id) + more) for more in range(1, NEXT_IDS + 1)]
        scenario.run_few_at_once([scenario.api.read(user_id) for user_id in ids])


def future_email(scenario: ScenarioContext) -> str:
    """Return an email that no user has yet; the same each time within a scenario."""
    scenario.values.setdefault("future email", scenario.factory.new_user().email)
    return str(scenario.values["future email"])


def unused_id(scenario: ScenarioContext) -> str:
    """Return an id that no user has, in the form of the API's ids.

    Another client's user may have a drawn id: raises ContractViolation unless the last read says that it is unknown.
    """
    known = scenario.users or [become_user(scenario, scenario.actor("Radia"))]
    for longer_by in range(TRIES_FOR_AN_ID):
        drawn = scenario.factory.unused_id(known[0].known_id, longer_by)
        exchange = scenario.run(scenario.api.read(drawn))
        if exchange.status != 200 or user_of(exchange.answer, scenario.profile) is None:
            break
    scenario.check(exchange, has_status(scenario.answers.unknown), rule="read-404", attempted="reading an unused id")
    return drawn


def resembling_ids(scenario: ScenarioContext, actor: Actor) -> list[str]:
    """Read ids that resemble the actor's; keep the reads, and return the ids, of all but other clients' users.

    The id in swapped letter case is left out if a read finds it: whether letter case matters is up to the API.
    """
    known = actor.known_id
    in_other_case = known.swapcase()
    made = [resemble(known) for resemble in RESEMBLING]
    made += [resemble(int(known)) for resemble in RESEMBLING_NUMBERS] if known.isascii() and known.isdigit() else []
    made += [f"{known[:-1]}{sign}" for sign in WILDCARDS if len(known) >= LONG_ID]
    ids = [one for one in dict.fromkeys([*made, in_other_case]) if one != known and names_one_user(one)]
    reads = scenario.run_few_at_once([scenario.api.read(one) for one in ids])
    if in_other_case in ids and reads[-1].status not in scenario.answers.unknown:
        ids, reads = ids[:-1], reads[:-1]
    shown = [user_of(read.answer, scenario.profile) for read in reads]
    ours = {user.new_user.email.lower() for user in scenario.users}
    may_be_named = [user is None or user.email in ours for user in shown]
    scenario.keep(*compress(reads, may_be_named))
    return list(compress(ids, may_be_named))


def safe_id(scenario: ScenarioContext, user_id: str) -> str:
    """Return the id if it may be changed or deleted; raises Inconclusive if a user who is not ours has it."""
    shown = user_of(scenario.run(scenario.api.read(user_id)).answer, scenario.profile)
    if shown is not None and shown.id not in {actor.id for actor in scenario.users}:
        raise Inconclusive(f"{user_id!r} should be no user's id, but user {on_one_line(shown.id)} has it")
    return user_id
