"""Reading requests: the client's token and the content."""

import hashlib
from typing import Any

from support.sandbox import checks
from support.sandbox.exchange import Call, Refusal, bears
from support.sandbox.store import Key

BODY_LIMIT = 256 * 1024  # octets
_DEFAULT_LIMIT = 20


class Intake:
    """Reads requests; refuses invalid ones."""

    def __init__(self, token: str) -> None:
        self.token = token

    def authenticate(self, call: Call) -> None:
        """Refuse a request without the token (RFC 6750)."""
        if not bears(call.headers, self.token):
            challenge = {"www-authenticate": self.challenge()}
            raise Refusal(401, "Unauthorized", "The request needs the bearer token.", challenge)

    def challenge(self) -> str:
        """Say how to authenticate (RFC 9110, section 11.6.1)."""
        return "Bearer"

    def idempotency_key(self, call: Call) -> Key | None:
        """Read the Idempotency-Key, if there is one."""
        value = call.headers.get("idempotency-key")
        return None if value is None else Key(value, hashlib.sha256(call.body).digest())

    def page(self, call: Call) -> tuple[int, int] | None:
        """Read the page as (offset, count); None if the whole list is wanted."""
        if "page" not in call.query and "limit" not in call.query:
            return None
        number = checks.whole_number(call.query.get("page", "1"))
        limit = checks.whole_number(call.query.get("limit", str(_DEFAULT_LIMIT)), checks.PAGE_LIMIT)
        if number is None or limit is None:
            raise self.bad_page()
        return min((number - 1) * limit, 2**62), limit

    def bad_page(self) -> Refusal:
        """Refuse an invalid page or limit."""
        return Refusal(400, "Bad Request", f"page counts from 1, limit is from 1 to {checks.PAGE_LIMIT}.")

    def document(self, call: Call) -> dict[str, Any]:
        """Read the body, a JSON object."""
        if not checks.is_json_type(call.headers.get("content-type", "")):
            raise Refusal(415, "Unsupported Media Type", "The body must be application/json.")
        if len(call.body) > BODY_LIMIT:
            close = {"connection": "close"}  # what is left of the body is not read
            raise Refusal(413, "Content Too Large", f"A body has at most {BODY_LIMIT} bytes.", close)
        try:
            document = self.parse(call.body)
        except ValueError:
            raise Refusal(400, "Bad Request", "The body is not JSON in UTF-8.") from None
        if not isinstance(document, dict):
            raise self.invalid("the body must be an object")
        return document

    def parse(self, body: bytes) -> Any:
        """Read JSON. Raises ValueError."""
        return checks.read_json(body)

    def fields(self, document: dict[str, Any], *, required: bool) -> dict[str, str]:
        """Return the name and email of a document, checked; other fields are ignored."""
        fields = {}
        for field, fault_of in (("name", self.name_fault), ("email", self.email_fault)):
            if field not in document:
                if required:
                    raise self.invalid(f"{field} is missing")
                continue
            fault = fault_of(document[field])
            if fault is not None:
                raise self.invalid(fault)
            fields[field] = document[field]
        return fields

    def name_fault(self, value: object) -> str | None:
        """Return what is wrong with a name."""
        return checks.name_fault(value)

    def email_fault(self, value: object) -> str | None:
        """Return what is wrong with an email."""
        return checks.email_fault(value)

    def invalid(self, detail: str) -> Refusal:
        """Refuse a body that is JSON but no user."""
        return Refusal(422, "Unprocessable Content", detail)
