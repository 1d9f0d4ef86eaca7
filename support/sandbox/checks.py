"""The valid names, emails and pages.

Written from the contract alone and not shared with the suite, so that a mistake in the suite's checks shows.
"""

import json
import re
from typing import Any

NAME_LIMIT = 200
EMAIL_LIMIT = 254
PAGE_LIMIT = 100

_LOCAL = re.compile(r"[^\s@.,:;<>()\[\]\\\"\x00-\x1f\x7f]+(\.[^\s@.,:;<>()\[\]\\\"\x00-\x1f\x7f]+)*")
_LABEL = re.compile(r"[^\W_]([\w-]*[^\W_])?")
_NUMBER = re.compile(r"[0-9]+")


def name_fault(value: object) -> str | None:
    """Return what is wrong with a name, or None."""
    if not isinstance(value, str):
        return "name must be a string"
    if not value.strip():
        return "name must not be empty"
    if len(value) > NAME_LIMIT:
        return f"name must have at most {NAME_LIMIT} characters"
    return None


def email_fault(value: object) -> str | None:
    """Return what is wrong with an email, or None."""
    if not isinstance(value, str):
        return "email must be a string"
    if len(value) > EMAIL_LIMIT:
        return f"email must have at most {EMAIL_LIMIT} characters"
    local, _, domain = value.partition("@")
    labels = domain.split(".")
    if not _LOCAL.fullmatch(local) or len(labels) < 2 or not all(map(_LABEL.fullmatch, labels)):
        return "email must be a valid email"
    return None


def whole_number(text: str, highest: int | None = None) -> int | None:
    """Read a number from 1 to `highest`; None if the text is not one."""
    if not _NUMBER.fullmatch(text) or len(text) > 18:
        return None
    number = int(text)
    return number if number >= 1 and (highest is None or number <= highest) else None


def read_json(body: bytes) -> Any:
    """Read a JSON text in UTF-8 (RFC 8259), strictly.

    Raises ValueError for anything else, such as NaN, half of a surrogate pair, or nesting that is too deep.
    """
    try:
        document = json.loads(body.decode("utf-8"), parse_constant=_refuse_constant)
        if b"\\u" in body:
            json.dumps(document, ensure_ascii=False).encode("utf-8")
    except RecursionError:
        raise ValueError("too deeply nested") from None
    return document


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def is_json_type(content_type: str) -> bool:
    """Return whether a Content-Type is JSON: application/json or any +json, in UTF-8."""
    essence, _, parameters = content_type.partition(";")
    essence = essence.strip().lower()
    if essence != "application/json" and not re.fullmatch(r"[a-z0-9.!#$&^_-]+/[a-z0-9.!#$&^_+-]+\+json", essence):
        return False
    charset = re.search(r"charset\s*=\s*\"?([^\s\";]+)", parameters, re.IGNORECASE)
    return charset is None or charset[1].lower() in ("utf-8", "utf8", "us-ascii")
