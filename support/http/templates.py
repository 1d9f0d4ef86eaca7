"""The further fields of a request, as the templates of a profile say.

Further fields are valid even if the contract's own fields are not, so that only what a scenario says makes a request
invalid: a stand-in replaces an invalid name or email, and values that may have to be unique differ each time.
"""

from __future__ import annotations

import itertools
import re
import secrets
import uuid
from collections.abc import Mapping
from functools import cache
from typing import Any

from support.models import LONGEST_EMAIL, LONGEST_NAME
from support.profile_requests import PLACEHOLDER
from support.redaction import PASSWORD, redacted

EMAIL = re.compile(r"[\w.+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,}")
STAND_IN = "Ada Lovelace"

_numbers = itertools.count(100_000_000 + secrets.randbelow(800_000_000))


@cache
def password() -> str:
    """Return the password of all users of this process, hidden from now on; it keeps the usual rules for passwords."""
    drawn = f"Aa1!{secrets.token_urlsafe(12)}"
    redacted.hide(drawn, PASSWORD)
    return drawn


def filled(template: Any, fields: Mapping[str, Any], user_id: str | int | None = None) -> Any:
    """Fill in a template, at any depth, for a request about `user_id` with these fields, named as in the contract."""
    values = _values(fields, user_id)

    def fill(part: Any) -> Any:
        if isinstance(part, Mapping):
            return {key: fill(inner) for key, inner in part.items()}
        if isinstance(part, list):
            return [fill(inner) for inner in part]
        if not isinstance(part, str):
            return part
        whole = PLACEHOLDER.fullmatch(part)
        return values[whole[1]] if whole else PLACEHOLDER.sub(lambda found: str(values[found[1]]), part)

    return fill(template)


def merged(document: Mapping[str, Any], further: Mapping[str, Any]) -> dict[str, Any]:
    """Add further fields to a document, at any depth; what it holds already stays."""
    added = {key: value for key, value in further.items() if key not in document}
    both = {
        key: merged(value, further[key])
        for key, value in document.items()
        if isinstance(value, Mapping) and isinstance(further.get(key), Mapping)
    }
    return {**document, **both, **added}


def _values(fields: Mapping[str, Any], user_id: str | int | None) -> Mapping[str, Any]:
    """Return what each placeholder stands for; `local_part` is unique, of at most 19 letters and digits."""
    number, name, email = next(_numbers), fields.get("name"), fields.get("email")
    if not isinstance(name, str) or not name.strip() or len(name) > LONGEST_NAME:
        name = STAND_IN
    if not isinstance(email, str) or not EMAIL.fullmatch(email) or len(email) > LONGEST_EMAIL:
        email = f"nobody-{number}@example.com"
    first, _, last = name.strip().rpartition(" ")
    letters = re.sub(r"[\W_]+", "", email.partition("@")[0], flags=re.ASCII).lower()
    return {
        "name": name,
        "first_name": first or last,
        "last_name": last,
        "email": email,
        "local_part": f"{letters[:10]}{number}",
        "password": password(),
        "uuid": str(uuid.uuid4()),
        "number": number,
        "id": user_id,
    }
