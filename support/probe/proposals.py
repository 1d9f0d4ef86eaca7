"""Propose values for fields that a target asks for, by the name of the field and by what a refusal says of it.

The values are templates of a profile: `{local_part}`, `{password}` and the like are filled in for each user.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

HARMLESS = ("user", "member", "viewer", "reader", "customer", "guest", "basic", "standard", "employee", "active")
"""Values that are taken before any other one that a target allows, so that no user has more rights than they need."""
RISKY = re.compile(r"admin|root|owner|super|manage|staff|banned|block|delet|disab|inactive|suspend", re.IGNORECASE)

BY_NAME: Sequence[tuple[str, Sequence[Any]]] = (
    (r"pass(word)?profile", [{"password": "{password}"}]),
    (r"(pass(word|wd|phrase|code)|pwd|secret)\w*", ["{password}"]),
    (r"\w*(confirm|repeat|again)\w*pass\w*", ["{password}"]),
    (r"(e?mail)(address)?(confirm\w*|repeat|again)|(confirm|repeat)e?mail", ["{email}"]),
    (r"e?mail(address)?s?|primaryemail", ["{email}"]),
    (r"(first|given|fore|pre)(name)?|fname", ["{first_name}"]),
    (r"(last|family|sur|second)(name)?|lname", ["{last_name}"]),
    (r"(full|display|real|public|legal|complete|formatted)?name|displayas|formatted", ["{name}"]),
    (r"(user)?principal(name)?|upn", ["{email}"]),
    (r"user(name|id)?|log(in|on)(name)?|nick(name)?|handle|alias|account(name)?|slug|screenname", ["{local_part}"]),
    (r"mailnick(name)?", ["{local_part}"]),
    (r"(external|employee|customer|client|reference|unique|legacy)?(id|uid|uuid|guid|key)", ["{uuid}", "{number}"]),
    (r"age|years?old", [30]),
    (r"(date(of)?)?(birth|born)(day|date|on)?|dob|bday|birthdate", ["1990-01-01", "1990-01-01T00:00:00Z"]),
    (r"birthyear|yearofbirth", [1990]),
    (r"(mobile|cell|tele|work|home|contact)*(phone|mobile|cell|tel|msisdn)(number|no|nr)?", ["+4915{number}"]),
    (r"roles|groups|scopes|permissions|tags|authorities", [["user"], []]),
    (r"(user)?(role|type|kind|level|tier|plan)(name)?", ["user", "member", "standard", "basic"]),
    (r"status|state", ["active", "enabled", "ACTIVE"]),
    (r"profile|attributes|traits", [{}]),
    (r"schemas", [["urn:ietf:params:scim:schemas:core:2.0:User"]]),
    (r"gender|sex|salutation", ["other", "female", "f"]),
    (r"title|position|job(title)?|occupation|profession", ["Engineer"]),
    (r"(company|organi[sz]ation|department|team)(name)?", ["Example"]),
    (r"country(code)?|nationality", ["DE", "Germany"]),
    (r"(post(al)?|zip)(code)?", ["10115", "12345"]),
    (r"city|town", ["Berlin"]),
    (r"(street|address)(line)?\d?", ["Example Street 1"]),
    (r"(preferred)?(locale|lang(uage)?)", ["en", "en-US"]),
    (r"time ?zone|tz", ["UTC"]),
    (r"currency", ["EUR"]),
    (r"(web(site)?|home(page)?|avatar|photo|picture|image|profile)(url|uri|link)?", ["https://example.com/"]),
    (r"\w*(url|uri|link)", ["https://example.com/"]),
    (r"(is|has|accept|agree|consent|terms|tos|gdpr|privacy|newsletter|subscribe|opt)\w*", [True]),
    (r"\w*(terms|consent|agreement|accepted|agreed|enabled|active|verified|confirmed)", [True]),
    (
        r"\w*date|(created|updated|joined|hired|start|starts|end|ends|expires|valid)(at|on|from|until|since)?",
        ["2020-01-01", "2020-01-01T00:00:00Z"],
    ),
    (r"\w*(count|number|amount|score|size|height|weight|salary|quantity)", [1, "{number}"]),
)
"""Values by the name of the field, in small letters without separators; the first pattern that matches counts."""

BY_TEXT: Sequence[tuple[str, Sequence[Any]]] = (
    (r"bool|true or false|must be (true|accepted)|accepted", [True, "true"]),
    (r"date.?time|iso.?8601|rfc ?3339|timestamp", ["1990-01-01T00:00:00Z"]),
    (r"\bdate\b|yyyy", ["1990-01-01"]),
    (r"phone|e\.?164", ["+4915{number}", "+14155552671", "4155552671"]),
    (r"uuid|guid", ["{uuid}"]),
    (r"\b(url|uri)\b", ["https://example.com/"]),
    (r"email", ["{email}"]),
    (r"array|\blist\b|sequence", [[], ["user"]]),
    (r"object|\bdict|mapping|\bmap\b", [{}]),
    (r"alphanumeric|letters and|only contain|slug|lowercase", ["{local_part}"]),
)
"""Values by what a refusal says of the field; a value that the name of the field suggests, too, comes first."""

ANYTHING: Sequence[Any] = ("Ada", "{local_part}", 1, True, "1990-01-01", [], {})
"""Values to try last, for any field."""

NUMBER = re.compile(r"\b(?:int(?:eger)?|number|numeric|decimal|float)\b", re.IGNORECASE)
BOUND = re.compile(r"(?:least|greater than(?: or equal to)?|more than|>=?|minimum(?: is)?|min(?:imum)?:?) *(\d+)", re.I)
ENUMERATED = re.compile(
    r"(?:one of|allowed(?: values)?(?: are)?|expected(?: one of)?|following values?|input should be|enum(?: values)?"
    r"|choose|either|accepted(?: values)?(?: are)?|valid (?:values?|options?|choices?)(?: are)?)[^\w\"'`]*(.+)",
    re.IGNORECASE | re.DOTALL,
)
QUOTED = re.compile(r"[\"'`]([\w.:-]+)[\"'`]")
TYPES = (
    *("string", "str", "number", "integer", "int", "nan", "boolean", "bool", "array", "object", "date", "null"),
    *("undefined", "received", "a", "an"),
)
LIST = re.compile(r"[\w.:-]+(?:(?: *[,|] *(?:or )?| or )[\w.:-]+)+")


def proposals(name: str, text: str = "", choices: Sequence[Any] = ()) -> list[Any]:
    """Return the values to try for a field, the likeliest first."""
    simple = re.sub(r"[^a-z0-9]", "", name.lower())
    by_name = next((values for pattern, values in BY_NAME if re.fullmatch(pattern, simple)), ())
    by_text = [value for pattern, values in BY_TEXT if re.search(pattern, _without(name, text)) for value in values]
    numbers = _numbers(text, by_name)
    allowed = sorted([*choices, *_enumerated(text)], key=_harm)
    safe = [value for value in allowed if _harm(value) <= len(HARMLESS)]
    both = [value for value in by_text if value in by_name]
    return _distinct([*safe, *numbers, *both, *by_name[:1], *by_text, *by_name, *allowed, *ANYTHING])


def _without(name: str, text: str) -> str:
    """Return a text in small letters without the name of the field itself."""
    return re.sub(rf"\b{re.escape(name.lower())}\b", "", text.lower())


def _numbers(text: str, by_name: Sequence[Any]) -> list[Any]:
    if not NUMBER.search(text):
        return []
    bound = BOUND.search(text)
    likely = [value for value in by_name if isinstance(value, int) and not isinstance(value, bool)]
    return [*([int(bound[1]) + 1] if bound else likely), *likely, 1, "{number}"]


def _enumerated(text: str) -> Iterator[str]:
    """Yield the values that a text says are allowed."""
    for found in ENUMERATED.finditer(text):
        quoted = QUOTED.findall(found[1])
        listed = LIST.search(found[1].split(";")[0])
        words = quoted or (re.split(r" *[,|] *(?:or )?| or ", listed[0]) if listed else [])
        yield from (word for word in words if word.lower() not in TYPES)
        return


def _harm(value: Any) -> int:
    """Return the rank of a value that a target allows: harmless values come first, risky ones last."""
    text = str(value).lower()
    return HARMLESS.index(text) if text in HARMLESS else len(HARMLESS) + bool(RISKY.search(text))


def _distinct(values: Sequence[Any]) -> list[Any]:
    """Return the values without repetitions; 1 and true differ."""
    return list({repr(value): value for value in values}.values())
