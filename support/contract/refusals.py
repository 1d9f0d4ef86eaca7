"""Read from a refusal which fields are wrong, and why, in the formats of common frameworks.

These are problem documents (RFC 9457), JSON:API, and the answers of FastAPI, Django REST, Rails, Laravel, Spring,
ASP.NET, Joi, Zod, class-validator, express-validator, Ajv, Mongoose, Eve and Go's validator, in any mixture and depth.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

Path = tuple[str, ...]

PLACES = (
    *("loc", "path", "propertyPath", "pointer", "instancePath", "dataPath", "field", "fieldName", "property", "param"),
    *("attribute", "parameter", "source", "name", "key"),
)
TEXTS = (
    *(
        "msg",
        "message",
        "detail",
        "defaultMessage",
        "errorMessage",
        "reason",
        "description",
        "error",
        "title",
        "constraints",
        "code",
    ),
    *("type", "keyword", "kind", "ctx", "context", "expected", "messages"),
)
BESIDE_A_NAME = ("reason", "message", "msg", "messages", "description")
"""Keys that stand beside the name of a field, but not beside the name of an error."""
CHOICES = ("options", "enum", "enumValues", "allowedValues", "valids", "choices", "expected_one_of", "values")
MISSING = ("missingProperty", "missing")
UNKNOWN_KEYS = ("keys", "additionalProperty", "unknown")
ENVELOPES = (
    *("error", "errors", "detail", "details", "data", "issues", "fielderrors", "formerrors", "_issues", "_error"),
    *("violations", "invalidparams", "validation", "extensions", "message", "messages", "body", "params", "source"),
    *("validationerrors", "non_field_errors", "nonfielderrors", "problems", "failures", "cause", "response", "meta"),
    *("errorcauses", "causes", "errorsummary", "errormessage"),
    *("fields", "error_description", "reason", "hint", "description", "title", "properties", "inner"),
)
PARTS_OF_THE_REQUEST = ("body", "query", "requestBody", "json", "payload", "#", "$", "")
UNKNOWN = re.compile(
    r"should not exist|unknown|unrecogni[sz]ed|unexpected|additional|extra (?:field|input)|not (?:allowed|permitted)\b"
    r"|unpermitted|unsupported (?:field|attribute|property)|forbidden_extra|property .{1,80} does not exist"
    r"|permission to access field|no such (?:field|attribute)",
    re.IGNORECASE,
)
TAKEN = re.compile(r"already|\btaken\b|\bexists\b|in use\b|duplicate|must be unique", re.IGNORECASE)
COMPLAINT = re.compile(
    r"required|must|invalid|missing|blank|empty|expect|should|can.?t |cannot|unknown|not |at least|least|valid|wrong"
    r"|null|too (?:short|long)|unrecogni|need|please",
    re.IGNORECASE,
)
OF_ONE = re.compile(
    r"(?:Field validation for|column|param(?:eter)? is missing or the value is empty:|invalid value for(?: the)?)"
    r" [\"'`]?(\w+)"
    r"|(?:[Vv]alue is required for|^Missing|[Pp]roperty)(?: property)? [\"'`](\w+)[\"'`]|\bmissing (\w+)\.?$"
)
AND_COLON = re.compile(r"([a-z][\w.]*): +(.+)", re.DOTALL)
"""A field, a colon, and what is wrong with the field."""
MARKS = (
    "code",
    "status",
    "statuscode",
    "type",
    "errorcode",
    "requestid",
    "traceid",
    "errorid",
    "errorlink",
    "innererror",
    "location",
)
"""Names of what an error has beside its text, in small letters without separators."""
QUOTED = re.compile(r"[\"'`“]([A-Za-z_$][\w.$/\-\[\]]*)[\"'`”]")
LISTED = re.compile(
    r"(?:missing|required|mandatory)[^:]*(?:fields?|param\w*|propert\w*|attributes?|values?|keys?)?[^:]*: *"
    r"\[?([\w.\"'`, ]+?)\]?\.?$|missing (?:required )?(?:fields?|propert\w*|param\w*) ([\w., ]+?)\.?$",
    re.IGNORECASE,
)
AT_THE_BEGINNING = re.compile(
    r"^(?:error: )?(?:the |a |an |your |please provide |property |field |body/)?"
    r"([\w./]+(?:(?:,? and |, | )[\w./]+){0,5}?)"
    r"(?: fields?| property| attribute| parameter)? "
    r"(?:must|should|is|are|can.?t|cannot|can not|has|have|does|may not|needs?|format|value)\b",
    re.IGNORECASE,
)
OF_CHOICES = re.compile(r"one of|expected|allowed|choose|either|input should be|values?:|enum", re.IGNORECASE)
NO_NAMES = (
    *("this", "it", "that", "which", "there", "you", "your", "the", "a", "an", "one", "all", "some", "and", "or"),
    *("value", "values", "field", "fields", "property", "properties", "request", "body", "payload", "input", "data"),
    *("validation", "json", "user", "bad", "server", "string", "object", "content", "type", "required", "missing"),
)


NO_VALUES = tuple(name for name in NO_NAMES if name not in ("user", "data"))
"""Words of NO_NAMES that are no field, even where a text names a single one."""


@dataclass(frozen=True)
class Complaint:
    """What is wrong with one field: its path in the body, the text that says so, and the values that are allowed."""

    path: Path
    text: str = ""
    choices: tuple[Any, ...] = ()

    @property
    def is_unknown(self) -> bool:
        """Whether the target does not want the field at all."""
        return bool(UNKNOWN.search(self.text))

    @property
    def is_taken(self) -> bool:
        """Whether only the value of the field is wrong, because another user has it."""
        return bool(TAKEN.search(self.text))


def complaints_in(document: Any) -> list[Complaint]:
    """Return what a refusal says of each field; what names no field is left out."""
    found = (replace(one, path=path_of(one.path)) for one in _in(document, (), False))
    told = [one for one in dict.fromkeys(found) if one.path]
    return [one for one in told if not any(_says_more(other, one) for other in told)]


def _says_more(other: Complaint, one: Complaint) -> bool:
    """Whether another complaint says more about the same field: more choices, or a longer path with the same end."""
    if other.path == one.path:
        return len(other.choices) > len(one.choices)
    return not one.is_unknown and len(other.path) > len(one.path) and other.path[-len(one.path) :] == one.path


def _in(node: Any, path: Path, trusted: bool) -> Iterator[Complaint]:
    """Yield the complaints in a part of an answer; `trusted` says that the part is inside an envelope of errors."""
    if isinstance(node, str):
        yield from (Complaint((*path, *name), node) for name in (names_in(node) if not path else [()]))
    elif isinstance(node, list):
        for one in node:
            yield from _in(one, path, trusted)
    elif isinstance(node, Mapping):
        place = _place(node)
        if place is not None:
            yield from _at(node, place if path == place[: len(path)] else (*path, *place))
        elif path and any(isinstance(node.get(key), str) for key in ("message", "msg", "detail")):
            yield from _at(node, path)
        else:
            for key, value in node.items():
                yield from _under(str(key), value, path, trusted)


def _under(key: str, value: Any, path: Path, trusted: bool) -> Iterator[Complaint]:
    if re.sub(r"[^a-z_]", "", key.lower()) in ENVELOPES:
        yield from _in(value, path, True)
    elif key.startswith("_") or _is_beside(key, value) or (isinstance(value, str) and not _complains(value, trusted)):
        return
    elif isinstance(value, str) or (isinstance(value, list | Mapping) and (trusted or path or _is_of_texts(value))):
        yield from _in(value, (*path, key), True)


def _is_beside(key: str, value: Any) -> bool:
    """Whether a value is a code or the like, which an error has beside its text."""
    is_name = isinstance(value, str) and " " not in value and ("_" in value or value.isupper())
    is_text = isinstance(value, str) and not is_name and (" " in value or COMPLAINT.search(value) is not None)
    return re.sub(r"[^a-z]", "", key.lower()) in MARKS and not is_text and not isinstance(value, list)


def _complains(text: str, trusted: bool) -> bool:
    """Whether the text under a key says what is wrong with that field; in an envelope, all texts but error names do."""
    return not text.endswith(("Error", "Exception")) if trusted else " " in text and bool(COMPLAINT.search(text))


def _is_of_texts(value: Any) -> bool:
    """Whether a list or a map holds nothing but complaints in words, at any depth, as from a validator of forms."""
    parts = list(value.values() if isinstance(value, Mapping) else value)
    return bool(parts) and all(
        (isinstance(part, str) and COMPLAINT.search(part)) or (isinstance(part, list | Mapping) and _is_of_texts(part))
        for part in parts
    )


def _place(node: Mapping[str, Any]) -> Path | None:
    """Return the path of the field that an error is about, empty if only `params` name it; None if this is no error."""
    if not any(key in node for key in TEXTS):
        return None
    params = node.get("params")
    for key in PLACES:
        place = node.get(key)
        if key == "source" and isinstance(place, Mapping):
            place = place.get("pointer", place.get("parameter"))
        if key in ("name", "key") and not any(text in node for text in BESIDE_A_NAME):
            continue
        if isinstance(place, str | list) and _is_place(place, key, node):
            return path_of(place)
    return () if isinstance(params, Mapping) and any(key in params for key in (*MISSING, *UNKNOWN_KEYS)) else None


def _is_place(place: str | Sequence[Any], key: str, node: Mapping[str, Any]) -> bool:
    """Whether a value names a field; the path of the request does not, nor does the name of an error."""
    if not isinstance(place, str):
        return all(isinstance(step, str | int) for step in place)
    is_route = key == "path" and (place.startswith("/") or "timestamp" in node or "status" in node)
    is_error = key == "name" and ("className" in node or place.endswith(("Error", "Request", "Exception")))
    return " " not in place and not is_route and not is_error


def _at(node: Mapping[str, Any], path: Path) -> Iterator[Complaint]:
    """Yield what an entry says of the field at a path, or of fields that it names as missing or unknown."""
    inner = [part for key in ("params", "context", "ctx") if isinstance(part := node.get(key), Mapping)]
    text = "; ".join(text for key in TEXTS if key in node for text in _texts(node[key]))
    missing = [part[key] for part in (*inner, node) for key in MISSING if isinstance(part.get(key), str)]
    unknown = [part[key] for part in (*inner, node) for key in UNKNOWN_KEYS if part.get(key) and UNKNOWN.search(text)]
    for name in (one for part in unknown for one in ([part] if isinstance(part, str) else part)):
        yield Complaint((*path, str(name)), f"unknown: {text}")
    yield from (Complaint((*path, *path_of(name)), f"required: {text}") for name in missing)
    if not missing and not unknown:
        lists = (found for part in (*inner, node) for key in CHOICES if isinstance(found := part.get(key), list))
        choices = next((tuple(one) for one in lists if one and all(isinstance(value, str | int) for value in one)), ())
        yield from [Complaint(path, text, choices)] if path else (Complaint(name, text) for name in names_in(text))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | Mapping):
        for part in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(part)


def path_of(place: str | Sequence[Any]) -> Path:
    """Return the path in the body, from a pointer, a dotted name, or a list of steps such as FastAPI's `loc`."""
    if isinstance(place, str):
        separator = "/" if "/" in place else "."
        place = re.sub(r"\[(\w*)\]", rf"{separator}\1", place).removeprefix("#").split(separator)
    steps = [str(step) for step in place]
    while steps and steps[0] in PARTS_OF_THE_REQUEST:
        steps = steps[1:]
    # a message may show the field as a property or a label, such as `FirstName`
    return tuple(step if step.isupper() else step[:1].lower() + step[1:] for step in steps if step)


def names_in(text: str) -> list[Path]:
    """Return the fields that a text names."""
    text = text.strip()
    if (one := OF_ONE.search(text)) and (name := next(filter(None, one.groups()))).lower() not in NO_VALUES:
        return [path_of(name)]
    if (one := AND_COLON.fullmatch(text)) and one[1] not in NO_NAMES and COMPLAINT.search(one[2]):
        return [path_of(one[1])]
    if listed := LISTED.search(text):
        return _split(listed[1] or listed[2])
    about = OF_CHOICES.split(text, maxsplit=1)[0]
    quoted = [name for name in QUOTED.findall(about) if name.lower() not in NO_NAMES]
    if quoted:
        return [path_of(name) for name in quoted]
    begun = AT_THE_BEGINNING.match(text)
    return _split(begun[1]) if begun else []


def _split(text: str) -> list[Path]:
    """Return the fields in an enumeration; `First name` is the label of `first_name`."""
    parts = (part.strip(" \"'`.") for part in re.split(r",|\band\b|\bor\b|&", text))
    names = (re.sub(r"\s+", "_", part) if part[:1].isupper() or " " not in part else part for part in parts)
    names = (name if " " not in name else "_".join(name.split()) for name in names)
    return [path for name in names if name and name.lower() not in NO_NAMES and (path := path_of(name))]
